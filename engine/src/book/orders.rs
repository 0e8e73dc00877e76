//! The store of all orders, whose free places are used again: in the steady state nothing is allocated for an
//! order (`tests/allocations.rs`).

use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};

use crate::chunks::Chunks;

use super::order::{Order, Standing};

/// Where an order is in the store. Good until the end of the next command after the order has ended:
/// so an outcome's orders can be read while it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle(NonZeroU32);

/// So many orders, 512 KiB, are allocated at a time and never moved: one array of half a million stands still
/// for 7 ms when it grows. In chunks of 1,024 a million orders were a seventh slower (docs/engine.md).
pub const CHUNK: usize = 8192;

impl Handle {
    /// Where what belongs to the order stands in a table beside the store.
    #[inline]
    pub fn place(self) -> usize {
        self.0.get() as usize - 1
    }

    /// As an `Index` has it.
    #[inline]
    pub(super) fn to_index(self) -> u32 {
        self.0.get() - 1
    }

    #[inline]
    pub(super) fn from_index(place: u32) -> Self {
        Self(NonZeroU32::new(place + 1).expect("1 was added"))
    }
}

#[derive(Debug, Default)]
pub struct Orders {
    orders: Chunks<Order, CHUNK>,
    free: Vec<Handle>,
    /// Who came or left since `sweep`; may name one twice.
    loose: Vec<Handle>,
}

impl Orders {
    /// Take an order into the store, not yet on the book.
    pub fn insert(&mut self, order: Order) -> Handle {
        let handle = if let Some(handle) = self.free.pop() {
            self[handle] = order;
            handle
        } else {
            let count = self.orders.push(order) + 1;
            let count = u32::try_from(count).expect("a book holds less than 2^32 orders");
            Handle(NonZeroU32::new(count).expect("one was just added"))
        };
        self.loose.push(handle);
        handle
    }

    /// Note that an order has left the book: it goes with the next `sweep`, unless it is live again.
    pub(super) fn leave(&mut self, handle: Handle) {
        self[handle].standing = Standing::Loose;
        self.loose.push(handle);
    }

    /// Free the places of the orders that are not live; `forget` hears of each.
    pub(super) fn sweep(&mut self, mut forget: impl FnMut(Handle)) {
        while let Some(handle) = self.loose.pop() {
            let order = &mut self[handle];
            if order.standing == Standing::Loose {
                order.standing = Standing::Gone;
                order.special = None;
                self.free.push(handle);
                forget(handle);
            }
        }
    }

    /// The same orders, which stay what they are now: for whoever writes them.
    pub fn share(&mut self) -> Self {
        Self {
            orders: self.orders.share(),
            free: Vec::new(),
            loose: Vec::new(),
        }
    }

    /// The orders that are live, in the order of their places: for whoever sorts them afterwards.
    pub fn live(&self) -> impl Iterator<Item = (Handle, &Order)> {
        let places = (1..).map_while(NonZeroU32::new).map(Handle);
        places
            .zip(self.orders.iter())
            .filter(|(_, order)| order.is_live())
    }

    /// The order with this id that has left the book last, until the next command.
    pub fn ended(&self, order_id: i64) -> Option<Handle> {
        self.loose
            .iter()
            .rev()
            .copied()
            .find(|&handle| self[handle].order_id == order_id && !self[handle].is_live())
    }
}

impl Index<Handle> for Orders {
    type Output = Order;

    #[inline]
    fn index(&self, handle: Handle) -> &Order {
        &self.orders[handle.place()]
    }
}

impl IndexMut<Handle> for Orders {
    #[inline]
    fn index_mut(&mut self, handle: Handle) -> &mut Order {
        &mut self.orders[handle.place()]
    }
}
