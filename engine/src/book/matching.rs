//! Trading an arriving order against the other side. `fill` is the only place where a resting order trades
//! with one that arrives; an auction's trades are made by `uncross`.

use super::contents::Contents;
use super::display::after_trade;
use super::orders::Handle;
use super::outcomes::{Outcome, Outcomes};
use super::plan::{Deed, Step};
use super::self_trade::prevent;

/// Trade by price-time priority until the aggressor is filled or its worst price is reached.
///
/// Only where no order of the other side alters matching.
pub fn match_plainly(book: &mut Contents, aggressor: Handle, outcomes: &mut Outcomes) {
    let (side, price_ticks) = (
        book.orders[aggressor].side.opposite(),
        book.orders[aggressor].price_ticks,
    );
    let worst_rank = book.side(side).rank(price_ticks);
    loop {
        let left = book.orders[aggressor].remaining_lots;
        let resting = match book.side(side).best() {
            Some((key, level)) if left > 0 && key.rank >= worst_rank => level.first,
            _ => return,
        };
        let lots = left.min(book.orders[resting].remaining_lots);
        fill(book, aggressor, resting, lots, outcomes);
    }
}

/// Do what a plan says; whether the aggressor is still there: it may have been canceled or taken off.
pub fn carry_out(book: &mut Contents, aggressor: Handle, steps: &[Step], outcomes: &mut Outcomes) -> bool {
    for step in steps {
        if step.deed != Deed::Trade {
            if !prevent(book, aggressor, step, outcomes) {
                return false;
            }
            continue;
        }
        fill(book, aggressor, step.resting, step.lots, outcomes);
        let resting = &book.orders[step.resting];
        if resting.remaining_lots > 0 && resting.is_iceberg() {
            let (side, orders) = book.side_mut(resting.side);
            after_trade(side, orders, step.resting, step.lots, outcomes);
        }
    }
    true
}

/// Trade `lots`, which both have, at the resting order's price; a resting order that is filled leaves.
fn fill(book: &mut Contents, aggressor: Handle, resting: Handle, lots: i64, outcomes: &mut Outcomes) {
    take_lots(book, aggressor, resting, lots);
    let price_ticks = book.orders[resting].price_ticks;
    book.last_price_ticks = Some(price_ticks);
    outcomes.push(Outcome::Traded {
        aggressor,
        resting,
        price_ticks,
        quantity_lots: lots,
        aggressor_remaining_lots: book.orders[aggressor].remaining_lots,
        resting_remaining_lots: book.orders[resting].remaining_lots,
    });
}

/// Take `lots` off both as executed; a resting order that has none left leaves.
pub fn take_lots(book: &mut Contents, aggressor: Handle, resting: Handle, lots: i64) {
    let order = &book.orders[resting];
    let is_all = lots == order.remaining_lots;
    let (side, orders) = book.side_mut(order.side);
    if is_all {
        side.remove(orders, resting);
        book.delist(resting);
        book.orders[resting].remaining_lots = 0;
    } else {
        side.reduce(orders, resting, lots);
    }
    book.orders[resting].executed_lots += lots;
    let aggressor = &mut book.orders[aggressor];
    aggressor.remaining_lots -= lots;
    aggressor.executed_lots += lots;
}
