//! Post-only orders: they never trade when they arrive. One that would is refused, or slides to a price where
//! it doesn't.

use super::contents::Contents;
use super::order::Order;
use super::outcomes::{RejectReason, Rejected};
use super::parked::comes_early;
use super::plan::{Aggressor, plan, traded_lots};
use super::terms::{Phase, Side};

/// Refuse a post-only order that would trade at once with these terms, or may in the uncross to come.
pub fn refuse_post_only(
    book: &Contents,
    order: &Order,
    terms: Aggressor,
    is_parked: bool,
) -> Result<(), Rejected> {
    if !order.post_only {
        return Ok(());
    }
    let refused = |bound| Rejected::new(order.order_id, RejectReason::PostOnly, bound, terms.price_ticks);
    if book.phase != Phase::Continuous || is_parked || comes_early(book, order) {
        return Err(refused(terms.price_ticks));
    }
    if order.order_type.waits() || posted_at(book, order, terms).is_some() {
        return Ok(());
    }
    let best_ticks = book.side(order.side.opposite()).best_price_ticks();
    Err(refused(best_ticks.expect("it would trade with somebody")))
}

/// The price at which a post-only order rests: its own, or where it slides to; None where it can't.
pub fn posted_at(book: &Contents, order: &Order, terms: Aggressor) -> Option<i64> {
    let Some(ticks) = would_trade_at(book, order.side, terms) else {
        return Some(terms.price_ticks);
    };
    if order.order_type.is_unpriced() {
        return None;
    }
    let slide_ticks = i128::from(terms.special?.slide_ticks?);
    let slid_ticks = match order.side {
        Side::Buy => i128::from(ticks) - slide_ticks,
        Side::Sell => i128::from(ticks) + slide_ticks,
    };
    let (low_ticks, high_ticks) = book.price_range_ticks;
    i64::try_from(slid_ticks)
        .ok()
        .filter(|ticks| (low_ticks..=high_ticks).contains(ticks))
}

/// The best price of the other side, if an order with these terms would trade at once; None if not.
fn would_trade_at(book: &Contents, side: Side, terms: Aggressor) -> Option<i64> {
    let opposite = book.side(side.opposite());
    let least_lots = terms.special.map_or(0, |special| special.least_lots()).max(1);
    let lots = if opposite.specials > 0 {
        traded_lots(&plan(terms, opposite, &book.orders))
    } else {
        opposite.available_lots(terms.price_ticks, terms.quantity_lots)
    };
    if lots >= least_lots {
        opposite.best_price_ticks()
    } else {
        None
    }
}
