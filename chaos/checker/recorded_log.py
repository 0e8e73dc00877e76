"""The log as the checker sees it: every partition's streams, judged as streams, and the messages in them."""

from collections.abc import Iterator
from typing import Any

from chaos.checker.findings import Subject
from chaos.checker.frames import Opener, Refused
from chaos.checker.messages import NUMBERS, Undecodable, decode, number_of
from chaos.checker.sources import Source
from chaos.checker.streams import Stream

SPEAKERS = frozenset(("risk", "book", "settlement", "control", "clock", "ingress", "gateway", "genesis"))
"""how an internal source's name begins; any other is a session: a key and an epoch"""


class RecordedLog:
    """`findings` is the subject of streams; facts are counted while partitions are read."""

    def __init__(self, source: Source, opener: Opener, findings: Subject) -> None:
        self._source = source
        self._opener = opener
        self._findings = findings
        self.partitions = source.partitions()
        self.facts = dict.fromkeys(("frames", "refused_frames", "streams", "events", "repeated"), 0)

    def of_topic(self, topic: str) -> list[str]:
        """The partitions of a topic; of `reports.` every participant's."""
        whole = not topic.endswith(".")
        return [name for name in self.partitions if name.startswith(f"{topic}/" if whole else topic)]

    def streams(self, partition: str) -> dict[str, Stream]:
        """Read a whole partition: its streams by source."""
        found: dict[str, Stream] = {}
        expected = None
        for offset, data in self._source.frames(partition):
            if expected is not None and offset != expected:
                self._findings.is_lost(f"frames {expected} to {offset - 1} of {partition}", offset - expected)
            expected = offset + 1
            self.facts["frames"] += 1
            try:
                frame = self._opener.open(partition, data)
            except Refused:
                # The exchange does not act on it either; what it should have brought is then missing.
                self.facts["refused_frames"] += 1
                continue
            stream = found.get(frame.source)
            if stream is None:
                may_move = partition.startswith("orders/") and not _is_internal(frame.source)
                name = f"{frame.source} -> {partition}"
                stream = found[frame.source] = Stream(name, self._findings, whole=not may_move)
            stream.take(frame)
        self.facts["streams"] += len(found)
        self.facts["events"] += sum(map(len, found.values()))
        self.facts["repeated"] += sum(stream.repeated for stream in found.values())
        self._findings.checked += sum(map(len, found.values()))
        return found

    def messages(self, stream: Stream, *names: str) -> Iterator[tuple[int, Any]]:
        """(sequence, message) of those called so, all where none is named; in order."""
        wanted = {NUMBERS[name] for name in names}
        for sequence, event in stream.events():
            try:
                if not wanted or number_of(event) in wanted:
                    yield sequence, decode(event)
            except Undecodable as problem:
                self._findings.is_contradicted(f"event {sequence} of {stream.name}: {problem}")


def _is_internal(source: str) -> bool:
    return source.partition("/")[0] in SPEAKERS
