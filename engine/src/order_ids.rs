//! Order ids: 10 bits of the issuing risk shard, 53 bits of its counter.

const COUNTER_BITS: u32 = 53;

/// The shard that issued an order id.
pub fn risk_shard(order_id: i64) -> i64 {
    order_id >> COUNTER_BITS
}
