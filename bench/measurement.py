"""The four parts in one run, on one fresh exchange."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.answers import ExchangeAnswers, reports_seen
from bench.census import DIFFERENCE_MAX, FramesWritten, difference, look_at_frame
from bench.desks import Turns
from bench.embedded import EmbeddedVenue, lane_of_one
from bench.engine import Applied, apply_recorded
from bench.exchange import TOPOLOGY, fresh_exchange
from bench.frames import Sender
from bench.setting import Setting, open_sessions
from bench.stages import Course, Slice, Stage, relayed
from bulkhead.log.open import open_log
from bulkhead.log.port import Log

TRADERS = ("flow0", "flow1", "flow2", "flow3")
"""Two on each risk shard, with many accounts, funds for everything and no limit that the load would meet."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much is sent, in commands of all participants together."""

    warm: int
    """before anything is timed"""
    exchange: int
    """through the real machines at full load"""
    slice: int
    """through runtime and relay at full load, in turn"""
    slices: int
    paced: int
    """one by one"""
    per_s: int = 1000
    frame_events: int = 512
    """in one signed frame: as many as `flow replay` sends (FRAME_COMMANDS_MAX in flow/driver.py)"""
    window: int = 8192
    """unanswered at full load"""
    seed: int = 1


FULL = Size(warm=20_000, exchange=200_000, slice=80_000, slices=12, paced=10_000)
QUICK = Size(warm=8_000, exchange=40_000, slice=40_000, slices=3, paced=2_000)


@dataclass(frozen=True)
class Pair:
    """The same slice through runtime and relays, one after another."""

    runtime: Slice
    relay: Slice
    """with the runtime's cuts"""
    free: Slice
    """a relay that joins what a batch brings, whatever frames come of it"""

    @property
    def difference(self) -> float:
        return difference(self.runtime.census.hops, self.relay.census.hops)

    @property
    def counts(self) -> bool:
        return self.difference <= DIFFERENCE_MAX

    @property
    def ratio(self) -> float:
        return self.runtime.per_s / self.relay.per_s


@dataclass(frozen=True)
class Measured:
    size: Size
    exchange: Slice
    reports: dict[str, int]
    """by kind, in all"""
    pairs: list[Pair]
    latencies_us: dict[str, list[int]]
    """of exchange, runtime and relay, one by one"""
    engine: dict[str, Applied]
    path: dict[str, object]

    @property
    def counted(self) -> list[Pair]:
        """The pairs that count; all of them, where none does."""
        return [pair for pair in self.pairs if pair.counts] or self.pairs

    @property
    def engine_per_s(self) -> float:
        """Commands a second of one process that does everything: the checks, the match, the answers."""
        risk = [applied for shard, applied in self.engine.items() if shard.startswith("risk/")]
        return sum(a.commands for a in risk) / sum(a.seconds for a in self.engine.values())


def measure(size: Size, parent: Path | None, say: Say) -> Measured:
    """All four parts; `parent` is the folder to put the exchange in, None the temporary one."""
    say("starting an exchange")
    with fresh_exchange(TOPOLOGY.read_text(), parent) as installation:
        setting = Setting(installation, size.seed)
        senders = setting.senders(TRADERS)
        log = open_log(installation.log_address)
        try:
            found, latencies, reports = through_the_exchange(setting, log, senders, size, say)
            say("the machines alone")
            shards = [launch.shard for launch in _course(setting, senders).launches]
            engine = {shard: apply_recorded(log, shard) for shard in shards}
            pairs, bare_latencies = _pairs(setting, log, senders, size, say)
        finally:
            log.close()
        latencies_us = {"exchange": latencies, **bare_latencies}
        return Measured(size, found, reports, pairs, latencies_us, engine, setting.path())


def _course(setting: Setting, senders: Sequence[Sender]) -> Course:
    return setting.course(senders, EmbeddedVenue(_folder(setting), setting.topology, senders))


def _folder(setting: Setting) -> Path:
    """Of runtime and relays; it goes with the exchange."""
    return setting.installation.directory / "stages"


def through_the_exchange(
    setting: Setting, log: Log, senders: Sequence[Sender], size: Size, say: Say
) -> tuple[Slice, list[int], dict[str, int]]:
    """The first part: the real machines. The full load, the latencies, the reports by kind."""
    say("preparing signed frames")
    desks = [setting.trading_desk(log, sender) for sender in senders]
    turns = Turns([[desk] for desk in desks])
    openings = [[desk.opening()] for desk in desks]
    warm = turns.queues(size.warm, size.frame_events)
    full = turns.queues(size.exchange, size.frame_events)
    answers = [ExchangeAnswers() for _ in senders]
    for desk, answer in zip(desks, answers, strict=True):
        desk.expect(answer)
    paced = turns.queues(size.paced, 1)
    say(f"the exchange: {size.exchange:,} commands at full load, then {size.per_s:,} a second")
    lanes = [lane_of_one(log, sender, answer) for sender, answer in zip(senders, answers, strict=True)]
    open_sessions(lanes, openings)
    written = FramesWritten(log, _course(setting, senders).partitions(), look_at_frame)
    stage = Stage(lanes, setting.processes(), setting.problems, (), written)
    window = size.window // len(lanes)
    stage.run(warm, window)
    found = stage.run(full, window)
    latencies = stage.pace(paced, size.per_s)
    return found, latencies, reports_seen(answers)


def _pairs(
    setting: Setting, log: Log, senders: Sequence[Sender], size: Size, say: Say
) -> tuple[list[Pair], dict[str, list[int]]]:
    """The second and third part, slice by slice in turn: what else the machine does meets both alike."""
    by_orders = {sender.orders: sender for sender in reversed(senders)}
    some = [by_orders[orders] for orders in sorted(by_orders)]  # one on each risk shard
    window = size.window // len(some)
    turns = Turns([[setting.passing_desk(log, sender)] for sender in some])
    pairs: list[Pair] = []
    say("starting runtime and relay")
    course = _course(setting, some)
    with (
        course.runtime(_folder(setting)) as runtime,
        course.relay("relay") as relay,
        course.relay("free") as free,
    ):
        warm = turns.queues(size.warm, size.frame_events)
        warmed = runtime.run(warm, window)
        relay.follow(warmed.census.cuts)
        relay.run(relayed(warm), window)
        free.run(relayed(warm), window)
        for number in range(1, size.slices + 1):
            say(f"runtime and relay: slice {number} of {size.slices}")
            ours = turns.queues(size.slice, size.frame_events)
            theirs = relayed(ours)
            passed = runtime.run(ours, window)
            relay.follow(passed.census.cuts)
            pairs.append(Pair(passed, relay.run(theirs, window), free.run(theirs, window)))
        say(f"runtime and relay: {size.per_s:,} a second")
        paced = turns.queues(size.paced, 1)
        latencies = {
            "runtime": runtime.pace(paced, size.per_s),
            "relay": relay.pace(relayed(paced), size.per_s),
        }
    return pairs, latencies
