//! One side of a book: price levels, each a queue of orders in time priority.

use std::collections::BTreeMap;

use super::order::{Order, QueueLinks};
use super::orders::{Handle, Orders};
use super::pro_rata::ProRata;
use super::terms::Side;

/// Where a level stands: the greater goes first on either side, so that the code below is written once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The price, negative for a sell; UNPRICED for market orders that gather.
    pub rank: i64,
    /// What is hidden stands behind what is displayed at the same price.
    displayed: bool,
}

/// Before every price: a price's rank is at most 2^62.
const UNPRICED: i64 = i64::MAX;

impl Key {
    pub fn is_unpriced(self) -> bool {
        self.rank == UNPRICED
    }

    /// Whether the public may see the level.
    pub fn is_shown(self) -> bool {
        self.displayed && !self.is_unpriced()
    }
}

/// The orders of one key, oldest first: a linked list, so that any of them leaves in constant time.
///
/// Invariant: there is at least one; a level without orders is taken off its side.
/// `quantity_lots` is the sum of what remains of its orders, `undisplayed_lots` the part of it that
/// icebergs keep back, `orders` their number. A sum of many quantities may pass an i64.
#[derive(Clone, Debug)]
pub struct Level {
    pub price_ticks: i64,
    pub quantity_lots: i128,
    pub undisplayed_lots: i128,
    pub orders: u32,
    pub first: Handle,
    last: Handle,
}

impl Level {
    /// What the public may see.
    pub fn displayed_lots(&self) -> i128 {
        self.quantity_lots - self.undisplayed_lots
    }

    /// The orders, oldest first.
    pub fn queue<'a>(&self, orders: &'a Orders) -> impl Iterator<Item = Handle> + use<'a> {
        std::iter::successors(Some(self.first), |&order| orders[order].links.next)
    }
}

/// The resting orders of one side.
///
/// `specials` counts the orders that alter matching (`Special::alters_matching`); pro-rata counts for one.
/// `top` is the order that bettered the market last, where pro-rata gives it something; it may have left.
#[derive(Clone, Debug)]
pub struct BookSide {
    side: Side,
    levels: BTreeMap<Key, u32>,
    /// The levels themselves, with the places that are free; an order knows the place of its own.
    pool: Vec<Level>,
    free: Vec<u32>,
    pub pro_rata: Option<ProRata>,
    pub specials: usize,
    pub top: Option<Handle>,
}

impl BookSide {
    pub fn new(side: Side) -> Self {
        Self {
            side,
            levels: BTreeMap::new(),
            pool: Vec::new(),
            free: Vec::new(),
            pro_rata: None,
            specials: 0,
            top: None,
        }
    }

    /// Share every price out by this rule from now on.
    pub fn share_pro_rata(&mut self, rule: ProRata) {
        self.specials += usize::from(self.pro_rata.is_none());
        self.pro_rata = Some(rule);
    }

    /// A price as a rank of this side: the greater is the better for who meets it.
    pub fn rank(&self, price_ticks: i64) -> i64 {
        match self.side {
            Side::Buy => price_ticks,
            Side::Sell => -price_ticks,
        }
    }

    /// The level that goes first.
    pub fn best(&self) -> Option<(Key, &Level)> {
        self.levels
            .last_key_value()
            .map(|(&key, &place)| (key, &self.pool[place as usize]))
    }

    /// The best price, of hidden orders too; None when the side is empty.
    pub fn best_price_ticks(&self) -> Option<i64> {
        self.best().map(|(_, level)| level.price_ticks)
    }

    /// Whether an order of the other side with this worst price meets an order here at all.
    pub fn reaches(&self, price_ticks: i64) -> bool {
        self.best()
            .is_some_and(|(key, _)| key.rank >= self.rank(price_ticks))
    }

    /// The levels with their keys, best first.
    pub fn levels(&self) -> impl Iterator<Item = (Key, &Level)> {
        self.levels
            .iter()
            .rev()
            .map(|(&key, &place)| (key, &self.pool[place as usize]))
    }

    /// The levels that an order of the other side with this worst price may meet, best first.
    pub fn levels_within(&self, price_ticks: i64) -> impl Iterator<Item = &Level> {
        let worst_rank = self.rank(price_ticks);
        self.levels()
            .take_while(move |(key, _)| key.rank >= worst_rank)
            .map(|(_, level)| level)
    }

    /// The orders in priority order.
    pub fn handles<'a>(&'a self, orders: &'a Orders) -> impl Iterator<Item = Handle> + 'a {
        self.levels().flat_map(|(_, level)| level.queue(orders))
    }

