"""The log as the exchange sees it: partitions of frames, each in one total order.

Adapters implement these protocols and pass one contract suite (tests/integration/log). A reader or a
writer belongs to one thread at a time; only `Reader.interrupt` may be called from another.
"""

from typing import NamedTuple, Protocol

LEASE_TOPIC = "leases."
"""How the names of topics for leases begin; what follows is the kind of shard, as leases.risk."""
RECORD_BYTES_MAX = 256
"""Of what a lease's holder publishes: a position has 8 to 40 bytes."""
HOLDER_CHARACTERS_MAX = 200

# Where a frame stands in its partition. Opaque: outside its adapter only equality means anything.
Position = bytes


class Record(NamedTuple):
    """One frame with its position, which is what `Reader.seek` takes to go on after it."""

    position: Position
    frame: bytes


class Access(Protocol):
    """All that a role may do with a log that knows roles, by partition."""

    @property
    def role(self) -> str: ...

    @property
    def produces(self) -> tuple[str, ...]: ...

    @property
    def consumes(self) -> tuple[str, ...]: ...

    @property
    def subscriptions(self) -> tuple[tuple[str, str], ...]:
        """That it may acknowledge: (partition, the name that its reader is given)."""
        ...


class Reader(Protocol):
    """Reads one partition in order. A new reader stands at the beginning, before the first frame."""

    def seek(self, position: Position | None) -> None:
        """Go to just after `position`; None is the beginning.

        FatalError, with the reader unmoved, when the position is beyond the log's end (a log tail was lost
        or this is another log), before what retention kept, or no position of this adapter.
        """
        ...

    def seek_back(self, frames: int) -> None:
        """Go to just before the newest `frames` frames there are now; to the beginning where there are fewer.

        TemporaryError: the reader is unmoved, try again.
        """
        ...

    def receive(self, bytes_max: int, timeout_s: float) -> list[Record]:
        """Whatever is there, in order, up to `bytes_max` of frames, but at least one frame of any size.

        Waits up to `timeout_s` seconds for the first frame; [] when the time is over or `interrupt` came.
        TemporaryError: nothing was taken, try again. FatalError: the log is damaged.
        """
        ...

    def interrupt(self) -> None:
        """Wake a `receive` that waits, from any thread; if none waits, the next one does not wait.

        Harmless on a reader that was closed: who interrupts can't know that it just was.
        """
        ...

    def acknowledge(self, position: Position) -> None:
        """Tell the log that this subscription needs nothing up to and including `position`.

        Cumulative and advisory: retention may use it, restoring never does (a snapshot holds its position).
        TemporaryError: the log does not know it; tell it again.
        """
        ...

    def end(self) -> Position | None:
        """The newest position of the partition; None while it is empty."""
        ...

    def lag(self) -> int:
        """How many frames stand after this reader's position."""
        ...

    def close(self) -> None:
        """Give up the reader's resources; closing twice is harmless."""
        ...


class Writer(Protocol):
    """Appends to one partition, in the order of `send`. Other writers' frames may come in between."""

    def send(self, frame: bytes, last_sequence: int) -> None:
        """Queue a frame; never blocks and never fails for the log's state.

        `last_sequence` is the number of the frame's last event in its stream: brokers that drop repeated
        sends use it as their sequence id.
        """
        ...

    def poll(self, timeout_s: float = 0.0) -> int:
        """Push what is queued, and wait up to `timeout_s` seconds for what the log has not confirmed yet.

        Returns how many frames in all, since this writer was made, are confirmed durable; they are always
        the first ones sent. Returns early when nothing is pending. TemporaryError: everything unconfirmed
        is still queued, poll again. FatalError: this writer will never confirm more.
        """
        ...

    def pending(self) -> int:
        """How many frames are queued and not confirmed."""
        ...

    def prepare(self) -> bool:
        """Go on with what the first frame would otherwise wait for; whether that is done. Never waits.

        Nobody has to ask for it. Who may have to send at any moment does, again and again until it is done;
        what the log refuses meanwhile, the first `poll` with a frame tells.
        """
        ...

    def close(self) -> None:
        """Give up the writer's resources and what is still queued; closing twice is harmless."""
        ...


class Holding(NamedTuple):
    """Who holds a lease, and what it has last published (b"" before the first)."""

    holder: str
    record: bytes


class Lease(Protocol):
    """Which process sends as one shard: the one that took the lease last, whatever the others think.

    It decides who sends, never correctness: a holder that was paused may send once more before it looks, and
    receivers drop what they have had. So nothing here waits for an agreement, no clock is read, and no lease
    runs out: whoever wants it takes it, and the one before finds out.
    """

    @property
    def holder(self) -> str:
        """What others are told of who has it, while this process does."""
        ...

    def prepare(self) -> bool:
        """As a writer's: for who may have to take it at any moment."""
        ...

    def take(self) -> None:
        """Become the holder; whoever was is superseded from now on. Taking again what one holds is harmless.

        TemporaryError: not taken yet, or not known whether; try again.
        """
        ...

    def check(self) -> None:
        """Superseded if another has taken it since, and at every call from then on.

        For every step of a loop: microseconds. A holder that can't reach the log goes on as one: it can't
        send anything anyway, and is told when it can. FatalError when it was never taken.
        """
        ...

    def publish(self, record: bytes) -> None:
        """Let others read `record`, at most RECORD_BYTES_MAX, instead of the one before; never blocks.

        Advisory: it arrives now or at a later `check`, unless a newer one overtakes it or another holder the
        lease. ValueError: too long. Superseded, FatalError: as `check`. TemporaryError: not this time.
        """
        ...

    def holding(self) -> Holding | None:
        """What anybody may see, whether or not it holds the lease; None where nobody ever has.

        TemporaryError: try again.
        """
        ...

    def close(self) -> None:
        """Give up its resources, not the lease: it stays this holder's until another takes it. Twice is
        harmless.
        """
        ...


class Log(Protocol):
    """Topics, each of partitions 0 to n-1; a partition is named `TOPIC/NUMBER`, such as ``orders/0``.

    A log is used in the process that opened it: a forked child opens its own.
    """

    def create_topic(self, topic: str, partitions: int) -> None:
        """Make the topic have so many partitions; what exists stays as it is.

        ValueError, with nothing changed, for a name that is no topic name or fewer partitions than there
        are (a partition that was ever used can't be taken back). TemporaryError: try again.
        """
        ...

    def topics(self) -> dict[str, int]:
        """Every topic with its number of partitions, ordered by name."""
        ...

    def reader(self, partition: str, subscription: str) -> Reader:
        """A reader at the beginning; `subscription` names it for `acknowledge`.

        FatalError: there is no such partition.
        """
        ...

    def writer(self, partition: str, producer: str) -> Writer:
        """A writer; `producer` is unique among live ones and kept over restarts.

        FatalError: there is no such partition.
        """
        ...

    def lease(self, partition: str, holder: str) -> Lease:
        """A lease, not taken yet; `holder` is what others are told: who it is and where it runs.

        `partition` is one of a topic made for leases, whose name begins with LEASE_TOPIC: no frame stands
        there. FatalError: there is no such partition. ValueError: another topic, or a holder of more than
        HOLDER_CHARACTERS_MAX printable ASCII.
        """
        ...

    def close(self) -> None:
        """Close every reader, writer and lease made here and end what runs in the background.

        Closing twice is harmless.
        """
        ...
