"""The ingress gateway of one risk shard: participants write to topics of their own, and it forwards from
there to the shard's partition what verifies, byte for byte.

It keeps nothing. What it did it tells to the partition of its machine (bulkhead/domain/ingress), in the same
process, and goes on from there after a restart. What it repeats then, or a second one does that runs at once,
the risk shard drops by its numbers; risk verifies again, so nothing trusts the gateway.
"""
