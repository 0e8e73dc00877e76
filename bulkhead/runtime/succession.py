"""Makes a replica the primary when the one before is suspected."""

from bulkhead.errors import TemporaryError
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.heartbeat import Watch

LEASE = "lease"
"""what a loop calls the problems of taking it"""


class Succession:
    """Of one replica, for as long as it is not the primary."""

    def __init__(self, shard: Follower, suspect_after_s: float) -> None:
        self._shard = shard
        self._watch = Watch(suspect_after_s, shard.interrupt)

    def look(self) -> dict[str, TemporaryError]:
        """Before each step of its loop. Why it can't be the primary yet, where it should."""
        shard = self._shard
        if shard.primary:
            return {}
        self._watch.follow(shard.holder)
        if not self._watch.suspects:
            return {}
        suspected = shard.holder
        try:
            shard.look_at_primary()
            if shard.holder == suspected:  # else another has been faster
                shard.promote()
        except TemporaryError as problem:
            return {LEASE: problem}
        return {}

    def close(self) -> None:
        self._watch.close()
