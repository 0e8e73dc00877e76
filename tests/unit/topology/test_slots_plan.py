"""Shards that a topology adds and ends, and slots that it has elsewhere: the decisions that do it."""

from collections.abc import Sequence
from typing import Any

import pytest

from bulkhead.domain.messages.moving import MoveSlots, SlotsMoved
from bulkhead.domain.messages.settlement_shards import (
    AddSettlementShard,
    MoveSettlementSlots,
    RetireSettlementShard,
)
from bulkhead.domain.messages.shards import AddRiskShard, RetireRiskShard
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.topology import derived
from bulkhead.topology.access import accesses, participant_role, shard_role
from bulkhead.topology.genesis import genesis
from bulkhead.topology.load import loads
from bulkhead.topology.models import Topology
from bulkhead.topology.plan import slots
from bulkhead.topology.plan.effects import Level
from bulkhead.topology.plan.told import Told
from bulkhead.topology.problems import TopologyError
from bulkhead.topology.values import SLOTS
from tests.support.running import edited_topology

THIRD = {"accounts-2": {"contains": ["risk/2"], "restarts": {"budget": 5, "within_s": 60}}}
FOUNDED = loads(edited_topology({}))
GROWN = loads(edited_topology({"shards": {"risk": {"count": 3}}, "boundaries": THIRD}))
SHRUNK = loads(edited_topology({"shards": {"risk": {"count": 3, "retired": [2]}}}))
GROWS: list[Any] = [
    AddRiskShard(2, "why"),
    MoveSlots(342, 511, 0, 1, "why", slots.SLOTS_AT_ONCE),
    MoveSlots(683, 1023, 1, 2, "why", slots.SLOTS_AT_ONCE),
]
SHRINKS: list[Any] = [
    MoveSlots(342, 511, 1, 0, "why", slots.SLOTS_AT_ONCE),
    MoveSlots(683, 1023, 2, 1, "why", slots.SLOTS_AT_ONCE),
    RetireRiskShard(2, "why"),
]


LEDGERS = {"accounts-2": {"contains": ["settlement/2"], "restarts": {"budget": 5, "within_s": 60}}}
MORE_LEDGERS = loads(edited_topology({"shards": {"settlement": {"count": 3}}, "boundaries": LEDGERS}))
FEWER_LEDGERS = loads(edited_topology({"shards": {"settlement": {"count": 3, "retired": [2]}}}))
LEDGERS_GROW: list[Any] = [
    AddSettlementShard(2, "why"),
    MoveSettlementSlots(342, 511, 0, 1, "why"),
    MoveSettlementSlots(683, 1023, 1, 2, "why"),
]
LEDGERS_SHRINK: list[Any] = [
    MoveSettlementSlots(342, 511, 1, 0, "why"),
    MoveSettlementSlots(683, 1023, 2, 1, "why"),
    RetireSettlementShard(2, "why"),
]


def told(decisions: Sequence[Any] = (), founded: Topology = FOUNDED) -> Told:
    """After these, each of which was done before the next."""
    keys = {name: public_bytes(key_of(name)) for name in derived.key_names(founded)}
    done: list[Any] = []
    for number, each in enumerate(decisions, 1):
        done.append(each)
        if not isinstance(each, RetireRiskShard):
            done.append(SlotsMoved(number))
    return Told().hear(genesis(founded, keys), done)


def still_to_decide(topology: Topology, so_far: Told) -> list[Any]:
    wanted, _ = slots.objects(topology, so_far)
    return [slots.decision(topology, so_far, ref, "why") for ref in wanted]


def test_an_exchange_whose_slots_are_where_the_file_has_them_needs_no_decision() -> None:
    for topology in (FOUNDED, GROWN, SHRUNK, MORE_LEDGERS, FEWER_LEDGERS):
        assert still_to_decide(topology, told(founded=topology)) == []
        assert list(slots.otherwise(topology, told(founded=topology))) == []


