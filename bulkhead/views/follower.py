"""Follows one market_data partition straight from the log, for somebody who only looks.

It needs no key and no other process: it works while every actor is down, and nobody waits for it.
"""

from bulkhead.log.port import Log
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.views.market_data import MarketDataView
from bulkhead.wire.frame import Unreadable, read_frame

RECEIVE_BYTES_MAX = 256 * 1024
"""One step: about 7,000 events, 20 to 40 ms; a screen that is drawn between two steps stays alive."""


class Follower:
    """A view built from a partition's beginning. Belongs to one thread.

    Without the key of internal frames it cannot tell who wrote one. It takes what bears the exchange's ids,
    this partition and its book as the source, with the right numbers and CRC-32; so it trusts those who may
    write to the partition, as every reader of public market data does.
    """

    def __init__(self, log: Log, partition: str, exchange_id: str, genesis_id: bytes) -> None:
        """`partition` is market_data/N, of book/N. FatalError: the log does not have it."""
        number = partition.rpartition("/")[2]
        name = f"watch/{number}"
        self.view = MarketDataView()
        self._accepted = (exchange_id, genesis_id, f"book/{number}", partition)
        self._machine = ReferenceMachine(name, partition, self.view)
        self._reader = log.reader(partition, name)
        self.frames_skipped = 0
        """frames that are not its book's: no view counts them"""

    @property
    def events_applied(self) -> int:
        """New events of market data, since the partition began."""
        return self._machine.events_applied

    def step(self, timeout_s: float) -> int:
        """Apply what is there, up to a size; wait up to `timeout_s` for something. How many frames were read.

        TemporaryError: try again. FatalError: the log is damaged, or the partition is not one stream's.
        """
        records = self._reader.receive(RECEIVE_BYTES_MAX, timeout_s)
        for position, data in records:
            try:
                frame = read_frame(data)
            except Unreadable:
                self.frames_skipped += 1
                continue
            if (frame.exchange_id, frame.genesis_id, frame.source, frame.destination) != self._accepted:
                self.frames_skipped += 1
                continue
            self._machine.apply_frame(position, data)
        return len(records)

    def lag(self) -> int:
        """Frames of the partition that have not been read."""
        return self._reader.lag()

    def close(self) -> None:
        self._reader.close()
