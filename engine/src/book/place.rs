//! Placing an order, and what any order does that arrives.

use super::bands::{inside_bands, may_leave_bands};
use super::contents::Contents;
use super::display::show_first;
use super::expiry::expect_end;
use super::matching::{carry_out, match_plainly};
use super::order::Order;
use super::orders::Handle;
use super::outcomes::{CancelReason, Outcome, Outcomes, RejectReason, Rejected};
use super::parked::{comes_early, park};
use super::plan::{Aggressor, Step, plan, traded_lots};
use super::post_only::{posted_at, refuse_post_only};
use super::refuse::{refuse_expiry, refuse_terms, refuse_time};
use super::stops::{refuse_start, wait};
use super::terms::{OrderType, Phase, TimeInForce};

/// Refuse the order, or take it and let it arrive, gather or wait.
pub fn place(book: &mut Contents, handle: Handle, outcomes: &mut Outcomes) -> Result<(), Rejected> {
    refuse_new(book, &book.orders[handle])?;
    outcomes.push(Outcome::Accepted { order: handle });
    enter(book, handle, outcomes);
    Ok(())
}

/// Refuse a new order of any kind.
pub fn refuse_new(book: &Contents, order: &Order) -> Result<(), Rejected> {
    refuse_id(book, order.order_id)?;
    refuse_terms(book, order.order_id, Aggressor::of(order))?;
    refuse_post_only(book, order, Aggressor::of(order), false)?;
    refuse_time(book, order)?;
    refuse_expiry(book, order, order.special.as_deref())?;
    refuse_start(book, order)
}

/// Refuse an order id that is on the book already, or that is none.
pub fn refuse_id(book: &Contents, order_id: i64) -> Result<(), Rejected> {
    if book.find(order_id).is_some() {
        return Err(Rejected::order(order_id, RejectReason::DuplicateOrder));
    }
    if order_id < 1 {
        return Err(Rejected::order(order_id, RejectReason::UnknownOrder));
    }
    Ok(())
}

/// Let an order that was accepted wait, arrive or gather.
pub fn enter(book: &mut Contents, handle: Handle, outcomes: &mut Outcomes) {
    expect_end(book, handle);
    if comes_early(book, &book.orders[handle]) {
        park(book, handle);
        return;
    }
    slide(book, handle, outcomes);
    if book.orders[handle].order_type.waits() {
        wait(book, handle);
    } else {
        join(book, handle, outcomes);
    }
}

/// Let an order that is not on the book come to it: in continuous trading it arrives, else it gathers.
pub fn join(book: &mut Contents, handle: Handle, outcomes: &mut Outcomes) {
    if book.phase == Phase::Continuous {
        arrive(book, handle, outcomes);
    } else {
        gather(book, handle, outcomes);
    }
}

/// Give a post-only order that arrives and may slide the price where it doesn't trade.
fn slide(book: &mut Contents, handle: Handle, outcomes: &mut Outcomes) {
    let order = &book.orders[handle];
    let may_slide = order
        .special
        .as_deref()
        .is_some_and(|special| special.slide_ticks.is_some());
    if !order.post_only || !may_slide || order.order_type.waits() || book.phase != Phase::Continuous {
        return;
    }
    let previous_price_ticks = order.price_ticks;
    let posted_ticks = posted_at(book, order, Aggressor::of(order));
    if let Some(price_ticks) = posted_ticks.filter(|&ticks| ticks != previous_price_ticks) {
        book.orders[handle].price_ticks = price_ticks;
        outcomes.push(Outcome::Repriced {
            order: handle,
            price_ticks,
            previous_price_ticks,
        });
    }
}

/// Let an order that is not on the book trade, then rest or be canceled, as its type and time say.
pub fn arrive(book: &mut Contents, handle: Handle, outcomes: &mut Outcomes) {
    let order = &book.orders[handle];
    let opposite = book.side(order.side.opposite());
    if opposite.specials > 0 || order.special.is_some() || may_leave_bands(book, order) {
        arrive_specially(book, handle, outcomes);
        return;
    }
    if opposite.reaches(order.price_ticks) {
        if order.time_in_force == TimeInForce::Fok {
            let available_lots = opposite.available_lots(order.price_ticks, order.remaining_lots);
            if available_lots < order.remaining_lots {
                end_arriving(book, handle, CancelReason::Fok, available_lots, outcomes);
                return;
            }
        }
        match_plainly(book, handle, outcomes);
        if book.orders[handle].remaining_lots == 0 {
            return;
        }
    }
    finish(book, handle, outcomes);
}