@pytest.mark.parametrize("done", range(len(GROWS) + 1))
@pytest.mark.parametrize(("topology", "grows"), [(GROWN, GROWS), (MORE_LEDGERS, LEDGERS_GROW)])
def test_another_shard_is_added_then_given_an_even_share_and_an_interrupted_apply_is_completed(
    topology: Topology, grows: list[Any], done: int
) -> None:
    assert still_to_decide(topology, told(grows[:done])) == grows[done:]
    assert list(slots.otherwise(topology, told(grows[:done]))) == []


@pytest.mark.parametrize("done", range(len(SHRINKS) + 1))
@pytest.mark.parametrize(
    ("topology", "grows", "shrinks"),
    [(SHRUNK, GROWS, SHRINKS), (FEWER_LEDGERS, LEDGERS_GROW, LEDGERS_SHRINK)],
)
def test_one_that_ends_gives_its_slots_away_first(
    topology: Topology, grows: list[Any], shrinks: list[Any], done: int
) -> None:
    assert still_to_decide(topology, told([*grows, *shrinks[:done]])) == shrinks[done:]
    assert list(slots.otherwise(topology, told([*grows, *shrinks[:done]]))) == []


def test_risk_and_settlement_have_slots_of_their_own() -> None:
    changes = {"shards": {kind: {"slots": {0: [1023]}} for kind in ("risk", "settlement")}}
    decided = still_to_decide(loads(edited_topology(changes)), told())
    risk = MoveSlots(1023, 1023, 1, 0, "why", slots.SLOTS_AT_ONCE)
    assert decided == [risk, MoveSettlementSlots(1023, 1023, 1, 0, "why")]


def test_a_settlement_shard_that_ends_is_there_until_another_one_has_what_it_had() -> None:
    keys = {name: public_bytes(key_of(name)) for name in derived.key_names(FOUNDED)}
    ending = RetireSettlementShard(2, "why")
    going = Told().hear(genesis(MORE_LEDGERS, keys), [ending])
    assert (going.under_way, going.settlement.retired) == (ending, set())
    assert Told().hear(genesis(MORE_LEDGERS, keys), [ending, SlotsMoved(1)]).settlement.retired == {2}


def test_a_move_that_is_under_way_has_not_moved_anything_yet() -> None:
    keys = {name: public_bytes(key_of(name)) for name in derived.key_names(FOUNDED)}
    going = Told().hear(genesis(FOUNDED, keys), [GROWS[0], SlotsMoved(1), GROWS[1]])
    assert going.under_way == GROWS[1]
    assert still_to_decide(GROWN, going) == GROWS[1:]


def test_slots_move_between_the_shards_that_there_are() -> None:
    topology = loads(edited_topology({"shards": {"risk": {"slots": {0: ["1000-1003", 1023], 1: [7]}}}}))
    moves = [(7, 7, 0, 1), (1000, 1003, 1, 0), (1023, 1023, 1, 0)]
    decided = [MoveSlots(*each, "why", slots.SLOTS_AT_ONCE) for each in moves]
    assert still_to_decide(topology, told()) == decided
    assert list(slots.otherwise(topology, told())) == []


def test_a_step_says_who_moves() -> None:
    slot = derived.slot_of("alice")
    owner = derived.slot_table(FOUNDED.shards.risk)[slot]
    topology = loads(edited_topology({"shards": {"risk": {"slots": {1 - owner: [slot]}}}}))
    wanted, live = slots.objects(topology, told())
    of = "risk shard of alice with 2 accounts"
    assert wanted == {("slots", str(slot)): {of: f"risk/{1 - owner}"}}
    assert live == {("slots", str(slot)): {of: f"risk/{owner}"}}


@pytest.mark.parametrize(
    ("changes", "decided", "subject", "words"),
    [
        ({"count": 1}, [], "shards.risk.count", "leave count at 2, and write `retired: [1]`"),
        ({"count": 3}, [*GROWS, *SHRINKS], "shards.risk.retired", "for another one raise count by one"),
        ({"count": 4, "retired": [2]}, [], "shards.risk.retired", "numbers are given in order"),
    ],
)
def test_what_is_refused_says_what_to_write(
    changes: dict[str, Any], decided: list[Any], subject: str, words: str
) -> None:
    rest = {
        "accounts-1": {"contains": ["risk/*", "settlement/1"]},
        "accounts-0": {"contains": ["settlement/0"]},
    }
    ((level, held),) = slots.otherwise(
        loads(edited_topology({"shards": {"risk": changes}, "boundaries": rest})), told(decided)
    )
    assert (level, held.subject) == (Level.REFUSED, subject)
    assert words in held.advice


