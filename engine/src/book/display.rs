//! What an iceberg shows: a slice of its quantity; when that has traded, the next one, at the end of the
//! queue at its price.
//!
//! What it keeps back trades only by being shown. In an uncross all of it trades, in its slice's place.

use super::order::Order;
use super::orders::{Handle, Orders};
use super::outcomes::{Outcome, Outcomes};
use super::side::BookSide;

/// Before an order with a display quantity joins a queue.
pub fn show_first(order: &mut Order) {
    let Some(special) = order.special.as_deref_mut() else {
        return;
    };
    if let Some(display_lots) = special.display_lots {
        special.shown_lots = display_lots.min(order.remaining_lots);
    }
}

/// `lots` of a resting iceberg have traded and more remains: show less, or the next slice.
pub fn after_trade(
    side: &mut BookSide,
    orders: &mut Orders,
    handle: Handle,
    lots: i64,
    outcomes: &mut Outcomes,
) {
    let order = &mut orders[handle];
    let remaining_lots = order.remaining_lots;
    let slice_lots = slice_lots(order);
    let shown_lots = order.terms().shown_lots;
    if lots < shown_lots {
        order.terms_mut().shown_lots -= lots;
        outcomes.push(Outcome::Displayed {
            order: handle,
            quantity_lots: shown_lots - lots,
            renewed: false,
        });
        return;
    }
    // An uncross may have taken several slices and a part of the next one.
    let begun_lots = (lots - shown_lots) % slice_lots;
    side.level_mut(order).undisplayed_lots += i128::from(shown_lots - lots);
    order.terms_mut().shown_lots = 0;
    side.remove(orders, handle);
    let quantity_lots = (slice_lots - begun_lots).min(remaining_lots);
    orders[handle].terms_mut().shown_lots = quantity_lots;
    side.add(orders, handle);
    if side.top == Some(handle) {
        side.top = None;
    }
    outcomes.push(Outcome::Displayed {
        order: handle,
        quantity_lots,
        renewed: true,
    });
}

/// `lots` were taken off a resting iceberg without a trade: first off what it keeps back.
pub fn after_reduction(
    side: &mut BookSide,
    orders: &mut Orders,
    handle: Handle,
    lots: i64,
    outcomes: &mut Outcomes,
) {
    let order = &mut orders[handle];
    let (remaining_lots, shown_lots) = (order.remaining_lots, order.terms().shown_lots);
    let kept_back_lots = remaining_lots + lots - shown_lots;
    side.level_mut(order).undisplayed_lots -= i128::from(lots.min(kept_back_lots));
    let quantity_lots = shown_lots.min(remaining_lots);
    order.terms_mut().shown_lots = quantity_lots;
    outcomes.push(Outcome::Displayed {
        order: handle,
        quantity_lots,
        renewed: false,
    });
}

/// How much an iceberg shows at a time.
///
/// # Panics
/// When the order is none: the callers have looked.
pub fn slice_lots(iceberg: &Order) -> i64 {
    iceberg
        .terms()
        .display_lots
        .filter(|&lots| lots != 0)
        .expect("an iceberg has a slice")
}
