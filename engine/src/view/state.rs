//! The state of a view as its snapshots hold it: `MarketDataView.state` of the reference.

use crate::machine::snapshot::{Entries, SortedMap};
use crate::msgpack::{Malformed, Read, Reader, Writer};
use crate::wire::vocabulary::Side;

use super::candles::Candles;
use super::depth::{Depth, Row};
use super::market_data::{Counters, Instrument, MarketData};
use super::session::Session;
use super::trades::Trades;

pub fn save(market: &MarketData, to: &mut Writer) {
    let mut map = SortedMap::default();
    map.add("instruments", |to| {
        let sorted = market.sorted();
        to.array(sorted.len());
        for (instrument_id, instrument) in sorted {
            save_instrument(instrument_id, instrument, to);
        }
    });
    map.write(to);
}

fn save_instrument(instrument_id: &str, instrument: &Instrument, to: &mut Writer) {
    let mut map = SortedMap::default();
    map.add("instrument_id", |to| to.text(instrument_id));
    map.add("session", |to| instrument.session.write(to));
    map.add("bids", |to| save_side(&instrument.depth, Side::Buy, to));
    map.add("asks", |to| save_side(&instrument.depth, Side::Sell, to));
    map.add("trades", |to| instrument.trades.write_all(to));
    map.add("candles", |to| instrument.candles.write(to));
    map.add("counters", |to| {
        to.array(3);
        to.int(instrument.counters.orders_added);
        to.int(instrument.counters.trades);
        to.sum(instrument.counters.volume_lots);
    });
    map.write(to);
}

fn save_side(depth: &Depth, side: Side, to: &mut Writer) {
    to.array(depth.count(side));
    for (order_id, price_ticks, lots) in depth.rows(side, usize::MAX) {
        to.array(3);
        to.int(order_id);
        to.optional_int(price_ticks);
        to.int(lots);
    }
}

pub fn load(from: &mut Reader<'_>) -> Read<MarketData> {
    let mut market = MarketData::default();
    let mut from = Entries::read(from)?.need("instruments")?;
    for _ in 0..from.array()? {
        let entries = Entries::read(&mut from)?;
        let instrument_id = entries.need("instrument_id")?.text()?;
        let instrument = load_instrument(&entries)?;
        market.instruments.insert(instrument_id.into(), instrument);
    }
    Ok(market)
}

fn load_instrument(entries: &Entries<'_>) -> Read<Instrument> {
    let mut depth = Depth::default();
    for (side, orders) in [(Side::Buy, "bids"), (Side::Sell, "asks")] {
        let mut from = entries.need(orders)?;
        for _ in 0..from.array()? {
            let (order_id, price_ticks, lots) = load_row(&mut from)?;
            let added = depth.add(order_id, side, price_ticks, lots);
            added.ok_or(Malformed("an order that rests twice"))?;
        }
    }
    let mut from = entries.need("counters")?;
    from.array_of(3)?;
    let counters = Counters {
        orders_added: from.int()?,
        trades: from.int()?,
        volume_lots: from.sum()?,
    };
    Ok(Instrument {
        session: Session::read(&mut entries.need("session")?)?,
        depth,
        trades: Trades::read(&mut entries.need("trades")?)?,
        candles: Candles::read(&mut entries.need("candles")?)?,
        counters,
    })
}

fn load_row(from: &mut Reader<'_>) -> Read<Row> {
    from.array_of(3)?;
    Ok((from.int()?, from.optional_int()?, from.int()?))
}
