//! What a book says of an order: exactly one answer to each command, and its fills and end.
//!
//! Each handler forgets an order, if it does, last of all: where it panics before, isolation.rs still finds
//! whose order it is.

use std::sync::Arc;

use crate::integers::times;
use crate::machine::domain::{Handled, Trouble};
use crate::machine::streams::Outbox;
use crate::wire::event::Message;
use crate::wire::messages::{
    AmendmentRefused, CancelRejected, EntryRefused, Event, MassCancelMissed, OrderAccepted, OrderAmended,
    OrderCanceled, OrderEntered, OrderExecuted, OrderFilled, OrderRejected, OrderRemoved, OrderReplaced,
    PhaseChanged, RemovalRefused, ReplaceRejected,
};
use crate::wire::vocabulary::{Phase, Reason, Role, Side};

use super::disconnect::end_orders_of_silent;
use super::kill_switch::end_what_was_refused;
use super::linked::{has_ended, has_moved, orders_linked};
use super::model::{Order, Risk, Version};
use super::negative::tell_if_it_changed;
use super::orders::OrderHandle;
use super::protection::{count_fill, end_quotes_left};
use super::refusal::Refusal;
use super::reservation::reserve;

/// A report of an order: with the fields with which every one begins.
macro_rules! report {
    ($risk:expr, $order:expr, $name:ident { $($field:ident: $value:expr),* $(,)? }) => {
        $name {
            last_sequence: $risk.participants[$order.participant].last_sequence,
            account_id: $risk.accounts.name($order.account),
            client_order_id: $order.client_order_id.as_str(),
            order_id: $order.order_id,
            instrument_id: $risk.instruments.name($order.instrument),
            $($field: $value,)*
        }
    };
}
pub(super) use report;

/// A report that a command about an order was refused.
macro_rules! rejection {
    ($risk:expr, $order:expr, $name:ident, $refusal:expr) => {
        $name {
            last_sequence: $risk.participants[$order.participant].last_sequence,
            account_id: $risk.accounts.name($order.account),
            client_order_id: $order.client_order_id.as_str(),
            reason: $refusal.reason,
            bound: $refusal.bound,
            actual: $refusal.actual,
        }
    };
}

pub fn order_entered(risk: &mut Risk, event: &OrderEntered, out: &mut Outbox) -> Handled {
    let handle = answered(risk, event.order_id)?;
    let order = &risk.orders[handle];
    tell(risk, order, &report!(risk, order, OrderAccepted {}), out);
    let link = order.link.map(|link| &risk.links[link]);
    // The stop is the last of them to enter.
    if let Some(link) = link.filter(|link| link.stop == handle) {
        let last_sequence = risk.participants[order.participant].last_sequence;
        tell(risk, order, &orders_linked(risk, link, last_sequence), out);
    }
    Ok(())
}

pub fn entry_refused(risk: &mut Risk, event: &EntryRefused, out: &mut Outbox) -> Handled {
    let handle = answered(risk, event.order_id)?;
    let order = &risk.orders[handle];
    tell(risk, order, &rejection!(risk, order, OrderRejected, event), out);
    end(risk, handle);
    Ok(())
}

pub fn order_executed(risk: &mut Risk, event: &OrderExecuted, out: &mut Outbox) -> Handled {
    let handle = known(risk, event.order_id)?;
    risk.orders[handle].executed_lots += event.quantity_lots;
    has_moved(risk, handle, event.quantity_lots);
    let moved = move_balances(risk, handle, event);
    let order = &risk.orders[handle];
    let leaves_lots = order.quantity_lots - order.executed_lots;
    let filled = report!(
        risk,
        order,
        OrderFilled {
            side: order.side,
            trade_id: event.trade_id,
            price_ticks: event.price_ticks,
            quantity_lots: event.quantity_lots,
            leaves_lots: if order.released { 0 } else { leaves_lots },
            role: event.role,
            fee_amount: event.fee_amount,
        }
    );
    out.say(risk.reports(order.participant), &filled);
    if moved.may_have_crossed_zero {
        let (account, instrument) = (order.account, &risk.instruments[order.instrument]);
        let (base, quote) = (instrument.base_asset, instrument.quote_asset);
        tell_if_it_changed(risk, account, base, moved.base_before, out);
        tell_if_it_changed(risk, account, quote, moved.quote_before, out);
    }
    if !risk.protected.is_empty() {
        count_fill(risk, handle, event.quantity_lots, out);
    }
    if leaves_lots == 0 {
        end(risk, handle);
    } else {
        reserve(risk, handle);
    }
    Ok(())
}

