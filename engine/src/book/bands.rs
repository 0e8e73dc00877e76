//! Price bands: no trade in continuous trading is outside them; an order that would makes an interruption.
//!
//! The order trades as far as the bands go; then the phase is a volatility auction, where the rest of it
//! gathers.

use super::contents::Contents;
use super::order::Order;
use super::outcomes::{RejectReason, Rejected};
use super::plan::{Deed, Step};
use super::terms::{PRICE_TICKS_MAX, PRICE_TICKS_MIN, price_bound};

/// How far from its reference a trade may be, on either side, in ticks; None: as far as it likes.
///
/// `static_ticks`: from the last auction's price. `dynamic_ticks`: from the last trade price as it was when
/// the order arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bands {
    pub static_ticks: Option<i64>,
    pub dynamic_ticks: Option<i64>,
}

/// Refuse a width below 0 or a reference out of range, or take them from now on.
pub fn set_bands(
    book: &mut Contents,
    bands: Option<Bands>,
    reference_ticks: Option<i64>,
) -> Result<(), Rejected> {
    let refused = |bound, actual: i64| Rejected {
        order_id: None,
        reason: RejectReason::Price,
        bound,
        actual: actual.into(),
    };
    for width in bands
        .iter()
        .flat_map(|bands| [bands.static_ticks, bands.dynamic_ticks])
        .flatten()
    {
        if !(0..=PRICE_TICKS_MAX).contains(&width) {
            return Err(refused(if width < 0 { 0 } else { PRICE_TICKS_MAX }, width));
        }
    }
    if let Some(ticks) = reference_ticks {
        if let Some(bound) = price_bound(ticks.into()) {
            return Err(refused(bound, ticks));
        }
        book.reference_ticks = reference_ticks;
    }
    book.bands = bands;
    Ok(())
}

/// Whether an arriving order might trade outside the bands: then its plan has to be looked at.
pub fn may_leave_bands(book: &Contents, order: &Order) -> bool {
    let Some(bands) = book.bands else { return false };
    let opposite = book.side(order.side.opposite());
    let Some(best_ticks) = opposite.best_price_ticks() else {
        return false;
    };
    if !opposite.reaches(order.price_ticks) {
        return false;
    }
    let (lowest, highest) = bounds(book, bands);
    !((lowest..=highest).contains(&best_ticks) && (lowest..=highest).contains(&order.price_ticks))
}

/// How many steps of a plan trade inside the bands, before the first that does not.
pub fn inside_bands(book: &Contents, steps: &[Step]) -> usize {
    let Some(bands) = book.bands else {
        return steps.len();
    };
    let (lowest, highest) = bounds(book, bands);
    let is_outside = |step: &Step| {
        step.deed == Deed::Trade && !(lowest..=highest).contains(&book.orders[step.resting].price_ticks)
    };
    steps.iter().position(is_outside).unwrap_or(steps.len())
}

/// The lowest and the highest price that a trade may have.
fn bounds(book: &Contents, bands: Bands) -> (i64, i64) {
    let (mut lowest, mut highest) = (PRICE_TICKS_MIN, PRICE_TICKS_MAX);
    let last = book.last_price_ticks.or(book.reference_ticks);
    for (width, reference) in [
        (bands.static_ticks, book.reference_ticks),
        (bands.dynamic_ticks, last),
    ] {
        if let (Some(width), Some(reference)) = (width, reference) {
            // Beyond an i64 is beyond the range of prices, where the bound is that of the range.
            lowest = lowest.max(reference.saturating_sub(width));
            highest = highest.min(reference.saturating_add(width));
        }
    }
    (lowest, highest)
}
