//! What the book did to an order by itself, besides trading and ending it: risk is told, for its owner.

use crate::book::orders::Handle;
use crate::machine::streams::Outbox;
use crate::wire::messages::{ExitActivated, OrderActivated, OrderMoved, OrderReduced};

use super::model::{Common, TradedInstrument};
use super::public_feed::{hide, shrunk};

pub fn triggered(common: &Common, order_id: i64, out: &mut Outbox) {
    out.say(common.risk_partition(order_id), &OrderActivated { order_id });
}

pub fn activated(common: &Common, order_id: i64, quantity_lots: i64, out: &mut Outbox) {
    let activated = ExitActivated {
        order_id,
        quantity_lots,
    };
    out.say(common.risk_partition(order_id), &activated);
}

pub fn repriced(
    common: &Common,
    instrument: &mut TradedInstrument,
    order: Handle,
    price_ticks: i64,
    out: &mut Outbox,
) {
    hide(common, instrument, order, out);
    let order_id = instrument.book.contents.orders[order].order_id;
    let moved = OrderMoved {
        order_id,
        price_ticks,
    };
    out.say(common.risk_partition(order_id), &moved);
}

pub fn decremented(
    common: &Common,
    instrument: &mut TradedInstrument,
    [resting, aggressor]: [Handle; 2],
    quantity_lots: i64,
    resting_remaining_lots: i64,
    out: &mut Outbox,
) {
    shrunk(common, instrument, resting, resting_remaining_lots, out);
    for order in [resting, aggressor] {
        let order_id = instrument.book.contents.orders[order].order_id;
        let reduced = OrderReduced {
            order_id,
            quantity_lots,
        };
        out.say(common.risk_partition(order_id), &reduced);
    }
}
