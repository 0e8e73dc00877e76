//! The live orders by their ids.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::orders::Handle;

/// Into so many tables the index is cut. One table of a million orders stands still for 18 ms when it grows
/// (docs/engine.md); each of these grows alone, in a command of its own.
const TABLES: usize = 256;

/// Finds a live order by its id. It is for look-up, never walked.
#[derive(Debug)]
pub struct Live {
    tables: Box<[Table]>,
}

type Table = HashMap<i64, Handle, BuildHasherDefault<IdHasher>>;

impl Default for Live {
    fn default() -> Self {
        Self {
            tables: (0..TABLES).map(|_| Table::default()).collect(),
        }
    }
}

impl Live {
    pub fn find(&self, order_id: i64) -> Option<Handle> {
        self.tables[place(order_id)].get(&order_id).copied()
    }

    pub fn insert(&mut self, order_id: i64, handle: Handle) {
        self.tables[place(order_id)].insert(order_id, handle);
    }

    pub fn remove(&mut self, order_id: i64) {
        self.tables[place(order_id)].remove(&order_id);
    }
}

/// Which table has an id: neighbors stand in different ones, so that all grow alike.
fn place(order_id: i64) -> usize {
    order_id as usize % TABLES
}

/// Hashes an order id by one multiplication. The exchange itself assigns these ids, so that nobody can choose
/// them to collide.
#[derive(Default)]
struct IdHasher(u64);

/// 2^64 divided by the golden ratio, odd (Knuth, The Art of Computer Programming, 6.4).
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only order ids are hashed, by write_i64");
    }

    fn write_i64(&mut self, order_id: i64) {
        let product = (order_id as u64).wrapping_mul(GOLDEN);
        // The table takes its place from the low bits and a tag from the high ones: both have to be mixed.
        self.0 = product ^ (product >> 32);
    }
}
