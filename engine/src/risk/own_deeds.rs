//! What a book does to an order by itself, besides trading and ending it.

use crate::machine::domain::{Handled, Trouble};
use crate::machine::streams::Outbox;
use crate::wire::messages::{
    ExitActivated, ExitStarted, OrderActivated, OrderDecremented, OrderMoved, OrderReduced, OrderRepriced,
    OrderTriggered,
};

use super::answers::{end, known, report, tell};
use super::linked::has_moved;
use super::model::Risk;
use super::reservation::reserve;

pub fn order_activated(risk: &mut Risk, event: &OrderActivated, out: &mut Outbox) -> Handled {
    let handle = known(risk, event.order_id)?;
    risk.orders[handle].triggered = true;
    has_moved(risk, handle, 0);
    reserve(risk, handle);
    let order = &risk.orders[handle];
    tell(risk, order, &report!(risk, order, OrderTriggered {}), out);
    Ok(())
}

pub fn order_moved(risk: &mut Risk, event: &OrderMoved, out: &mut Outbox) -> Handled {
    let handle = known(risk, event.order_id)?;
    let price_ticks = event.price_ticks;
    risk.orders[handle].price_ticks = price_ticks;
    let order = &risk.orders[handle];
    let repriced = report!(
        risk,
        order,
        OrderRepriced {
            price_ticks: price_ticks
        }
    );
    tell(risk, order, &repriced, out);
    reserve(risk, handle);
    Ok(())
}

/// It counts as executed, so that a replace's total does not bring it back; no balance moves.
pub fn order_reduced(risk: &mut Risk, event: &OrderReduced, out: &mut Outbox) -> Handled {
    let handle = known(risk, event.order_id)?;
    risk.orders[handle].executed_lots += event.quantity_lots;
    has_moved(risk, handle, 0);
    let order = &risk.orders[handle];
    let leaves_lots = order.quantity_lots - order.executed_lots;
    let decremented = report!(
        risk,
        order,
        OrderDecremented {
            quantity_lots: event.quantity_lots,
            leaves_lots: leaves_lots,
        }
    );
    tell(risk, order, &decremented, out);
    if leaves_lots == 0 {
        end(risk, handle);
    } else {
        reserve(risk, handle);
    }
    Ok(())
}

/// Its quantity, and that of replaces that the book has not answered, is what its entry has traded.
pub fn exit_activated(risk: &mut Risk, event: &ExitActivated, out: &mut Outbox) -> Handled {
    let handle = known(risk, event.order_id)?;
    let quantity_lots = event.quantity_lots;
    let order = &mut risk.orders[handle];
    let filled_lots = order.link.map(|link| risk.links[link].filled_lots);
    if !order.parked || filled_lots != Some(quantity_lots) {
        return Err(Trouble::Impossible(format!(
            "it activates order {}, whose entry has not traded {quantity_lots}",
            order.order_id
        )));
    }
    order.parked = false;
    order.quantity_lots = quantity_lots;
    for version in &mut order.amendments {
        version.quantity_lots = quantity_lots;
    }
    let order = &risk.orders[handle];
    let started = report!(
        risk,
        order,
        ExitStarted {
            quantity_lots: quantity_lots
        }
    );
    tell(risk, order, &started, out);
    reserve(risk, handle);
    Ok(())
}
