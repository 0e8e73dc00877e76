"""One run: load, blows at random steps and moments while orders are unanswered, and rest at the end."""

import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actors.attach import attached
from bulkhead.broker.problem import BrokerError
from bulkhead.client import ClientError
from bulkhead.client.connection import Connection
from bulkhead.errors import TemporaryError
from bulkhead.installation.state import Installation
from bulkhead.runtime.steps import Step, step_path
from bulkhead.topology import derived
from bulkhead.views.machine import view_machine_name
from chaos.ambush import Ambush
from chaos.kinds import BOTH, PAUSE, PAUSED, STANDBY, SUPERVISOR, in_order, kinds_of
from chaos.load import Load
from chaos.operator import Operator
from chaos.outages import Blow, Outage
from chaos.rest import REST_TIMEOUT_S, audited, drain
from chaos.servers import KilledServer
from chaos.trader import Trader
from chaos.victims import Pause, Process, Watch, resumed_on_error

UNANSWERED_MIN = 100
"""orders, at every blow"""
PRESSED = (180, 600)
"""commands that are kept unanswered before a blow; about four in five are orders"""
QUIET_S_MAX = 0.8
"""between the return of one victim and the next press"""
PAUSE_S = (0.1, 1.5)
STEPS = (Step.RECEIVE, Step.APPLY, Step.PUBLISH, Step.CONFIRM, Step.SNAPSHOT, Step.ACKNOWLEDGE)
STEP_S = 2.0
"""So long a step is waited for, then another one is: some come once a second and last microseconds, and a
busy machine looks away at most of them.
"""
CATCH_TIMEOUT_S = 120.0
"""A machine that does other work takes a while to bring a killed shard back."""
BACK_TIMEOUT_S = 240.0
"""A shard is back in 2 to 4 s, a broker in 10 to 20; a machine that does other work takes many times that."""
GIVEN_UP_TIMEOUT_S = 10.0
"""What is still to come of a run that has failed."""


@dataclass
class Result:
    blows: list[Blow] = field(default_factory=list)
    commands: int = 0
    orders: int = 0
    unanswered: int = 0
    """commands that no report answered; at the end of a good run none"""
    doing: str = ""
    """for people: what goes on now"""
    problems: list[str] = field(default_factory=list)
    """why the run is no success, apart from what the checker finds"""
    duplicates_dropped: int = 0
    seconds: float = 0.0

    @property
    def by_kind(self) -> dict[str, int]:
        return dict(sorted(Counter(blow.kind for blow in self.blows).items()))

    @property
    def by_step(self) -> dict[str, int]:
        """Of the blows that fell upon a shard's loop."""
        return dict(sorted(Counter(blow.step for blow in self.blows if blow.step is not None).items()))


def told(step: Step) -> str:
    """For people: 3 publish."""
    return f"{step.value} {step.name.lower()}"


class Halted(Exception):
    """A boundary of the exchange is halted: its shards won't come back by themselves."""


class Stopped(Exception):
    """Whoever watches has asked for the end."""