    /// What an order of the other side with this worst price can trade at once, at most `wanted_lots`.
    ///
    /// Only where no order here alters matching.
    pub fn available_lots(&self, price_ticks: i64, wanted_lots: i64) -> i64 {
        let mut missing = wanted_lots;
        for level in self.levels_within(price_ticks) {
            missing -= i64::try_from(level.quantity_lots).map_or(missing, |lots| lots.min(missing));
            if missing == 0 {
                break;
            }
        }
        wanted_lots - missing
    }

    /// Where an order stands.
    pub fn key(&self, order: &Order) -> Key {
        let displayed = !order.is_hidden();
        let rank = if order.order_type.is_unpriced() {
            UNPRICED
        } else {
            self.rank(order.price_ticks)
        };
        Key { rank, displayed }
    }

    /// Before an order is added: it is the top order if it betters the market, and no longer if not.
    pub fn crown(&mut self, orders: &Orders, handle: Handle) {
        let key = self.key(&orders[handle]);
        if key.is_shown() && self.best().is_none_or(|(best, _)| key > best) {
            self.top = Some(handle);
        } else if self.top == Some(handle) {
            self.top = None;
        }
    }

    /// Put an order at the end of its queue.
    pub fn add(&mut self, orders: &mut Orders, handle: Handle) {
        let order = &orders[handle];
        let (key, lots, undisplayed_lots) = (self.key(order), order.remaining_lots, undisplayed_lots(order));
        self.specials += alters_matching(order);
        let place = if let Some(&place) = self.levels.get(&key) {
            let level = &mut self.pool[place as usize];
            orders[level.last].links.next = Some(handle);
            orders[handle].links = QueueLinks {
                previous: Some(level.last),
                next: None,
                level: place,
            };
            level.last = handle;
            place
        } else {
            let place = self.open(key, order.price_ticks, handle);
            orders[handle].links = QueueLinks {
                previous: None,
                next: None,
                level: place,
            };
            place
        };
        let level = &mut self.pool[place as usize];
        level.quantity_lots += i128::from(lots);
        level.undisplayed_lots += i128::from(undisplayed_lots);
        level.orders += 1;
    }

    /// Take an order off, with all that remains of it; an empty level goes too.
    pub fn remove(&mut self, orders: &mut Orders, handle: Handle) {
        let order = &orders[handle];
        self.specials -= alters_matching(order);
        let QueueLinks {
            previous,
            next,
            level: place,
        } = order.links;
        let level = &mut self.pool[place as usize];
        if level.orders == 1 {
            let key = self.key(order);
            self.levels.remove(&key);
            self.free.push(place);
            return;
        }
        level.quantity_lots -= i128::from(order.remaining_lots);
        level.undisplayed_lots -= i128::from(undisplayed_lots(order));
        level.orders -= 1;
        match previous {
            Some(before) => orders[before].links.next = next,
            None => level.first = next.expect("a level of more than one order"),
        }
        match next {
            Some(after) => orders[after].links.previous = previous,
            None => level.last = previous.expect("a level of more than one order"),
        }
    }

    /// Take `lots`, fewer than remain, off an order, which keeps its place.
    ///
    /// An iceberg loses them from what it shows; what it keeps back is `display`'s to change.
    pub fn reduce(&mut self, orders: &mut Orders, handle: Handle, lots: i64) {
        let order = &mut orders[handle];
        order.remaining_lots -= lots;
        self.pool[order.links.level as usize].quantity_lots -= i128::from(lots);
    }

    /// The level that a resting order stands in.
    pub fn level_mut(&mut self, order: &Order) -> &mut Level {
        &mut self.pool[order.links.level as usize]
    }

    /// A new level, still without its quantity; its place.
    fn open(&mut self, key: Key, price_ticks: i64, first: Handle) -> u32 {
        let level = Level {
            price_ticks,
            quantity_lots: 0,
            undisplayed_lots: 0,
            orders: 0,
            first,
            last: first,
        };
        let place = if let Some(place) = self.free.pop() {
            self.pool[place as usize] = level;
            place
        } else {
            self.pool.push(level);
            u32::try_from(self.pool.len() - 1).expect("a side has no more levels than orders")
        };
        self.levels.insert(key, place);
        place
    }
}

fn alters_matching(order: &Order) -> usize {
    usize::from(
        order
            .special
            .as_deref()
            .is_some_and(|special| special.alters_matching()),
    )
}

/// What an iceberg keeps back.
fn undisplayed_lots(order: &Order) -> i64 {
    if order.is_iceberg() {
        order.remaining_lots - order.terms().shown_lots
    } else {
        0
    }
}
