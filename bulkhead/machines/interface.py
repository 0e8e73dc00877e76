"""The one interface of a machine: bytes in, bytes out, whatever engine runs it."""

from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol

from bulkhead.domain.reasons import Reason
from bulkhead.errors import FatalError

NOT_A_MACHINES_OWN = (FatalError, MemoryError, OSError)
"""Exceptions that say nothing of a machine: the input cannot be, or the process has run out of something."""


class MachineRaised(Exception):
    """A machine's own exception, its cause, at one event: its state may be half changed, so no more of it may
    be used. Never one of NOT_A_MACHINES_OWN.
    """

    def __init__(
        self, machine: str, position: bytes, source: str, sequence: int, subject: str, event: bytes
    ) -> None:
        super().__init__(
            f"{machine} raised on event {sequence} from {source}, in the frame at position {position.hex()}"
        )
        self.position = position
        self.source = source
        self.sequence = sequence
        self.subject = subject
        """what halts where the event is skipped, such as "instrument BTC-USD" or "account alice"; "" where it
        can't be skipped: it concerns more than that, or it was no event that raised, but its frame
        """
        self.event = event


class StreamBroken(FatalError):
    """The stream from `source` does not go on where it had come to: events between are missing, or another
    history comes first.
    """

    def __init__(self, text: str, source: str, last: int, first: int, crc: int) -> None:
        super().__init__(text)
        self.source = source
        self.last = last
        """sequence of the last event taken"""
        self.first = first
        """of the next that is there"""
        self.crc = crc
        """the stream's running CRC-32 before that one, as its sender says"""


class EventImpossible(FatalError):
    """One event from `source` cannot be, or is not known to this machine."""

    def __init__(self, text: str, source: str, sequence: int, event: bytes) -> None:
        super().__init__(text)
        self.source = source
        self.sequence = sequence
        self.event = event


NO_EVENTS: Mapping[int, bytes] = {}

SNAPSHOT_VERSION = 1


def cannot_be(machine: str, source: str, problem: object) -> str:
    """The text of an EventImpossible that says what cannot follow."""
    return (
        f"{machine}: what {source} says cannot be: {problem}. Either a log lost a tail or a machine is "
        f"wrong: docs/operations.md, 'A shard says FATAL'"
    )


def not_known(machine: str, source: str, problem: object) -> str:
    """The text of an EventImpossible of a message that the machine has no handler for."""
    return f"{machine}: {source} sent what this machine does not know: {problem}"


def behaviour_not_known(machine: str, version: int, newest: int) -> str:
    """The text of an EventImpossible that asks for rules of a version that this build does not know."""
    return (
        f"{machine}: its rules are to be of version {version}, and this build knows none above {newest}. "
        f"Nothing is lost: run it with a build that knows it: docs/operations.md, 'Changing the rules'"
    )


def another_machines(machine: str, name: str, version: int) -> FatalError:
    """Why a snapshot is not restored."""
    return FatalError(
        f"{machine}: the snapshot is one of {name!r}, version {version}; "
        f"this reads {machine!r}, version {SNAPSHOT_VERSION}"
    )


class Output(NamedTuple):
    """Consecutive events of one output stream that one input frame caused."""

    destination: str
    """a partition, such as books/3"""
    first: int
    """sequence of the first event"""
    events: int
    """how many"""
    crc: int
    """the stream's running CRC-32 before the first event"""
    body: bytes
    """the events, joined as wire.frame.join_events does"""


class Frozen(Protocol):
    """A machine's state at one moment."""

    def snapshot(self) -> bytes:
        """That state as canonical MessagePack; may be asked for in another thread, while the machine goes
        on.
        """
        ...


class Machine(Protocol):
    """A deterministic state machine over one partition. It knows its name; the rest enters as messages.

    FatalError from apply_frame means that nothing more may be applied: the input cannot be what was sent.
    """

    @property
    def name(self) -> str:
        """The shard's, which is also its source name: risk/0."""
        ...

    @property
    def events_applied(self) -> int:
        """How many input events, of all sources, this state covers."""
        ...

    @property
    def duplicates_dropped(self) -> int:
        """Internal events dropped as repetitions since the process started; no part of the state."""
        ...

    @property
    def tick(self) -> int:
        """The last tick that it was told; 0 where it has no time."""
        ...

    def apply_frame(
        self,
        position: bytes,
        frame: bytes,
        skips: Collection[int] = (),
        instead: Mapping[int, bytes] = NO_EVENTS,
    ) -> list[Output]:
        """Apply a frame that has been verified; the outputs, at most one for each destination.

        `skips`: sequences of its events that are not to be applied. Their subjects halt (machines/aside.py).
        `instead`: by sequence the event to apply in the place of one of an internal source; empty: none.
        MachineRaised: restore a state from before it. An event may raise although it is skipped.
        """
        ...

    def accept_loss(self, source: str, last: int, crc: int) -> None:
        """Go on in the stream from an internal source behind `last`, as if all up to there had been taken.

        `crc`: the stream's running CRC-32 there. FatalError: more than that has been taken.
        """
        ...

    def refuse_frame(self, position: bytes, frame: bytes, reason: Reason) -> list[Output]:
        """Take note of a frame that could not be verified: a dead letter, nothing else changes."""
        ...

    @property
    def skipped(self) -> Collection[tuple[bytes, int]]:
        """(position, sequence) of every event that was skipped in all its history, in order; part of the
        state.
        """
        ...

    def quarantined(self) -> dict[str, list[bytes]]:
        """By subject that is halted: the events put aside for it, in the order in which they came; maybe
        none.
        """
        ...

    def snapshot(self) -> bytes:
        """The whole state as canonical MessagePack (docs/wire.md)."""
        ...

    def freeze(self) -> Frozen:
        """What there is now. Its `snapshot` is what this machine's would be now."""
        ...

    def restore(self, snapshot: bytes) -> None: ...

    def digest(self) -> bytes:
        """SHA-256 of the snapshot."""
        ...

    def streams(self) -> "Streams":
        """What a person or a replica compares: the streams' positions and digests."""
        ...


class Streams(NamedTuple):
    inputs: dict[str, int]
    """last sequence by source"""
    outputs: dict[str, tuple[int, str]]
    """by destination: last sequence, and the digest of everything sent, in hexadecimal"""
