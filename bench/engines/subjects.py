"""Who is measured, and what each can be given: our engines, and the peers."""

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.engines.commands import AUCTIONS, ICEBERGS, PLAIN, POST_ONLY, STOPS
from bench.engines.peers import exchange_core
from bench.engines.peers.exchange_core import PeerMissing
from bench.engines.prepared import Work

RUN_TIMEOUT_S: Final = 900.0
EVERYTHING: Final = PLAIN | {POST_ONLY, ICEBERGS, STOPS, AUCTIONS}


class Files(NamedTuple):
    """One workload's commands, as the processes read them."""

    commands: Path
    longs: Path | None
    """None where not every book knows all of it"""
    warm_ups: int


class Result(NamedTuple):
    per_s: dict[str, float]
    """commands a second, by the commands in a frame; "1" alone where the engine takes no frames"""
    work: Work


class Subject(NamedTuple):
    name: str
    run: Callable[[Files], Result]
    """in a process of its own; raises PeerMissing"""
    knows: frozenset[str]
    """of what a script may need (bench/engines/commands.py)"""
    version: Callable[[], str]
    """of a peer; raises PeerMissing. Ours is the commit's"""


def child(*arguments: str) -> dict[str, Any]:
    """What a Python process of this package found."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        timeout=RUN_TIMEOUT_S,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _ours(name: str) -> Subject:
    def run(files: Files) -> Result:
        found = child("bench.engines.child", name, str(files.commands))
        return Result(found["per_s"], Work(**found["work"]))

    return Subject(name, run, EVERYTHING, lambda: "")


def _python_peer(name: str, knows: frozenset[str]) -> Subject:
    ours = _ours(name)

    def version() -> str:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            raise PeerMissing(f"{name} is not installed here: `make bench-engine` does it") from None

    def run(files: Files) -> Result:
        version()
        return ours.run(files)

    return Subject(name, run, knows, version)


def _exchange_core(name: str, mode: exchange_core.Mode) -> Subject:
    def run(files: Files) -> Result:
        assert files.longs is not None, "only plain scripts are given to it"
        found = exchange_core.run(files.longs, mode, files.warm_ups)
        return Result({"1": found["per_s"]}, Work(**found["work"]))

    return Subject(name, run, PLAIN, lambda: exchange_core.VERSION)


NATIVE, REFERENCE = "native_book", "reference_book"
NATIVE_MACHINE, REFERENCE_MACHINE = "native_machine", "reference_machine"
APART: Final = {
    "limit_order_book": "it reports no fills",
    "order_book": "it sorts prices and matches nothing: the matching is Python's, in bench/engines/peers",
    "exchange_core_book": "its book alone, called with objects by one compiled loop: no bytes, no ring",
}
"""Peers that do less than the others, and what."""
PEERS: Final = (
    _python_peer("liquibook", PLAIN | {STOPS}),
    _exchange_core("exchange_core", "api"),
    _exchange_core("exchange_core_book", "book"),
    _python_peer("limit_order_book", frozenset()),
    _python_peer("order_book", PLAIN),
)
SUBJECTS: Final = (*map(_ours, (NATIVE, NATIVE_MACHINE, REFERENCE, REFERENCE_MACHINE)), *PEERS)
