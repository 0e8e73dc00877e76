"""Machines that check header and sequence and pass events on: what is left of a shard is its runtime.

They are the machines of either engine with another way of applying: the streams' numbers, CRC-32 and digests,
the snapshot and the state digest are the product's own code (of the native engine: machine/passing.rs).
"""

from collections import deque
from collections.abc import Collection, Mapping, Sequence

from bulkhead.domain.machine import Handler, State
from bulkhead.errors import FatalError
from bulkhead.machines.engines import Engine
from bulkhead.machines.factory import input_partition
from bulkhead.machines.interface import NO_EVENTS, Machine, Output
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.machines.streams import Gap, InputStream, Mismatch
from bulkhead.wire.frame import Frame, read_frame


class Passed:
    """The state of a passing machine: the signers' streams, and whose events the book has."""

    def __init__(self) -> None:
        self.signers: dict[str, InputStream] = {}
        self.forwarded: deque[tuple[str, int]] = deque()
        """(reports, events) in the order in which they went to the book, which is that of their return"""
        self.handlers: Mapping[type, Handler] = {}

    @property
    def tick(self) -> int:
        return 0

    def state(self) -> State:
        return {
            "signers": [[source, s.last, s.crc] for source, s in sorted(self.signers.items())],
            "forwarded": list(self.forwarded),
        }

    def load(self, state: State) -> None:
        self.signers = {source: InputStream(last, crc) for source, last, crc in state["signers"]}
        self.forwarded = deque((reports, events) for reports, events in state["forwarded"])


def make_passing(
    engine: Engine, shard: str, book: str, participants: Mapping[bytes, str], copies: Sequence[str]
) -> Machine:
    """`participants`: of a risk shard its participants' reports by their registered keys. `copies`: of a book
    the partitions that get everything too, as market data and settlement get much of it.
    """
    if engine is Engine.REFERENCE:
        return PassingMachine(shard, book, participants, copies)
    from bulkhead._engine import PassingMachine as NativePassingMachine
    from bulkhead.machines.native import NativeMachine

    native = NativePassingMachine(shard, input_partition(book), participants, copies)
    return NativeMachine(shard, input_partition(shard), native)


class PassingMachine(ReferenceMachine):
    """Of the reference engine."""

    def __init__(
        self, shard: str, book: str, participants: Mapping[bytes, str], copies: Sequence[str]
    ) -> None:
        self._passed = Passed()
        super().__init__(shard, input_partition(shard), self._passed)
        self._book = input_partition(book)
        self._is_risk = shard.startswith("risk/")
        self._participants = participants
        self._copies = copies

    def apply_frame(
        self,
        position: bytes,
        frame: bytes,
        skips: Collection[int] = (),
        instead: Mapping[int, bytes] = NO_EVENTS,
    ) -> list[Output]:
        read = read_frame(frame)
        signer = read.signer
        events = self._inputs.admit(read) if signer is None else self._from_participant(read, signer[0])
        if not events:
            return []
        self._events_applied += len(events)
        if signer is not None:
            return self._outputs.number({self._book: events})
        if self._is_risk:
            return self._outputs.number(self._to_participants(events))
        destinations = (input_partition(read.source), *self._copies)
        return self._outputs.number(dict.fromkeys(destinations, events))

    def _from_participant(self, frame: Frame, public_key: bytes) -> list[bytes]:
        reports = self._participants.get(public_key)
        if reports is None:
            raise FatalError(f"{self.name}: no participant has the key {public_key.hex()}")
        stream = self._passed.signers.setdefault(frame.source, InputStream())
        try:
            events = stream.admit(frame)
        except (Gap, Mismatch) as problem:
            raise FatalError(f"{self.name}: the stream from {frame.source} is broken: {problem}") from problem
        stream.take(events)
        if events:
            self._passed.forwarded.append((reports, len(events)))
        return events

    def _to_participants(self, events: list[bytes]) -> dict[str, list[bytes]]:
        """What came back from the book, by whose it is."""
        forwarded = self._passed.forwarded
        returned: dict[str, list[bytes]] = {}
        at = 0
        while at < len(events):
            reports, count = forwarded.popleft()
            some = events[at : at + count]
            if len(some) < count:
                forwarded.appendleft((reports, count - len(some)))
            at += len(some)
            found = returned.get(reports)
            if found is None:
                returned[reports] = some
            else:
                found += some
        return returned
