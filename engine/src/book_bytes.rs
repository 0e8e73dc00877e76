//! The book's commands and outcomes as bytes: how tests and benchmarks reach the book without a machine
//! around it. It is no wire: docs/wire.md knows nothing of it.
//!
//! A command is an array that begins with its number, an outcome likewise; both are in docs/engine.md.

use std::collections::BTreeSet;

use crate::book::bands::Bands;
use crate::book::book::Book;
use crate::book::order::Order;
use crate::book::orders::Orders;
use crate::book::outcomes::{CancelReason, Outcome, Outcomes, Rejected};
use crate::book::replace::Changes;
use crate::book::special::Special;
use crate::book::state::known;
use crate::book::terms::{OrderType, Phase, Side, StpMode, TimeInForce};
use crate::msgpack::{Malformed, Read, Reader, Writer};

/// Carry out commands one after another; for each an array of its outcomes. Those before a malformed one
/// have been carried out.
pub fn apply(book: &mut Book, commands: &[u8]) -> Read<Vec<u8>> {
    let mut from = Reader::new(commands);
    let mut to = Writer::default();
    let mut outcomes = Outcomes::new();
    while !from.is_at_end() {
        outcomes.clear();
        command(book, &mut from, &mut outcomes)?;
        to.array(outcomes.len());
        for outcome in &outcomes {
            write_outcome(&book.contents.orders, outcome, &mut to);
        }
    }
    Ok(to.into_bytes())
}

fn command(book: &mut Book, from: &mut Reader, outcomes: &mut Outcomes) -> Read<()> {
    let fields = from
        .array()?
        .checked_sub(1)
        .ok_or(Malformed("a command without its number"))?;
    match (from.int()?, fields) {
        (1, 1) => book.place(read_order(from)?, outcomes),
        (2, 2) => book.place_pair(read_order(from)?, read_order(from)?, outcomes),
        (3, 3) => book.place_bracket(read_order(from)?, read_order(from)?, read_order(from)?, outcomes),
        (4, 2 | 3) => {
            let (order_id, reason) = (from.int()?, known(CancelReason::from_number(from.int()?))?);
            let while_closed = fields == 3 && from.flag()?;
            book.cancel(order_id, reason, while_closed, outcomes);
        }
        (5, 1) => book.clear(&read_list::<_, Vec<_>>(from, Reader::int)?, outcomes),
        (6, 4) => {
            let (order_id, price_ticks, lots) = (from.int()?, from.optional_int()?, from.optional_int()?);
            book.replace(order_id, price_ticks, lots, read_changes(from)?, outcomes);
        }
        (7, 1) => book.set_phase(known(Phase::from_number(from.int()?))?, outcomes),
        (8, 0) => book.uncross(outcomes),
        (9, 1) => book.tick(from.int()?, outcomes),
        (10, 2) => mass_cancel(book, from, outcomes)?,
        (11, 2) => {
            let (quotes, meant) = (read_list(from, read_order)?, read_ids(from)?);
            book.mass_quote(quotes, &|order| meant.contains(&order.order_id), outcomes);
        }
        (12, 1) => book.set_mark_price(from.int()?, outcomes),
        (13, 2) => {
            let bands = read_bands(from)?;
            book.set_bands(bands, from.optional_int()?, outcomes);
        }
        (14, 2) => book.contents.price_range_ticks = (from.int()?, from.int()?),
        _ => return Err(Malformed("a command that no book has, or of another length")),
    }
    Ok(())
}

/// Side or nil, the ids of the orders that are meant.
fn mass_cancel(book: &mut Book, from: &mut Reader, outcomes: &mut Outcomes) -> Read<()> {
    let side = match from.optional_int()? {
        None => None,
        Some(number) => Some(known(Side::from_number(number))?),
    };
    let meant = read_ids(from)?;
    book.mass_cancel(side, &|order| meant.contains(&order.order_id), outcomes);
    Ok(())
}

fn read_ids(from: &mut Reader) -> Read<BTreeSet<i64>> {
    read_list(from, Reader::int)
}

fn read_list<'a, T, L: FromIterator<T>>(
    from: &mut Reader<'a>,
    read: impl Fn(&mut Reader<'a>) -> Read<T>,
) -> Read<L> {
    (0..from.array()?).map(|_| read(from)).collect()
}

fn read_order(from: &mut Reader) -> Read<Order> {
    from.array_of(8)?;
    let (order_id, side) = (from.int()?, known(Side::from_number(from.int()?))?);
    let mut order = Order::new(order_id, side, from.int()?, from.int()?);
    order.order_type = known(OrderType::from_number(from.int()?))?;
    order.time_in_force = known(TimeInForce::from_number(from.int()?))?;
    order.post_only = from.flag()?;
    if !from.nil() {
        order.special = Some(Box::new(read_special(from)?));
    }
    refuse_incomplete(&order)?;
    Ok(order)
}

fn read_special(from: &mut Reader) -> Read<Special> {
    from.array_of(9)?;
    Ok(Special {
        display_lots: from.optional_int()?,
        min_quantity_lots: from.optional_int()?,
        stp_group: from.text()?.into(),
        stp_mode: known(StpMode::from_number(from.int()?))?,
        stop_price_ticks: from.optional_int()?,
        trail_ticks: from.optional_int()?,
        expire_time_ms: from.optional_int()?,
        on_mark: from.flag()?,
        slide_ticks: from.optional_int()?,
        ..Special::default()
    })
}

