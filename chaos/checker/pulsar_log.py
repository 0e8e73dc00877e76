"""Reads an exchange's topics on Pulsar, from the first message to the last that the broker knows of.

What the broker says that a topic holds (its REST API) is compared with what came: a message that is not
delivered leaves a hole in the offsets, or ends the reading with NoLog.
"""

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pulsar

from chaos.checker.sources import NoLog

TIMEOUT_S = 60.0
"""Of one answer, or of the next message: a broker that was just killed and started is slow at first."""
QUEUE_MESSAGES = 1000


class PulsarSource:
    """A `Source` in the namespace of an address pulsar://HOST:PORT/TENANT/NAMESPACE?admin=http://HOST:PORT."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._namespace = parts.path.strip("/")
        admin = parse_qs(parts.query)["admin"][0]
        self._http = httpx.Client(
            base_url=f"{admin}/admin/v2/persistent/", timeout=TIMEOUT_S, trust_env=False
        )
        self._client = pulsar.Client(
            f"{parts.scheme}://{parts.netloc}",
            operation_timeout_seconds=int(TIMEOUT_S),
            # Standard output is for the result.
            logger=pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull),
        )

    def partitions(self) -> list[str]:
        topics = [topic.rpartition("/")[2] for topic in self._ask(f"{self._namespace}/partitioned")]
        found = []
        for topic in topics:
            if not topic.startswith("__"):  # Pulsar's own
                count = self._ask(f"{self._namespace}/{topic}/partitions")["partitions"]
                found += [f"{topic}/{number}" for number in range(count)]
        return sorted(found)

    def frames(self, partition: str) -> Iterator[tuple[int, bytes]]:
        topic, _, number = partition.rpartition("/")
        name = f"{self._namespace}/{topic}-partition-{number}"
        before, last = self._extent(name)
        if last is None:
            return
        reader = self._client.create_reader(
            f"persistent://{name}", pulsar.MessageId.earliest, receiver_queue_size=QUEUE_MESSAGES
        )
        try:
            place = (-1, -1)
            while place < last:
                message = self._next(reader, name, place, last)
                found = message.message_id()
                place = (found.ledger_id(), found.entry_id())
                yield before[place[0]] + place[1] + 1, message.data()
        finally:
            reader.close()

    def _next(self, reader: Any, name: str, place: tuple[int, int], last: tuple[int, int]) -> Any:
        try:
            return reader.read_next(int(TIMEOUT_S * 1000))
        except pulsar.PulsarException as problem:
            raise NoLog(f"{name} goes to {last}, and nothing came after {place}: {problem!r}") from problem

    def _extent(self, name: str) -> tuple[dict[int, int], tuple[int, int] | None]:
        """How many messages stand before each ledger, and the place (ledger, entry) of the last one.

        A topic is a row of ledgers, each with entries from 0 on; one entry is one message here. The ledger
        that grows has no count yet, and only the last entry that was confirmed says how far it goes.
        """
        stats = self._ask(f"{name}/internalStats")
        before: dict[int, int] = {}
        count, last = 0, None
        current, _, entry = stats["lastConfirmedEntry"].partition(":")
        for ledger in sorted(stats["ledgers"], key=lambda each: int(each["ledgerId"])):
            number, entries = int(ledger["ledgerId"]), int(ledger["entries"])
            before[number] = count
            if number == int(current):
                entries = int(entry) + 1
            if entries:
                last = (number, entries - 1)
            count += entries
        return before, last

    def _ask(self, path: str) -> Any:
        try:
            answer = self._http.get(path)
            answer.raise_for_status()
        except httpx.HTTPError as problem:
            raise NoLog(f"{path} on {self._http.base_url}: {problem!r}; is the broker up?") from problem
        return answer.json()

    def close(self) -> None:
        self._http.close()
        self._client.close()
