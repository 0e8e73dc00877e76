"""One seed: what came of it."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from bulkhead.machines.factory import to_look_at
from bulkhead.simulation.broken import Broken, must
from bulkhead.simulation.checks.behaviour import check_behaviour
from bulkhead.simulation.checks.ingress import check_forwarded
from bulkhead.simulation.checks.listing import check_listed
from bulkhead.simulation.checks.quarantine import check_quarantine
from bulkhead.simulation.checks.repairs import check_repairs
from bulkhead.simulation.checks.reservations import check_reservations
from bulkhead.simulation.checks.reversals import reversals_in
from bulkhead.simulation.checks.streams import check_dead_letters
from bulkhead.simulation.checks.together import check_everything
from bulkhead.simulation.checks.windows import check_windows
from bulkhead.simulation.evidence import Evidence, GapLeft, Retold, said
from bulkhead.simulation.happenings import play
from bulkhead.simulation.plan import HOUR_US, Event, plan
from bulkhead.simulation.replicas import ReplicaProcess
from bulkhead.simulation.schedule import MS, S
from bulkhead.simulation.setting import IDENTITY, changes_rules, grows, has_gateways, overloads
from bulkhead.simulation.verdicts import verified_once
from bulkhead.simulation.world import Engines, World, make
from bulkhead.wire.codec import Malformed, TypeUnknown

LOOK_EVERY_US = 60 * S
LOOK_AFTER_US = 3 * MS
"""From when a participant says something until its risk shard waits for a book: then what is reserved is for
all that may still happen.
"""
LOOK_EACH = 2
"""after so many times that somebody trades one look"""
STORM_LOOKS_US = (500 * MS, 2 * S, 8 * S)
"""while a book hangs, and others send to it"""
TRACE_KEPT = 40

Mutant = Callable[[], AbstractContextManager[object]]
"""While it lasts, the product has a deliberate bug."""


@dataclass(frozen=True)
class Setup:
    """What is simulated beside the seed. `skip`: places in the plan that are left out."""

    hours: float = 0.1
    tick_ms: int = 1_000
    orders_scale: float = 1.0
    frame_scale: int = 1
    """so many times the usual commands in a frame, which are one to four"""
    power_loss: bool = False
    replicas: bool = True
    """as the seed says; else nowhere"""
    flips: bool = False
    """whether bits of replicas' memory change"""
    gateways: bool = True
    """as the seed says; else none"""
    poison: bool = False
    """whether machines raise"""
    sick: bool = False
    """with `poison`: whether some processes raise where no other does"""
    repairs: bool = False
    """whether partitions lose what nobody has read, and an operator repairs that"""
    engines: Engines = "reference"
    mutant: Mutant = nullcontext
    skip: Collection[int] = ()

    def grows(self, seed: int) -> bool:
        """Whether operators add to the exchange and take from it: where no power is lost."""
        return grows(seed) and not self.power_loss

    def changes_rules(self, seed: int) -> bool:
        """Whether the version of the rules changes, and some processes are of an older build: where halted
        shards need nothing else of an operator.
        """
        return changes_rules(seed) and not (self.power_loss or self.poison or self.repairs or self.flips)

    def events(self, seed: int) -> list[Event]:
        """The plan, less what is left out."""
        whole = plan(
            seed,
            self.hours,
            self.orders_scale,
            self.power_loss,
            self.flips,
            self.poison,
            self.sick,
            self.gateways and has_gateways(seed),
            self.repairs,
            self.grows(seed),
            self.changes_rules(seed),
            overloads(seed),
        )
        return [event for place, event in enumerate(whole) if place not in self.skip]


@dataclass
class Outcome:
    """`orders`: that passed risk; `commands`: that risk shards took from participants."""

    seed: int
    failure: str = ""
    """which promise was broken; empty: none"""
    named: str = ""
    """after a power loss: who noticed that the log has lost something; where a replica with a wrong bit took
    over before it was compared: who noticed that
    """
    found_out: list[str] = field(default_factory=list)
    """why replicas halted themselves that had been made to differ"""
    commands: int = 0
    orders: int = 0
    trades: int = 0
    frames: int = 0
    crashes: int = 0
    skipped: int = 0
    """events that machines raised on"""
    repaired: int = 0
    """decisions that an operator signed to lead a shard on"""
    trace: list[str] = field(default_factory=list)
    """the last things that happened"""


@verified_once()
def simulate(seed: int, setup: Setup) -> Outcome:
    """Everything from this seed: the same at every call. Never raises for what the exchange does."""
    outcome = Outcome(seed)
    lines: list[str] = []
    world: World | None = None
    try:
        with setup.mutant():
            world = World(
                seed,
                setup.tick_ms * MS,
                setup.frame_scale,
                lines.append,
                setup.replicas,
                setup.poison,
                setup.gateways,
                setup.repairs,
                setup.engines,
                setup.grows(seed),
            )
            _run(world, seed, setup)
        _judge(world, outcome, setup)
    except Broken as broken:
        if world is not None and (world.spoiled or world.contradicts):
            outcome.named = str(broken)
        else:
            outcome.failure = str(broken)
    except (Malformed, TypeUnknown) as problem:
        outcome.failure = f"somebody was told what is no message: {problem}"
    outcome.found_out = world.found_out if world is not None else []
    outcome.trace = lines[-TRACE_KEPT:]
    return outcome


