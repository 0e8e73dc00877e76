"""The whole exchange under every fault: no promise is broken, and the simulation can tell. A few seeds of
each kind; `bulkhead simulate` has as many as one likes, and CI has it run 200 and look for every deliberate
bug.
"""

from collections import Counter
from collections.abc import Collection
from typing import Any

import pytest

from bulkhead.domain.messages.behaviour import BehaviourChanged
from bulkhead.domain.messages.moving import SlotsMoved
from bulkhead.machines.aside import Aside
from bulkhead.runtime.ingress.lane import Lane
from bulkhead.simulation import run
from bulkhead.simulation.checks.behaviour import check_behaviour
from bulkhead.simulation.checks.ingress import check_forwarded
from bulkhead.simulation.checks.listing import check_listed
from bulkhead.simulation.evidence import Evidence, Streams, messages
from bulkhead.simulation.mutants import MUTANTS
from bulkhead.simulation.processes import Process
from bulkhead.simulation.run import Setup, simulate
from bulkhead.simulation.setting import gated_of, grows, has_gateways, topology_of
from bulkhead.simulation.shrink import shrunk
from bulkhead.simulation.world import World

HOURS = 0.1
SEEDS_MAX = 200


@pytest.mark.parametrize("seed", range(1, 11))
def test_every_promise_is_kept_whatever_fails(seed: int) -> None:
    outcome = simulate(seed, Setup(HOURS))
    assert outcome.failure == "", "\n".join(outcome.trace)
    assert outcome.orders


@pytest.mark.parametrize("seed", range(1, 6))
def test_after_a_power_cut_somebody_names_the_loss_or_nothing_is_lost(seed: int) -> None:
    outcome = simulate(seed, Setup(HOURS, power_loss=True))
    assert outcome.failure == "", "\n".join(outcome.trace)


@pytest.mark.parametrize("seed", range(1, 6))
def test_after_a_power_cut_lost_decisions_too_are_named_or_nothing_is_lost(seed: int) -> None:
    outcome = simulate(seed, Setup(HOURS, power_loss=True, poison=True))
    assert outcome.failure == "", "\n".join(outcome.trace)


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_replica_that_differs_halts_itself_or_never_says_anything_else(seed: int) -> None:
    outcome = simulate(seed, Setup(HOURS, flips=True))
    assert outcome.failure == "", "\n".join(outcome.trace)


@pytest.mark.parametrize("seed", range(1, 6))
def test_what_a_machine_raises_on_halts_that_alone_and_once_released_every_promise_holds(seed: int) -> None:
    outcome = simulate(seed, Setup(HOURS, poison=True))
    assert outcome.failure == "", "\n".join(outcome.trace)
    assert outcome.skipped


@pytest.mark.parametrize("seed", range(1, 6))
def test_who_alone_raises_again_and_again_decides_for_all_or_halts_itself(seed: int) -> None:
    outcome = simulate(seed, Setup(HOURS, poison=True, sick=True))
    assert outcome.failure == "", "\n".join(outcome.trace)
    assert not outcome.named


def test_what_partitions_have_lost_an_operator_gives_again_and_every_promise_holds() -> None:
    """Many repairs are needed."""
    repaired = 0
    for seed in range(1, 9):
        outcome = simulate(seed, Setup(HOURS, repairs=True))
        assert outcome.failure == "", f"seed {seed}\n" + "\n".join(outcome.trace)
        repaired += outcome.repaired
    assert repaired > 8


def test_some_who_alone_raise_halt_themselves_and_suspect_their_computer() -> None:
    outcomes = (simulate(seed, Setup(0.25, poison=True, sick=True)) for seed in range(1, SEEDS_MAX))
    first = next(outcome for outcome in outcomes if outcome.found_out)
    assert first.failure == ""
    assert "suspect this computer" in first.found_out[0]


