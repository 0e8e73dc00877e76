//! Order ids: 10 bits of the issuing risk shard, 53 bits of its counter.

use crate::index::TABLES;

const COUNTER_BITS: u32 = 53;

/// The id of a risk shard's order number `counter`, from 1.
pub fn order_id(risk_shard: i64, counter: i64) -> i64 {
    risk_shard << COUNTER_BITS | counter
}

/// The shard that issued an order id.
pub fn risk_shard(order_id: i64) -> i64 {
    order_id >> COUNTER_BITS
}

/// 2^64 divided by the golden ratio, odd (Knuth, The Art of Computer Programming, 6.4).
pub const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// So many orders in a row have hashes in a row.
const TOGETHER: u64 = 8;

/// For an index of orders. The exchange assigns these ids itself: nobody can choose them to collide.
///
/// Orders that came one after another are looked up one after another, the first time at least: they stand side by
/// side in the index, where one visit to memory fetches them all.
#[inline]
pub fn hash(order_id: i64) -> u32 {
    let id = order_id as u64;
    let of_group = (id / TOGETHER).wrapping_mul(GOLDEN) >> 32;
    let place = id % TOGETHER * TABLES as u64;
    (of_group & !((TOGETHER - 1) * TABLES as u64) | place) as u32
}
