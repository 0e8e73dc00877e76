//! A mass quote: the quotes of one group, of both sides, set at once.
//!
//! A quote is a limit order that its group names again by its id. What a mass quote names and the book has
//! gets the new price and quantity, and with quantity 0 it is withdrawn; what the book doesn't have is new;
//! what is not named stays.
//!
//! All that loses its place leaves before anything arrives, so that a market maker who moves both sides past
//! each other doesn't meet a quote that is about to move.

use super::cancel::end_live;
use super::contents::Contents;
use super::leave::take_off;
use super::order::Order;
use super::orders::Handle;
use super::outcomes::{CancelReason, Outcome, Outcomes, RejectReason, Rejected};
use super::place::{enter, join, refuse_new};
use super::plan::Aggressor;
use super::refuse::refuse_terms;
use super::replace::keep;
use super::terms::{OrderType, Phase, Side};

type IsMeant<'a> = &'a dyn Fn(&Order) -> bool;

/// Refuse all, or set all: first what is withdrawn, moved or reduced, then what arrives, as named.
pub fn mass_quote(
    book: &mut Contents,
    quotes: &[Handle],
    is_meant: IsMeant,
    outcomes: &mut Outcomes,
) -> Result<(), Rejected> {
    refuse(book, quotes, is_meant)?;
    let mut arriving = Vec::with_capacity(quotes.len());
    for &quote in quotes {
        match book.find(book.orders[quote].order_id) {
            Some(order) => {
                let is_all = change(book, order, quote, outcomes);
                arriving.extend((!is_all).then_some(order));
            }
            None if book.orders[quote].remaining_lots > 0 => arriving.push(quote),
            None => {}
        }
    }
    for order in arriving {
        if quotes.contains(&order) {
            outcomes.push(Outcome::Accepted { order });
            enter(book, order, outcomes);
        } else {
            join(book, order, outcomes);
        }
    }
    Ok(())
}

/// Give a live quote what a mass quote says; whether that is all: else it has left and is to arrive.
fn change(book: &mut Contents, handle: Handle, quote: Handle, outcomes: &mut Outcomes) -> bool {
    let (order, quote) = (&book.orders[handle], &book.orders[quote]);
    let (lots, price_ticks) = (quote.remaining_lots, quote.price_ticks);
    if lots == 0 {
        outcomes.push(end_live(book, handle, CancelReason::Requested));
        return true;
    }
    let kept = price_ticks == order.price_ticks && lots <= order.remaining_lots;
    outcomes.push(Outcome::Replaced {
        order: handle,
        price_ticks,
        quantity_lots: lots,
        previous_price_ticks: order.price_ticks,
        previous_quantity_lots: order.remaining_lots,
        kept_priority: kept,
    });
    if kept {
        keep(book, handle, lots, None, outcomes);
    } else {
        take_off(book, handle);
        let order = &mut book.orders[handle];
        (order.price_ticks, order.remaining_lots) = (price_ticks, lots);
    }
    kept
}

/// The first reason not to take a mass quote: of each quote as they come, then of the two sides.
fn refuse(book: &Contents, quotes: &[Handle], is_meant: IsMeant) -> Result<(), Rejected> {
    let ids: Vec<i64> = quotes.iter().map(|&quote| book.orders[quote].order_id).collect();
    for (number, &quote) in quotes.iter().enumerate() {
        if ids[..number].contains(&ids[number]) {
            return Err(Rejected::order(ids[number], RejectReason::DuplicateOrder));
        }
        refuse_one(book, &book.orders[quote], is_meant)?;
    }
    refuse_crossed(
        quotes
            .iter()
            .map(|&quote| &book.orders[quote])
            .filter(|quote| quote.remaining_lots != 0),
    )
}

fn refuse_one(book: &Contents, quote: &Order, is_meant: IsMeant) -> Result<(), Rejected> {
    let found = book.find(quote.order_id);
    let order = found.map(|handle| &book.orders[handle]);
    if let Some((handle, order)) = found.zip(order) {
        let is_own = order.order_type == OrderType::Limit
            && order.side == quote.side
            && !book.parked.contains(order, handle)
            && is_meant(order);
        if !is_own {
            return Err(Rejected::order(quote.order_id, RejectReason::DuplicateOrder));
        }
    }
    if quote.remaining_lots == 0 {
        let is_closed = book.phase == Phase::Closed;
        return if is_closed {
            Err(Rejected::phase(Some(quote.order_id), book.phase))
        } else {
            Ok(())
        };
    }
    if quote.post_only || order.is_some_and(|order| order.post_only) {
        // Whether it would trade depends on what the others of its message leave there.
        let ticks = quote.price_ticks;
        return Err(Rejected::new(
            quote.order_id,
            RejectReason::PostOnly,
            ticks,
            ticks,
        ));
    }
    let Some(order) = order else {
        return refuse_new(book, quote);
    };
    let terms = Aggressor {
        special: order.special.as_deref(),
        ..Aggressor::of(quote)
    };
    refuse_terms(book, quote.order_id, terms)
}

/// Refuse quotes of which one would trade with another.
fn refuse_crossed<'a>(quotes: impl Iterator<Item = &'a Order> + Clone) -> Result<(), Rejected> {
    let asks = quotes.clone().filter(|quote| quote.side == Side::Sell);
    let Some(ask_ticks) = asks.map(|quote| quote.price_ticks).min() else {
        return Ok(());
    };
    let mut bids = quotes.filter(|quote| quote.side == Side::Buy);
    match bids.find(|bid| bid.price_ticks >= ask_ticks) {
        None => Ok(()),
        Some(bid) => Err(Rejected::new(
            bid.order_id,
            RejectReason::Price,
            ask_ticks,
            bid.price_ticks,
        )),
    }
}
