"""Recorded order flow through a real exchange while something is done to it, and what came of it."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from actors.attach import call
from actors.audit import Audit, audit
from bulkhead.client import connect
from bulkhead.client.connection import Connection
from bulkhead.flow import bitstamp
from bulkhead.flow.driver import Driver, Progress
from bulkhead.flow.recording import FlowCommand
from tests.support.judging import (
    answers_missing_and_doubled,
    digest,
    expected_digests,
    refused_while_moving,
    reports_of,
)
from tests.support.running import RunningExchange, until
from tests.unit.flow.replaying import in_sequence

INSTRUMENT, BOOK = "BTC-USD", "book/0"
WINDOW = 500
RUN_DEADLINE_S = 480.0
"""It takes one to two minutes on two free cores."""


@dataclass
class Outcome:
    """What was found when everything was answered and quiet."""

    commands: int
    answered: int
    lost: int
    """commands that no report answers"""
    doubled: int
    trades: int
    as_undisturbed: bool | None
    """whether trades and resting orders are those that a book alone makes of the same commands; None where
    some were refused as their participants moved: the others met another book than the recorded one, and only
    the order in which the book took them, which its replay has, says what they should have made"""
    audit: Audit
    repeated: int = 0
    """reports that stand in the log again, with the same bytes"""
    halted: list[str] = field(default_factory=list)
    restarts: int = 0
    refused_while_moving: int = 0
    """commands of participants on the way to another risk shard"""
    moves: bool = False
    """whether slots move meanwhile, so that such are no problem"""

    @property
    def problems(self) -> list[str]:
        """Empty: nothing is lost, nothing is twice, everything adds up, no shard has stopped."""
        found = list(self.audit.problems) + self.halted
        if self.answered != self.commands:
            found.append(f"{self.answered} of {self.commands} commands were answered")
        if self.lost or self.doubled:
            found.append(f"{self.lost} commands without an answer, {self.doubled} with two")
        if self.as_undisturbed is False:
            found.append("trades or resting orders are not those of a book alone")
        if self.refused_while_moving and not self.moves:
            found.append(f"{self.refused_while_moving} commands were refused as if somebody moved")
        return found


class Flow(Sequence[FlowCommand]):
    """Commands that end where they are when `end` is called: the load lasts as long as what it is for."""

    def __init__(self, commands: Sequence[FlowCommand]) -> None:
        self._commands = commands
        self._looked_at = 0
        self._count = len(commands)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        self._looked_at = max(self._looked_at, index)
        return self._commands[index]

    def end(self) -> None:
        self._count = min(self._looked_at + 1, self._count)


class Disturbance:
    """Runs `disturb` in a thread of its own; it waits for so many answers with `reached`."""

    def __init__(self, disturb: "Callable[[Disturbance], None]", progress: Progress, flow: Flow) -> None:
        self.progress = progress
        self._flow = flow
        self.problem: BaseException | None = None
        self._disturb = disturb
        self._thread = threading.Thread(target=self._run, name="disturbance", daemon=True)
        self._thread.start()

    def reached(self, answered: int) -> None:
        until(f"{answered} commands answered", lambda: self.progress.answered >= answered, RUN_DEADLINE_S)

    def goes_on(self) -> None:
        """Return when a hundred more commands have been answered than now."""
        self.reached(self.progress.answered + 100)

    def _run(self) -> None:
        try:
            self._disturb(self)
        except BaseException as problem:  # noqa: BLE001  # raised again by whoever joins
            self.problem = problem
        self._flow.end()

    def join(self) -> None:
        self._thread.join(RUN_DEADLINE_S)
        if self.problem is not None:
            raise self.problem


def replay_disturbed(
    exchange: RunningExchange, speed: float, disturb: Callable[[Disturbance], None], moves: bool = False
) -> Outcome:
    """The recording's commands at `speed` times its pace, until `disturb`, which runs beside, is done.

    `moves`: it moves slots of participants, who may be refused for that.
    """
    recording = bitstamp.load()
    flow = Flow(recording.commands)
    connection = Connection.load(exchange.connection)
    with ExitStack() as stack:
        stack.enter_context(exchange.attached())
        clients = [
            stack.enter_context(connect(connection, name, window=2 * WINDOW, timeout_s=60.0))
            for name in recording.participants
        ]
        driver = Driver(INSTRUMENT, flow, clients, WINDOW)
        disturbance = Disturbance(disturb, driver.progress, flow)
        ends_at = time.monotonic() + RUN_DEADLINE_S
        progress = driver.run(speed, lambda _: disturbance.problem is not None or time.monotonic() > ends_at)
        disturbance.join()
        commands = recording.commands[: len(flow)]
        found = audit(exchange.installation)
        driver.drain()
        resting = call(BOOK, "orders", INSTRUMENT)
        status = call("supervisor", "status")
    trades = [[t.buy_order_id, t.sell_order_id, t.price_ticks, t.quantity_lots] for t in driver.trades()]
    book = [[driver.client_order_ids[order_id], side, price, lots] for order_id, side, price, lots in resting]
    outcome = Outcome(
        len(commands),
        progress.answered,
        0,
        0,
        len(trades),
        None,
        found,
        halted=[each["halted"] for each in status["boundaries"].values() if each["halted"]],
        restarts=sum(row["restarts"] for row in status["shards"]),
        moves=moves,
    )
    _count_answers(exchange, commands, recording.participants, outcome)
    if not outcome.refused_while_moving:
        outcome.as_undisturbed = (digest(trades), digest(book)) == expected_digests(in_sequence(commands))
    return outcome


def _count_answers(
    exchange: RunningExchange, commands: Sequence[FlowCommand], participants: Sequence[str], outcome: Outcome
) -> None:
    """From the log itself: every report by its number, none missing, a repetition equal to the byte."""
    for index, name in enumerate(participants):
        told, again = reports_of(exchange.installation.log_address, f"reports.{name}/0")
        mine = [command for command in commands if command.participant == index]
        lost, twice = answers_missing_and_doubled(mine, told.values())
        outcome.lost += len(lost)
        outcome.doubled += len(twice)
        outcome.repeated += again
        outcome.refused_while_moving += refused_while_moving(mine, told.values())
