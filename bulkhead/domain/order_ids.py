"""Order ids: 10 bits of the issuing risk shard, 53 bits of its counter. So a book knows the way back."""

COUNTER_BITS = 53
RISK_SHARDS = 1024
"""that ids have room for"""


def order_id(risk_shard: int, counter: int) -> int:
    """The id of a risk shard's order number `counter`, from 1."""
    return risk_shard << COUNTER_BITS | counter


def risk_shard(order_id: int) -> int:
    """The shard that issued an order id."""
    return order_id >> COUNTER_BITS
