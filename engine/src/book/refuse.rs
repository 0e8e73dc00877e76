//! Why an order is refused, in order of precedence. Nothing is changed here.
//!
//! The order's own price and quantity, or those that a replace would give it; likewise its special terms.

use super::contents::Contents;
use super::order::Order;
use super::outcomes::{RejectReason, Rejected};
use super::parked::comes_early;
use super::plan::Aggressor;
use super::special::Special;
use super::terms::{PRICE_TICKS_MAX, PRICE_TICKS_MIN, Phase, QUANTITY_LOTS_MAX, TimeInForce, price_bound};

/// Refuse a price or a quantity out of range, and any order while the book takes none.
pub fn refuse_terms(book: &Contents, order_id: i64, terms: Aggressor) -> Result<(), Rejected> {
    refuse_range(
        order_id,
        RejectReason::Quantity,
        terms.quantity_lots,
        1,
        QUANTITY_LOTS_MAX,
    )?;
    if let Some(special) = terms.special {
        refuse_quantities(book, order_id, terms.quantity_lots, special)?;
    }
    if let Some(bound) = price_bound(terms.price_ticks.into()) {
        return Err(Rejected::new(
            order_id,
            RejectReason::Price,
            bound,
            terms.price_ticks,
        ));
    }
    if let Some(special) = terms.special {
        refuse_prices(order_id, special)?;
    }
    if book.phase != Phase::Continuous && !book.phase.is_call() {
        return Err(Rejected::phase(Some(order_id), book.phase));
    }
    Ok(())
}

/// Refuse a time in force that the phase doesn't take.
pub fn refuse_time(book: &Contents, order: &Order) -> Result<(), Rejected> {
    if comes_early(book, order) || is_timely(order.time_in_force, book.phase) {
        return Ok(());
    }
    let (bound, actual) = (book.phase.number(), order.time_in_force.number());
    Err(Rejected::new(
        order.order_id,
        RejectReason::TimeInForce,
        bound,
        actual,
    ))
}

/// Refuse a gtd order whose time is over.
pub fn refuse_expiry(book: &Contents, order: &Order, special: Option<&Special>) -> Result<(), Rejected> {
    if order.time_in_force != TimeInForce::Gtd {
        return Ok(());
    }
    let end_ms = special
        .and_then(|special| special.expire_time_ms)
        .expect("a gtd order has a time");
    if end_ms > book.time_ms {
        return Ok(());
    }
    Err(Rejected::new(
        order.order_id,
        RejectReason::TimeInForce,
        book.time_ms,
        end_ms,
    ))
}

fn is_timely(time_in_force: TimeInForce, phase: Phase) -> bool {
    match phase {
        Phase::Continuous => !time_in_force.is_for_an_auction(),
        Phase::PreOpen | Phase::Auction => !time_in_force.is_at_once(),
        Phase::VolatilityAuction => !time_in_force.is_at_once() && !time_in_force.is_for_an_auction(),
        Phase::ClosingAuction => !time_in_force.is_at_once() && time_in_force != TimeInForce::AtOpen,
        Phase::Halted | Phase::Closed | Phase::Retired => {
            unreachable!("refuse_terms has refused for the phase")
        }
    }
}

fn refuse_quantities(
    book: &Contents,
    order_id: i64,
    quantity_lots: i64,
    special: &Special,
) -> Result<(), Rejected> {
    let least_display = if special.is_iceberg() {
        book.rules.least_display_lots.min(quantity_lots)
    } else {
        0
    };
    for (lots, least) in [
        (special.display_lots, least_display),
        (special.min_quantity_lots, 1),
    ] {
        if let Some(lots) = lots {
            refuse_range(order_id, RejectReason::Quantity, lots, least, QUANTITY_LOTS_MAX)?;
        }
    }
    Ok(())
}

fn refuse_prices(order_id: i64, special: &Special) -> Result<(), Rejected> {
    for (ticks, least) in [
        (special.stop_price_ticks, PRICE_TICKS_MIN),
        (special.trail_ticks, 1),
        (special.slide_ticks, 1),
    ] {
        if let Some(ticks) = ticks {
            refuse_range(order_id, RejectReason::Price, ticks, least, PRICE_TICKS_MAX)?;
        }
    }
    Ok(())
}

fn refuse_range(
    order_id: i64,
    reason: RejectReason,
    value: i64,
    least: i64,
    most: i64,
) -> Result<(), Rejected> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Rejected::new(
        order_id,
        reason,
        if value < least { least } else { most },
        value,
    ))
}
