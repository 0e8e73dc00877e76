//! What the book did to an order by itself, besides trading and ending it: risk is told, for its owner.

use crate::book::orders::Handle;
use crate::machine::streams::Outbox;
use crate::wire::messages::{ExitActivated, OrderActivated, OrderMoved, OrderReduced};

use super::model::{Common, TradedInstrument};
use super::public_feed::{hide, shrunk};

pub fn triggered(common: &Common, instrument: &TradedInstrument, order: Handle, out: &mut Outbox) {
    let order_id = instrument.book.contents.orders[order].order_id;
    let slot = instrument.tickets[order].slot;
    out.say(common.risk_of(order_id, slot), &OrderActivated { order_id });
}

pub fn activated(
    common: &Common,
    instrument: &TradedInstrument,
    order: Handle,
    quantity_lots: i64,
    out: &mut Outbox,
) {
    let order_id = instrument.book.contents.orders[order].order_id;
    let activated = ExitActivated {
        order_id,
        quantity_lots,
    };
    let slot = instrument.tickets[order].slot;
    out.say(common.risk_of(order_id, slot), &activated);
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
    let slot = instrument.tickets[order].slot;
    out.say(common.risk_of(order_id, slot), &moved);
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
        let slot = instrument.tickets[order].slot;
        out.say(common.risk_of(order_id, slot), &reduced);
    }
}
