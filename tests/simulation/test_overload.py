"""Load beyond what books can do, and boundaries that stay down: who is concerned, and who is not."""

from collections import Counter

import pytest

from bulkhead.domain.messages.reports import OrderAccepted, OrderRejected
from bulkhead.domain.reasons import Reason
from bulkhead.simulation.evidence import said
from bulkhead.simulation.happenings import play
from bulkhead.simulation.mutants import MUTANTS
from bulkhead.simulation.mutants.overload import OVERLOAD
from bulkhead.simulation.overload import strike_out
from bulkhead.simulation.plan import HOUR_US
from bulkhead.simulation.run import Setup, simulate
from bulkhead.simulation.schedule import S
from bulkhead.simulation.setting import IDENTITY, TOPOLOGY, overloads, topology_of
from bulkhead.simulation.world import World
from bulkhead.topology.radius import Effect, Exchange
from bulkhead.wire.codec import decode
from bulkhead.wire.frame import read_frame

HOURS = 0.1
OVERLOADED = [seed for seed in range(1, 101) if overloads(seed)]
DIRECT, GATED = 12, 2
"""Seeds with replicas here and there; in the second everybody writes through a gateway."""
FAILURES = [
    (seed, boundary)
    for seed in (DIRECT, GATED)
    for boundary in topology_of(seed).boundaries
    if boundary != "supervisor"
]
BOOKS = {
    instrument_id: f"book/{number}"
    for number, book in enumerate(TOPOLOGY.shards.books)
    for instrument_id in book.instruments
}


def answered(world: World) -> Counter[tuple[str, str]]:
    """How many orders of each risk shard each book has accepted since now: everybody sends one to each."""
    before = accepted(world)
    for who in world.participants:
        who.probe()
    world.schedule.run_until(world.schedule.now_us + 20 * S)
    return accepted(world) - before


def accepted(world: World) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for who in world.participants:
        for record in world.network.partition(f"reports.{who.participant_id}/0").records:
            frame = read_frame(record.frame)
            told = [report for report in map(decode, frame.events) if isinstance(report, OrderAccepted)]
            found.update((frame.source, BOOKS[report.instrument_id]) for report in told)
    return found


@pytest.mark.parametrize(("seed", "boundary"), FAILURES)
def test_a_boundary_that_has_spent_its_restarts_stops_what_is_declared_and_nothing_else(
    seed: int, boundary: str
) -> None:
    world = World(seed, S)
    assert len(world.gated) == (len(world.participants) if seed == GATED else 0)
    world.schedule.run_until(20 * S)
    everything = answered(world)
    assert everything.keys() == {(risk, book) for risk in ("risk/0", "risk/1") for book in BOOKS.values()}
    radius = Exchange(world.topology).radius(boundary)
    strike_out(world, boundary)
    world.schedule.run_until(world.schedule.now_us + 60 * S)
    assert world.supervisor.counted.is_spent(boundary)
    down = set(world.names) - {process.name for process in world.processes}
    assert {name for name in down if not name.startswith("view-")} == {
        name
        for name, effect in radius.shards.items()
        if effect is Effect.STOPS and not name.startswith("view/")
    }
    goes_on = {tuple(service.way[-2:]) for service in radius.going_on if service.kind == "orders"}
    assert answered(world).keys() == goes_on
    world.supervisor.check_down(world.actors())
    world.start_again(boundary)
    assert answered(world).keys() == everything.keys()  # with what waited
    world.heal()
    world.machines()


def test_seeds_with_overload_are_refused_for_windows_and_rates_and_their_boundaries_stay_down() -> None:
    refused: Counter[Reason] = Counter()
    halts = 0
    for seed in OVERLOADED[:5]:
        setup = Setup(HOURS)
        world = World(seed, S, grows=setup.grows(seed))
        play(world, seed, setup.events(seed), round(HOURS * HOUR_US))
        world.heal()
        halts += world.supervisor.counted.halts
        for (_, destination), events in said(world.network.log, IDENTITY, world.names).items():
            if destination.startswith("reports."):
                told = map(decode, events)
                refused.update(report.reason for report in told if isinstance(report, OrderRejected))
    assert halts > 5
    assert refused[Reason.INSTRUMENT_BUSY] > 50
    assert refused[Reason.ORDER_RATE_LIMIT] > 5


@pytest.mark.parametrize("mutant", [each.name for each in OVERLOAD])
def test_a_deliberate_bug_in_what_is_refused_or_left_down_is_caught(mutant: str) -> None:
    setup = Setup(HOURS, mutant=MUTANTS[mutant].put_in)
    assert any(simulate(seed, setup).failure for seed in OVERLOADED)