class Run:
    """`look` is called often with what there is so far; true ends the run."""

    def __init__(
        self,
        installation: Installation,
        evidence: Path,
        kills: int,
        seed: int,
        servers: Sequence[KilledServer],
        look: Callable[[Result], bool],
        boundary: str | None = None,
    ) -> None:
        """`boundary`: only its shards are struck; None: everything is."""
        self.result = Result()
        self._installation = installation
        self._kills = kills
        self._chance = random.Random(seed)
        self._look = look
        self._started = time.monotonic()
        self._outage: Outage | None = None
        self._load = Load(
            installation.topology,
            Connection.load(installation.connection_path),
            evidence,
            random.Random(seed + 1),
            self._answered,
        )
        self._operator = Operator(installation, random.Random(seed + 2))
        self._watch = Watch()
        self._ambush = Ambush()
        self._servers = {server.kind: server for server in servers}
        boundaries = derived.boundary_of(installation.topology)
        self._victims = {name for name, its in boundaries.items() if boundary in (None, its)}
        self._replicated = {
            name
            for name in self._victims
            if installation.topology.boundaries[boundaries[name]].replicas != "none"
        }
        self._kinds = kinds_of(
            [*self._servers], bool(self._replicated), self._victims, everything=boundary is None
        )

    def run(self) -> Result:
        """Everything. What goes wrong is a problem of the result: the checker is to see what there is."""
        try:
            with ExitStack() as stack:
                stack.enter_context(attached(self._installation))
                stack.enter_context(self._watch)
                stack.enter_context(self._ambush)
                stack.enter_context(self._load)
                stack.enter_context(self._operator)
                self._all()
        except TemporaryError as problem:
            self._failed(problem)  # a log that was away until the end, when participants let go of it
        return self.result

    def _all(self) -> None:
        try:
            for kind in in_order(self._kills, self._kinds, self._chance):
                self._one(kind)
            self._come_to_rest()
        except (BrokerError, ClientError, TimeoutError, Halted) as problem:
            self._failed(problem)
            # What is only not read yet must not be taken for lost.
            with suppress(ClientError, TimeoutError):
                self._drain(GIVEN_UP_TIMEOUT_S)
        self._count()

    def _failed(self, problem: Exception) -> None:
        self.result.problems.append(f"{type(problem).__name__}: {problem}")

    def _one(self, kind: str) -> None:
        """A quiet while, a press, the blow, and until its victim works again."""
        self._for("quiet", self._chance.uniform(0.0, QUIET_S_MAX), self._load.keep_pace)
        pressed = self._chance.randint(*PRESSED)
        if kind in self._servers:
            self._press(pressed, SUPERVISOR, self._watch.running)
            self._strike_server(self._servers[kind])
        elif kind == SUPERVISOR:
            process = self._press(pressed, kind, self._watch.running)
            self._strike(Blow(kind, kind, self._now_s(), self._load.orders_unanswered), process)
        elif kind == STANDBY:
            shard = self._chance.choice(self._shards(PAUSED, self._replicated))
            process = self._press(pressed, shard.name, self._watch.following)
            self._strike(Blow(kind, shard.name, self._now_s(), self._load.orders_unanswered), process)
        else:
            kinds = PAUSED if kind in (PAUSE, BOTH) else (kind,)
            shard = self._chance.choice(
                self._shards(kinds, self._replicated if kind == BOTH else self._victims)
            )
            process, step = self._catch(pressed, kind, shard)
            blow = Blow(kind, shard.name, self._now_s(), self._load.orders_unanswered, told(step))
            self._strike(blow, process)

    def _press(self, pressed: int, name: str, find: Callable[[str], Process | None]) -> Process:
        """Until enough orders are unanswered, and the process is known."""
        deadline = time.monotonic() + CATCH_TIMEOUT_S
        while True:
            self._load.press(pressed)
            self._show(f"pressing, then {name}")
            process = find(name)
            if process is not None and self._enough():
                return process
            self._check_deadline(deadline, f"{name}, with {UNANSWERED_MIN} orders unanswered")

    def _catch(self, pressed: int, kind: str, shard: derived.Shard) -> tuple[Process, Step]:
        """The shard's process, stopped in a random step of its loop while enough orders are unanswered."""
        machine = self._machine(shard)
        deadline = time.monotonic() + CATCH_TIMEOUT_S
        while True:
            for step in self._chance.sample(STEPS, len(STEPS)):
                doing = f"pressing, then {kind}: {shard.name} in step {told(step)}"
                until = time.monotonic() + STEP_S
                while time.monotonic() < until:
                    process = self._watch.running(shard.name)
                    name = machine or (process.shard if process is not None else "")
                    steps = step_path(self._installation.steps_directory, name)
                    if process is not None and self._caught(process, steps, step, pressed, doing):
                        return process, step
                    self._load.press(pressed)
                    self._show(doing)
                    self._check_deadline(deadline, f"{doing}, with {UNANSWERED_MIN} orders unanswered")

    def _caught(self, process: Process, steps: Path, step: Step, pressed: int, doing: str) -> bool:
        """Whether it is stopped now, in that step and with enough orders unanswered; otherwise it runs on."""
        self._ambush.lie_in_wait(process, steps, step)
        while self._ambush.waiting:
            self._load.press(pressed)
            self._show(doing)
        if not self._ambush.caught():
            return False
        with resumed_on_error(process):
            if self._enough():
                return True
        process.resume()
        return False

    def _enough(self) -> bool:
        """What has been answered by now is known: the rest is on its way."""
        self._load.read()
        return self._load.orders_unanswered >= UNANSWERED_MIN and not self._load.problem

    def _check_deadline(self, deadline: float, what: str) -> None:
        if self._watch.halted:
            raise Halted("; ".join(self._watch.halted))
        if time.monotonic() > deadline:
            raise TimeoutError(f"no such moment in {CATCH_TIMEOUT_S:g} s: {what}. {self._why()}")

    def _why(self) -> str:
        problems = filter(None, [self._load.problem, self._watch.problem])
        return "; ".join(problems) or "the log and the supervisor answer"

    def _now_s(self) -> float:
        return round(time.monotonic() - self._started, 3)

    def _strike(self, blow: Blow, process: Process) -> None:
        outage = Outage(blow, self._load.books)
        if blow.kind != PAUSE:
            victims = [process]
            if blow.kind == BOTH and (other := self._watch.following(blow.victim)) is not None:
                victims.append(other)
            for victim in victims:
                victim.kill()
            self._outlast(outage, lambda: self._replaced(blow.victim, victims))
            return
        pause = Pause(process, self._chance.uniform(*PAUSE_S))
        try:
            self._outlast(outage, pause.ended)
        finally:
            process.resume()

    def _strike_server(self, server: KilledServer) -> None:
        blow = Blow(server.kind, server.kind, self._now_s(), self._load.orders_unanswered)
        outage = Outage(blow, self._load.books)
        server.kill()
        self._outlast(outage, lambda: server.back)

    def _outlast(self, outage: Outage, is_back: Callable[[], bool]) -> None:
        """Keep the load's pace until the victim is back and does its work."""
        outage.sent_before(self._load.traders)
        blow = outage.blow
        self.result.blows.append(blow)
        self._outage = outage
        try:
            self._load.one_each()
            self._operator.reverse_one(self._load)
            while not outage.over:
                self._load.keep_pace()
                self._operator.push()
                self._show(f"{blow.kind}: {blow.victim}, {outage.lasts_s:.1f} s ago")
                if blow.back_ms is None and is_back():
                    outage.is_back()
                if self._watch.halted:
                    raise Halted("; ".join(self._watch.halted))
                if outage.lasts_s > BACK_TIMEOUT_S:
                    raise TimeoutError(
                        f"{blow.victim} was not back {BACK_TIMEOUT_S:g} s after {blow.kind}, or nobody was "
                        f"told of a command sent after it: {self._why()}"
                    )
        finally:
            self._outage = None

    def _replaced(self, shard: str, killed: Sequence[Process]) -> bool:
        """Whether all of its processes run, none of which is one of those."""
        running = [self._watch.running(shard)]
        if shard in self._replicated:
            running.append(self._watch.following(shard))
        return None not in running and not any(process in killed for process in running)

    def _shards(self, kinds: Sequence[str], names: Collection[str]) -> list[derived.Shard]:
        """Of those names. Books only where something trades: on others no command would wait."""
        shards = [
            shard
            for shard in derived.shards(self._installation.topology)
            if shard.kind in kinds and shard.name in names
        ]
        busy = set(self._load.books.values())
        return [shard for shard in shards if shard.kind != "book" or shard.name in busy]

    def _machine(self, shard: derived.Shard) -> str | None:
        """Of a view the machine over a book where something trades; None: the actor tells its step."""
        if shard.kind != "view":
            return None
        busy = [book.replace("book/", "market_data/") for book in sorted(set(self._load.books.values()))]
        followed = [partition for partition in shard.reads if partition in busy]
        return view_machine_name(shard.name, self._chance.choice(followed))

    def _answered(self, trader: Trader, sequence: int, report: Any) -> None:
        if self._outage is not None:
            self._outage.answered(trader, sequence, report)

    def _for(self, doing: str, seconds: float, act: Callable[[], None]) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            act()
            self._show(doing)

    def _come_to_rest(self) -> None:
        """Every command answered, nothing more told to anybody, the ledgers of all shards equal."""
        self._for("quiet", QUIET_S_MAX, self._load.keep_pace)
        self._drain(REST_TIMEOUT_S)
        self._show("auditing")
        found, problems = audited(self._installation, self._load)
        self.result.problems += problems
        self.result.duplicates_dropped = found.duplicates_dropped

    def _drain(self, timeout_s: float) -> None:
        try:
            drain(self._load, self._operator.push, lambda: self._show("coming to rest"), timeout_s)
        except TimeoutError as problem:
            raise TimeoutError(f"{problem}: {self._why()}") from None

    def _count(self) -> None:
        result, load = self.result, self._load
        result.commands, result.orders, result.unanswered = load.commands, load.orders, load.unanswered
        result.seconds = round(time.monotonic() - self._started, 1)

    def _show(self, doing: str) -> None:
        self.result.doing = doing
        self._count()
        if self._look(self.result):
            raise Stopped
