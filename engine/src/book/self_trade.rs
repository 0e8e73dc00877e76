//! Self-trade prevention: what happens between two orders of one group, instead of a trade.

use super::cancel::end_live;
use super::contents::Contents;
use super::display::after_reduction;
use super::matching::take_lots;
use super::orders::Handle;
use super::outcomes::{CancelReason, Outcome, Outcomes};
use super::plan::{Deed, Step};

/// Carry out what the aggressor's mode says; whether it goes on.
pub fn prevent(book: &mut Contents, aggressor: Handle, step: &Step, outcomes: &mut Outcomes) -> bool {
    if step.deed == Deed::Decrement {
        decrement(book, aggressor, step.resting, step.lots, outcomes);
        return book.orders[aggressor].remaining_lots > 0;
    }
    if step.deed != Deed::CancelResting {
        outcomes.push(Outcome::Canceled {
            order: aggressor,
            quantity_lots: book.orders[aggressor].remaining_lots,
            reason: CancelReason::SelfTrade,
            rested: false,
            available_lots: 0,
        });
    }
    if step.deed != Deed::CancelAggressor {
        outcomes.push(end_live(book, step.resting, CancelReason::SelfTrade));
    }
    step.deed == Deed::CancelResting
}

/// Take `lots` off both. They count as executed: a replace's total quantity must not bring them back.
fn decrement(book: &mut Contents, aggressor: Handle, resting: Handle, lots: i64, outcomes: &mut Outcomes) {
    take_lots(book, aggressor, resting, lots);
    let order = &book.orders[resting];
    let (side, resting_remaining_lots, is_iceberg) = (order.side, order.remaining_lots, order.is_iceberg());
    outcomes.push(Outcome::Decremented {
        aggressor,
        resting,
        quantity_lots: lots,
        aggressor_remaining_lots: book.orders[aggressor].remaining_lots,
        resting_remaining_lots,
    });
    if resting_remaining_lots > 0 && is_iceberg {
        let (side, orders) = book.side_mut(side);
        after_reduction(side, orders, resting, lots, outcomes);
    }
}