def test_the_first_event_is_named_of_a_replica_that_differs() -> None:
    outcomes = (simulate(seed, Setup(HOURS, flips=True)) for seed in range(1, SEEDS_MAX))
    named = "the first event that differs is"
    first = next(outcome for outcome in outcomes if any(named in told for told in outcome.found_out))
    assert first.failure == ""


@pytest.mark.parametrize("seed", [4, 12])
def test_a_lease_that_was_taken_without_knowing_leaves_a_shard_with_a_primary(seed: int) -> None:
    """Found by this simulation: nobody was the primary, and nobody suspected anybody."""
    assert simulate(seed, Setup(0.25)).failure == ""
    assert simulate(seed, Setup(0.25, mutant=MUTANTS["lease-unsure"].put_in)).failure


def test_many_seeds_have_replicas_and_some_have_none() -> None:
    replicas = [
        {boundary.replicas for boundary in topology_of(seed).boundaries.values()} for seed in range(1, 31)
    ]
    assert {"none"} in replicas
    assert sum("standby" in found for found in replicas) > 15
    assert sum("active" in found for found in replicas) > 10


def test_about_every_second_seed_has_gateways_and_of_those_some_let_others_write_directly() -> None:
    gated = [len(gated_of(seed, topology_of(seed))) for seed in range(1, 101) if has_gateways(seed)]
    assert 35 < len(gated) < 65
    assert gated.count(len(topology_of(1).participants)) > len(gated) // 2
    assert min(gated) < len(topology_of(1).participants)
    assert gated_of(1, topology_of(1, gateways=False)) == {}


def test_a_seed_is_the_same_at_every_run() -> None:
    assert simulate(7, Setup(HOURS)) == simulate(7, Setup(HOURS))


def test_full_frames_at_a_high_rate_keep_every_promise_too() -> None:
    outcome = simulate(1, Setup(hours=0.003, tick_ms=100, orders_scale=250, frame_scale=32))
    assert outcome.failure == ""
    assert outcome.commands > 10_000


@pytest.mark.parametrize("name", ["no-sequence", "one-leg", "no-tail"])
def test_a_deliberate_bug_is_caught(name: str) -> None:
    """Of each part of the exchange one; `bulkhead simulate` looks for all, and CI has it do so."""
    mutant = MUTANTS[name]
    setup = Setup(
        0.25,
        power_loss=mutant.power_loss,
        flips=mutant.flips,
        replicas=mutant.replicas,
        mutant=mutant.put_in,
    )
    assert any(simulate(seed, setup).failure for seed in range(1, SEEDS_MAX))


def test_many_seeds_have_operators_who_add_to_the_exchange_and_end_some_of_it() -> None:
    grown = [seed for seed in range(1, 101) if Setup().grows(seed)]
    assert 20 < len(grown) < 50
    kinds = {event.kind for event in Setup(HOURS).events(grown[0])}
    assert kinds >= {"list", "add", "fees", "retire", "trade listed", "add shard", "end shard"}
    assert kinds >= {"add ledger", "end ledger", "move accounts"}


def test_in_many_seeds_a_risk_shard_is_added_and_traded_on_and_in_some_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: Counter[str] = Counter()

    def judging(evidence: Evidence, streams: Streams) -> None:
        control, risk = evidence.domain("control/0").control, evidence.domain("risk/2").risk
        found["added"] += control.risk_shards == 3
        found["traded on"] += bool(risk.orders_issued)
        found["ended"] += bool(control.retired)
        check_listed(evidence, streams)

    monkeypatch.setattr(run, "check_listed", judging)
    assert all(not simulate(seed, Setup(HOURS)).failure for seed in range(1, 41) if grows(seed))
    assert found["added"] > 5
    assert found["traded on"] > 3
    assert found["ended"] > 1