/// What a fill has done to the balances of its account.
struct Moved {
    base_before: i128,
    quote_before: i128,
    /// A balance is below zero, or was.
    may_have_crossed_zero: bool,
}

fn move_balances(risk: &mut Risk, handle: OrderHandle, event: &OrderExecuted) -> Moved {
    let order = &mut risk.orders[handle];
    let instrument = &risk.instruments[order.instrument];
    let lots = i128::from(event.quantity_lots);
    let notional = times(i128::from(event.price_ticks) * lots, instrument.tick_lot_units);
    let base_amount = times(lots, instrument.lot_units);
    let rate = if event.role == Role::Maker {
        order.maker_fee_rate
    } else {
        order.taker_fee_rate
    };
    order.fee_basis += times(notional, rate.into());
    let account = &mut risk.accounts[order.account];
    let base_before = account.balance(instrument.base_asset).total;
    let quote_before = account.balance(instrument.quote_asset).total;
    let (bought, paid) = match order.side {
        Side::Buy => (base_amount, notional + event.fee_amount),
        Side::Sell => (-base_amount, event.fee_amount - notional),
    };
    account.balance(instrument.quote_asset).total -= paid;
    account.balance(instrument.base_asset).total += bought;
    let after = [instrument.base_asset, instrument.quote_asset].map(|asset| account.total(asset));
    let may_have_crossed_zero = [base_before, quote_before]
        .iter()
        .chain(&after)
        .any(|&total| total < 0);
    Moved {
        base_before,
        quote_before,
        may_have_crossed_zero,
    }
}

pub fn order_removed(risk: &mut Risk, event: &OrderRemoved, out: &mut Outbox) -> Handled {
    let (handle, reason) = if is_answer_to_cancel(event) {
        let handle = answered(risk, event.order_id)?;
        let order = &mut risk.orders[handle];
        order.cancel_sent = false;
        (handle, order.mass_cancel.take().unwrap_or(event.reason))
    } else {
        (known(risk, event.order_id)?, event.reason)
    };
    let order = &risk.orders[handle];
    let canceled = report!(
        risk,
        order,
        OrderCanceled {
            quantity_lots: event.quantity_lots,
            reason: reason,
        }
    );
    tell(risk, order, &canceled, out);
    end(risk, handle);
    Ok(())
}

pub fn removal_refused(risk: &mut Risk, event: &RemovalRefused, out: &mut Outbox) -> Handled {
    let handle = answered(risk, event.order_id)?;
    let order = &mut risk.orders[handle];
    order.cancel_sent = false;
    // The book told its phase before it refused for it, in the same stream.
    let (bound, actual) = match event.reason {
        Reason::InstrumentHalted => {
            let phase = risk.instruments[order.instrument].phase;
            (Phase::Continuous.number(), phase.number())
        }
        _ => (0, 0),
    };
    if order.released {
        order.mass_cancel = None;
    } else {
        cancel_missed(risk, handle, Refusal::new(event.reason, bound, actual), out);
    }
    forget(risk, handle);
    Ok(())
}

/// Report that the cancel which was on its way has not ended the order.
pub fn cancel_missed(risk: &mut Risk, handle: OrderHandle, refusal: Refusal, out: &mut Outbox) {
    let mass_cancel = risk.orders[handle].mass_cancel.take();
    let order = &risk.orders[handle];
    let reports = risk.reports(order.participant);
    if mass_cancel.is_none() {
        out.say(reports, &rejection!(risk, order, CancelRejected, refusal));
    } else {
        let reason = refusal.reason;
        let missed = report!(risk, order, MassCancelMissed { reason: reason });
        out.say(reports, &missed);
    }
}

pub fn order_amended(risk: &mut Risk, event: &OrderAmended, out: &mut Outbox) -> Handled {
    let handle = answered(risk, event.order_id)?;
    let order = &mut risk.orders[handle];
    let version = oldest_amendment(order)?;
    if event.quantity_lots != version.quantity_lots {
        return Err(Trouble::Impossible(format!(
            "it replaces order {} by {} lots, and {} were asked for",
            order.order_id, event.quantity_lots, version.quantity_lots
        )));
    }
    (order.price_ticks, order.quantity_lots) = (event.price_ticks, version.quantity_lots);
    (order.maker_fee_rate, order.taker_fee_rate) = (version.maker_fee_rate, version.taker_fee_rate);
    if version.stop_price_ticks.is_some() && !order.triggered {
        let terms = order.terms.as_mut().expect("an order that waits has terms");
        Arc::make_mut(terms).stop_price_ticks = version.stop_price_ticks;
    }
    let order = &risk.orders[handle];
    let replaced = report!(
        risk,
        order,
        OrderReplaced {
            price_ticks: event.price_ticks,
            quantity_lots: event.quantity_lots,
            leaves_lots: event.leaves_lots,
        }
    );
    tell(risk, order, &replaced, out);
    if event.leaves_lots == 0 {
        end(risk, handle);
    } else {
        reserve(risk, handle);
    }
    Ok(())
}

