//! The resting orders of one instrument as market data tells them: order by order, with sums per price.

use std::collections::BTreeMap;

use crate::chunks::Chunks;
use crate::index::LargeIndex;
use crate::order_ids::hash;
use crate::wire::vocabulary::Side;

/// A place where nothing is.
const NONE: u32 = u32::MAX;
/// As of the book's orders (docs/engine.md).
const CHUNK: usize = 8192;

/// In the list of its level, by time priority.
#[derive(Clone, Debug)]
struct Order {
    order_id: i64,
    lots: i64,
    level: u32,
    before: u32,
    behind: u32,
}

/// One price of one side; or, without a price, its market orders that wait for an uncross.
///
/// Invariant: one with a price has at least one order; without orders it is taken off its side.
#[derive(Clone, Debug)]
pub struct Level {
    side: Side,
    pub price_ticks: Option<i64>,
    /// Sum over its orders.
    pub lots: i128,
    pub orders: u32,
    first: u32,
    last: u32,
}

impl Level {
    fn new(side: Side, price_ticks: Option<i64>) -> Self {
        Self {
            side,
            price_ticks,
            lots: 0,
            orders: 0,
            first: NONE,
            last: NONE,
        }
    }
}

/// What an order that was told of shows: its id, its price, what is left of it.
pub type Row = (i64, Option<i64>, i64);

/// Both sides. An order that is to be added and rests, or is to be changed and does not: None, and nothing has
/// changed.
#[derive(Debug)]
pub struct Depth {
    orders: Chunks<Order, CHUNK>,
    /// Places of `orders` that are free.
    free: Vec<u32>,
    index: LargeIndex,
    resting: usize,
    /// The first two are those without a price, to buy and to sell.
    levels: Vec<Level>,
    free_levels: Vec<u32>,
    /// Places of levels, the best first: by what is added to a price to make it worse.
    bids: BTreeMap<i64, u32>,
    asks: BTreeMap<i64, u32>,
}

impl Default for Depth {
    fn default() -> Self {
        Self {
            orders: Chunks::default(),
            free: Vec::new(),
            index: LargeIndex::default(),
            resting: 0,
            levels: vec![Level::new(Side::Buy, None), Level::new(Side::Sell, None)],
            free_levels: Vec::new(),
            bids: BTreeMap::new(),
            asks: BTreeMap::new(),
        }
    }
}

impl Depth {
    /// How many orders rest.
    pub fn len(&self) -> usize {
        self.resting
    }

    pub fn is_empty(&self) -> bool {
        self.resting == 0
    }

    /// `price_ticks`: None: a market order that waits.
    pub fn add(&mut self, order_id: i64, side: Side, price_ticks: Option<i64>, lots: i64) -> Option<()> {
        if self.find(order_id).is_some() {
            return None;
        }
        let at = match price_ticks {
            None => unpriced(side),
            Some(price_ticks) => self.level_at(side, price_ticks),
        };
        let level = &mut self.levels[at as usize];
        let order = Order {
            order_id,
            lots,
            level: at,
            before: level.last,
            behind: NONE,
        };
        let place = match self.free.pop() {
            Some(place) => {
                self.orders[place as usize] = order;
                place
            }
            None => u32::try_from(self.orders.push(order)).expect("fewer than 2^32 orders rest"),
        };
        let before = std::mem::replace(&mut level.last, place);
        if before == NONE {
            level.first = place;
        } else {
            self.orders[before as usize].behind = place;
        }
        level.lots += i128::from(lots);
        level.orders += 1;
        self.resting += 1;
        self.index.insert(hash(order_id), place);
        Some(())
    }

    /// So much is left of the order; it keeps its place.
    pub fn reduce(&mut self, order_id: i64, lots: i64) -> Option<()> {
        let place = self.find(order_id)?;
        let order = &mut self.orders[place as usize];
        let before = std::mem::replace(&mut order.lots, lots);
        self.levels[order.level as usize].lots += i128::from(lots) - i128::from(before);
        Some(())
    }

