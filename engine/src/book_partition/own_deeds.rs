//! What the book did to an order by itself, besides trading and ending it: risk is told, for its owner.

use crate::book::orders::Handle;
use crate::machine::streams::Outbox;
use crate::wire::messages::{ExitActivated, OrderActivated, OrderMoved, OrderReduced};

use super::model::{Market, TradedInstrument};
use super::public_feed::{hide, shrunk};

pub fn triggered(market: &Market, instrument: &TradedInstrument, order: Handle, out: &mut Outbox) {
    let order_id = instrument.order_id(order);
    out.send(market.risk_partition(order_id), &OrderActivated { order_id });
}

pub fn activated(
    market: &Market,
    instrument: &TradedInstrument,
    order: Handle,
    quantity_lots: i64,
    out: &mut Outbox,
) {
    let order_id = instrument.order_id(order);
    let activated = ExitActivated {
        order_id,
        quantity_lots,
    };
    out.send(market.risk_partition(order_id), &activated);
}

pub fn repriced(
    market: &Market,
    instrument: &mut TradedInstrument,
    order: Handle,
    price_ticks: i64,
    out: &mut Outbox,
) {
    hide(market, instrument, order, out);
    let order_id = instrument.order_id(order);
    let moved = OrderMoved {
        order_id,
        price_ticks,
    };
    out.send(market.risk_partition(order_id), &moved);
}

pub fn decremented(
    market: &Market,
    instrument: &mut TradedInstrument,
    (aggressor, resting): (Handle, Handle),
    quantity_lots: i64,
    resting_remaining_lots: i64,
    out: &mut Outbox,
) {
    shrunk(market, instrument, resting, resting_remaining_lots, out);
    for order in [resting, aggressor] {
        let order_id = instrument.order_id(order);
        let reduced = OrderReduced {
            order_id,
            quantity_lots,
        };
        out.send(market.risk_partition(order_id), &reduced);
    }
}
