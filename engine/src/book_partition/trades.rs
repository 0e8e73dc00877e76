//! A trade of one who came and one who waited, told to the public feed; what it is to either side: fill.rs.

use crate::book::orders::Handle;
use crate::machine::streams::Outbox;
use crate::wire::messages::TradePublished;
use crate::wire::vocabulary::{Role, Side};

use super::fill::{Trade, fill};
use super::kept_trades::KeptTrade;
use super::model::{Common, TradedInstrument};
use super::public_feed::shrunk;

/// Who came, who waited, and what is left of that one.
pub struct Traders {
    pub aggressor: Handle,
    pub resting: Handle,
    pub resting_remaining_lots: i64,
}

pub fn traded(
    common: &Common,
    instrument: &mut TradedInstrument,
    traders: &Traders,
    price_ticks: i64,
    quantity_lots: i64,
    out: &mut Outbox,
) {
    let &Traders {
        aggressor,
        resting,
        resting_remaining_lots,
    } = traders;
    let trade = instrument.next_trade(price_ticks, quantity_lots);
    let orders = &instrument.book.contents.orders;
    let (aggressor_side, resting_order_id) = (orders[aggressor].side, orders[resting].order_id);
    let is_shown = instrument.tickets[resting].shown_lots != 0;
    let published = TradePublished {
        instrument_id: &instrument.instrument_id,
        trade_id: trade.trade_id,
        price_ticks,
        quantity_lots,
        aggressor_side: Some(aggressor_side),
        resting_order_id: Some(if is_shown { resting_order_id } else { 0 }),
        time_ms: common.time_ms,
    };
    out.say(&common.market_data, &published);
    shrunk(common, instrument, resting, resting_remaining_lots, out);
    let maker = fill(common, instrument, resting, Role::Maker, trade, out);
    let taker = fill(common, instrument, aggressor, Role::Taker, trade, out);
    let (buy, sell) = match aggressor_side {
        Side::Buy => (taker, maker),
        Side::Sell => (maker, taker),
    };
    let kept = KeptTrade {
        price_ticks,
        quantity_lots,
        buy,
        sell,
        busted: false,
    };
    instrument.kept_trades.add(trade.trade_id, kept);
}

impl TradedInstrument {
    /// Give a trade its id.
    pub fn next_trade(&mut self, price_ticks: i64, quantity_lots: i64) -> Trade {
        self.trades += 1;
        Trade {
            trade_id: self.trades,
            price_ticks,
            quantity_lots,
        }
    }
}
