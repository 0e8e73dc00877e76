//! What risk asks of a book. Each command has exactly one answer, before what it causes.

use crate::book::order::Order;
use crate::book::orders::Handle;
use crate::book::outcomes::{CancelReason, Outcome, Outcomes, RejectReason, Rejected};
use crate::book::replace::Changes;
use crate::book::terms::{Phase, TimeInForce};
use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{
    AmendOrder, AmendmentRefused, BookCleared, ClearBook, EnterOrder, EntryRefused, OrderAmended,
    OrderEntered, RemovalRefused, RemoveOrder,
};
use crate::wire::vocabulary::Reason;

use super::model::{BookPartition, Market, Ticket, TradedInstrument, risk_shard};
use super::outcomes::tell;
use super::phases::enter_and_tell;
use super::special::special;

pub fn enter_order(partition: &mut BookPartition, command: &EnterOrder<'_>, out: &mut Outbox) -> Handled {
    let BookPartition { market, instruments } = partition;
    let Some(instrument) = instruments.get_mut(command.instrument_id) else {
        refuse_entry(market, command.order_id, Reason::InstrumentUnknown, 0, 0, out);
        return Ok(());
    };
    let order = book_order(command);
    let time_in_force = order.time_in_force;
    let outcomes = instrument.command(|book, outcomes| book.place(order, outcomes));
    match outcomes[0] {
        Outcome::Rejected(refused) => {
            let why = reason(&refused, time_in_force);
            refuse_entry(
                market,
                command.order_id,
                why,
                refused.bound.into(),
                refused.actual,
                out,
            );
        }
        first => {
            accept(market, instrument, first, command, out);
            tell(market, instrument, &outcomes[1..], out);
        }
    }
    instrument.done(outcomes);
    Ok(())
}

/// Give an order that was accepted its ticket, and answer.
pub fn accept(
    market: &Market,
    instrument: &mut TradedInstrument,
    accepted: Outcome,
    command: &EnterOrder<'_>,
    out: &mut Outbox,
) {
    let Outcome::Accepted { order } = accepted else {
        unreachable!("a place is accepted or rejected first: {accepted:?}");
    };
    let group = command.terms.as_ref().map_or("", |terms| terms.quote_group);
    let account = instrument.names.name(command.account_id);
    let (maker, taker) = (command.maker_fee_rate, command.taker_fee_rate);
    instrument.set_ticket(order, Ticket::new(account, command.slot, maker, taker, group));
    let order_id = command.order_id;
    out.send(market.risk_partition(order_id), &OrderEntered { order_id });
}

pub fn refuse_entry(
    market: &Market,
    order_id: i64,
    reason: Reason,
    bound: i128,
    actual: i128,
    out: &mut Outbox,
) {
    let refused = EntryRefused {
        order_id,
        reason,
        bound,
        actual,
    };
    out.send(market.risk_partition(order_id), &refused);
}

/// The order, new. Its ticket is `accept`'s.
pub fn book_order(command: &EnterOrder<'_>) -> Order {
    let (price_ticks, quantity_lots) = (command.price_ticks, command.quantity_lots);
    let mut order = Order::new(command.order_id, command.side, price_ticks, quantity_lots);
    order.order_type = command.order_type;
    order.time_in_force = command.time_in_force;
    order.post_only = command.post_only;
    order.special = command.terms.as_ref().and_then(special).map(Box::new);
    order
}

pub fn remove_order(partition: &mut BookPartition, command: &RemoveOrder<'_>, out: &mut Outbox) -> Handled {
    let BookPartition { market, instruments } = partition;
    let order_id = command.order_id;
    let Some(instrument) = instruments.get_mut(command.instrument_id) else {
        refuse_removal(market, order_id, Reason::InstrumentUnknown, out);
        return Ok(());
    };
    let outcomes =
        instrument.command(|book, outcomes| book.cancel(order_id, CancelReason::Requested, outcomes));
    if let Some(Outcome::Rejected(refused)) = outcomes.first() {
        refuse_removal(market, order_id, plain_reason(refused.reason), out);
    } else {
        tell(market, instrument, &outcomes, out);
    }
    instrument.done(outcomes);
    Ok(())
}

pub fn refuse_removal(market: &Market, order_id: i64, reason: Reason, out: &mut Outbox) {
    out.send(
        market.risk_partition(order_id),
        &RemovalRefused { order_id, reason },
    );
}

