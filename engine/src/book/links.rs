//! Orders that are linked: a pair of which one cancels the other, and a bracket, an entry with such a pair.
//!
//! A pair is a limit order and a stop of one side. As soon as one of them trades, however little, or is
//! triggered, or ends in whatever way, the other is canceled: never do both trade. Stops are looked at when a
//! command's own matching is done, so it is enough to do so with links, before them.
//!
//! The exits of a bracket are such a pair, parked until their entry ends: then they become active with what
//! has traded of it, or are canceled if nothing has.

use super::cancel::end_live;
use super::contents::Contents;
use super::expiry::expect_end;
use super::leave::take_off;
use super::link::Link;
use super::order::Order;
use super::orders::Handle;
use super::outcomes::{CancelReason, Outcome, Outcomes, RejectReason, Rejected};
use super::parked::park;
use super::place::{enter, join, refuse_id, refuse_new};
use super::plan::Aggressor;
use super::refuse::{refuse_expiry, refuse_terms};
use super::terms::{OrderType, TimeInForce};

/// Refuse both orders, or take both; then the stop waits and the limit order arrives.
pub fn place_pair(
    book: &mut Contents,
    limit: Handle,
    stop: Handle,
    outcomes: &mut Outcomes,
) -> Result<(), Rejected> {
    let (limit_order, stop_order) = (&book.orders[limit], &book.orders[stop]);
    if !is_pair(limit_order, stop_order) {
        return Err(Rejected::order(limit_order.order_id, RejectReason::Link));
    }
    refuse_new(book, limit_order)?;
    refuse_new(book, stop_order)?;
    outcomes.extend([limit, stop].map(|order| Outcome::Accepted { order }));
    tie(book, limit, stop, None);
    enter(book, stop, outcomes);
    enter(book, limit, outcomes);
    Ok(())
}

/// Refuse all three orders, or take all; then the exits are parked and the entry arrives.
pub fn place_bracket(
    book: &mut Contents,
    entry: Handle,
    limit: Handle,
    stop: Handle,
    outcomes: &mut Outcomes,
) -> Result<(), Rejected> {
    let lots = book.orders[entry].remaining_lots;
    book.orders[limit].remaining_lots = lots;
    book.orders[stop].remaining_lots = lots;
    let [entry_order, limit_order, stop_order] = [entry, limit, stop].map(|handle| &book.orders[handle]);
    let entry_id = entry_order.order_id;
    if !are_exits(entry_order, limit_order, stop_order) {
        return Err(Rejected::order(entry_id, RejectReason::Link));
    }
    refuse_new(book, entry_order)?;
    refuse_parked(book, limit_order)?;
    refuse_parked(book, stop_order)?;
    outcomes.extend([entry, limit, stop].map(|order| Outcome::Accepted { order }));
    tie(book, limit, stop, Some(entry_id));
    for exit in [limit, stop] {
        expect_end(book, exit);
        park(book, exit);
    }
    enter(book, entry, outcomes);
    Ok(())
}

/// Let `outcomes[begin..]` have their consequences for linked orders, and these in their turn theirs.
pub fn follow_links(book: &mut Contents, outcomes: &mut Outcomes, begin: usize) {
    let mut number = begin;
    while !book.links.is_empty() && number < outcomes.len() {
        for concerned in concerned(&outcomes[number]).into_iter().flatten() {
            follow(book, concerned, outcomes);
        }
        number += 1;
    }
}

/// Whom an outcome concerns; what has traded of that order, and whether it has ended.
#[derive(Clone, Copy)]
struct Concerned {
    order: Handle,
    traded_lots: i64,
    is_over: bool,
}