/// As `arrive`, by plan: where an order alters matching or may trade outside the price bands.
fn arrive_specially(book: &mut Contents, handle: Handle, outcomes: &mut Outcomes) {
    let order = &book.orders[handle];
    let steps = plan(
        Aggressor::of(order),
        book.side(order.side.opposite()),
        &book.orders,
    );
    let allowed = inside_bands(book, &steps);
    let least_lots = order.least_lots();
    if !take(book, handle, &steps[..allowed], outcomes) {
        return;
    }
    if allowed < steps.len() && traded_lots(&steps) >= least_lots {
        book.phase = Phase::VolatilityAuction;
        outcomes.push(Outcome::PhaseChanged(book.phase));
        let order = &book.orders[handle];
        if order.order_type == OrderType::Limit && order.time_in_force != TimeInForce::Ioc {
            gather(book, handle, outcomes);
            return;
        }
    }
    finish(book, handle, outcomes);
}

/// Do what an arriving order plans, if it likes it; whether something is left to rest or to cancel.
fn take(book: &mut Contents, handle: Handle, steps: &[Step], outcomes: &mut Outcomes) -> bool {
    let (lots, order) = (traded_lots(steps), &book.orders[handle]);
    if lots < order.least_lots() {
        if order.order_type == OrderType::Limit && !order.time_in_force.is_at_once() {
            return true;
        }
        end_arriving(book, handle, CancelReason::MinQuantity, lots, outcomes);
        return false;
    }
    if order.time_in_force == TimeInForce::Fok && lots < order.remaining_lots {
        end_arriving(book, handle, CancelReason::Fok, lots, outcomes);
        return false;
    }
    carry_out(book, handle, steps, outcomes) && book.orders[handle].remaining_lots > 0
}

/// Let what an arriving order could not trade rest, or cancel it.
fn finish(book: &mut Contents, handle: Handle, outcomes: &mut Outcomes) {
    if book.orders[handle].order_type == OrderType::MarketToLimit {
        become_limit(&mut book.orders[handle], handle, outcomes);
    }
    let order = &book.orders[handle];
    let reason = if order.time_in_force == TimeInForce::Fok {
        CancelReason::Fok // it reached nothing: one that trades, trades all
    } else if order.order_type != OrderType::Limit {
        CancelReason::Market
    } else if order.time_in_force == TimeInForce::Ioc {
        CancelReason::Ioc
    } else {
        rest(book, handle, outcomes);
        return;
    };
    end_arriving(book, handle, reason, 0, outcomes);
}

/// Let an order wait for the uncross: a market order ahead of all prices.
pub fn gather(book: &mut Contents, handle: Handle, outcomes: &mut Outcomes) {
    book.gathered = true;
    rest(book, handle, outcomes);
}

/// Put an order that is not on the book at the end of its queue.
pub fn rest(book: &mut Contents, handle: Handle, outcomes: &mut Outcomes) {
    let order = &mut book.orders[handle];
    show_first(order);
    let (price_ticks, quantity_lots) = (order.price_ticks, order.displayed_lots());
    let (own, orders) = book.side_mut(book.orders[handle].side);
    if own.pro_rata.is_some_and(|rule| rule.top_order) {
        own.crown(orders, handle);
    }
    book.stand(handle);
    outcomes.push(Outcome::Rested {
        order: handle,
        price_ticks,
        quantity_lots,
    });
}

/// A market-to-limit order that has traded is a limit order at the last price that it traded at.
fn become_limit(order: &mut Order, handle: Handle, outcomes: &mut Outcomes) {
    let traded_at = outcomes.iter().rev().find_map(|outcome| match *outcome {
        Outcome::Traded {
            aggressor,
            price_ticks,
            ..
        } if aggressor == handle => Some(price_ticks),
        _ => None,
    });
    let Some(price_ticks) = traded_at else { return };
    let previous_price_ticks = order.price_ticks;
    (order.order_type, order.price_ticks) = (OrderType::Limit, price_ticks);
    if price_ticks != previous_price_ticks {
        outcomes.push(Outcome::Repriced {
            order: handle,
            price_ticks,
            previous_price_ticks,
        });
    }
}

/// End an order that is not on the book.
fn end_arriving(
    book: &Contents,
    handle: Handle,
    reason: CancelReason,
    available_lots: i64,
    outcomes: &mut Outcomes,
) {
    let quantity_lots = book.orders[handle].remaining_lots;
    outcomes.push(Outcome::Canceled {
        order: handle,
        quantity_lots,
        reason,
        rested: false,
        available_lots,
    });
}
