"""The log adapters that the contract suite runs on, and what each of them promises."""

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import pytest

from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.log.sqlite.log import SqliteLog
from tests.support.pulsar import open_in_session_broker


class Promise(Enum):
    """What an adapter may promise beyond the contract of one process."""

    PROCESSES = "several processes read and append"
    KILLS = "what was confirmed outlives kill -9 of the process that appended it"


class Adapter(NamedTuple):
    """`open` gives the same log for the same place, in this process or, with PROCESSES, in any.

    `fixture` has to be there before, for what needs a server.
    """

    name: str
    open: Callable[[Path], Log]
    promises: frozenset[Promise]
    fixture: str | None = None

    @property
    def parameter(self) -> object:
        """To parametrize a test with, by name; marked as what it needs."""
        return pytest.param(self.name, marks=[pytest.mark.pulsar] if self.fixture else [])


ADAPTERS = {
    adapter.name: adapter
    for adapter in (
        Adapter("memory", lambda place: open_log(f"memory:{place}"), frozenset()),
        Adapter("sqlite", lambda place: open_log(f"sqlite:{place}"), frozenset(Promise)),
        Adapter("sqlite-full", lambda place: open_log(f"sqlite:{place}?durability=full"), frozenset(Promise)),
        # A few frames fill a segment: everything in the suite also happens across segments.
        Adapter(
            "sqlite-small-segments", lambda place: SqliteLog(place, segment_bytes=20_000), frozenset(Promise)
        ),
        Adapter("pulsar", open_in_session_broker, frozenset(Promise), fixture="pulsar_broker"),
    )
}


def needed(request: pytest.FixtureRequest, name: str) -> Adapter:
    """The adapter of that name, with what it needs running."""
    adapter = ADAPTERS[name]
    if adapter.fixture:
        request.getfixturevalue(adapter.fixture)
    return adapter


def promising(*promises: Promise) -> list[str]:
    """The names of the adapters that promise all of these."""
    return [name for name, adapter in ADAPTERS.items() if adapter.promises.issuperset(promises)]
