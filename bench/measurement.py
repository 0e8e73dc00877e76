"""The four parts in one run, on one fresh exchange."""

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from actors.attach import call
from actors.launch import Launch, launches
from bench.answers import NUMBERS, ExchangeAnswers
from bench.census import DIFFERENCE_MAX, difference, look_at_frame
from bench.engine import Applied, apply_recorded
from bench.exchange import BOOK, INSTRUMENT_ID, TRADERS, fresh_exchange
from bench.flow import Command, OrderFlow
from bench.frames import Prepared, Signer
from bench.lanes import Lane
from bench.stages import Course, Load, Sender, Slice, Stage, partitions_of
from bulkhead.client.connection import Connection
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.domain.messages.reports import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
)
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import decode, encode
from bulkhead.wire.frame import AUTHENTICATION_BYTES, authenticated_bytes, read_frame

ANSWER_TIMEOUT_S = 20.0
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
    """at most, in one signed frame: as many as `flow replay` sends (FRAME_COMMANDS_MAX in flow/driver.py)"""
    window: int = 8192
    """unanswered at full load"""
    seed: int = 1

    def each(self, commands: int, participants: int) -> int:
        """A participant's share, in whole frames: so the relay's cuts fall between two of them."""
        return max(1, commands // participants // self.frame_events) * self.frame_events


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
    with fresh_exchange(parent) as installation:
        setting = _Setting(installation, size)
        log = open_log(installation.log_address)
        try:
            say("preparing signed frames")
            load, flows = setting.load(log, setting.senders, [size.exchange], opened=True)
            bare, _ = setting.load(log, setting.bare_senders, [size.slice] * size.slices, opened=False)
            say(f"the exchange: {size.exchange:,} commands at full load, then {size.per_s:,} a second")
            found, latencies, reports = setting.exchange(log, load, flows)
            say("the machines alone")
            engine = {launch.shard: apply_recorded(log, launch.shard) for launch in setting.launches}
        finally:
            log.close()
        pairs, bare_latencies = setting.pairs(bare, say)
        latencies_us = {"exchange": latencies, **bare_latencies}
        return Measured(size, found, reports, pairs, latencies_us, engine, setting.path())


class _Setting:
    """Who takes part."""

    def __init__(self, installation: Installation, size: Size) -> None:
        self._size = size
        self._installation = installation
        self._topology = installation.topology
        self._identity = identity_of(installation)
        self._connection = Connection.load(installation.connection_path)
        self.senders = [self._sender(name) for name in TRADERS]
        by_orders = {sender.orders: sender for sender in reversed(self.senders)}
        self.bare_senders = [by_orders[orders] for orders in sorted(by_orders)]
        """one on each risk shard"""
        shards = {f"risk/{orders.split('/')[1]}" for orders in by_orders} | {BOOK}
        self.launches: list[Launch] = [
            launch for launch in launches(installation, self._identity.genesis_id) if launch.shard in shards
        ]

    def _sender(self, name: str) -> Sender:
        participant, key = self._connection.participant(name), self._connection.private_key(name)
        return Sender(name, key.public_key().public_bytes_raw(), participant.orders, participant.reports)

    def load(
        self, log: Log, senders: Sequence[Sender], slices: Sequence[int], opened: bool
    ) -> tuple[Load, list[list[Command]]]:
        """Frames of slices of so many commands, and the paced commands; `opened`: each stream begins with
        OpenSession.
        """
        size = self._size
        warm: list[list[Prepared]] = []
        full: list[list[list[Prepared]]] = [[] for _ in slices]
        paced: list[list[Prepared]] = []
        one_by_one: list[list[Command]] = []
        for sender in senders:
            key = self._connection.private_key(sender.name)
            signer = Signer(log, self._identity, sender.orders, key, sender.name)
            accounts = self._connection.participant(sender.name).accounts
            flow = OrderFlow(sender.name, accounts, INSTRUMENT_ID, size.seed)

            def frames(commands: int, flow: OrderFlow = flow, signer: Signer = signer) -> list[Prepared]:
                share = flow.commands(size.each(commands, len(senders)))
                return signer.frames([encode(command) for command in share], size.frame_events)

            opening = signer.frames([encode(OpenSession())], 1) if opened else []
            warm.append(opening + frames(size.warm))
            for queues, commands in zip(full, slices, strict=True):
                queues.append(frames(commands))
            some = flow.commands(size.paced // len(senders))
            one_by_one.append(some)
            paced.append(signer.frames([encode(command) for command in some], 1))
            signer.close()
        return Load(warm, full, paced, size.window // len(senders), size.per_s), one_by_one

    def exchange(
        self, log: Log, load: Load, one_by_one: Sequence[Sequence[Command]]
    ) -> tuple[Slice, list[int], dict[str, int]]:
        """The first part: the real machines. The full load, the latencies, the reports by kind."""
        lanes, answers = [], []
        for sender in self.senders:
            answer = ExchangeAnswers()
            reader = log.reader(sender.reports, "bench")
            reader.seek(reader.end())  # what was reported of the genesis
            lanes.append(Lane(sender.name, log.writer(sender.orders, f"{sender.name}/bench"), reader, answer))
            answers.append(answer)
        for lane, queue in zip(lanes, load.warm, strict=True):
            _open(lane, queue[0])
        pids = [shard["pid"] for shard in call("supervisor", "status")["shards"]]
        stage = Stage(log, lanes, load.window, pids, partitions_of(self.senders, BOOK), look_at_frame)
        stage.run([queue[1:] for queue in load.warm])
        found = stage.run(load.slices[0])
        for answer, commands, queue in zip(answers, one_by_one, load.paced, strict=True):
            answer.expect(commands, queue[0].last)
        latencies = stage.pace(load.paced, load.per_s)
        reports = {
            kind.__name__: sum(answer.seen[NUMBERS[kind]] for answer in answers)
            for kind in (OrderAccepted, OrderRejected, OrderCanceled, CancelRejected, OrderFilled)
        }
        return found, latencies, reports

    def pairs(self, load: Load, say: Say) -> tuple[list[Pair], dict[str, list[int]]]:
        """The second and third part, slice by slice in turn: what else the machine does meets both alike."""
        relayed = load.relayed()
        course = Course(self.bare_senders, self.launches, BOOK, self._topology, self._head(), load.window)
        pairs: list[Pair] = []
        say("starting runtime and relay")
        with (
            tempfile.TemporaryDirectory(dir=self._installation.directory) as folder,
            course.runtime(Path(folder) / "runtime") as runtime,
            course.relay(Path(folder) / "relay") as relay,
            course.relay(Path(folder) / "free") as free,
        ):
            warmed = runtime.run(load.warm)
            relay.follow(warmed.census.cuts)
            relay.run(relayed.warm)
            free.run(relayed.warm)
            for number, (ours, theirs) in enumerate(zip(load.slices, relayed.slices, strict=True), 1):
                say(f"runtime and relay: slice {number} of {len(load.slices)}")
                passed = runtime.run(ours)
                relay.follow(passed.census.cuts)
                pairs.append(Pair(passed, relay.run(theirs), free.run(theirs)))
            say(f"runtime and relay: {load.per_s:,} a second")
            latencies = {
                "runtime": runtime.pace(load.paced, load.per_s),
                "relay": relay.pace(relayed.paced, load.per_s),
            }
        return pairs, latencies

    def _head(self) -> bytes:
        """As long as that of a frame between two shards; the numbers are some that it could have."""
        authenticated = authenticated_bytes(
            self._identity.exchange_id,
            self._identity.genesis_id,
            BOOK,
            self.senders[0].orders,
            100_000,
            2**31,
            2**50,
            self._size.frame_events,
            b"",
        )
        return MacSealer(self._identity.mac_key).seal(authenticated)[AUTHENTICATION_BYTES:]

    def path(self) -> dict[str, object]:
        """What the numbers went through."""
        topology = self._topology
        return {
            "log": topology.log.adapter,
            "engine": topology.shards.engine,
            "signed": True,
            "replicas": sorted({boundary.replicas for boundary in topology.boundaries.values()}),
            "durability": topology.log.durability,
            "snapshots": f"{topology.snapshots.adapter}, every {topology.snapshots.every_events:,} events",
            "commit": _commit(),
        }


def _open(lane: Lane, frame: Prepared) -> None:
    """Send OpenSession and wait for its answer."""
    lane.send(frame)
    waited = 0.0
    while waited < ANSWER_TIMEOUT_S:
        for _, data in lane.reader.receive(1 << 20, 0.2):
            for event in read_frame(data).events:
                decode(event)
            return
        waited += 0.2
    raise RuntimeError(f"{lane.name}: the exchange does not answer")


def _commit() -> str:
    """Of the sources, with a + where they were changed since; empty where they are no clone."""
    root = Path(__file__).parents[1]
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12"],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return ""
    return described.stdout.strip()
