//! What risk asks of a book. Each command has exactly one answer, before what it causes.

use crate::book::order::Order;
use crate::book::orders::Handle;
use crate::book::outcomes::{CancelReason, Outcome, RejectReason, Rejected};
use crate::book::replace::Changes;
use crate::fees::fee_rate;
use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{
    AmendOrder, AmendmentRefused, BookCleared, ClearBook, EnterOrder, EntryRefused, OrderAmended,
    OrderEntered, RemovalRefused, RemoveOrder,
};
use crate::wire::vocabulary::{Phase, Reason, TimeInForce};

use super::accounts::Accounts;
use super::model::{BookPartition, Common, TradedInstrument};
use super::outcomes::tell;
use super::special::special;
use super::tickets::{Ticket, group};

/// Why, with the numbers that explain it.
#[derive(Clone, Copy)]
pub struct Refusal {
    pub reason: Reason,
    pub bound: i128,
    pub actual: i128,
}

impl Refusal {
    pub fn new(reason: Reason, bound: impl Into<i128>, actual: impl Into<i128>) -> Self {
        let (bound, actual) = (bound.into(), actual.into());
        Self {
            reason,
            bound,
            actual,
        }
    }

    /// One that no number explains.
    pub fn plain(reason: Reason) -> Self {
        Self::new(reason, 0, 0)
    }

    pub fn of(refused: Rejected, time_in_force: TimeInForce) -> Self {
        Self::new(reason(refused, time_in_force), refused.bound, refused.actual)
    }
}

/// # Panics
/// On a duplicate order: risk never gives an order id twice.
pub fn plain_reason(reason: RejectReason) -> Reason {
    match reason {
        RejectReason::Link => Reason::Link,
        RejectReason::UnknownOrder => Reason::OrderUnknown,
        RejectReason::Quantity => Reason::QuantityHigh,
        RejectReason::Price => Reason::PriceHigh,
        RejectReason::Phase => Reason::InstrumentHalted,
        RejectReason::PostOnly => Reason::PostOnly,
        RejectReason::TimeInForce => Reason::Untimely,
        RejectReason::NoReferencePrice => Reason::NoReferencePrice,
        RejectReason::DuplicateOrder => panic!("risk has given an order id twice"),
    }
}

/// A gtd order's time is refused only because it is over: every phase takes such orders.
fn reason(refused: Rejected, time_in_force: TimeInForce) -> Reason {
    if refused.reason == RejectReason::TimeInForce && time_in_force == TimeInForce::Gtd {
        return Reason::ExpireTime;
    }
    plain_reason(refused.reason)
}

pub fn enter_order(partition: &mut BookPartition, command: &EnterOrder<'_>, out: &mut Outbox) -> Handled {
    let BookPartition {
        common,
        instruments,
        outcomes,
    } = partition;
    let Some(instrument) = instruments.get_mut(command.instrument_id) else {
        let refusal = Refusal::plain(Reason::InstrumentUnknown);
        refuse_entry(common, command.order_id, refusal, out);
        return Ok(());
    };
    outcomes.clear();
    instrument.book.place(book_order(command), outcomes);
    match outcomes[0] {
        Outcome::Rejected(refused) => {
            let refusal = Refusal::of(refused, command.time_in_force);
            refuse_entry(common, command.order_id, refusal, out);
        }
        _ => {
            entered(common, instrument, outcomes[0], command, out);
            tell(common, instrument, &outcomes[1..], out);
        }
    }
    Ok(())
}

/// The order, new.
pub fn book_order(command: &EnterOrder<'_>) -> Order {
    let (price_ticks, lots) = (command.price_ticks, command.quantity_lots);
    let mut order = Order::new(command.order_id, command.side, price_ticks, lots);
    order.order_type = command.order_type;
    order.time_in_force = command.time_in_force;
    order.post_only = command.post_only;
    order.special = command.terms.as_ref().and_then(special);
    order
}

/// Give an order that its book has taken its ticket, and risk the answer.
pub fn entered(
    common: &mut Common,
    instrument: &mut TradedInstrument,
    outcome: Outcome,
    command: &EnterOrder<'_>,
    out: &mut Outbox,
) {
    instrument
        .tickets
        .give(accepted(outcome), ticket(&mut common.accounts, command));
    let order_id = command.order_id;
    let risk = common.risk_of(order_id, command.slot as u16);
    out.say(risk, &OrderEntered { order_id });
}

/// The order that an outcome accepted.
///
/// # Panics
/// When it is another outcome.
fn accepted(outcome: Outcome) -> Handle {
    match outcome {
        Outcome::Accepted { order } => order,
        outcome => panic!("an order is accepted before anything else happens to it: {outcome:?}"),
    }
}

fn ticket(accounts: &mut Accounts, command: &EnterOrder<'_>) -> Ticket {
    Ticket {
        account: accounts.of(command.account_id),
        slot: command.slot as u16,
        maker_fee_rate: fee_rate(command.maker_fee_rate),
        taker_fee_rate: fee_rate(command.taker_fee_rate),
        quote_group: command.terms.as_ref().and_then(|terms| group(terms.quote_group)),
        ..Ticket::default()
    }
}

pub fn refuse_entry(common: &Common, order_id: i64, refusal: Refusal, out: &mut Outbox) {
    let Refusal {
        reason,
        bound,
        actual,
    } = refusal;
    let refused = EntryRefused {
        order_id,
        reason,
        bound,
        actual,
    };
    out.say(common.risk_partition(order_id), &refused);
}

