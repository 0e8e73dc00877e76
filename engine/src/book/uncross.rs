//! The uncross: all that gathered and can trade, trades at one price, and the call phase is over.

use super::cancel::end_live;
use super::contents::Contents;
use super::display::after_trade;
use super::equilibrium::{Equilibrium, equilibrium};
use super::expiry::end_day;
use super::leave::take_off;
use super::order::Order;
use super::orders::Handle;
use super::outcomes::{CancelReason, Outcome, Outcomes, Rejected};
use super::place::rest;
use super::terms::{OrderType, Phase, Side};

/// End a call phase: Indicative, Uncrossed…, what the auction's end ends, PhaseChanged; or Rejected.
pub fn uncross(book: &mut Contents, outcomes: &mut Outcomes) -> Result<(), Rejected> {
    if !book.phase.is_call() {
        return Err(Rejected::phase(None, book.phase));
    }
    let found = equilibrium(book);
    let (price_ticks, quantity_lots) = as_told(found);
    outcomes.push(Outcome::Indicative {
        price_ticks,
        quantity_lots,
    });
    let closes = book.phase == Phase::ClosingAuction;
    trade_what_gathered(book, found, outcomes);
    book.phase = if closes { Phase::Closed } else { Phase::Continuous };
    outcomes.push(Outcome::PhaseChanged(book.phase));
    if closes {
        end_day(book, outcomes);
    }
    Ok(())
}

/// An equilibrium as it is told: nothing and 0 where nothing would trade.
pub fn as_told(found: Option<Equilibrium>) -> (Option<i64>, i128) {
    found.map_or((None, 0), |found| (Some(found.price_ticks), found.quantity_lots))
}

/// Trade at the equilibrium, then end what was only for this uncross, by order id.
pub fn trade_what_gathered(book: &mut Contents, found: Option<Equilibrium>, outcomes: &mut Outcomes) {
    if let Some(found) = found {
        trade(book, found, outcomes);
    }
    for handle in book.live_by_id(is_for_this_uncross) {
        if !book.parked.contains(&book.orders[handle], handle) {
            end(book, handle, outcomes);
        }
    }
    book.gathered = false;
    book.indicative = (None, 0);
}

/// What an order trades in this uncross; `left_lots`: of `lots`, not paired yet.
struct Share {
    order: Handle,
    lots: i64,
    left_lots: i64,
}

/// Pair the two sides, each in its priority: market orders, price, displayed before hidden, time.
fn trade(book: &mut Contents, found: Equilibrium, outcomes: &mut Outcomes) {
    book.last_price_ticks = Some(found.price_ticks);
    book.reference_ticks = Some(found.price_ticks);
    let mut buys = shares(book, Side::Buy, found);
    let mut sells = shares(book, Side::Sell, found);
    let (mut buy, mut sell) = (0, 0);
    while buy < buys.len() && sell < sells.len() {
        let lots = buys[buy].left_lots.min(sells[sell].left_lots);
        outcomes.push(Outcome::Uncrossed {
            buy: buys[buy].order,
            sell: sells[sell].order,
            price_ticks: found.price_ticks,
            quantity_lots: lots,
            buy_remaining_lots: pair(book, &mut buys[buy], lots),
            sell_remaining_lots: pair(book, &mut sells[sell], lots),
        });
        buy += usize::from(buys[buy].left_lots == 0);
        sell += usize::from(sells[sell].left_lots == 0);
    }
    for share in buys.iter().chain(&sells) {
        settle(book, share, outcomes);
    }
}

/// Trade so much of a share; what then remains of the order.
fn pair(book: &mut Contents, share: &mut Share, lots: i64) -> i64 {
    share.left_lots -= lots;
    let order = &mut book.orders[share.order];
    order.executed_lots += lots;
    order.remaining_lots - share.lots + share.left_lots
}

/// Who of a side trades how much at the price found, in priority order, the quantity found in all.
fn shares(book: &Contents, side: Side, found: Equilibrium) -> Vec<Share> {
    let worst_rank = book.side(side).rank(found.price_ticks);
    let mut unshared_lots = found.quantity_lots;
    let mut shares = Vec::new();
    for handle in ranked(book, side, found.price_ticks) {
        let order = &book.orders[handle];
        if unshared_lots == 0 || book.side(side).rank(order.price_ticks) < worst_rank {
            break;
        }
        let lots = i64::try_from(unshared_lots).map_or(order.remaining_lots, |l| l.min(order.remaining_lots));
        unshared_lots -= i128::from(lots);
        shares.push(Share {
            order: handle,
            lots,
            left_lots: lots,
        });
    }
    shares
}

/// A side in the priority of an uncross: a market order ahead of every limit that its protection price
/// reaches, and behind those beyond: were it ahead of them too, they could be left crossed with what its
/// protection price did not reach.
///
/// Only those that the price reaches, and market orders.
fn ranked(book: &Contents, side: Side, price_ticks: i64) -> Vec<Handle> {
    let side = book.side(side);
    let within = side.levels_within(price_ticks);
    let mut handles: Vec<Handle> = within.flat_map(|level| level.queue(&book.orders)).collect();
    // Market orders come first already, and a stable sort leaves them ahead of limits of the same price.
    handles.sort_by_key(|&handle| std::cmp::Reverse(side.rank(book.orders[handle].price_ticks)));
    handles
}

/// Take off the book what an order has traded.
fn settle(book: &mut Contents, share: &Share, outcomes: &mut Outcomes) {
    let order = &book.orders[share.order];
    if share.lots == order.remaining_lots {
        take_off(book, share.order);
        book.orders[share.order].remaining_lots = 0;
        return;
    }
    let (own_side, is_iceberg) = (order.side, order.is_iceberg());
    let (side, orders) = book.side_mut(own_side);
    side.reduce(orders, share.order, share.lots);
    if is_iceberg {
        after_trade(side, orders, share.order, share.lots, outcomes);
    }
}

/// Whether a live order is for the next uncross only.
fn is_for_this_uncross(order: &Order) -> bool {
    order.order_type.is_unpriced() || order.time_in_force.is_for_an_auction()
}

fn end(book: &mut Contents, handle: Handle, outcomes: &mut Outcomes) {
    let order = &book.orders[handle];
    if order.order_type != OrderType::Market && order.time_in_force.is_for_an_auction() {
        outcomes.push(end_live(book, handle, CancelReason::Phase));
    } else if order.order_type == OrderType::Market || order.executed_lots == 0 {
        outcomes.push(end_live(book, handle, CancelReason::Market));
    } else {
        // Market-to-limit: it has traded in this uncross, since no earlier one can have left it as it is.
        take_off(book, handle);
        let price_ticks = book.last_price_ticks.expect("it has traded");
        let order = &mut book.orders[handle];
        let previous_price_ticks = order.price_ticks;
        outcomes.push(Outcome::Repriced {
            order: handle,
            price_ticks,
            previous_price_ticks,
        });
        (order.order_type, order.price_ticks) = (OrderType::Limit, price_ticks);
        rest(book, handle, outcomes);
    }
}
