//! A book partition's snapshot, and back.

use crate::book::book::Book;
use crate::book::orders::Handle;
use crate::book::state as book_state;
use crate::by_slot::{BySlot, read_slot};
use crate::fees::{FeeBasis, FeeRate};
use crate::integers;
use crate::machine::snapshot::{Entries, SortedMap, value};
use crate::msgpack::{Malformed, Read, Reader, Writer};

use super::accounts::Accounts;
use super::kept_trades::KeptTrades;
use super::model::{BookPartition, TradedInstrument};
use super::public_feed::remember_shown;
use super::regime::Regime;
use super::tickets::{Ticket, group};

pub fn save(partition: &BookPartition, to: &mut Writer) {
    let common = &partition.common;
    let mut map = SortedMap::default();
    common.behaviour.save(&mut map);
    map.add("time", |to| {
        to.array(2);
        to.int(common.tick);
        to.int(common.time_ms);
    });
    map.add("risk_shards", |to| to.int(common.risk_shards));
    map.add("settlement", |to| common.settlement.write(to));
    map.add("instruments", |to| {
        to.array(partition.instruments.len());
        for instrument in partition.instruments.values() {
            save_instrument(instrument, &common.accounts, to);
        }
    });
    let ended = &common.behaviour.ended;
    map.add_if(!ended.is_empty(), "retired_settlement", |to| {
        to.array(ended.len());
        for &shard in ended {
            to.int(shard);
        }
    });
    map.add_if(!common.retired.is_empty(), "retired", |to| {
        to.array(common.retired.len());
        for &shard in &common.retired {
            to.int(shard);
        }
    });
    map.add_if(!common.moved.is_empty(), "moved", |to| {
        to.array(common.moved.len());
        for (&slot, &shard) in &common.moved {
            to.array(2);
            to.int(slot.into());
            to.int(shard);
        }
    });
    map.write(to);
}

fn save_instrument(instrument: &TradedInstrument, accounts: &Accounts, to: &mut Writer) {
    let book = &instrument.book.contents;
    to.array(8);
    to.text(&instrument.instrument_id);
    to.array(2);
    integers::write(&integers::wide_unsigned(instrument.lot_units), to);
    integers::write(&integers::wide_unsigned(instrument.tick_lot_units), to);
    to.array(2);
    to.int(book.price_range_ticks.0);
    to.int(book.price_range_ticks.1);
    to.int(instrument.trades);
    to.raw(&book_state::state(book));
    to.array(instrument.orders().count());
    for order in instrument.orders() {
        let order_id = book.orders[order].order_id;
        save_ticket(order_id, &instrument.tickets[order], accounts, to);
    }
    instrument.kept_trades.write(accounts, to);
    instrument.regime.write(to);
}

fn save_ticket(order_id: i64, ticket: &Ticket, accounts: &Accounts, to: &mut Writer) {
    to.array(7);
    to.int(order_id);
    to.text(accounts.name(ticket.account));
    to.int(ticket.slot.into());
    to.int(ticket.maker_fee_rate.into());
    to.int(ticket.taker_fee_rate.into());
    to.text(ticket.quote_group());
    integers::write(&ticket.fee_basis.to_wide(), to);
}

impl TradedInstrument {
    /// Every live order: bids, then asks, each in priority order, stops, parked ones, each by arrival.
    pub fn orders(&self) -> impl Iterator<Item = Handle> {
        let book = &self.book.contents;
        let sides = [&book.bids, &book.asks].into_iter();
        let apart = book.stops.handles().chain(book.parked.handles());
        sides.flat_map(|side| side.handles(&book.orders)).chain(apart)
    }
}

pub fn load(number: i64, from: &mut Reader<'_>) -> Read<BookPartition> {
    let mut partition = BookPartition::new(number);
    let entries = Entries::read(from)?;
    let common = &mut partition.common;
    common.behaviour.load(&entries)?;
    let mut time = entries.need("time")?;
    time.array_of(2)?;
    (common.tick, common.time_ms) = (time.int()?, time.int()?);
    common.risk_shards = entries.need("risk_shards")?.int()?;
    common.settlement = BySlot::read(&mut entries.need("settlement")?)?;
    if let Some(mut ended) = entries.get("retired_settlement") {
        for _ in 0..ended.array()? {
            common.behaviour.ended.insert(ended.int()?);
        }
    }
    if let Some(mut retired) = entries.get("retired") {
        for _ in 0..retired.array()? {
            common.retired.insert(retired.int()?);
        }
    }
    if let Some(mut moved) = entries.get("moved") {
        for _ in 0..moved.array()? {
            moved.array_of(2)?;
            let slot = read_slot(&mut moved)?;
            common.moved.insert(slot, moved.int()?);
        }
    }
    let mut instruments = entries.need("instruments")?;
    for _ in 0..instruments.array()? {
        let instrument = load_instrument(&mut common.accounts, &mut instruments)?;
        let name = instrument.instrument_id.clone();
        partition.instruments.insert(name, instrument);
    }
    Ok(partition)
}

fn load_instrument(accounts: &mut Accounts, from: &mut Reader<'_>) -> Read<TradedInstrument> {
    from.array_of(8)?;
    let instrument_id = from.text()?;
    from.array_of(2)?;
    let (lot_units, tick_lot_units) = (integers::read_u128(from)?, integers::read_u128(from)?);
    from.array_of(2)?;
    let price_range_ticks = (from.int()?, from.int()?);
    let mut instrument =
        TradedInstrument::new(instrument_id, lot_units, tick_lot_units, price_range_ticks, None);
    instrument.trades = from.int()?;
    instrument.book = Book {
        contents: book_state::load(value(from)?)?,
    };
    instrument.book.contents.price_range_ticks = price_range_ticks;
    for _ in 0..from.array()? {
        load_ticket(&mut instrument, accounts, from)?;
    }
    instrument.kept_trades = KeptTrades::read(accounts, from)?;
    instrument.regime = Regime::read(from)?;
    remember_shown(&instrument.book, &mut instrument.tickets);
    Ok(instrument)
}

fn load_ticket(
    instrument: &mut TradedInstrument,
    accounts: &mut Accounts,
    from: &mut Reader<'_>,
) -> Read<()> {
    from.array_of(7)?;
    let order = instrument.book.contents.find(from.int()?);
    let order = order.ok_or(Malformed("a ticket of an order that is not on the book"))?;
    let ticket = Ticket {
        account: accounts.of(from.text()?),
        slot: read_slot(from)?,
        maker_fee_rate: read_rate(from)?,
        taker_fee_rate: read_rate(from)?,
        quote_group: group(from.text()?),
        fee_basis: FeeBasis::from_wide(&integers::read(from)?)
            .ok_or(Malformed("a fee beyond what can be charged"))?,
        shown_lots: 0,
    };
    instrument.tickets.give(order, ticket);
    Ok(())
}

fn read_rate(from: &mut Reader<'_>) -> Read<FeeRate> {
    FeeRate::try_from(from.int()?).map_err(|_| Malformed("a fee rate that is none"))
}
