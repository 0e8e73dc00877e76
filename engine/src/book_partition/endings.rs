//! An order that ended without having traded all: the public feed, and why, to risk.

use crate::book::orders::Handle;
use crate::book::outcomes::CancelReason;
use crate::machine::streams::Outbox;
use crate::wire::messages::OrderRemoved;
use crate::wire::vocabulary::Reason;

use super::model::{Common, TradedInstrument};
use super::public_feed::hide;

pub fn canceled(
    common: &Common,
    instrument: &mut TradedInstrument,
    order: Handle,
    quantity_lots: i64,
    reason: CancelReason,
    out: &mut Outbox,
) {
    let reason = match reason {
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
        CancelReason::ReplacedToDone => return hide(common, instrument, order, out), // OrderAmended has said it
    };
    ended(common, instrument, order, quantity_lots, reason, out);
}

pub fn expired(
    common: &Common,
    instrument: &mut TradedInstrument,
    order: Handle,
    quantity_lots: i64,
    out: &mut Outbox,
) {
    ended(common, instrument, order, quantity_lots, Reason::Expired, out);
}

fn ended(
    common: &Common,
    instrument: &mut TradedInstrument,
    order: Handle,
    quantity_lots: i64,
    reason: Reason,
    out: &mut Outbox,
) {
    hide(common, instrument, order, out);
    let order_id = instrument.book.contents.orders[order].order_id;
    let removed = OrderRemoved {
        order_id,
        quantity_lots,
        reason,
    };
    let slot = instrument.tickets[order].slot;
    out.say(common.risk_of(order_id, slot), &removed);
}
