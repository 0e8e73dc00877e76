//! Triggering the stops whose price has been reached.

use super::contents::Contents;
use super::links::follow_links;
use super::orders::Handle;
use super::outcomes::{CancelReason, Outcome, Outcomes};
use super::place::arrive;
use super::plan::Aggressor;
use super::post_only::posted_at;
use super::stops::{become_active, follow_trades};
use super::terms::Phase;

/// Let the stops arrive that a command's trades, all of `outcomes`, have brought to their price.
pub fn trigger_stops(book: &mut Contents, outcomes: &mut Outcomes) {
    follow_trades(book, outcomes);
    while book.phase == Phase::Continuous {
        let Some(handle) = book.stops.due(book.last_price_ticks, book.mark_price_ticks) else {
            return;
        };
        let begin = outcomes.len();
        book.stops.remove(&book.orders[handle]);
        book.delist(handle);
        become_active(&mut book.orders[handle]);
        outcomes.push(Outcome::Triggered { order: handle });
        follow_links(book, outcomes, begin); // the other one of a pair goes before this one arrives
        let arrived = outcomes.len();
        arrive_late(book, handle, outcomes);
        follow_links(book, outcomes, arrived);
        follow_trades(book, &outcomes[begin..]);
    }
}

/// A post-only stop can't be refused any more: it slides, or is canceled if it would trade.
fn arrive_late(book: &mut Contents, handle: Handle, outcomes: &mut Outcomes) {
    let order = &book.orders[handle];
    if order.post_only {
        let previous_price_ticks = order.price_ticks;
        let Some(price_ticks) = posted_at(book, order, Aggressor::of(order)) else {
            outcomes.push(Outcome::Canceled {
                order: handle,
                quantity_lots: order.remaining_lots,
                reason: CancelReason::PostOnly,
                rested: false,
                available_lots: 0,
            });
            return;
        };
        if price_ticks != previous_price_ticks {
            book.orders[handle].price_ticks = price_ticks;
            outcomes.push(Outcome::Repriced {
                order: handle,
                price_ticks,
                previous_price_ticks,
            });
        }
    }
    arrive(book, handle, outcomes);
}
