//! A trade of one who came and one who waited, told to the public feed; what it is to either side: `fill`.

use crate::book::orders::Handle;
use crate::book::terms::Side;
use crate::machine::streams::Outbox;
use crate::wire::messages::TradePublished;
use crate::wire::vocabulary::Role;

use super::fill::{Trade, fill};
use super::kept_trades::KeptTrade;
use super::model::{Market, TradedInstrument};
use super::public_feed::shrunk;

pub fn traded(
    market: &Market,
    instrument: &mut TradedInstrument,
    (aggressor, resting): (Handle, Handle),
    (price_ticks, quantity_lots): (i64, i64),
    resting_remaining_lots: i64,
    out: &mut Outbox,
) {
    instrument.trades += 1;
    let trade_id = instrument.trades;
    let shown = instrument.ticket(resting).shown_lots != 0;
    let aggressor_side = instrument.book.contents.orders[aggressor].side;
    let published = TradePublished {
        instrument_id: &instrument.instrument_id,
        trade_id,
        price_ticks,
        quantity_lots,
        aggressor_side: Some(aggressor_side),
        resting_order_id: Some(if shown { instrument.order_id(resting) } else { 0 }),
        time_ms: market.time_ms,
    };
    out.send(&market.feed, &published);
    let trade = Trade {
        trade_id,
        price_ticks,
        quantity_lots,
    };
    shrunk(market, instrument, resting, resting_remaining_lots, out);
    let maker = fill(market, instrument, resting, Role::Maker, trade, out);
    let taker = fill(market, instrument, aggressor, Role::Taker, trade, out);
    let (buy, sell) = if aggressor_side == Side::Buy {
        (taker, maker)
    } else {
        (maker, taker)
    };
    let kept = KeptTrade {
        price_ticks,
        quantity_lots,
        buy,
        sell,
        busted: false,
    };
    instrument.kept_trades.add(trade_id, kept);
}
