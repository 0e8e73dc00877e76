"""kill -9 of every kind of actor while recorded order flow goes through: nothing lost, nothing twice."""

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from actors.attach import call
from actors.audit import Audit, audit
from bulkhead.client import connect
from bulkhead.client.connection import Connection
from bulkhead.domain.messages.reports import (
    OrderFilled,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Role
from bulkhead.flow import bitstamp
from bulkhead.flow.driver import Driver, Progress
from bulkhead.flow.recording import FlowCommand, Recording
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import process_started
from bulkhead.log.open import open_log
from bulkhead.machines.factory import make_reference
from bulkhead.topology import derived
from commands.replay import replay_shard
from tests.support.judging import answers_missing_and_doubled, digest, expected_digests, reports_of
from tests.support.running import RunningExchange, until
from tests.unit.flow.replaying import in_sequence

pytestmark = pytest.mark.chaos

INSTRUMENT = "BTC-USD"
COMMANDS = 40_000
"""Of the recording: 21 of its orders trade in these, the first after 6,727."""
WINDOW = 1000
KINDS = ("risk/0", "risk/1", "book/0", "settlement/0", "control/0", "clock/0", "view/0", "supervisor")
KILLS_OF_EACH = 2
KILLED_UP_TO = COMMANDS * 8 // 10
SPEED = 10.0
"""Times the recording's own, 1,300 commands a second: the kills fall among commands, not behind them."""
RUN_DEADLINE_S = 150.0
CHANGES = {
    # A restart is to begin at a snapshot taken under load, not always at the beginning.
    "snapshots": {"every_events": 4000, "every_ticks": 30},
    "boundaries": {
        name: {"restarts": {"budget": 1000, "within_s": 3600}}
        for name in ("btc", "accounts-0", "accounts-1", "control", "clock", "supervisor", "views")
    },
}


@dataclass
class Killer:
    """Kills at random points of the replay, in a thread of its own, whatever the victim is doing."""

    progress: Progress
    shards: Set[str]
    """all that there are"""
    seed: int
    killed: Counter[str] = field(default_factory=Counter)
    problems: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        self._victims = list(KINDS) * KILLS_OF_EACH
        chance.shuffle(self._victims)
        self._plan = sorted(chance.sample(range(1, KILLED_UP_TO), len(self._victims)))
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer")

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join()

    @property
    def works(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            for answered in self._plan:
                until(f"{answered} commands answered", partial(self._reached, answered), RUN_DEADLINE_S)
                if self._enough.is_set():
                    return
                self._kill_one()
            self._kill_all()
        except Exception as problem:  # noqa: BLE001 - told by the test, in its own thread
            self.problems.append(problem)

    def _reached(self, answered: int) -> bool:
        return self.progress.answered >= answered or self._enough.is_set()

    def _kill_one(self) -> None:
        """The first victim that lives: another may not be back yet since it was killed last."""
        victim, pid = until(f"one of {self._victims} runs, to be killed", self._living)
        os.kill(pid, signal.SIGKILL)
        until(f"the process of {victim} is gone", lambda: process_started(pid) is None)
        self._victims.remove(victim)
        self.killed[victim] += 1

    def _kill_all(self) -> None:
        """Every shard at once, and the supervisor with them."""
        for shard, pid in until("every shard runs, to be killed", self._all_living).items():
            os.kill(pid, signal.SIGKILL)
            self.killed[shard] += 1

    def _all_living(self) -> dict[str, int] | None:
        pids = shard_pids()
        return pids if pids.keys() == self.shards else None

    def _living(self) -> tuple[str, int] | None:
        pids = shard_pids()
        return next(((victim, pids[victim]) for victim in self._victims if victim in pids), None)


def shard_pids() -> dict[str, int]:
    """The process of every shard that runs, and the supervisor's."""
    status = call("supervisor", "status")
    # The supervisor hears of a death a moment later: its word alone would name a process that is gone.
    running = {row["shard"]: int(row["pid"]) for row in status["shards"] if row["state"] == "running"}
    pids = {"supervisor": int(status["pid"]), **running}
    return {shard: pid for shard, pid in pids.items() if process_started(pid) is not None}


@pytest.fixture(scope="module")
def recording() -> Recording:
    return bitstamp.load()


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("chaos"), CHANGES) as running:
        yield running


def test_every_kind_of_actor_is_killed_under_load_and_nothing_is_lost_and_nothing_is_twice(
    recording: Recording, exchange: RunningExchange, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("BULKHEAD_CHAOS_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
    commands = recording.commands[:COMMANDS]
    undisturbed = in_sequence(commands)
    connection = Connection.load(exchange.connection)
    with ExitStack() as stack:
        stack.enter_context(exchange.attached())
        clients = [
            stack.enter_context(connect(connection, name, window=2 * WINDOW))
            for name in recording.participants
        ]
        driver = Driver(INSTRUMENT, commands, clients, WINDOW)
        ends_at = time.monotonic() + RUN_DEADLINE_S
        shards = {shard.name for shard in derived.shards(exchange.installation.topology)}
        with Killer(driver.progress, shards, seed) as killer:
            progress = driver.run(SPEED, partial(look, killer, ends_at))
        if killer.problems:
            raise killer.problems[0]
        until("every shard runs", lambda: shard_pids().keys() == shards)
        found = audit(exchange.installation)
        driver.drain()
        resting = call("book/0", "orders", INSTRUMENT)
        ladder = call("view/0", "ladder", INSTRUMENT, 1_000_000)
        restarts = {row["shard"]: row["restarts"] for row in call("supervisor", "status")["shards"]}
    missing: list[FlowCommand] = []
    doubled: list[FlowCommand] = []
    fills: Counter[tuple[int, Role]] = Counter()
    repeated = 0
    for index, name in enumerate(recording.participants):
        told, again = reports_of(exchange.installation.log_address, f"reports.{name}/0")
        mine = [command for command in commands if command.participant == index]
        lost, twice = answers_missing_and_doubled(mine, told.values())
        fills.update(
            (report.trade_id, report.role) for report in told.values() if type(report) is OrderFilled
        )
        missing, doubled, repeated = missing + lost, doubled + twice, repeated + again
    trades = driver.trades()
    made = [[t.buy_order_id, t.sell_order_id, t.price_ticks, t.quantity_lots] for t in trades]
    book = [[driver.client_order_ids[order_id], side, price, lots] for order_id, side, price, lots in resting]
    summary = {
        "seed": seed,
        "kills": killer.killed.total(),
        "kills_by_shard": dict(sorted(killer.killed.items())),
        "restarts": restarts,
        "commands": len(commands),
        "answered": progress.answered,
        "lost": len(missing),
        "doubled": len(doubled),
        "reports_repeated_in_the_log": repeated,
        "internal_duplicates_dropped": found.duplicates_dropped,
        "trades": len(trades),
        "resting_orders": len(resting),
        "seconds": round(progress.elapsed_s, 1),
        "audit": found.problems,
    }
    with capsys.disabled():
        print("\n" + json.dumps(summary), flush=True)
    assert killer.killed == Counter([*KINDS * KILLS_OF_EACH, *shards])
    # A supervisor that dies after it has written a restart down, and before it has done it, counts it again.
    for shard, count in restarts.items():
        assert killer.killed[shard] <= count <= killer.killed[shard] + killer.killed["supervisor"]
    assert progress.answered == progress.commands == len(commands)
    assert (missing, doubled) == ([], [])
    assert found.problems == []
    assert fills == Counter(
        (trade_id, role) for trade_id in range(1, len(trades) + 1) for role in (Role.MAKER, Role.TAKER)
    )
    assert (digest(made), digest(book)) == expected_digests(undisturbed)
    assert undisturbed.refused == refused_orders(progress, commands)
    assert levels(ladder) == levels_of(resting)
    assert_replays_give_the_digests(exchange, found)


def refused_orders(progress: Progress, commands: Sequence[FlowCommand]) -> set[int]:
    """Those that the recording says are refused, if the exchange refused so many, and for that reason."""
    recorded = {c.recorded_order_id for c in commands if c.effect == "refused"}
    assert progress.rejected == Counter({Reason.POST_ONLY: len(recorded)})
    return recorded


def look(killer: Killer, ends_at: float, progress: Progress) -> bool:
    """Whether the replay is to be given up. It does not end while there is somebody left to kill."""
    if progress.answered >= KILLED_UP_TO:
        until("all kills done", lambda: not killer.works, RUN_DEADLINE_S)
    return bool(killer.problems) or time.monotonic() > ends_at


def levels(ladder: dict[str, Any]) -> list[list[tuple[int, int, int]]]:
    return [[tuple(level) for level in ladder[side]] for side in ("bids", "asks")]


def levels_of(resting: list[tuple[int, str, int, int]]) -> list[list[tuple[int, int, int]]]:
    """(price_ticks, lots, orders) per level, best first, counted from the orders."""
    sides: dict[str, dict[int, tuple[int, int]]] = {"buy": {}, "sell": {}}
    for _, side, price_ticks, lots in resting:
        total, orders = sides[side].get(price_ticks, (0, 0))
        sides[side][price_ticks] = (total + lots, orders + 1)
    return [
        [(price, *sides["buy"][price]) for price in sorted(sides["buy"], reverse=True)],
        [(price, *sides["sell"][price]) for price in sorted(sides["sell"])],
    ]


def assert_replays_give_the_digests(exchange: RunningExchange, found: Audit) -> None:
    """Each shard derived again from its partition alone comes to what the shard said at that position."""
    log = open_log(exchange.installation.log_address)
    try:
        identity = identity_of(exchange.installation)
        for shard in ("risk/0", "risk/1", "book/0", "settlement/0", "settlement/1", "control/0", "clock/0"):
            again = replay_shard(log, identity, make_reference(shard), bytes.fromhex(found.positions[shard]))
            assert again["digest"] == found.digests[shard], shard
    finally:
        log.close()
