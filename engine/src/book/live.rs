//! The live orders by their ids.

use crate::index::LargeIndex;
use crate::order_ids::hash;

use super::orders::{Handle, Orders};

/// Finds a live order by its id. It is for look-up, never walked.
#[derive(Debug, Default)]
pub struct Live {
    index: LargeIndex,
}

impl Live {
    #[inline]
    pub fn find(&self, order_id: i64, orders: &Orders) -> Option<Handle> {
        let is_it = |place| orders[Handle::from_index(place)].order_id == order_id;
        self.index.find(hash(order_id), is_it).map(Handle::from_index)
    }

    /// An order that is not there.
    pub fn insert(&mut self, order_id: i64, handle: Handle) {
        self.index.insert(hash(order_id), handle.to_index());
    }

    /// # Panics
    /// Where it is not there.
    pub fn remove(&mut self, order_id: i64, handle: Handle) {
        self.index.remove(hash(order_id), handle.to_index());
    }
}
