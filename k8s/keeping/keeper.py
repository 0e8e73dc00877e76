"""Keeps Exchanges true: one has a round when it or something of it has changed; its status tells of it."""

import asyncio
import datetime
import logging
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from bulkhead.errors import TemporaryError
from k8s.keeping.api import EXCHANGE, Cluster, Manifest
from k8s.keeping.round import Note, Round
from k8s.keeping.rounds import Key, Rounds
from k8s.keeping.status import TROUBLE, Seen, status

RESYNC_S = 300.0
"""So often what tells nobody when it changes is looked at: a log's topics."""
WAITING_S = 10.0
"""So often it is seen whether a disruption budget allows more."""
RETRY_MAX_S = 60.0
Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


class Keeper:
    """`tell` is given what a person may want to know of an Exchange.

    To try again later, and to look from time to time, an Exchange's status is touched: the change comes back
    by way of the API server, to whichever operator acts then. One that pauses because another acts hears of
    nothing, and so does nothing.
    """

    def __init__(self, cluster: Cluster, tell: Callable[[Manifest, Note], None]) -> None:
        self._cluster = cluster
        self._tell = tell
        self._rounds = Rounds(self._round)
        self._written: dict[Key, str] = {}
        """the version of an Exchange that its own round has made: no change to hear of"""
        self._later: dict[Key, asyncio.Task[None]] = {}

    def exchange_changed(self, key: Key, version: str) -> None:
        if self._written.get(key) != version:
            self._rounds.wake(key)

    def child_changed(self, key: Key) -> None:
        self._rounds.wake(key)

    def stop(self) -> None:
        """Nothing goes on when this returns; a round in the middle of something is left there."""
        for later in self._later.values():
            later.cancel()
        self._rounds.stop()

    async def _round(self, key: Key) -> None:
        self._forget(key)
        exchange = await _ask_until_answered(lambda: self._cluster.get(EXCHANGE, *key))
        if exchange is None or "deletionTimestamp" in exchange["metadata"]:
            return  # Kubernetes deletes what is of it
        delay_s = RESYNC_S
        try:
            delay_s = await self._keep(key, exchange)
        finally:
            self._later[key] = asyncio.create_task(self._touch(exchange, delay_s))

    async def _keep(self, key: Key, exchange: Manifest) -> float:
        """Seconds until it is to be looked at again."""
        one = Round(self._cluster, exchange)
        try:
            seen = await _ask_until_answered(one.run)
        finally:
            await self._say(key, exchange, *_together(one.notes))
        retries = exchange.get("status", {}).get("retries", 0) + 1 if seen.retrying else 0
        await self._write(key, exchange, seen, retries)
        if seen.retrying:
            return min(2.0**retries, RETRY_MAX_S)
        return WAITING_S if seen.rollout.waiting else RESYNC_S

    async def _write(self, key: Key, exchange: Manifest, seen: Seen, retries: int) -> None:
        before = exchange.get("status", {})
        after = status(seen, exchange["metadata"]["generation"], before, _now()) | {"retries": retries}
        if any(before.get(name) != value for name, value in after.items()):
            merged = _replacing(before, after)
            version = await _ask_until_answered(lambda: self._cluster.write_status(exchange, merged))
            if version is None:
                return
            self._written[key] = version
        if before.get("state") != after["state"]:
            kind = "Warning" if after["state"] in TROUBLE else "Normal"
            await self._say(key, exchange, Note(kind, after["state"], after["message"]))

    async def _touch(self, exchange: Manifest, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        await _ask_until_answered(lambda: self._cluster.write_status(exchange, {"touched": _now()}))

    async def _say(self, key: Key, exchange: Manifest, *notes: Note) -> None:
        for note in notes:
            log.info("%s/%s: %s: %s", *key, note.reason, note.text)
        # kopf tries for a minute, one event after another: what is told of a namespace that is being deleted,
        # which takes none, would keep everybody else's waiting.
        if notes and await self._is_there(key):
            for note in notes:
                self._tell(exchange, note)

    async def _is_there(self, key: Key) -> bool:
        exchange = await _ask_until_answered(lambda: self._cluster.get(EXCHANGE, *key))
        return exchange is not None and "deletionTimestamp" not in exchange["metadata"]

    def _forget(self, key: Key) -> None:
        self._written.pop(key, None)
        if key in self._later:
            self._later.pop(key).cancel()


def _replacing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What makes `after` of `before` when it is merged into it: a None for each field that goes."""
    return dict.fromkeys(before.keys() - after.keys()) | {
        name: _replacing(before.get(name, {}), value) if isinstance(value, dict) else value
        for name, value in after.items()
    }


def _together(notes: list[Note]) -> Iterator[Note]:
    """One of each kind and reason, in the order of the first."""
    for kind, reason in dict.fromkeys((note.kind, note.reason) for note in notes):
        yield Note(kind, reason, "; ".join(note.text for note in notes if note.reason == reason))


async def _ask_until_answered(ask: Callable[[], Answer]) -> Answer:
    """Of the API server, in a thread. FatalError: it refuses."""
    delay_s = 1.0
    while True:
        try:
            return await asyncio.to_thread(ask)
        except TemporaryError as problem:
            log.warning("in %g s again: %s", delay_s, problem)
        await asyncio.sleep(delay_s)
        delay_s = min(2 * delay_s, RETRY_MAX_S)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
