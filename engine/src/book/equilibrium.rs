//! The price of an auction: the greatest quantity, then the least surplus, then the pressure of the market,
//! then the nearest to the last price.

use super::contents::Contents;
use super::side::{Key, Level};
use super::terms::Side;

/// `quantity_lots` is a sum over many orders, which may pass an i64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Equilibrium {
    pub price_ticks: i64,
    pub quantity_lots: i128,
}

/// What wants to trade at a limit; `is_price`: whether an auction may come to this price: a market order's
/// protection is none.
struct Interest {
    limit_ticks: i64,
    lots: i128,
    is_price: bool,
}

/// `surplus_lots`: to buy, left over; negative: to sell.
struct Candidate {
    price_ticks: i64,
    quantity_lots: i128,
    surplus_lots: i128,
}

impl Candidate {
    /// The greatest quantity, then the least surplus.
    fn rank(&self) -> (i128, i128) {
        (self.quantity_lots, -self.surplus_lots.abs())
    }
}

/// The price and the quantity that an uncross would trade now; None if nothing would.
///
/// Prices considered: those of the limit orders, and the last trade price. Hidden and undisplayed quantity
/// counts in full.
pub fn equilibrium(book: &Contents) -> Option<Equilibrium> {
    let buys = reaching(book, Side::Buy);
    let sells = reaching(book, Side::Sell);
    let limits = buys.iter().chain(&sells).filter(|interest| interest.is_price);
    let mut prices: Vec<i64> = limits.map(|interest| interest.limit_ticks).collect();
    prices.extend(book.last_price_ticks);
    prices.sort_unstable();
    prices.dedup();
    let candidates = candidates(&prices, &buys, &sells);
    let best_rank = candidates.iter().map(Candidate::rank).max()?;
    if best_rank.0 == 0 {
        return None;
    }
    let best: Vec<&Candidate> = candidates.iter().filter(|one| one.rank() == best_rank).collect();
    Some(chosen(&best, book.last_price_ticks))
}

/// The limit of the keenest order, as a price: the other side trades nothing beyond it. None: the side is
/// empty.
fn worst(book: &Contents, side: Side) -> Option<i64> {
    let mut limits = Vec::new();
    for (key, level) in book.side(side).levels() {
        if !key.is_unpriced() {
            limits.push(level.price_ticks);
            break;
        }
        limits.extend(
            level
                .queue(&book.orders)
                .map(|order| book.orders[order].price_ticks),
        );
    }
    match side {
        Side::Buy => limits.into_iter().max(),
        Side::Sell => limits.into_iter().min(),
    }
}

/// The orders of a side that the other side may reach, the keenest limits first.
fn reaching(book: &Contents, side: Side) -> Vec<Interest> {
    let Some(worst_ticks) = worst(book, side.opposite()) else {
        return Vec::new();
    };
    let own = book.side(side);
    let worst_rank = own.rank(worst_ticks);
    let mut found = Vec::new();
    for (key, level) in own.levels().take_while(|(key, _)| key.rank >= worst_rank) {
        add_interests(book, key, level, &mut found);
    }
    found.sort_by_key(|interest| std::cmp::Reverse(own.rank(interest.limit_ticks)));
    found
}

fn add_interests(book: &Contents, key: Key, level: &Level, found: &mut Vec<Interest>) {
    if !key.is_unpriced() {
        found.push(Interest {
            limit_ticks: level.price_ticks,
            lots: level.quantity_lots,
            is_price: true,
        });
        return;
    }
    found.extend(level.queue(&book.orders).map(|handle| {
        let order = &book.orders[handle];
        Interest {
            limit_ticks: order.price_ticks,
            lots: order.remaining_lots.into(),
            is_price: false,
        }
    }));
}

/// What would trade at each price, these ascending; of both sides the keenest limits come first.
fn candidates(prices: &[i64], buys: &[Interest], sells: &[Interest]) -> Vec<Candidate> {
    let mut offered: i128 = 0;
    let mut wanted: i128 = buys.iter().map(|interest| interest.lots).sum();
    let mut coming = sells.iter().peekable();
    let mut going = buys.iter().rev().peekable();
    let at = |&price_ticks: &i64| {
        while let Some(interest) = coming.next_if(|interest| interest.limit_ticks <= price_ticks) {
            offered += interest.lots;
        }
        while let Some(interest) = going.next_if(|interest| interest.limit_ticks < price_ticks) {
            wanted -= interest.lots;
        }
        Candidate {
            price_ticks,
            quantity_lots: wanted.min(offered),
            surplus_lots: wanted - offered,
        }
    };
    prices.iter().map(at).collect()
}

/// Of prices that are equally good, ascending: where the pressure is, else the nearest to the last.
fn chosen(best: &[&Candidate], last_price_ticks: Option<i64>) -> Equilibrium {
    let (lowest, highest) = (best[0], best[best.len() - 1]);
    let chosen = if best.iter().all(|one| one.surplus_lots > 0) {
        highest
    } else if best.iter().all(|one| one.surplus_lots < 0) {
        lowest
    } else {
        let distance = |last: i64| best.iter().min_by_key(|one| one.price_ticks.abs_diff(last));
        last_price_ticks.and_then(distance).copied().unwrap_or(lowest)
    };
    Equilibrium {
        price_ticks: chosen.price_ticks,
        quantity_lots: chosen.quantity_lots,
    }
}
