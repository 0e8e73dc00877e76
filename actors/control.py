"""The actor of the control shard."""

from actors.shard import ShardActor


class ControlActor(ShardActor):
    """Hosts the control shard; see ShardActor."""