def _run(world: World, seed: int, setup: Setup) -> None:
    hours_us = round(setup.hours * HOUR_US)

    def look() -> None:
        _check_now(world, setup)
        if world.schedule.now_us < hours_us:
            world.schedule.after(LOOK_EVERY_US, look)

    events = setup.events(seed)
    world.schedule.after(LOOK_EVERY_US, look)
    for event in events:
        looks_us: tuple[int, ...] = ()
        if event.kind == "trade" and event.number % LOOK_EACH == 0:
            looks_us = (LOOK_AFTER_US,)
        elif event.kind == "storm":
            looks_us = STORM_LOOKS_US
        for after_us in looks_us:
            world.schedule.after(event.time_us + after_us, lambda: _check_now(world, setup))
    play(world, seed, events, hours_us)
    world.heal()


def _check_now(world: World, setup: Setup) -> None:
    """What holds at any moment, of every process. Whatever the faults are, no shard halts itself for them:
    only for a log that has lost something, or a replica that differs.
    """
    world.supervisor.check_down(world.actors())
    if not setup.power_loss:
        must(not world.lost(), f"nothing more is forwarded: {world.lost()}")
    for process in world.processes:
        if isinstance(process, ReplicaProcess) and process.flipped:
            continue
        if world.is_found_out(process):
            continue
        if process.raised:
            raise Broken(f"{process.name} raised: {process.why}")
        is_visited = world.repairer is not None and bool(world.repairer.damaged[process.name])
        if process.state == "halted" and not (setup.power_loss or setup.flips or is_visited):
            raise Broken(f"{process.name} halted: {process.why}")
        if process.name.startswith("risk/") and process.shard is not None and not process.unsettled:
            domain: Any = to_look_at(process.shard.machine).domain
            check_windows(domain.risk)
            check_reservations(
                [domain.risk],
                lambda: reversals_in(world.network.log),
                gave_up=bool(world.given_up),
            )


_READ_BY_NO_MACHINE = ("reports.", "dead_letters/", "decisions/", "risk_events/")


def _judge(world: World, outcome: Outcome, setup: Setup) -> None:
    """At rest."""
    outcome.frames, outcome.crashes = world.network.frames, world.crashes
    outcome.repaired = len(world.repairer.signed) if world.repairer is not None else 0
    halted = [process for process in world.halted() if not world.is_found_out(process)]
    _check_now(world, setup)
    if halted:
        first = halted[0]
        must(setup.power_loss, f"{first.name} halted: {first.why}")
        outcome.named = f"{first.name}: {first.why}"
        return
    if lost := world.lost():
        outcome.named = str(lost)
        return
    try:
        streams = said(world.network.log, IDENTITY, world.names)
    except (GapLeft, Retold) as gap:
        # Nobody of the exchange reads these: the participant's own reading, or an audit, stops there;
        # views/told.py says it.
        if not setup.power_loss or not gap.destination.startswith(_READ_BY_NO_MACHINE):
            raise
        outcome.named = str(gap)
        return
    evidence = Evidence(
        world.topology,
        IDENTITY,
        world.network.log,
        world.machines(),
        world.deposits,
        {key: who.participant_id for who in world.participants for key in who.keys},
        [world.operator.public_key],
    )
    try:
        check_forwarded(evidence, world.gated, world.network.strange)
        if setup.power_loss:
            check_dead_letters(evidence, streams)
    except Broken as missing:
        # Nobody of the exchange compares these partitions, and the newest dead letters have none behind them
        # that would show a gap: an audit does.
        if not setup.power_loss:
            raise
        outcome.named = str(missing)
        return
    check_everything(evidence, streams, make, world.given_up)
    if setup.grows(outcome.seed):
        check_listed(evidence, streams)
    if setup.changes_rules(outcome.seed):
        check_behaviour(evidence, streams)
    if not setup.power_loss:
        check_repairs(evidence, world.repairer.signed if world.repairer is not None else ())
    outcome.skipped = check_quarantine(evidence, setup.sick)
    _check_newest_sessions(world, evidence)
    outcome.commands = sum(
        len(commands)
        for name in evidence.shards("risk")
        for commands in evidence.taken(name).commands.values()
    )
    outcome.orders = sum(evidence.domain(name).risk.orders_issued for name in evidence.shards("risk"))
    outcome.trades = sum(
        instrument.trades
        for name in evidence.shards("book")
        for instrument in evidence.domain(name).partition.instruments.values()
    )


def _check_newest_sessions(world: World, evidence: Evidence) -> None:
    """Everything that a participant sent in its newest session was taken."""
    newest = {
        key: found for name in evidence.shards("risk") for key, found in evidence.taken(name).newest.items()
    }
    for who in world.participants:
        must(
            newest.get(who.public_key) == (who.epoch, len(who.events)),
            f"{who.participant_id} sent {len(who.events)} events in epoch {who.epoch}; "
            f"(epoch, last taken) is {newest.get(who.public_key)}",
        )
