"""What participants say that they sent and received: files of JSON lines that their driver wrote.

`NAME.sent.jsonl`, one for each session:

    {"participant": "alice", "source": "KEY_IN_HEX/EPOCH", "reports": "reports.alice/0"}
    {"sequence": 2, "message": "CancelOrder", "fields": {"account_id": "alice.main", "client_order_id": "1"}}

`NAME.received.jsonl`, in the order in which they were read; of several for one partition the names are in
the order in which they were written:

    {"participant": "alice", "reports": "reports.alice/0"}
    {"sequence": 7, "message": "OrderAccepted", "fields": {…}}

Fields have the names of docs/wire.md, vocabularies their numbers, amounts are whole numbers, keys and blobs
hexadecimal. The OpenSession that begins a session has sequence 1 and is among what was sent.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chaos.checker.messages import TYPES


class NoEvidence(Exception):
    """A file that is not what this module describes."""


class Record:
    """One file: its first line, and the messages of the others."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open() as lines:
            self._about = self._object(1, next(lines, ""))
        self.participant: str = self._named("participant")
        self.reports: str = self._named("reports")

    @property
    def source(self) -> str:
        """Public key and epoch; of a `sent` file."""
        return self._named("source")

    def _named(self, name: str) -> str:
        value = self._about.get(name)
        if not isinstance(value, str):
            raise NoEvidence(f"{self._path}, line 1: there is no {name} in it")
        return value

    def messages(self) -> Iterator[tuple[int, Any]]:
        """(sequence, message) of each line, in order."""
        with self._path.open() as lines:
            next(lines)
            for number, line in enumerate(lines, 2):
                values = self._object(number, line)
                try:
                    yield int(values["sequence"]), TYPES[values["message"]](**values["fields"])
                except (KeyError, TypeError) as problem:
                    raise NoEvidence(f"{self._path}, line {number}: {problem!r}") from problem

    def _object(self, number: int, line: str) -> dict[str, Any]:
        try:
            values = json.loads(line)
        except ValueError as problem:
            raise NoEvidence(f"{self._path}, line {number}: {problem}") from problem
        if not isinstance(values, dict):
            raise NoEvidence(f"{self._path}, line {number}: no object")
        return values


def sent(folder: Path) -> list[Record]:
    """Every session, of each participant in the order in which they were opened."""
    records = [Record(path) for path in sorted(folder.glob("*.sent.jsonl"))]
    return sorted(records, key=lambda record: (record.participant, int(record.source.partition("/")[2])))


def received(folder: Path) -> list[Record]:
    return [Record(path) for path in sorted(folder.glob("*.received.jsonl"))]
