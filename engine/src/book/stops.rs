//! Stop orders: they wait, unseen, until the last trade price, or a mark price, reaches their stop price.
//!
//! Stops are looked at when a command's own matching is done, one at a time: what one trades counts before
//! the next is chosen.

use super::contents::Contents;
use super::order::Order;
use super::orders::Handle;
use super::outcomes::{Outcome, RejectReason, Rejected};
use super::terms::{OrderType, Side, price_bound};
use super::waiting::stop_ticks;

/// Refuse a trailing stop that has nowhere to start from.
pub fn refuse_start(book: &Contents, order: &Order) -> Result<(), Rejected> {
    if order.order_type != OrderType::TrailingStop || order.terms().stop_price_ticks.is_some() {
        return Ok(());
    }
    let Some(price_ticks) = price(book, order) else {
        return Err(Rejected::order(order.order_id, RejectReason::NoReferencePrice));
    };
    let ticks = behind(order, price_ticks);
    match price_bound(ticks) {
        None => Ok(()),
        Some(bound) => Err(Rejected {
            order_id: Some(order.order_id),
            reason: RejectReason::Price,
            bound,
            actual: ticks,
        }),
    }
}

/// Let a stop wait; `refuse_start` has found nothing.
pub fn wait(book: &mut Contents, handle: Handle) {
    let order = &book.orders[handle];
    if order.terms().stop_price_ticks.is_none() {
        let ticks = behind(order, price(book, order).expect("refuse_start has looked"));
        let ticks = i64::try_from(ticks).expect("refuse_start has looked");
        book.orders[handle].terms_mut().stop_price_ticks = Some(ticks);
    }
    book.quiet = false;
    book.stops.add(&mut book.orders, handle);
    book.enlist(handle);
}

/// Take a mark price, or refuse one out of range; trailing stops that wait for it follow it.
pub fn set_mark_price(book: &mut Contents, price_ticks: i64) -> Result<(), Rejected> {
    if let Some(bound) = price_bound(price_ticks.into()) {
        let actual = price_ticks.into();
        return Err(Rejected {
            order_id: None,
            reason: RejectReason::Price,
            bound,
            actual,
        });
    }
    book.mark_price_ticks = Some(price_ticks);
    follow(book, price_ticks, price_ticks, true);
    Ok(())
}

/// Let trailing stops follow the trades among `outcomes`, in the better direction only.
pub fn follow_trades(book: &mut Contents, outcomes: &[Outcome]) {
    if book.stops.trailing.is_empty() {
        return;
    }
    let prices = || {
        outcomes.iter().filter_map(|outcome| match *outcome {
            Outcome::Traded { price_ticks, .. } | Outcome::Uncrossed { price_ticks, .. } => Some(price_ticks),
            _ => None,
        })
    };
    if let (Some(lowest), Some(highest)) = (prices().min(), prices().max()) {
        follow(book, lowest, highest, false);
    }
}

/// A stop that has been triggered is a market or a limit order.
pub fn become_active(order: &mut Order) {
    order.order_type = if order.order_type == OrderType::StopLimit {
        OrderType::Limit
    } else {
        OrderType::Market
    };
}

fn follow(book: &mut Contents, lowest: i64, highest: i64, on_mark: bool) {
    let trailing: Vec<Handle> = book.stops.trailing.values().copied().collect();
    for handle in trailing {
        let order = &mut book.orders[handle];
        if order.terms().on_mark != on_mark {
            continue;
        }
        let now_ticks = i128::from(stop_ticks(order));
        let (ticks, is_better) = match order.side {
            Side::Buy => (behind(order, lowest), behind(order, lowest) < now_ticks),
            Side::Sell => (behind(order, highest), behind(order, highest) > now_ticks),
        };
        if is_better {
            let ticks = i64::try_from(ticks).expect("between a price and a stop price");
            book.stops.shift(order, ticks);
        }
    }
}

/// The price that an order waits for.
fn price(book: &Contents, order: &Order) -> Option<i64> {
    if order.terms().on_mark {
        book.mark_price_ticks
    } else {
        book.last_price_ticks
    }
}

/// The stop price of a trailing order when the market is at this price: the sum of two prices.
fn behind(order: &Order, price_ticks: i64) -> i128 {
    let trail_ticks = i128::from(order.terms().trail_ticks.expect("a trailing stop has a distance"));
    match order.side {
        Side::Buy => i128::from(price_ticks) + trail_ticks,
        Side::Sell => i128::from(price_ticks) - trail_ticks,
    }
}
