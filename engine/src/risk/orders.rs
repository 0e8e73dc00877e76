//! The store of orders, whose free places are used again.

use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};

use crate::chunks::Chunks;
use crate::index::LargeIndex;
use crate::order_ids::hash;

use super::model::{Link, Order};

/// Where an order is in the store. Good until `forget` or `discard`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderHandle(NonZeroU32);

/// Where a link is in its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkHandle(NonZeroU32);

/// So many orders, half a MiB, are allocated at a time, and copied where one is changed while a snapshot is
/// being written.
const CHUNK: usize = 2048;
const LINKS_CHUNK: usize = 512;

impl OrderHandle {
    fn new(place: usize) -> Self {
        Self(numbered(place))
    }

    fn place(self) -> usize {
        self.0.get() as usize - 1
    }

    /// As an `Index` has it.
    pub(super) fn to_index(self) -> u32 {
        self.0.get() - 1
    }

    pub(super) fn from_index(place: u32) -> Self {
        Self::new(place as usize)
    }
}

impl LinkHandle {
    fn place(self) -> usize {
        self.0.get() as usize - 1
    }
}

fn numbered(place: usize) -> NonZeroU32 {
    let number = u32::try_from(place + 1).expect("less than 2^32 orders");
    NonZeroU32::new(number).expect("1 was added")
}

/// An order comes by `add`, without a number; `number` makes it one of the shard's, which `find` finds.
///
/// Invariant: the order_id of a place that is free, or whose order has no number yet, is 0.
#[derive(Debug, Default)]
pub struct Orders {
    orders: Chunks<Order, CHUNK>,
    free: Vec<OrderHandle>,
    by_id: LargeIndex,
}

impl Orders {
    pub fn find(&self, order_id: i64) -> Option<OrderHandle> {
        let is_it = |place| self.orders[place as usize].order_id == order_id;
        self.by_id
            .find(hash(order_id), is_it)
            .map(OrderHandle::from_index)
    }

    /// Look where that order will be found. The answer means nothing.
    #[inline]
    pub fn look(&self, order_id: i64) -> u64 {
        self.by_id.look(hash(order_id))
    }

    /// How many orders there is room for: as many as there ever were at once.
    pub fn places(&self) -> usize {
        self.orders.len()
    }

    /// Where the next so many orders will be put, as far as these places were used before.
    pub fn next_places(&self, count: usize) -> impl Iterator<Item = OrderHandle> + '_ {
        self.free.iter().rev().take(count).copied()
    }

    /// Take an order into the store, without a number.
    pub fn add(&mut self, mut order: Order) -> OrderHandle {
        order.order_id = 0;
        match self.free.pop() {
            Some(handle) => {
                self[handle] = order;
                handle
            }
            None => OrderHandle::new(self.orders.push(order)),
        }
    }

    /// Give an order that has none its number.
    pub fn number(&mut self, handle: OrderHandle, order_id: i64) {
        self[handle].order_id = order_id;
        self.by_id.insert(hash(order_id), handle.to_index());
    }

    /// An order that has a number goes.
    pub fn forget(&mut self, handle: OrderHandle) {
        let order_id = std::mem::take(&mut self[handle].order_id);
        self.by_id.remove(hash(order_id), handle.to_index());
        self.discard(handle);
    }

    /// An order that never had a number goes.
    pub fn discard(&mut self, handle: OrderHandle) {
        let order = &mut self[handle];
        assert!(order.order_id == 0, "an order with a number is forgotten");
        order.terms = None;
        self.free.push(handle);
    }

    /// Those that have numbers, in no order that matters.
    pub fn iter(&self) -> impl Iterator<Item = (OrderHandle, &Order)> {
        let placed = self.orders.iter().enumerate();
        placed
            .filter(|(_, order)| order.order_id != 0)
            .map(|(place, order)| (OrderHandle::new(place), order))
    }

    /// Those that have numbers and that `is_meant`, by order id.
    pub fn by_id(&self, is_meant: impl Fn(&Order) -> bool) -> Vec<OrderHandle> {
        let mut found: Vec<_> = self
            .iter()
            .filter(|(_, order)| is_meant(order))
            .map(|(handle, order)| (order.order_id, handle))
            .collect();
        found.sort_unstable_by_key(|&(order_id, _)| order_id);
        found.into_iter().map(|(_, handle)| handle).collect()
    }

    /// The same orders, which stay what they are now: for whoever writes them, and finds none by its id.
    pub fn share(&mut self) -> Self {
        Self {
            orders: self.orders.share(),
            ..Self::default()
        }
    }
}

impl Index<OrderHandle> for Orders {
    type Output = Order;

    #[inline]
    fn index(&self, handle: OrderHandle) -> &Order {
        &self.orders[handle.place()]
    }
}

impl IndexMut<OrderHandle> for Orders {
    #[inline]
    fn index_mut(&mut self, handle: OrderHandle) -> &mut Order {
        &mut self.orders[handle.place()]
    }
}

#[derive(Debug, Default)]
pub struct Links {
    links: Chunks<Link, LINKS_CHUNK>,
    free: Vec<LinkHandle>,
}

impl Links {
    pub fn add(&mut self, link: Link) -> LinkHandle {
        match self.free.pop() {
            Some(handle) => {
                self[handle] = link;
                handle
            }
            None => LinkHandle(numbered(self.links.push(link))),
        }
    }

    /// No order has it any more.
    pub fn discard(&mut self, handle: LinkHandle) {
        self.free.push(handle);
    }

    /// The same links, as `Orders::share`.
    pub fn share(&mut self) -> Self {
        Self {
            links: self.links.share(),
            free: Vec::new(),
        }
    }
}

impl Index<LinkHandle> for Links {
    type Output = Link;

    fn index(&self, handle: LinkHandle) -> &Link {
        &self.links[handle.place()]
    }
}

impl IndexMut<LinkHandle> for Links {
    fn index_mut(&mut self, handle: LinkHandle) -> &mut Link {
        &mut self.links[handle.place()]
    }
}