/// What the book takes for granted: a stop has a stop price, a trailing one a distance, a gtd order a time.
fn refuse_incomplete(order: &Order) -> Read<()> {
    let special = order.special.as_deref();
    let is_complete = match order.order_type {
        OrderType::TrailingStop => special.is_some_and(|special| special.trail_ticks.is_some()),
        OrderType::Stop | OrderType::StopLimit => {
            special.is_some_and(|special| special.stop_price_ticks.is_some())
        }
        _ => true,
    };
    let has_time = special.is_some_and(|special| special.expire_time_ms.is_some());
    if is_complete && (has_time || order.time_in_force != TimeInForce::Gtd) {
        return Ok(());
    }
    Err(Malformed(
        "an order without a term that its type or time in force needs",
    ))
}

fn read_changes(from: &mut Reader) -> Read<Option<Changes>> {
    if from.nil() {
        return Ok(None);
    }
    from.array_of(4)?;
    Ok(Some(Changes {
        stop_price_ticks: from.optional_int()?,
        min_quantity_lots: from.optional_int()?,
        display_lots: from.optional_int()?,
        expire_time_ms: from.optional_int()?,
    }))
}

fn read_bands(from: &mut Reader) -> Read<Option<Bands>> {
    if from.nil() {
        return Ok(None);
    }
    from.array_of(2)?;
    Ok(Some(Bands {
        static_ticks: from.optional_int()?,
        dynamic_ticks: from.optional_int()?,
    }))
}

/// An outcome: its number, then its fields in the reference's order; an order is named by its id.
fn write_outcome(orders: &Orders, outcome: &Outcome, to: &mut Writer) {
    let id = |handle| orders[handle].order_id;
    match *outcome {
        Outcome::Accepted { order } => write_ints(to, [1, id(order)]),
        Outcome::Rested {
            order,
            price_ticks,
            quantity_lots,
        } => {
            write_ints(to, [2, id(order), price_ticks, quantity_lots]);
        }
        Outcome::Traded {
            aggressor,
            resting,
            price_ticks,
            quantity_lots,
            aggressor_remaining_lots: left,
            resting_remaining_lots: other_left,
        } => write_ints(
            to,
            [
                3,
                id(aggressor),
                id(resting),
                price_ticks,
                quantity_lots,
                left,
                other_left,
            ],
        ),
        Outcome::Uncrossed {
            buy,
            sell,
            price_ticks,
            quantity_lots,
            buy_remaining_lots: left,
            sell_remaining_lots: other_left,
        } => write_ints(
            to,
            [4, id(buy), id(sell), price_ticks, quantity_lots, left, other_left],
        ),
        Outcome::Displayed {
            order,
            quantity_lots,
            renewed,
        } => {
            write_ints(to, [5, id(order), quantity_lots, renewed.into()]);
        }
        Outcome::Decremented {
            aggressor,
            resting,
            quantity_lots,
            aggressor_remaining_lots: left,
            resting_remaining_lots: other_left,
        } => write_ints(
            to,
            [6, id(aggressor), id(resting), quantity_lots, left, other_left],
        ),
        Outcome::Triggered { order } => write_ints(to, [7, id(order)]),
        Outcome::Activated {
            order,
            quantity_lots,
            previous_quantity_lots,
        } => {
            write_ints(to, [8, id(order), quantity_lots, previous_quantity_lots]);
        }
        Outcome::Canceled {
            order,
            quantity_lots,
            reason,
            rested,
            available_lots,
        } => {
            write_ints(
                to,
                [
                    9,
                    id(order),
                    quantity_lots,
                    reason.number(),
                    rested.into(),
                    available_lots,
                ],
            );
        }
        Outcome::Expired {
            order,
            quantity_lots,
            rested,
        } => {
            write_ints(to, [10, id(order), quantity_lots, rested.into()]);
        }
        Outcome::Replaced {
            order,
            price_ticks,
            quantity_lots,
            previous_price_ticks: before_ticks,
            previous_quantity_lots: before_lots,
            kept_priority: kept,
        } => {
            let values = [
                11,
                id(order),
                price_ticks,
                quantity_lots,
                before_ticks,
                before_lots,
                kept.into(),
            ];
            write_ints(to, values);
        }
        Outcome::Repriced {
            order,
            price_ticks,
            previous_price_ticks,
        } => {
            write_ints(to, [12, id(order), price_ticks, previous_price_ticks]);
        }
        Outcome::Rejected(rejected) => write_rejected(rejected, to),
        Outcome::PhaseChanged(phase) => write_ints(to, [14, phase.number()]),
        Outcome::Indicative {
            price_ticks,
            quantity_lots,
        } => {
            to.array(3);
            to.int(15);
            to.optional_int(price_ticks);
            to.sum(quantity_lots);
        }
    }
}

fn write_rejected(rejected: Rejected, to: &mut Writer) {
    to.array(5);
    to.int(13);
    to.optional_int(rejected.order_id);
    to.int(rejected.reason.number());
    to.int(rejected.bound);
    to.sum(rejected.actual);
}

fn write_ints<const N: usize>(to: &mut Writer, values: [i64; N]) {
    to.array(N);
    for value in values {
        to.int(value);
    }
}