def test_where_participants_write_through_gateways_their_slots_move_too() -> None:
    changes = {"shards": {"ingress": "gateway", "risk": {"slots": {0: [1023]}}}}
    gateways = {"gateways": {"contains": ["ingress/*"], "restarts": {"budget": 5, "within_s": 60}}}
    topology = loads(edited_topology({**changes, "boundaries": gateways}))
    assert list(slots.otherwise(topology, told())) == []
    assert still_to_decide(topology, told()) == [MoveSlots(1023, 1023, 1, 0, "why", slots.SLOTS_AT_ONCE)]


def test_any_gateway_may_read_any_participant_s_topic_and_give_its_lane_to_any_other() -> None:
    """While slots move the one and the other does, and the file says only where they will be."""
    gateways = {"gateways": {"contains": ["ingress/*"], "restarts": {"budget": 5, "within_s": 60}}}
    topology = loads(edited_topology({"shards": {"ingress": "gateway"}, "boundaries": gateways}))
    topics = {f"ingress.{name}/0" for name in topology.participants}
    for number in range(2):
        role = shard_role(topology.exchange, f"ingress/{number}")
        (found,) = [each for each in accesses(topology) if each.role == role]
        assert topics <= set(found.consumes)
        assert {(topic, f"ingress/{number}") for topic in topics} <= set(found.subscriptions)
        assert {"ingress/0", "ingress/1", "control/0"} <= set(found.produces)


def test_a_participant_may_write_to_who_has_its_slot_and_not_to_whom_the_file_gives_it() -> None:
    role = participant_role(GROWN.exchange, "alice")
    slot = derived.slot_of("alice")
    for owners in (told().risk.owners, told(GROWS).risk.owners):
        (alice,) = [each for each in accesses(GROWN, owners=owners) if each.role == role]
        assert alice.produces == (f"orders/{owners[slot]}",)


@pytest.mark.parametrize(
    ("kind", "grown", "shrunk"), [("risk", GROWN, SHRUNK), ("settlement", MORE_LEDGERS, FEWER_LEDGERS)]
)
def test_who_is_retired_has_no_process_and_no_slot_and_its_partitions_stay(
    kind: str, grown: Topology, shrunk: Topology
) -> None:
    names = [shard.name for shard in derived.shards(shrunk)]
    assert f"{kind}/1" in names
    assert f"{kind}/2" not in names
    assert set(derived.slot_table(getattr(shrunk.shards, kind))) == {0, 1}
    partitions = {topic.name: topic.partitions for topic in derived.topics(shrunk)}
    before = {topic.name: topic.partitions for topic in derived.topics(grown)}
    assert partitions == before


@pytest.mark.parametrize("kind", ["risk", "settlement"])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"retired": [2]}, "there is no shard KIND/2"),
        ({"retired": [1, 1]}, "KIND/1 is retired already"),
        ({"retired": [0, 1]}, "none is left"),
        ({"retired": [1], "slots": {1: [5]}}, "KIND/1 is retired"),
    ],
)
def test_a_file_that_retires_what_it_can_t_is_refused(changes: dict[str, Any], words: str, kind: str) -> None:
    with pytest.raises(TopologyError, match=words.replace("KIND", kind)):
        loads(edited_topology({"shards": {kind: changes}}))


def test_runs_cover_exactly_the_slots_that_are_elsewhere() -> None:
    now, wanted = told().risk.owners, derived.slot_table(GROWN.shards.risk)
    moved = list(now)
    for run in slots.runs(now, wanted):
        assert set(now[run.first : run.last + 1]) == {run.old}
        moved[run.first : run.last + 1] = [run.new] * (run.last + 1 - run.first)
    assert tuple(moved) == wanted
    assert len(moved) == SLOTS
