//! An order that ended without having traded all: the public feed, and why, to risk.

use crate::book::orders::Handle;
use crate::book::outcomes::CancelReason;
use crate::machine::streams::Outbox;
use crate::wire::messages::OrderRemoved;
use crate::wire::vocabulary::Reason;

use super::model::{Market, TradedInstrument};
use super::public_feed::hide;

/// Why, as risk is told; None: OrderAmended has said it.
fn cancel_reason(reason: CancelReason) -> Option<Reason> {
    Some(match reason {
        CancelReason::Requested => Reason::Requested,
        CancelReason::Market => Reason::Market,
        CancelReason::Ioc => Reason::ImmediateOrCancel,
        CancelReason::Fok => Reason::FillOrKill,
        CancelReason::MinQuantity => Reason::MinQuantity,
        CancelReason::SelfTrade => Reason::SelfTrade,
        CancelReason::Phase => Reason::Phase,
        CancelReason::PostOnly => Reason::WouldTrade,
        CancelReason::BookLost => Reason::BookLost,
        CancelReason::Linked => Reason::Linked,
        CancelReason::ReplacedToDone => return None,
    })
}

pub fn canceled(
    market: &Market,
    instrument: &mut TradedInstrument,
    order: Handle,
    quantity_lots: i64,
    reason: CancelReason,
    out: &mut Outbox,
) {
    hide(market, instrument, order, out);
    if let Some(reason) = cancel_reason(reason) {
        removed(market, instrument, order, quantity_lots, reason, out);
    }
}

pub fn expired(
    market: &Market,
    instrument: &mut TradedInstrument,
    order: Handle,
    quantity_lots: i64,
    out: &mut Outbox,
) {
    hide(market, instrument, order, out);
    removed(market, instrument, order, quantity_lots, Reason::Expired, out);
}

fn removed(
    market: &Market,
    instrument: &TradedInstrument,
    order: Handle,
    quantity_lots: i64,
    reason: Reason,
    out: &mut Outbox,
) {
    let order_id = instrument.order_id(order);
    let removed = OrderRemoved {
        order_id,
        quantity_lots,
        reason,
    };
    out.send(market.risk_partition(order_id), &removed);
}
