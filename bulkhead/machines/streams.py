"""The two ends of a stream (source, destination): dense numbers, a running CRC-32 and, for outputs, a
digest.
"""

from hashlib import sha256

from bulkhead.errors import FatalError
from bulkhead.machines.interface import Output, StreamBroken
from bulkhead.wire.frame import Frame, advance_crc, join_events

DIGEST_BLOCK_BYTES = 4096
"""The output digest chains SHA-256 over blocks of the stream's bytes: so it does not depend on how frames
are cut, and, unlike a running SHA-256, its state is plain bytes that a snapshot can hold. A block this
long makes the cost per event that of the bytes alone (0.15 us for 40 bytes)."""


class Gap(Exception):
    """A frame begins after the next number expected."""

    def __init__(self, expected: int, received: int) -> None:
        super().__init__(f"sequence {received} came where {expected} was expected")
        self.expected = expected
        self.received = received


class Mismatch(Exception):
    """A frame's running CRC-32 is not that of the events taken."""

    def __init__(self, sequence: int, expected: int, received: int) -> None:
        super().__init__(
            f"after sequence {sequence} the stream's CRC-32 is {expected:08x}, the frame says {received:08x}"
        )
        self.expected = expected
        self.received = received


def broken(source: str, destination: str, last: int, frame_crc: int, problem: Gap | Mismatch) -> StreamBroken:
    """What to raise where the stream from an internal source does not go on behind `last`."""
    is_gap = isinstance(problem, Gap)
    return StreamBroken(
        f"{destination}: the stream from {source} is broken: {problem}. Either the log lost a tail or the "
        f"sender was restored from a wrong state: docs/operations.md, 'A shard says FATAL'",
        source,
        last,
        problem.received if is_gap else last + 1,
        frame_crc if is_gap else problem.received,
    )


def taken_already(source: str, last: int, taken: int) -> FatalError:
    """Why a stream can't go on behind `last`."""
    return FatalError(f"the stream from {source} can't go on behind {last}: {taken} has been taken")


class InputStream:
    """The receiving end."""

    __slots__ = ("crc", "last")

    def __init__(self, last: int = 0, crc: int = 0) -> None:
        self.last = last
        self.crc = crc

    def admit(self, frame: Frame) -> list[bytes]:
        """The events of `frame` that are new, none if all were seen. Raises Gap or Mismatch; changes
        nothing.
        """
        first, events = frame.first, frame.events
        expected = self.last + 1
        if first > expected:
            raise Gap(expected, first)
        seen = expected - first
        if seen >= len(events):
            return []
        crc = advance_crc(frame.crc, events[:seen]) if seen else frame.crc
        if crc != self.crc:
            raise Mismatch(self.last, self.crc, crc)
        return events[seen:] if seen else events

    def take(self, events: list[bytes]) -> None:
        """Count `events`, as admit gave them, as seen."""
        self.last += len(events)
        self.crc = advance_crc(self.crc, events)


class InputStreams:
    """The internal sources of one partition. Here a gap or a mismatch means that something is lost or
    wrong.
    """

    def __init__(self) -> None:
        self._streams: dict[str, InputStream] = {}
        self.duplicates = 0
        """events dropped as seen, since the process started"""

    def admit(self, frame: Frame) -> list[bytes]:
        stream = self._streams.get(frame.source) or InputStream()
        try:
            events = stream.admit(frame)
        except (Gap, Mismatch) as problem:
            raise broken(frame.source, frame.destination, stream.last, frame.crc, problem) from problem
        stream.take(events)
        self._streams[frame.source] = stream  # a source is known once something of it was taken
        self.duplicates += len(frame.events) - len(events)
        return events

    def go_on_behind(self, source: str, last: int, crc: int) -> None:
        """As if all of the stream up to `last` had been taken. FatalError: more than that has been."""
        taken = self._streams[source].last if source in self._streams else 0
        if last < taken:
            raise taken_already(source, last, taken)
        self._streams[source] = InputStream(last, crc)

    def last(self) -> dict[str, int]:
        return {source: self._streams[source].last for source in sorted(self._streams)}

    def state(self) -> dict[str, list[int]]:
        return {source: [stream.last, stream.crc] for source, stream in sorted(self._streams.items())}

    def load(self, state: dict[str, list[int]]) -> None:
        self._streams = {source: InputStream(last, crc) for source, (last, crc) in state.items()}


class OutputStream:
    """The sending end."""

    __slots__ = ("chain", "crc", "last", "tail")

    def __init__(self, last: int = 0, crc: int = 0, chain: bytes = bytes(32), tail: bytes = b"") -> None:
        self.last = last
        self.crc = crc
        self.chain = chain
        """of all whole blocks"""
        self.tail = tail
        """the bytes after them"""

    def number(self, destination: str, events: list[bytes]) -> Output:
        """Give `events` the next sequences."""
        body = join_events(events)
        output = Output(destination, self.last + 1, len(events), self.crc, body)
        self.last += len(events)
        self.crc = advance_crc(self.crc, events)
        tail = self.tail + body
        if len(tail) >= DIGEST_BLOCK_BYTES:
            start = 0
            while len(tail) - start >= DIGEST_BLOCK_BYTES:
                self.chain = sha256(self.chain + tail[start : start + DIGEST_BLOCK_BYTES]).digest()
                start += DIGEST_BLOCK_BYTES
            tail = tail[start:]
        self.tail = tail
        return output

    def digest(self) -> str:
        return sha256(self.chain + self.tail + self.last.to_bytes(8, "big")).hexdigest()


class OutputStreams:
    def __init__(self) -> None:
        self._streams: dict[str, OutputStream] = {}

    def number(self, pending: dict[str, list[bytes]]) -> list[Output]:
        """Number what one input frame caused; destinations in the order in which it first spoke to them."""
        outputs = []
        for destination, events in pending.items():
            stream = self._streams.get(destination)
            if stream is None:
                stream = self._streams[destination] = OutputStream()
            outputs.append(stream.number(destination, events))
        return outputs

    def digests(self) -> dict[str, tuple[int, str]]:
        return {
            name: (self._streams[name].last, self._streams[name].digest()) for name in sorted(self._streams)
        }

    def state(self) -> dict[str, list[int | bytes]]:
        return {name: [s.last, s.crc, s.chain, s.tail] for name, s in sorted(self._streams.items())}

    def load(self, state: dict[str, tuple[int, int, bytes, bytes]]) -> None:
        self._streams = {name: OutputStream(*values) for name, values in state.items()}