fn concerned(outcome: &Outcome) -> [Option<Concerned>; 2] {
    let one = |order, traded_lots, left| {
        Some(Concerned {
            order,
            traded_lots,
            is_over: left == 0,
        })
    };
    match *outcome {
        Outcome::Traded {
            aggressor,
            resting,
            quantity_lots,
            aggressor_remaining_lots,
            resting_remaining_lots,
            ..
        } => [
            one(aggressor, quantity_lots, aggressor_remaining_lots),
            one(resting, quantity_lots, resting_remaining_lots),
        ],
        Outcome::Uncrossed {
            buy,
            sell,
            quantity_lots,
            buy_remaining_lots,
            sell_remaining_lots,
            ..
        } => [
            one(buy, quantity_lots, buy_remaining_lots),
            one(sell, quantity_lots, sell_remaining_lots),
        ],
        Outcome::Decremented {
            aggressor,
            resting,
            aggressor_remaining_lots,
            resting_remaining_lots,
            ..
        } => [
            one(aggressor, 0, aggressor_remaining_lots),
            one(resting, 0, resting_remaining_lots),
        ],
        Outcome::Canceled { order, .. } | Outcome::Expired { order, .. } => [one(order, 0, 0), None],
        Outcome::Triggered { order } => [
            Some(Concerned {
                order,
                traded_lots: 0,
                is_over: false,
            }),
            None,
        ],
        _ => [None, None],
    }
}

fn follow(book: &mut Contents, concerned: Concerned, outcomes: &mut Outcomes) {
    let order_id = book.orders[concerned.order].order_id;
    let Some(link) = book.links.of(order_id) else {
        return;
    };
    if link.entry_id == Some(order_id) {
        link.filled_lots += concerned.traded_lots;
        if concerned.is_over {
            let link = *link;
            end_entry(book, link, concerned.order, outcomes);
        }
    } else {
        let link = *link;
        end(book, link, concerned.order, outcomes);
    }
}

/// The entry of a bracket is over: its exits become active, for what has traded.
fn end_entry(book: &mut Contents, link: Link, entry: Handle, outcomes: &mut Outcomes) {
    let both_live = book.orders[link.limit].is_live() && book.orders[link.stop].is_live();
    if link.filled_lots == 0 || !both_live {
        end(book, link, entry, outcomes);
        return;
    }
    book.links.release(link);
    for order in [link.stop, link.limit] {
        let previous_quantity_lots = book.orders[order].remaining_lots;
        outcomes.push(Outcome::Activated {
            order,
            quantity_lots: link.filled_lots,
            previous_quantity_lots,
        });
        take_off(book, order);
        book.orders[order].remaining_lots = link.filled_lots;
    }
    book.stops.add(&mut book.orders, link.stop);
    book.enlist(link.stop);
    join(book, link.limit, outcomes);
}

/// Untie a pair because of what has happened to one of its orders or to their entry; the others go.
///
/// Of a pair that was canceled or expired together the other is gone already.
fn end(book: &mut Contents, link: Link, cause: Handle, outcomes: &mut Outcomes) {
    book.links.remove(link);
    for order in [link.limit, link.stop] {
        if order != cause && book.orders[order].is_live() {
            outcomes.push(end_live(book, order, CancelReason::Linked));
        }
    }
}

fn is_pair(limit: &Order, stop: &Order) -> bool {
    limit.order_type == OrderType::Limit
        && stop.order_type.waits()
        && matches!(
            limit.time_in_force,
            TimeInForce::Gtc | TimeInForce::Day | TimeInForce::Gtd
        )
        && !stop.time_in_force.is_for_an_auction()
        && limit.side == stop.side
        && limit.order_id != stop.order_id
}

/// Whether a pair can end what an entry trades: nothing may refuse it when it becomes active.
fn are_exits(entry: &Order, limit: &Order, stop: &Order) -> bool {
    is_pair(limit, stop)
        && entry.side != limit.side
        && entry.order_id != limit.order_id
        && entry.order_id != stop.order_id
        && !limit.post_only
        && !stop.post_only
        && stop.order_type != OrderType::TrailingStop
}

/// Refuse an exit for what doesn't depend on when it becomes active.
fn refuse_parked(book: &Contents, order: &Order) -> Result<(), Rejected> {
    refuse_id(book, order.order_id)?;
    refuse_terms(book, order.order_id, Aggressor::of(order))?;
    refuse_expiry(book, order, order.special.as_deref())
}

fn tie(book: &mut Contents, limit: Handle, stop: Handle, entry_id: Option<i64>) {
    book.quiet = false;
    let (limit_id, stop_id) = (book.orders[limit].order_id, book.orders[stop].order_id);
    book.links.add(Link {
        limit_id,
        limit,
        stop_id,
        stop,
        entry_id,
        filled_lots: 0,
    });
}
