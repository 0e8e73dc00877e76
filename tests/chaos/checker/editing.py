"""Spoils a recorded log in given ways: frames are opened, changed, and sealed again as the exchange would."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import apsw
import msgpack  # type: ignore[import-untyped]  # it publishes no types

from chaos.checker.check import check
from chaos.checker.findings import Findings
from chaos.checker.messages import decode
from chaos.checker.sqlite_log import SqliteSource

FIRST, CRC, EVENTS = 5, 6, 8


class RecordedRun:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.evidence = folder / "evidence"
        self.facts = json.loads((folder / "connection.json").read_text())
        self.key = bytes.fromhex((folder / "internal.key").read_text())

    def check(self, internal_key: bool = True) -> Findings:
        return check(
            SqliteSource(self.folder / "log"),
            self.facts["exchange_id"],
            bytes.fromhex(self.facts["genesis_id"]),
            self.key if internal_key else None,
            self.evidence,
        )

    def segment(self, partition: str) -> apsw.Connection:
        return apsw.Connection(str(self.folder / "log" / partition / "00000001.segment"))

    def frames(self, partition: str, source: str) -> dict[int, list[Any]]:
        """The authenticated array of each frame of an internal source, by offset."""
        with self.segment(partition) as database:
            rows: list[Any] = database.execute("select off, body from f order by off").fetchall()
        found = {int(offset): msgpack.unpackb(bytes(body)[64:]) for offset, body in rows}
        return {offset: header for offset, header in found.items() if header[3] == source}

    def write(self, partition: str, offset: int, header: list[Any]) -> None:
        """Seal a frame and put it at its offset."""
        authenticated = msgpack.packb(header)
        seal = hashlib.blake2b(authenticated, digest_size=64, key=self.key).digest()
        with self.segment(partition) as database:
            database.execute("insert or replace into f values(?, ?)", (offset, seal + authenticated))

    def events(self, partition: str, source: str) -> list[bytes]:
        """All events of a stream, each once, in order."""
        events: list[bytes] = []
        for header in self.frames(partition, source).values():
            events += header[EVENTS][len(events) + 1 - header[FIRST] :]
        return events

    def find(self, partition: str, source: str, name: str, after: int = 0) -> int:
        """The place in `events` of the first message called `name` at or after place `after`."""
        for place, event in enumerate(self.events(partition, source)):
            if place >= after and type(decode(event)).__name__ == name:
                return place
        raise AssertionError(f"{source} -> {partition} has no {name}")

    def retell(self, partition: str, source: str, change: Callable[[list[bytes]], None]) -> None:
        """Change a stream's events and tell it anew, numbers, CRCs and seals all right: as a machine would
        that had made the mistake. The first frame brings everything, the others repeat the last event.
        """
        events = self.events(partition, source)
        change(events)
        frames = self.frames(partition, source)
        for place, (offset, header) in enumerate(frames.items()):
            header[FIRST], header[CRC], header[EVENTS] = 1, 0, events
            if place:
                header[FIRST], header[EVENTS] = len(events), events[-1:]
                header[CRC] = crc32(b"".join(events[:-1]))
            self.write(partition, offset, header)

    def received(self, participant: str) -> Path:
        return next(self.evidence.glob(f"{participant}.*.received.jsonl"))

    def sent(self, participant: str) -> Path:
        return next(self.evidence.glob(f"{participant}.*.sent.jsonl"))

    def edit_lines(self, file: Path, change: Callable[[list[str]], object]) -> None:
        """Change a file's lines after its first one."""
        about, *lines = file.read_text().splitlines(keepends=True)
        change(lines)
        file.write_text(about + "".join(lines))
