//! Two orders of which one cancels the other.

use std::collections::BTreeMap;

use super::orders::Handle;

/// A limit order and a stop of one side: what happens to one ends the other.
///
/// `entry_id`: the order whose end they wait for, while they do: they are the exits of a bracket.
/// `filled_lots`: what has traded of that order.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    pub limit_id: i64,
    pub limit: Handle,
    pub stop_id: i64,
    pub stop: Handle,
    pub entry_id: Option<i64>,
    pub filled_lots: i64,
}

/// All links, found by each of their orders.
///
/// Invariant between commands: all these orders live.
#[derive(Clone, Debug, Default)]
pub struct Links {
    by_limit: BTreeMap<i64, Link>,
    /// The limit order of the link that an order belongs to.
    limit_of: BTreeMap<i64, i64>,
}

impl Links {
    pub fn is_empty(&self) -> bool {
        self.by_limit.is_empty()
    }

    /// The links by the id of their limit order.
    pub fn iter(&self) -> impl Iterator<Item = &Link> {
        self.by_limit.values()
    }

    /// The link that an order belongs to.
    pub fn of(&mut self, order_id: i64) -> Option<&mut Link> {
        self.by_limit.get_mut(self.limit_of.get(&order_id)?)
    }

    pub fn add(&mut self, link: Link) {
        for order_id in [Some(link.limit_id), Some(link.stop_id), link.entry_id]
            .into_iter()
            .flatten()
        {
            self.limit_of.insert(order_id, link.limit_id);
        }
        self.by_limit.insert(link.limit_id, link);
    }

    /// The entry of a bracket is over: its exits are a pair like any other.
    pub fn release(&mut self, link: Link) {
        if let Some(entry_id) = link.entry_id {
            self.limit_of.remove(&entry_id);
        }
        self.by_limit.insert(
            link.limit_id,
            Link {
                entry_id: None,
                ..link
            },
        );
    }

    pub fn remove(&mut self, link: Link) {
        for order_id in [Some(link.limit_id), Some(link.stop_id), link.entry_id]
            .into_iter()
            .flatten()
        {
            self.limit_of.remove(&order_id);
        }
        self.by_limit.remove(&link.limit_id);
    }
}
