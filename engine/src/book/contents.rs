//! What a book is made of.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::bands::Bands;
use super::book_rules::BookRules;
use super::link::Links;
use super::live::Live;
use super::order::{Order, Standing};
use super::orders::{Handle, Orders};
use super::parked::Parked;
use super::pro_rata::ProRata;
use super::side::BookSide;
use super::terms::{PRICE_TICKS_MAX, PRICE_TICKS_MIN, Phase, Side};
use super::waiting::Waiting;

/// The data that the commands work on; the invariants are those of the reference.
///
/// Invariant: `live` holds exactly the orders that rest on the sides, wait in `stops` or are `parked`, by
/// order id. It is for look-up, never walked.
/// Invariant: a `quiet` book has no stops and no links, so nothing follows from a command in continuous
/// trading.
/// `gathered`: orders have come in a call phase, and no uncross has been since.
/// `indicative`: what was last told of the next uncross, (price, quantity); None outside a call phase.
/// `price_range_ticks`: the lowest and the highest price to which the book itself may move an order.
/// `expiries`: (time in ms, order id), the least first; see `expiry`.
#[derive(Debug)]
pub struct Contents {
    pub orders: Orders,
    live: Live,
    pub bids: BookSide,
    pub asks: BookSide,
    pub stops: Waiting,
    pub parked: Parked,
    pub links: Links,
    pub rules: BookRules,
    pub phase: Phase,
    pub last_price_ticks: Option<i64>,
    pub mark_price_ticks: Option<i64>,
    pub reference_ticks: Option<i64>,
    pub bands: Option<Bands>,
    pub price_range_ticks: (i64, i64),
    pub time_ms: i64,
    pub quiet: bool,
    pub gathered: bool,
    pub indicative: (Option<i64>, i128),
    pub expiries: BinaryHeap<Reverse<(i64, i64)>>,
}

impl Contents {
    pub fn new(pro_rata: Option<ProRata>, rules: BookRules) -> Self {
        let mut book = Self::plain();
        book.rules = rules;
        if let Some(rule) = pro_rata {
            book.bids.share_pro_rata(rule);
            book.asks.share_pro_rata(rule);
        }
        book
    }

    /// An empty book, by price and time, without rules of its own.
    pub fn plain() -> Self {
        Self {
            orders: Orders::default(),
            live: Live::default(),
            bids: BookSide::new(Side::Buy),
            asks: BookSide::new(Side::Sell),
            stops: Waiting::default(),
            parked: Parked::default(),
            links: Links::default(),
            rules: BookRules::default(),
            phase: Phase::Continuous,
            last_price_ticks: None,
            mark_price_ticks: None,
            reference_ticks: None,
            bands: None,
            price_range_ticks: (PRICE_TICKS_MIN, PRICE_TICKS_MAX),
            time_ms: 0,
            quiet: true,
            gathered: false,
            indicative: (None, 0),
            expiries: BinaryHeap::new(),
        }
    }

    /// What there is, as it is now, to be written while this book goes on: it finds no order by its id.
    pub fn freeze(&mut self) -> Self {
        Self {
            orders: self.orders.share(),
            live: Live::default(),
            bids: self.bids.clone(),
            asks: self.asks.clone(),
            stops: self.stops.clone(),
            parked: self.parked.clone(),
            links: self.links.clone(),
            expiries: BinaryHeap::new(),
            ..*self
        }
    }

    /// The live order with this id.
    #[inline]
    pub fn find(&self, order_id: i64) -> Option<Handle> {
        self.live.find(order_id, &self.orders)
    }

    /// Look at the neighbors of an order that rests, which its end changes: a sum that means nothing.
    pub fn look_beside(&self, handle: Handle) -> i64 {
        let links = self.orders[handle].links;
        let neighbors = [links.previous, links.next].into_iter().flatten();
        neighbors
            .map(|neighbor| self.orders[neighbor].order_id)
            .fold(0, |seen, id| seen ^ id)
    }

    /// Make an order live: it has come to a side, to those that wait or to those that are parked. One that comes
    /// from another of these places is live already.
    pub fn enlist(&mut self, handle: Handle) {
        let order = &mut self.orders[handle];
        if !order.is_live() {
            order.standing = Standing::Live;
            self.live.insert(order.order_id, handle);
        }
    }

    /// An order is live no more; where it stood it has been taken off.
    pub fn delist(&mut self, handle: Handle) {
        self.live.remove(self.orders[handle].order_id, handle);
        self.orders.leave(handle);
    }

    /// Let go of the orders that ended in the last command: nobody reads its outcomes any more.
    pub fn sweep(&mut self) {
        let Self {
            orders, bids, asks, ..
        } = self;
        orders.sweep(|gone| {
            for side in [&mut *bids, &mut *asks] {
                side.top = side.top.filter(|&top| top != gone);
            }
        });
    }

    pub fn side(&self, side: Side) -> &BookSide {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    /// A side to be changed, with the store of its orders.
    pub fn side_mut(&mut self, side: Side) -> (&mut BookSide, &mut Orders) {
        let changed = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        (changed, &mut self.orders)
    }

    /// Put an order at the end of its queue on its side, and make it live.
    pub fn stand(&mut self, handle: Handle) {
        let (side, orders) = self.side_mut(self.orders[handle].side);
        side.add(orders, handle);
        self.enlist(handle);
    }

    /// Every live order: bids, then asks, each in priority order, stops, parked ones, each by arrival.
    pub fn handles(&self) -> impl Iterator<Item = Handle> {
        let sides = [&self.bids, &self.asks].into_iter();
        sides
            .flat_map(|side| side.handles(&self.orders))
            .chain(self.stops.handles())
            .chain(self.parked.handles())
    }

    /// The live orders that `is_meant`, by order id.
    pub fn live_by_id(&self, is_meant: impl Fn(&Order) -> bool) -> Vec<Handle> {
        let meant = self.orders.live().filter(|(_, order)| is_meant(order));
        let mut found: Vec<_> = meant.map(|(handle, order)| (order.order_id, handle)).collect();
        found.sort_unstable_by_key(|&(order_id, _)| order_id);
        found.into_iter().map(|(_, handle)| handle).collect()
    }
}
