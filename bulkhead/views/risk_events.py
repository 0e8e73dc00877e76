"""What risk shards tell a risk desk, straight from the log: none has to run, or waits for who reads."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

from bulkhead.log.port import Log
from bulkhead.views.told import ToldReader
from bulkhead.wire.authentication import Verifier


class RiskEvent(NamedTuple):
    risk_shard: int
    event: Any
    """one of messages/risk_events.py"""


class RiskEvents:
    """Of `risk_shards` shards, from the beginning. `verifier` gives the one for a partition. Belongs to one
    thread. TemporaryError, FatalError: the log's.
    """

    def __init__(self, log: Log, risk_shards: int, verifier: Callable[[str], Verifier], name: str) -> None:
        with ExitStack() as opened:
            self._readers = []
            for shard in range(risk_shards):
                partition = f"risk_events/{shard}"
                reader = ToldReader(log, partition, verifier(partition), name)
                opened.callback(reader.close)
                self._readers.append(reader)
            self._release = opened.pop_all().close

    def so_far(self) -> Iterator[RiskEvent]:
        """All that has not been read yet: each shard's in its order, one shard after another."""
        for shard, reader in enumerate(self._readers):
            for told in reader.so_far():
                yield RiskEvent(shard, told.message)

    def close(self) -> None:
        self._release()
