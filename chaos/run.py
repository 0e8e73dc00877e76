"""One run: load, blows at random moments while commands are unanswered, and rest at the end."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actors.attach import attached
from actors.audit import audit
from bulkhead.client import ClientError
from bulkhead.client.connection import Connection
from bulkhead.errors import TemporaryError
from bulkhead.installation.state import Installation
from bulkhead.topology import derived
from chaos.load import Load
from chaos.outages import Blow, Outage
from chaos.trader import Trader
from chaos.victims import Pause, Process, Watch

PAUSE = "pause"
KINDS = ("risk", "book", "settlement", "clock", "control", "view", "supervisor", PAUSE)
PAUSED_KINDS = ("risk", "book", "settlement", "clock")
"""Those whose silence somebody could take for death."""

UNANSWERED_MIN = 100
UNANSWERED_MAX = 500
PRESS_S_MAX = 0.4
"""How long the load presses before a blow: its end, a random moment, falls anywhere in the shards' loops."""
QUIET_S_MAX = 0.8
"""between the return of one victim and the next press"""
PAUSE_S = (0.1, 1.5)
BACK_TIMEOUT_S = 60.0
REST_TIMEOUT_S = 90.0
GIVEN_UP_TIMEOUT_S = 10.0
"""What is still to come of a run that has failed."""
REST_S = 1.0
"""without a report, after every command was answered: fills may follow an answer"""


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
        look: Callable[[Result], bool],
    ) -> None:
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
        self._watch = Watch()

    def run(self) -> Result:
        """Everything. What goes wrong is a problem of the result: the checker is to see what there is."""
        result = self.result
        with ExitStack() as stack:
            stack.enter_context(attached(self._installation))
            stack.enter_context(self._watch)
            stack.enter_context(self._load)
            try:
                for kind in self._kinds():
                    self._one(kind)
                self._come_to_rest()
            except (ClientError, TemporaryError, TimeoutError, Halted) as problem:
                result.problems.append(f"{type(problem).__name__}: {problem}")
                # What is only not read yet must not be taken for lost.
                with suppress(ClientError, TemporaryError, TimeoutError):
                    self._drain(GIVEN_UP_TIMEOUT_S)
            self._count()
        return result

    def _kinds(self) -> Iterator[str]:
        """All kinds equally often, in random order."""
        left = self._kills
        while left > 0:
            kinds = self._chance.sample(KINDS, len(KINDS))[:left]
            yield from kinds
            left -= len(kinds)

    def _one(self, kind: str) -> None:
        """A quiet while, a press, the blow, and until its victim works again."""
        self._for("quiet", self._chance.uniform(0.0, QUIET_S_MAX), self._load.keep_pace)
        shard = self._chance.choice(self._shards(PAUSED_KINDS if kind == PAUSE else (kind,)))
        unanswered = self._chance.randint(UNANSWERED_MIN + 20, UNANSWERED_MAX)
        until = time.monotonic() + self._chance.uniform(0.0, PRESS_S_MAX)
        deadline = until + BACK_TIMEOUT_S
        while True:
            self._load.press(unanswered)
            self._show(f"pressing, then {kind}: {shard}")
            process = self._watch.running(shard)
            if process is not None and time.monotonic() >= until:
                # What has been answered by now is known: the rest is on its way.
                self._load.read()
                if self._load.unanswered >= UNANSWERED_MIN:
                    break
            if time.monotonic() > deadline:
                raise TimeoutError(f"{shard} did not run with {UNANSWERED_MIN} commands unanswered: no blow")
        self._strike(kind, process)

    def _strike(self, kind: str, process: Process) -> None:
        at_s = round(time.monotonic() - self._started, 3)
        outage = Outage(Blow(kind, process.shard, at_s, self._load.unanswered), self._load.books)
        pause = None
        if kind == PAUSE:
            pause = Pause(process, self._chance.uniform(*PAUSE_S))
        else:
            process.kill()
        try:
            outage.sent_before(self._load.traders)
            self._outage = outage
            self.result.blows.append(outage.blow)
            self._load.one_each()
            while not outage.over:
                self._load.keep_pace()
                self._show(f"{kind}: {process.shard}, {outage.lasts_s:.1f} s ago")
                if pause is not None and pause.over:
                    pause.end()
                    outage.is_back()
                elif pause is None and self._replaced(process):
                    outage.is_back()
                if self._watch.halted:
                    raise Halted("; ".join(self._watch.halted))
                if outage.lasts_s > BACK_TIMEOUT_S:
                    raise TimeoutError(
                        f"{process.shard} was not back {BACK_TIMEOUT_S:g} s after {kind}, or nobody was told "
                        f"of a command sent after it; {self._watch.problem or 'the supervisor answers'}"
                    )
        finally:
            self._outage = None
            if pause is not None:
                pause.end()

    def _replaced(self, process: Process) -> bool:
        new = self._watch.running(process.shard)
        return new is not None and new != process

    def _shards(self, kinds: Sequence[str]) -> list[str]:
        """Books only where something trades: on others no command would wait."""
        shards = [shard for shard in derived.shards(self._installation.topology) if shard.kind in kinds]
        busy = set(self._load.books.values())
        return [shard.name for shard in shards if shard.kind != "book" or shard.name in busy]

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
        try:
            found = audit(self._installation)
        except Exception as problem:  # noqa: BLE001 - whatever ails Ray, the checker is to see the log
            self.result.problems.append(f"the audit came to no result: {problem!r}")
            return
        self.result.problems += [f"audit: {problem}" for problem in found.problems[:10]]
        self.result.duplicates_dropped = found.duplicates_dropped
        if self._load.read():
            self.result.problems.append("there were reports after the audit found the exchange at rest")

    def _drain(self, timeout_s: float) -> None:
        """Send nothing, read until every command is answered and nobody hears anything."""
        deadline = time.monotonic() + timeout_s
        heard_at = time.monotonic()
        while self._load.unanswered or time.monotonic() - heard_at < REST_S:
            if self._load.read():
                heard_at = time.monotonic()
            else:
                time.sleep(0.005)  # nothing to do but wait
            self._show("coming to rest")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._load.unanswered} commands were not answered in {timeout_s:g} s")

    def _count(self) -> None:
        result, load = self.result, self._load
        result.commands, result.orders, result.unanswered = load.commands, load.orders, load.unanswered
        result.seconds = round(time.monotonic() - self._started, 1)

    def _show(self, doing: str) -> None:
        self.result.doing = doing
        self._count()
        if self._look(self.result):
            raise Stopped
