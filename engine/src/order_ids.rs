//! Order ids: 10 bits of the issuing risk shard, 53 bits of its counter.

const COUNTER_BITS: u32 = 53;

/// The id of a risk shard's order number `counter`, from 1.
pub fn order_id(risk_shard: i64, counter: i64) -> i64 {
    risk_shard << COUNTER_BITS | counter
}

/// The shard that issued an order id.
pub fn risk_shard(order_id: i64) -> i64 {
    order_id >> COUNTER_BITS
}
