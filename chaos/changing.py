"""One run: load, and an operator who changes one thing after another meanwhile; and rest at the end."""

import os
import random
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import yaml

from actors.attach import attached
from bulkhead.client import ClientError
from bulkhead.client.connection import Connection
from bulkhead.errors import TemporaryError
from bulkhead.installation.state import Installation
from bulkhead.topology.layers import merged
from bulkhead.topology.load import load
from chaos.changes import Change
from chaos.load import Load
from chaos.outages import spread
from chaos.rest import REST_TIMEOUT_S, audited, drain
from chaos.waits import Waits

UNDISTURBED_S = 5.0
"""Before the first change: what the others are compared with."""
AFTER_S = 1.0
"""After a command has ended it still counts as going on."""
COMMAND_TIMEOUT_S = 300.0
ANSWERED_TIMEOUT_S = 60.0


@dataclass
class Changed:
    """A change, and how long commands waited meanwhile, in ms."""

    name: str
    seconds: float
    concerned: dict[str, float]
    """p50, p99, max of those that go through a shard that it concerns; of none: empty"""
    others: dict[str, float]


@dataclass
class Changes:
    undisturbed: dict[str, float] = field(default_factory=dict)
    made: list[Changed] = field(default_factory=list)
    commands: int = 0
    orders: int = 0
    unanswered: int = 0
    doing: str = ""
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    positions: dict[str, str] = field(default_factory=dict)
    """by machine: where in its partition it was at rest"""
    digests: dict[str, str] = field(default_factory=dict)
    """of its state there"""


class Failed(Exception):
    """A command that an operator typed ended with another status than 0."""


class Changing:
    """`command`: how a `bulkhead` command is started. `look` is called often with what there is so far."""

    def __init__(
        self,
        installation: Installation,
        folder: Path,
        changes: Sequence[Change],
        seed: int,
        command: Sequence[str],
        look: Callable[[Changes], None],
    ) -> None:
        self.result = Changes()
        self._installation = installation
        self._folder = folder
        self._changes = changes
        self._command = command
        self._look = look
        self._started = time.monotonic()
        self._books: dict[str, str] = {}
        self._waits = Waits(self._books)
        self._load = Load(
            installation.topology,
            Connection.load(installation.connection_path),
            folder / "evidence",
            random.Random(seed),
            self._waits.on_answer,
            self._waits.on_sent,
        )

    def run(self) -> Changes:
        """Everything. What goes wrong is a problem of the result: the checker is to see what there is."""
        try:
            with ExitStack() as stack:
                stack.enter_context(attached(self._installation))
                stack.enter_context(self._load)
                told = stack.enter_context((self._folder / "operator.log").open("w"))
                self._all(told)
        except (ClientError, TemporaryError, TimeoutError, Failed) as problem:
            self.result.problems.append(f"{type(problem).__name__}: {problem}")
        return self.result

    def _all(self, told: IO[str]) -> None:
        self._books |= self._load.books
        try:
            self._before()
            for change in self._changes:
                self._make(change, told)
            self._drain("coming to rest", REST_TIMEOUT_S)
            self._show("auditing")
            found, problems = audited(self._installation, self._load)
            self.result.problems += problems
            self.result.positions, self.result.digests = found.positions, found.digests
        except (ClientError, TimeoutError, Failed) as problem:
            self.result.problems.append(f"{type(problem).__name__}: {problem}")
            with suppress(ClientError, TimeoutError):  # what is only not read yet is not to be taken for lost
                self._drain("giving up", ANSWERED_TIMEOUT_S)
        self.result.seconds = round(time.monotonic() - self._started, 1)

    def _before(self) -> None:
        """The first commands open lanes and connections, and don't count."""
        self._trade_for(UNDISTURBED_S, "trading")
        begin = time.perf_counter()
        self._trade_for(UNDISTURBED_S, "trading, undisturbed")
        end = time.perf_counter()
        self._until_answered(end)
        self.result.undisturbed = spread(self._waits.between(begin, end, ())[1])

    def _make(self, change: Change, told: IO[str]) -> None:
        begin, begun = time.perf_counter(), time.monotonic()
        file = self._installation.file
        values: dict[str, Any] = merged(yaml.safe_load(file.read_text()), dict(change.patch))
        file.write_text(yaml.safe_dump(values, sort_keys=False))
        for typed in change.typed:
            self._type(change, typed, told)
        seconds = round(time.monotonic() - begun, 1)
        self._trade_for(AFTER_S, change.name)
        end = time.perf_counter()
        self._until_answered(end)
        concerned, others = self._waits.between(begin, end, change.concerns)
        self.result.made.append(Changed(change.name, seconds, spread(concerned), spread(others)))
        self._installation = Installation(load(file), file)
        self._load.trade(self._installation.topology, Connection.load(self._installation.connection_path))
        self._books |= self._load.books
        self._trade_for(AFTER_S, "trading")

    def _type(self, change: Change, typed: Sequence[str], told: IO[str]) -> None:
        """Failed: it ended with another status than 0."""
        line = " ".join(("bulkhead", *typed))
        told.write(f"$ {line}\n")
        told.flush()
        environment = {**os.environ, "BULKHEAD_TOPOLOGY": str(self._installation.file)}
        with subprocess.Popen(
            [*self._command, *typed],
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            env=environment,
        ) as process:
            deadline = time.monotonic() + COMMAND_TIMEOUT_S
            while process.poll() is None:
                self._load.keep_pace()
                self._show(change.name)
                if time.monotonic() > deadline:
                    process.kill()
                    raise TimeoutError(f"{line} was not done in {COMMAND_TIMEOUT_S:g} s")
        if process.returncode != 0:
            raise Failed(f"{line} ended with status {process.returncode}: {told.name} has what it said")

    def _trade_for(self, seconds: float, doing: str) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._load.keep_pace()
            self._show(doing)

    def _until_answered(self, sent_by: float) -> None:
        """Trade on until every command that was sent by then is answered."""
        deadline = time.monotonic() + ANSWERED_TIMEOUT_S
        while self._waits.oldest <= sent_by:
            self._load.keep_pace()
            self._show("waiting for answers")
            if time.monotonic() > deadline:
                raise TimeoutError(f"a command was not answered in {ANSWERED_TIMEOUT_S:g} s")

    def _drain(self, doing: str, timeout_s: float) -> None:
        drain(self._load, lambda: False, lambda: self._show(doing), timeout_s)

    def _show(self, doing: str) -> None:
        result, traded = self.result, self._load
        result.doing = doing
        result.commands, result.orders, result.unanswered = traded.commands, traded.orders, traded.unanswered
        self._look(result)
