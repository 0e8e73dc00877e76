"""Writes down what a participant sent and received, as chaos/checker/evidence.py wants to read it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from bulkhead.client import Client


class Recorder:
    """Of one session. A command is written down before it is sent: what a crash of this program leaves
    unsent then shows as lost, never the other way round.
    """

    def __init__(self, folder: Path, client: Client) -> None:
        me = client.connection.participant(client.participant_id)
        public_key = client.connection.private_key(client.participant_id).public_key().public_bytes_raw()
        about = {"participant": client.participant_id, "reports": me.reports}
        source = f"{public_key.hex()}/{client.session.epoch}"
        name = f"{client.participant_id}.{client.session.epoch:019}"
        folder.mkdir(parents=True, exist_ok=True)
        self._sent = (folder / f"{name}.sent.jsonl").open("w")
        self._received = (folder / f"{name}.received.jsonl").open("w")
        self._write(self._sent, {**about, "source": source})
        self._write(self._received, about)
        self._write(self._sent, {"sequence": 1, "message": "OpenSession", "fields": {}})

    def sent(self, first_sequence: int, commands: Iterable[Any]) -> None:
        for sequence, command in enumerate(commands, first_sequence):
            self._write(self._sent, _line(sequence, command))

    def received(self, sequence: int, message: Any) -> None:
        self._write(self._received, _line(sequence, message))

    def _write(self, file: TextIO, values: dict[str, Any]) -> None:
        file.write(json.dumps(values, default=bytes.hex, separators=(",", ":")) + "\n")

    def close(self) -> None:
        self._sent.close()
        self._received.close()


def _line(sequence: int, message: Any) -> dict[str, Any]:
    fields = {name: getattr(message, name) for name in message.__slots__}
    return {"sequence": sequence, "message": type(message).__name__, "fields": fields}
