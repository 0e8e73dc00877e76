//! The orders that wait for their stop price, where the next to trigger is found at once.

use std::collections::{BTreeMap, BTreeSet};

use super::order::Order;
use super::orders::{Handle, Orders};
use super::terms::{OrderType, Side};

/// key (the stop price, negative for a sell: the least is passed by most), arrival
type Entry = (i64, i64);

/// Orders that wait for one price, the last trade price or the mark price, by side and stop price.
#[derive(Clone, Debug, Default)]
struct Ladder {
    buys: BTreeSet<Entry>,
    sells: BTreeSet<Entry>,
}

impl Ladder {
    /// Those of a side.
    fn entries(&mut self, side: Side) -> &mut BTreeSet<Entry> {
        match side {
            Side::Buy => &mut self.buys,
            Side::Sell => &mut self.sells,
        }
    }

    /// Of either side the first that this price has reached: by how far it has not passed it, arrival.
    fn reached(&self, price_ticks: Option<i64>) -> impl Iterator<Item = (i128, i64)> {
        let price_ticks = price_ticks.map(i128::from);
        [(&self.buys, 1), (&self.sells, -1)]
            .into_iter()
            .filter_map(move |(entries, sign)| {
                let &(key, arrival) = entries.first()?;
                let beyond = i128::from(key) - sign * price_ticks?;
                (beyond <= 0).then_some((beyond, arrival))
            })
    }
}

/// Invariant: an order is here exactly while its type waits and it is live and not parked.
/// `by_arrival` has them all, `trailing` by order id those whose stop price moves.
/// `arrivals` counts who came, and gives each its place among equals.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    for_last: Ladder,
    for_mark: Ladder,
    by_arrival: BTreeMap<i64, Handle>,
    pub trailing: BTreeMap<i64, Handle>,
    arrivals: i64,
}

impl Waiting {
    pub fn is_empty(&self) -> bool {
        self.by_arrival.is_empty()
    }

    /// The orders by arrival.
    pub fn handles(&self) -> impl Iterator<Item = Handle> {
        self.by_arrival.values().copied()
    }

    /// Let an order wait, the last of those at its stop price.
    pub fn add(&mut self, orders: &mut Orders, handle: Handle) {
        self.arrivals += 1;
        let order = &mut orders[handle];
        order.terms_mut().arrival = self.arrivals;
        self.insert(order);
        self.by_arrival.insert(self.arrivals, handle);
        if order.order_type == OrderType::TrailingStop {
            self.trailing.insert(order.order_id, handle);
        }
    }

    /// Take an order away.
    pub fn remove(&mut self, order: &Order) {
        self.delete(order);
        self.by_arrival.remove(&order.terms().arrival);
        if order.order_type == OrderType::TrailingStop {
            self.trailing.remove(&order.order_id);
        }
    }

    /// Give an order another stop price; it stays as old as it is.
    pub fn shift(&mut self, order: &mut Order, stop_price_ticks: i64) {
        self.delete(order);
        order.terms_mut().stop_price_ticks = Some(stop_price_ticks);
        self.insert(order);
    }

    /// The order whose stop price its price has passed by most, the oldest of equals; None if no stop price
    /// has been reached.
    pub fn due(&self, last_ticks: Option<i64>, mark_ticks: Option<i64>) -> Option<Handle> {
        let found = self
            .for_last
            .reached(last_ticks)
            .chain(self.for_mark.reached(mark_ticks))
            .min();
        found.map(|(_, arrival)| self.by_arrival[&arrival])
    }

    fn insert(&mut self, order: &Order) {
        self.ladder(order).entries(order.side).insert(entry(order));
    }

    fn delete(&mut self, order: &Order) {
        self.ladder(order).entries(order.side).remove(&entry(order));
    }

    fn ladder(&mut self, order: &Order) -> &mut Ladder {
        if order.terms().on_mark {
            &mut self.for_mark
        } else {
            &mut self.for_last
        }
    }
}

/// The stop price of a waiting order.
///
/// # Panics
/// When it has none: `stops::wait` has given it one.
pub fn stop_ticks(order: &Order) -> i64 {
    order
        .terms()
        .stop_price_ticks
        .expect("an order that waits has a stop price")
}

fn entry(order: &Order) -> Entry {
    let ticks = stop_ticks(order);
    (
        if order.side == Side::Buy { ticks } else { -ticks },
        order.terms().arrival,
    )
}