    pub fn remove(&mut self, order_id: i64) -> Option<()> {
        let place = self.find(order_id)?;
        let Order {
            lots,
            level: at,
            before,
            behind,
            ..
        } = self.orders[place as usize];
        let level = &mut self.levels[at as usize];
        match before {
            NONE => level.first = behind,
            before => self.orders[before as usize].behind = behind,
        }
        match behind {
            NONE => level.last = before,
            behind => self.orders[behind as usize].before = before,
        }
        level.lots -= i128::from(lots);
        level.orders -= 1;
        self.resting -= 1;
        self.index.remove(hash(order_id), place);
        self.free.push(place);
        if level.orders == 0 {
            self.take_off(at);
        }
        Some(())
    }

    /// The levels of a side that have a price, the best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = &Level> {
        self.side(side).values().map(|&at| &self.levels[at as usize])
    }

    /// Its market orders that wait, then those of its `levels` best levels: the next to trade first.
    pub fn rows(&self, side: Side, levels: usize) -> impl Iterator<Item = Row> {
        let unpriced = std::iter::once(&self.levels[unpriced(side) as usize]);
        let some = unpriced.chain(self.levels(side).take(levels));
        some.flat_map(|level| self.of(level))
    }

    /// How many there are of `rows` with all levels.
    pub fn count(&self, side: Side) -> usize {
        let unpriced = &self.levels[unpriced(side) as usize];
        let orders = self.levels(side).map(|level| level.orders as usize);
        unpriced.orders as usize + orders.sum::<usize>()
    }

    /// To be written: nothing else can be asked of it.
    pub fn freeze(&mut self) -> Self {
        Self {
            orders: self.orders.share(),
            free: Vec::new(),
            index: LargeIndex::default(),
            resting: self.resting,
            levels: self.levels.clone(),
            free_levels: Vec::new(),
            bids: self.bids.clone(),
            asks: self.asks.clone(),
        }
    }

    fn of(&self, level: &Level) -> impl Iterator<Item = Row> {
        let price_ticks = level.price_ticks;
        let order = |place: u32| (place != NONE).then(|| &self.orders[place as usize]);
        std::iter::successors(order(level.first), move |each| order(each.behind))
            .map(move |each| (each.order_id, price_ticks, each.lots))
    }

    #[inline]
    fn find(&self, order_id: i64) -> Option<u32> {
        self.index.find(hash(order_id), |place| {
            self.orders[place as usize].order_id == order_id
        })
    }

    fn side(&self, side: Side) -> &BTreeMap<i64, u32> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn level_at(&mut self, side: Side, price_ticks: i64) -> u32 {
        let places = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        let (levels, free) = (&mut self.levels, &mut self.free_levels);
        *places.entry(key(side, price_ticks)).or_insert_with(|| {
            let level = Level::new(side, Some(price_ticks));
            if let Some(place) = free.pop() {
                levels[place as usize] = level;
                return place;
            }
            levels.push(level);
            u32::try_from(levels.len() - 1).expect("fewer than 2^32 levels")
        })
    }

    /// A level without orders; those without a price stay.
    fn take_off(&mut self, at: u32) {
        let &Level {
            side, price_ticks, ..
        } = &self.levels[at as usize];
        if let Some(price_ticks) = price_ticks {
            let key = key(side, price_ticks);
            match side {
                Side::Buy => self.bids.remove(&key),
                Side::Sell => self.asks.remove(&key),
            };
            self.free_levels.push(at);
        }
    }
}

/// Where the level of a side's orders without a price stands.
fn unpriced(side: Side) -> u32 {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

fn key(side: Side, price_ticks: i64) -> i64 {
    match side {
        Side::Buy => -price_ticks,
        Side::Sell => price_ticks,
    }
}