def test_where_machines_raise_slots_move_too_and_some_wait_for_what_is_halted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: Counter[str] = Counter()
    delays = Aside.delays

    def delaying(self: Aside, message: Any, event: bytes) -> bool:
        waits = delays(self, message, event)
        found["waited"] += waits
        return waits

    def judging(evidence: Evidence, streams: Streams) -> None:
        decided = messages(streams, "decisions/0", "control/0")
        found["moved"] += sum(isinstance(told, SlotsMoved) for told in decided)
        check_listed(evidence, streams)

    monkeypatch.setattr(Aside, "delays", delaying)
    monkeypatch.setattr(run, "check_listed", judging)
    for seed in [seed for seed in range(1, 60) if grows(seed)][:8]:
        outcome = simulate(seed, Setup(HOURS, poison=True))
        assert outcome.failure == "", f"seed {seed}\n" + "\n".join(outcome.trace)
        assert outcome.skipped
    assert min(found[what] for what in ("moved", "waited")) > 2, found


def test_where_partitions_lose_something_slots_move_too_and_operators_lead_on_who_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: Counter[str] = Counter()

    def judging(evidence: Evidence, streams: Streams) -> None:
        decided = messages(streams, "decisions/0", "control/0")
        found["moved"] += sum(isinstance(told, SlotsMoved) for told in decided)
        check_listed(evidence, streams)

    monkeypatch.setattr(run, "check_listed", judging)
    for seed in [78, *[seed for seed in range(1, 60) if grows(seed)][:8]]:
        outcome = simulate(seed, Setup(HOURS, repairs=True))
        assert outcome.failure == "", f"seed {seed}\n" + "\n".join(outcome.trace)
        found["repaired"] += outcome.repaired
    assert min(found[what] for what in ("moved", "repaired")) > 2, found


def test_in_many_seeds_slots_move_with_their_lanes_and_gateways_pass_over_what_was_for_the_shard_of_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: Counter[str] = Counter()
    passed = Lane._is_sent_again

    def passing(self: Lane, data: bytes) -> bool:
        found["passed over"] += passed(self, data)
        return passed(self, data)

    def judging(evidence: Evidence, gated: Collection[str], strange: Collection[tuple[str, int]]) -> None:
        for name in evidence.shards("ingress"):
            ingress = evidence.domain(name).ingress
            found["came"] += sum(entrance.has_moved for entrance in ingress.entrances.values())
            found["went"] += len(ingress.left)
        check_forwarded(evidence, gated, strange)

    monkeypatch.setattr(Lane, "_is_sent_again", passing)
    monkeypatch.setattr(run, "check_forwarded", judging)
    assert all(not simulate(seed, Setup(HOURS)).failure for seed in range(1, 15) if has_gateways(seed))
    assert min(found[what] for what in ("came", "went", "passed over")) > 2, found


def test_in_many_seeds_the_rules_change_and_processes_of_an_older_build_halt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seeds = [seed for seed in range(1, 31) if Setup().changes_rules(seed)]
    assert 8 < len(seeds) < 20
    found: Counter[str] = Counter()
    update = World._update

    def updating(self: World, process: Process) -> None:
        found["replicated" if process.name in self.replication else "alone"] += process.state == "halted"
        update(self, process)

    def judging(evidence: Evidence, streams: Streams) -> None:
        told = messages(streams, "decisions/0", "control/0")
        found.update(f"to {each.version}" for each in told if isinstance(each, BehaviourChanged))
        check_behaviour(evidence, streams)

    monkeypatch.setattr(World, "_update", updating)
    monkeypatch.setattr(run, "check_behaviour", judging)
    assert all(not simulate(seed, Setup(HOURS)).failure for seed in seeds)
    assert min(found[name] for name in ("replicated", "alone", "to 1", "to 2")) > 5


def test_a_failing_seed_is_shrunk_to_few_events_that_still_fail() -> None:
    setup = Setup(HOURS, mutant=MUTANTS["one-leg"].put_in)
    whole = len(setup.events(1))
    small, outcome = shrunk(1, setup, 60)
    assert outcome.failure
    assert simulate(1, small).failure == outcome.failure
    assert len(small.events(1)) < whole // 4