pub fn amendment_refused(risk: &mut Risk, event: &AmendmentRefused, out: &mut Outbox) -> Handled {
    let handle = answered(risk, event.order_id)?;
    oldest_amendment(&mut risk.orders[handle])?;
    let order = &risk.orders[handle];
    tell(risk, order, &rejection!(risk, order, ReplaceRejected, event), out);
    reserve(risk, handle);
    forget(risk, handle);
    Ok(())
}

pub fn phase_changed(risk: &mut Risk, event: &PhaseChanged<'_>, out: &mut Outbox) -> Handled {
    let Some(instrument) = risk.instruments.find(event.instrument_id) else {
        risk.early_phases.insert(event.instrument_id.into(), event.phase);
        return Ok(());
    };
    // Of a book that is lost BookCleared will tell the phase.
    if risk.instruments[instrument].lost.is_none() {
        risk.instruments[instrument].phase = event.phase;
        end_what_was_refused(risk, instrument, out);
        end_orders_of_silent(risk, instrument, out);
        end_quotes_left(risk, instrument, out);
    }
    Ok(())
}

/// Whether what a book says of an order is its one answer to a command; None: it is about no order.
pub fn answered_order(event: &Event<'_>) -> Option<i64> {
    match event {
        Event::OrderRemoved(event) if is_answer_to_cancel(event) => Some(event.order_id),
        Event::OrderEntered(event) => Some(event.order_id),
        Event::EntryRefused(event) => Some(event.order_id),
        Event::RemovalRefused(event) => Some(event.order_id),
        Event::OrderAmended(event) => Some(event.order_id),
        Event::AmendmentRefused(event) => Some(event.order_id),
        _ => None,
    }
}

fn is_answer_to_cancel(event: &OrderRemoved) -> bool {
    event.reason == Reason::Requested
}

/// Of commands about an order.
pub fn count_unanswered(risk: &mut Risk, handle: OrderHandle, change: i64) {
    let (participant, instrument) = {
        let order = &risk.orders[handle];
        (order.participant, order.instrument)
    };
    risk.route(instrument).unanswered += change;
    risk.participants[participant].unanswered += change;
}

/// Tell its participant, unless the order has ended for it.
pub fn tell(risk: &Risk, order: &Order, report: &impl Message, out: &mut Outbox) {
    if !order.released {
        out.say(risk.reports(order.participant), report);
    }
}

pub fn known(risk: &Risk, order_id: i64) -> Result<OrderHandle, Trouble> {
    risk.orders.find(order_id).ok_or_else(|| {
        Trouble::Impossible(format!(
            "it tells of order {order_id}, which this shard never sent, or saw end"
        ))
    })
}

/// Of those unanswered, off the order.
fn oldest_amendment(order: &mut Order) -> Result<Version, Trouble> {
    if order.amendments.is_empty() {
        return Err(Trouble::Impossible(format!(
            "it answers a replace of order {}, and none was sent",
            order.order_id
        )));
    }
    Ok(order.amendments.remove(0))
}

fn answered(risk: &mut Risk, order_id: i64) -> Result<OrderHandle, Trouble> {
    let handle = known(risk, order_id)?;
    count_unanswered(risk, handle, -1);
    Ok(handle)
}

/// The book has no such order any more; nothing stays reserved for it.
pub fn end(risk: &mut Risk, handle: OrderHandle) {
    risk.orders[handle].ended = true;
    has_ended(risk, handle);
    if !risk.orders[handle].released {
        close(risk, handle);
    }
    forget(risk, handle);
}

/// It is no longer open for its participant: `ended` or `released`, so that nothing is reserved for it.
pub fn close(risk: &mut Risk, handle: OrderHandle) {
    reserve(risk, handle);
    risk.delist(handle);
    let participant = risk.orders[handle].participant;
    risk.participants[participant].open_orders -= 1;
}

/// Drop an ended order once every command about it is answered.
fn forget(risk: &mut Risk, handle: OrderHandle) {
    let order = &risk.orders[handle];
    if order.ended && !order.cancel_sent && order.amendments.is_empty() {
        risk.forget(handle);
    }
}
