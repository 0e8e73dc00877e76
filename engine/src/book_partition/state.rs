//! A book partition's snapshot, ordered by value, and back.

use crate::book::book::Book;
use crate::book::state as book_state;
use crate::machine::snapshot::{Entries, SortedMap};
use crate::msgpack::{Malformed, Read, Reader, Writer};

use super::kept_trades::KeptTrades;
use super::model::{BookPartition, SLOTS, Ticket, TradedInstrument};
use super::public_feed::remember_shown;
use super::regime::Regime;

pub fn save(partition: &BookPartition, to: &mut Writer) {
    let market = &partition.market;
    let mut map = SortedMap::default();
    map.add("behaviour_version", |to| to.int(market.behaviour_version));
    map.add("time", |to| {
        to.array(2);
        to.int(market.tick);
        to.int(market.time_ms);
    });
    map.add("risk_shards", |to| to.int(market.risk_shards));
    map.add("settlement", |to| {
        to.array(market.settlement.len());
        for partition in &market.settlement {
            to.text(partition);
        }
    });
    map.add("instruments", |to| {
        to.array(partition.instruments.len());
        for instrument in partition.instruments.values() {
            save_instrument(instrument, to);
        }
    });
    map.write(to);
}

fn save_instrument(instrument: &TradedInstrument, to: &mut Writer) {
    to.array(8);
    to.text(&instrument.instrument_id);
    to.array(2);
    to.wide(instrument.lot_units);
    to.wide(instrument.tick_lot_units);
    let (lowest, highest) = instrument.book.contents.price_range_ticks;
    to.array(2);
    to.int(lowest);
    to.int(highest);
    to.int(instrument.trades);
    book_state::write(&instrument.book.contents, to);
    save_tickets(instrument, to);
    instrument.kept_trades.write(&instrument.names, to);
    instrument.regime.write(to);
}

fn save_tickets(instrument: &TradedInstrument, to: &mut Writer) {
    let book = &instrument.book.contents;
    to.array(book.handles().count());
    for order in book.handles() {
        let ticket = &instrument.tickets[order.place()];
        to.array(7);
        to.int(book.orders[order].order_id);
        to.text(instrument.names.text(ticket.account));
        to.int(ticket.slot.into());
        to.int(ticket.maker_fee_rate.into());
        to.int(ticket.taker_fee_rate.into());
        to.text(&ticket.quote_group);
        to.wide(ticket.fee_basis());
    }
}

pub fn load(partition: &mut BookPartition, from: &mut Reader<'_>) -> Read<()> {
    let entries = Entries::read(from)?;
    *partition = BookPartition::new(partition.market.partition);
    let market = &mut partition.market;
    market.behaviour_version = entries.need("behaviour_version")?.int()?;
    let mut time = entries.need("time")?;
    time.array_of(2)?;
    (market.tick, market.time_ms) = (time.int()?, time.int()?);
    market.risk_shards = entries.need("risk_shards")?.int()?;
    let mut settlement = entries.need("settlement")?;
    settlement.array_of(SLOTS)?;
    for slot in &mut market.settlement {
        *slot = settlement.text()?.into();
    }
    let mut instruments = entries.need("instruments")?;
    for _ in 0..instruments.array()? {
        let instrument = load_instrument(&mut instruments)?;
        partition
            .instruments
            .insert(instrument.instrument_id.clone(), instrument);
    }
    Ok(())
}

fn load_instrument(from: &mut Reader<'_>) -> Read<TradedInstrument> {
    from.array_of(8)?;
    let instrument_id = from.text()?;
    from.array_of(2)?;
    let (lot_units, tick_lot_units) = (from.wide()?, from.wide()?);
    from.array_of(2)?;
    let range = (from.int()?, from.int()?);
    let mut instrument = TradedInstrument::new(instrument_id, lot_units, tick_lot_units, range, None);
    instrument.trades = from.int()?;
    instrument.book = Book {
        contents: book_state::load(from.value()?)?,
    };
    instrument.book.contents.price_range_ticks = range;
    load_tickets(&mut instrument, from)?;
    instrument.kept_trades = KeptTrades::read(&mut instrument.names, from)?;
    instrument.regime = Regime::read(from)?;
    remember_shown(&mut instrument);
    Ok(instrument)
}

fn load_tickets(instrument: &mut TradedInstrument, from: &mut Reader<'_>) -> Read<()> {
    for _ in 0..from.array()? {
        from.array_of(7)?;
        let order_id = from.int()?;
        let order = instrument.book.contents.find(order_id);
        let order = order.ok_or(Malformed("a ticket of an order that the book has not"))?;
        let account = instrument.names.name(from.text()?);
        let (slot, maker, taker) = (from.int()?, from.int()?, from.int()?);
        let in_range = (0..SLOTS as i64).contains(&slot)
            && [maker, taker].iter().all(|rate| i32::try_from(*rate).is_ok());
        if !in_range {
            return Err(Malformed("a ticket with a slot or rate out of its range"));
        }
        let mut ticket = Ticket::new(account, slot, maker, taker, from.text()?);
        ticket.set_fee_basis(from.wide()?);
        instrument.set_ticket(order, ticket);
    }
    Ok(())
}
