//! An order as the book holds it.

use super::orders::Handle;
use super::special::Special;
use super::terms::{OrderType, Side, TimeInForce};

/// One order, from its arrival to its end.
///
/// `price_ticks` is the worst price that it may trade at: the limit of a limit order, the protection
/// price of a market order.
/// `remaining_lots` is what may still trade; once the order has ended, what was left of it.
/// `executed_lots` is what has traded, and what self-trade prevention took off it. The caller holds an
/// order's total, executed part included, to an i64; a sum that left it would panic.
/// `special` is what a plain order hasn't: it costs that one nothing.
///
/// One cache line, so that an order which is not at hand is fetched at once.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Order {
    pub order_id: i64,
    pub price_ticks: i64,
    pub remaining_lots: i64,
    pub executed_lots: i64,
    pub special: Option<Box<Special>>,
    pub side: Side,
    pub order_type: OrderType,
    pub time_in_force: TimeInForce,
    pub post_only: bool,
    pub(super) links: QueueLinks,
    pub(super) standing: Standing,
}

/// What a million orders need is counted in it.
const _: () = assert!(size_of::<Order>() == 64);

/// Where an order stands in its price level's queue; belongs to `side`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct QueueLinks {
    pub previous: Option<Handle>,
    pub next: Option<Handle>,
    pub level: u32,
}

/// Whether the book has the order; belongs to `contents`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Standing {
    /// Not on the book, or not any more.
    Loose,
    Live,
    /// Its place in the store is free.
    Gone,
}

impl Order {
    /// A new plain order.
    pub fn new(order_id: i64, side: Side, price_ticks: i64, lots: i64) -> Self {
        Self {
            order_id,
            price_ticks,
            remaining_lots: lots,
            executed_lots: 0,
            special: None,
            side,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::Gtc,
            post_only: false,
            links: QueueLinks::default(),
            standing: Standing::Loose,
        }
    }

    /// What of it may be shown while it rests: nothing, a slice, or all that remains.
    pub fn displayed_lots(&self) -> i64 {
        match self.special.as_deref() {
            Some(special) if special.display_lots.is_some() => special.shown_lots,
            _ => self.remaining_lots,
        }
    }

    /// What it trades at least; 0 where anything will do.
    pub fn least_lots(&self) -> i64 {
        self.special.as_deref().map_or(0, Special::least_lots)
    }

    pub fn is_iceberg(&self) -> bool {
        self.special.as_deref().is_some_and(Special::is_iceberg)
    }

    pub fn is_hidden(&self) -> bool {
        self.special.as_deref().is_some_and(Special::is_hidden)
    }

    pub fn is_live(&self) -> bool {
        self.standing == Standing::Live
    }

    /// The special terms that every order has that waits or shows a slice.
    ///
    /// # Panics
    /// When the order is a plain one: the callers have looked.
    pub fn terms(&self) -> &Special {
        self.special
            .as_deref()
            .expect("an order that waits or shows a slice has special terms")
    }

    /// As `terms`, to change them.
    pub fn terms_mut(&mut self) -> &mut Special {
        self.special
            .as_deref_mut()
            .expect("an order that waits or shows a slice has special terms")
    }
}
