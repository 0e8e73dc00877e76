"""Makes a replica the primary when the one before is suspected, or has offered its lease."""

from typing import Protocol

from bulkhead.errors import TemporaryError
from bulkhead.runtime.follower import Follower

LEASE = "lease"
"""what a loop calls the problems of taking it"""


class Listening(Protocol):
    """Listens to the heart of one primary at a time."""

    @property
    def suspects(self) -> bool: ...

    def follow(self, name: str) -> None:
        """Whom to listen to from now on: the name that its lease says, empty for nobody."""
        ...

    def close(self) -> None: ...


class Succession:
    """Of one replica, for as long as it is not the primary."""

    def __init__(self, shard: Follower, watch: Listening) -> None:
        self._shard = shard
        self._watch = watch

    def look(self) -> dict[str, TemporaryError]:
        """Before each step of its loop. Why it can't be the primary yet, where it should. SkipMissed."""
        shard = self._shard
        if shard.primary:
            return {}
        self._watch.follow(shard.holder)
        # A process that holds the lease and does not know, or was the primary before its machine raised,
        # hears itself alive: it must not wait for a suspicion.
        if not (self._watch.suspects or shard.offered or shard.holds_lease):
            return {}
        suspected = shard.holder
        try:
            shard.look_at_primary()
            if shard.holder == suspected or shard.holds_lease:  # else another has been faster
                shard.promote()
        except TemporaryError as problem:
            return {LEASE: problem}
        return {}

    def close(self) -> None:
        self._watch.close()