pub fn remove_order(partition: &mut BookPartition, command: &RemoveOrder<'_>, out: &mut Outbox) -> Handled {
    let BookPartition {
        common,
        instruments,
        outcomes,
    } = partition;
    let Some(instrument) = instruments.get_mut(command.instrument_id) else {
        refuse_removal(common, command.order_id, Reason::InstrumentUnknown, out);
        return Ok(());
    };
    outcomes.clear();
    let (why, while_closed) = (CancelReason::Requested, common.behaviour.cancels_while_closed());
    instrument
        .book
        .cancel(command.order_id, why, while_closed, outcomes);
    match outcomes[0] {
        Outcome::Rejected(refused) => {
            refuse_removal(common, command.order_id, plain_reason(refused.reason), out);
        }
        _ => tell(common, instrument, outcomes, out),
    }
    Ok(())
}

pub fn refuse_removal(common: &Common, order_id: i64, reason: Reason, out: &mut Outbox) {
    common.answer(order_id, &RemovalRefused { order_id, reason }, out);
}

pub fn amend_order(partition: &mut BookPartition, command: &AmendOrder<'_>, out: &mut Outbox) -> Handled {
    let BookPartition {
        common,
        instruments,
        outcomes,
    } = partition;
    let instrument = instruments.get_mut(command.instrument_id);
    let found = instrument.and_then(|instrument| {
        let order = instrument.book.contents.find(command.order_id)?;
        Some((instrument, order))
    });
    let Some((instrument, handle)) = found else {
        refuse_amendment(common, command, Refusal::plain(Reason::OrderUnknown), out);
        return Ok(());
    };
    let order = &instrument.book.contents.orders[handle];
    let time_in_force = order.time_in_force;
    let total_lots = order.executed_lots + order.remaining_lots;
    let quantity_lots = command.quantity_lots.unwrap_or(total_lots);
    let leaves_lots = quantity_lots - order.executed_lots;
    outcomes.clear();
    if leaves_lots <= 0 {
        // The total intended has been executed: nothing is left to want.
        let done = CancelReason::ReplacedToDone;
        instrument.book.cancel(command.order_id, done, false, outcomes);
    } else {
        let changes = command.stop_price_ticks.map(|stop_price_ticks| Changes {
            stop_price_ticks: Some(stop_price_ticks),
            ..Changes::default()
        });
        let (price_ticks, lots) = (Some(command.price_ticks), Some(leaves_lots));
        instrument
            .book
            .replace(command.order_id, price_ticks, lots, changes, outcomes);
    }
    let price_ticks = match outcomes[0] {
        Outcome::Rejected(refused) => {
            refuse_amendment(common, command, Refusal::of(refused, time_in_force), out);
            return Ok(());
        }
        Outcome::Replaced { price_ticks, .. } => price_ticks,
        _ => command.price_ticks,
    };
    instrument.tickets[handle].stamp(fee_rate(command.maker_fee_rate), fee_rate(command.taker_fee_rate));
    let amended = OrderAmended {
        order_id: command.order_id,
        price_ticks,
        quantity_lots,
        leaves_lots: leaves_lots.max(0),
    };
    let slot = instrument.tickets[handle].slot;
    out.say(common.risk_of(command.order_id, slot), &amended);
    tell(common, instrument, outcomes, out);
    Ok(())
}

pub fn refuse_amendment(common: &Common, command: &AmendOrder<'_>, refusal: Refusal, out: &mut Outbox) {
    let refused = AmendmentRefused {
        order_id: command.order_id,
        price_ticks: command.price_ticks,
        quantity_lots: command.quantity_lots.unwrap_or(0),
        reason: refusal.reason,
        bound: refusal.bound,
        actual: refusal.actual,
    };
    common.answer(command.order_id, &refused, out);
}

/// Other risk shards' orders stay until their own ClearBook comes, and can be canceled meanwhile.
pub fn clear_book(partition: &mut BookPartition, command: &ClearBook<'_>, out: &mut Outbox) -> Handled {
    let BookPartition {
        common,
        instruments,
        outcomes,
    } = partition;
    let mut phase = Phase::Halted;
    if let Some(instrument) = instruments.get_mut(command.instrument_id) {
        let orders = &instrument.book.contents.orders;
        let ids = instrument
            .orders()
            .map(|handle| (orders[handle].order_id, instrument.tickets[handle].slot));
        let theirs: Vec<i64> = ids
            .filter(|&(order_id, slot)| common.shard_of(order_id, slot) == command.risk_shard)
            .map(|(order_id, _)| order_id)
            .collect();
        outcomes.clear();
        instrument.book.clear(&theirs, outcomes);
        tell(common, instrument, outcomes, out);
        if !matches!(
            instrument.book.contents.phase,
            Phase::Halted | Phase::Closed | Phase::Retired
        ) {
            outcomes.clear();
            instrument.book.set_phase(Phase::Halted, outcomes);
            tell(common, instrument, outcomes, out);
        }
        phase = instrument.book.contents.phase;
    }
    let cleared = BookCleared {
        instrument_id: command.instrument_id,
        phase,
    };
    out.send(&format!("orders/{}", command.risk_shard), &cleared);
    Ok(())
}
