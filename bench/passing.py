"""Machines that check header and sequence and pass events on: what is left of a shard is its runtime.

They are the reference machine with another way of applying: the streams' numbers, CRC-32 and digests, the
snapshot and the state digest are the product's own code.
"""

from collections.abc import Mapping

from bulkhead.domain.machine import Handler, State
from bulkhead.errors import FatalError
from bulkhead.machines.factory import input_partition
from bulkhead.machines.interface import Output
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.machines.streams import Gap, InputStream, Mismatch
from bulkhead.wire.frame import Frame, read_frame


class Passed:
    """The state of a passing machine: the signers' streams."""

    def __init__(self) -> None:
        self.signers: dict[str, InputStream] = {}
        self.handlers: Mapping[type, Handler] = {}

    @property
    def tick(self) -> int:
        return 0

    def state(self) -> State:
        return {"signers": [[source, s.last, s.crc] for source, s in sorted(self.signers.items())]}

    def load(self, state: State) -> None:
        self.signers = {source: InputStream(last, crc) for source, last, crc in state["signers"]}


class PassingMachine(ReferenceMachine):
    """`participant`: of a risk shard its one participant's registered key, and its reports' partition."""

    def __init__(self, shard: str, book: str, participant: tuple[bytes, str] | None) -> None:
        self._passed = Passed()
        super().__init__(shard, input_partition(shard), self._passed)
        self._book = input_partition(book)
        self._participant = participant

    def apply_frame(self, position: bytes, frame: bytes) -> list[Output]:
        read = read_frame(frame)
        if read.signer is not None:
            destination, events = self._book, self._from_participant(read, read.signer[0])
        else:
            destination = input_partition(read.source) if self._participant is None else self._participant[1]
            events = self._inputs.admit(read)
        self._events_applied += len(events)
        return self._outputs.number({destination: events}) if events else []

    def _from_participant(self, frame: Frame, public_key: bytes) -> list[bytes]:
        if self._participant is None or self._participant[0] != public_key:
            raise FatalError(f"{self.name}: no participant has the key {public_key.hex()}")
        stream = self._passed.signers.setdefault(frame.source, InputStream())
        try:
            events = stream.admit(frame)
        except (Gap, Mismatch) as problem:
            raise FatalError(f"{self.name}: the stream from {frame.source} is broken: {problem}") from problem
        stream.take(events)
        return events