pub fn amend_order(partition: &mut BookPartition, command: &AmendOrder<'_>, out: &mut Outbox) -> Handled {
    let BookPartition { market, instruments } = partition;
    let instrument = instruments.get_mut(command.instrument_id);
    let found = instrument.and_then(|instrument| {
        let order = instrument.book.contents.find(command.order_id)?;
        Some((instrument, order))
    });
    let Some((instrument, order)) = found else {
        refuse_amendment(market, command, Reason::OrderUnknown, 0, 0, out);
        return Ok(());
    };
    let live = &instrument.book.contents.orders[order];
    let (executed_lots, time_in_force) = (live.executed_lots, live.time_in_force);
    let quantity_lots = command
        .quantity_lots
        .unwrap_or(executed_lots + live.remaining_lots);
    let leaves_lots = quantity_lots - executed_lots;
    let outcomes = amend(instrument, command, leaves_lots);
    if let Some(Outcome::Rejected(refused)) = outcomes.first() {
        let why = reason(refused, time_in_force);
        refuse_amendment(market, command, why, refused.bound.into(), refused.actual, out);
    } else {
        amended(
            market,
            instrument,
            command,
            order,
            (quantity_lots, leaves_lots),
            &outcomes,
            out,
        );
    }
    instrument.done(outcomes);
    Ok(())
}

fn amend(instrument: &mut TradedInstrument, command: &AmendOrder<'_>, leaves_lots: i64) -> Outcomes {
    let order_id = command.order_id;
    instrument.command(|book, outcomes| {
        if leaves_lots <= 0 {
            // The total intended has been executed: nothing is left to want.
            book.cancel(order_id, CancelReason::ReplacedToDone, outcomes);
        } else {
            let changes = command.stop_price_ticks.map(|stop_price_ticks| Changes {
                stop_price_ticks: Some(stop_price_ticks),
                ..Changes::default()
            });
            book.replace(
                order_id,
                Some(command.price_ticks),
                Some(leaves_lots),
                changes,
                outcomes,
            );
        }
    })
}

fn amended(
    market: &Market,
    instrument: &mut TradedInstrument,
    command: &AmendOrder<'_>,
    order: Handle,
    (quantity_lots, leaves_lots): (i64, i64),
    outcomes: &[Outcome],
    out: &mut Outbox,
) {
    let price_ticks = match outcomes[0] {
        Outcome::Replaced { price_ticks, .. } => price_ticks,
        _ => command.price_ticks,
    };
    instrument
        .ticket(order)
        .stamp(command.maker_fee_rate, command.taker_fee_rate);
    let amended = OrderAmended {
        order_id: command.order_id,
        price_ticks,
        quantity_lots,
        leaves_lots: leaves_lots.max(0),
    };
    out.send(market.risk_partition(command.order_id), &amended);
    tell(market, instrument, outcomes, out);
}

/// A gtd order's time is refused only because it is over: every phase takes such orders.
pub fn reason(refused: &Rejected, time_in_force: TimeInForce) -> Reason {
    if refused.reason == RejectReason::TimeInForce && time_in_force == TimeInForce::Gtd {
        return Reason::ExpireTime;
    }
    plain_reason(refused.reason)
}

/// # Panics
/// For an order id that is taken: risk never gives one twice.
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
        RejectReason::DuplicateOrder => panic!("risk never gives an order id twice"),
    }
}

pub fn refuse_amendment(
    market: &Market,
    command: &AmendOrder<'_>,
    reason: Reason,
    bound: i128,
    actual: i128,
    out: &mut Outbox,
) {
    let refused = AmendmentRefused {
        order_id: command.order_id,
        price_ticks: command.price_ticks,
        quantity_lots: command.quantity_lots.unwrap_or(0),
        reason,
        bound,
        actual,
    };
    out.send(market.risk_partition(command.order_id), &refused);
}

/// Other risk shards' orders stay until their own ClearBook comes, and can be canceled meanwhile.
pub fn clear_book(partition: &mut BookPartition, command: &ClearBook<'_>, out: &mut Outbox) -> Handled {
    let BookPartition { market, instruments } = partition;
    let mut phase = Phase::Halted;
    if let Some(instrument) = instruments.get_mut(command.instrument_id) {
        let orders = instrument.book.contents.handles();
        let ids = orders.map(|order| instrument.order_id(order));
        let theirs: Vec<i64> = ids.filter(|&id| risk_shard(id) == command.risk_shard).collect();
        let outcomes = instrument.command(|book, outcomes| book.clear(&theirs, outcomes));
        tell(market, instrument, &outcomes, out);
        instrument.done(outcomes);
        if !matches!(instrument.book.contents.phase, Phase::Halted | Phase::Closed) {
            enter_and_tell(market, instrument, Phase::Halted, out);
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
