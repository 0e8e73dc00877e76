"""Slots that move in parts: each is a move, and the next one begins when the last has come."""

from typing import Any

import pytest

from bulkhead.domain.control.machine import ControlMachine
from bulkhead.domain.control.moving import move_slots, waits
from bulkhead.domain.messages.control import (
    DefineParticipant,
    DefineShards,
    OpenIngress,
    RegisterKey,
    SetSlots,
)
from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.messages.lanes import ExpectLane, LaneTaken, LeaveLane
from bulkhead.domain.messages.listing import AddAccount, AddParticipant, ListInstrument, SetFees
from bulkhead.domain.messages.mass import OperatorMassCancel
from bulkhead.domain.messages.moving import (
    ExpectSlots,
    LeaveSlots,
    MoveSlots,
    SlotsExpected,
    SlotsMoved,
)
from bulkhead.domain.messages.reports import OrderAccepted
from bulkhead.domain.messages.shards import AddRiskShard, RetireRiskShard
from bulkhead.domain.reasons import Reason
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.topology.derived import slot_of
from tests.property.moving_flow import MovingTrader
from tests.support.said import Said
from tests.unit.control.test_lanes import restored, tell
from tests.unit.control.test_shards import Floor, place

NAMES = ("alice", "bob", "carol", "dave", "erin")
"""in the slots 0 to 4"""
FEES = SetFees(1, 2, "why")


def floor(*gated: str) -> ControlMachine:
    """All are on risk/0; of them `gated` write through gateways."""
    made = ControlMachine()
    tell(made, DefineShards(2, 1, 1), SetSlots(0, 1023, 0, 0))
    tell(made, *(DefineParticipant(name, slot, 0, 0, 9, 9) for slot, name in enumerate(NAMES)))
    tell(made, *(OpenIngress(name, 9) for name in gated))
    return made


def decide(machine: ControlMachine, slots_at_once: int, first: int = 0, last: int = 4) -> Any:
    """What is said, or why it is refused."""
    said = Said()
    refusal = move_slots(machine.control, MoveSlots(first, last, 0, 1, "why", slots_at_once), said)
    return said.messages if refusal is None else refusal


def all_said(machine: ControlMachine, slots_at_once: int, last: int = 4) -> list[tuple[str, Any]]:
    """To the end, and what a control that is restored everywhere says too."""
    said: list[tuple[str, Any]] = decide(machine, slots_at_once, last=last)
    while (move := machine.control.move) is not None:
        machine = restored(machine)
        said += tell(machine, SlotsExpected(move.number))
        machine = restored(machine)
        said += tell(machine, SlotsMoved(move.number))
    assert machine.control.risk[: last + 2] == [1] * (last + 1) + [0]
    return said


def part(number: int, first: int, last: int) -> list[tuple[str, Any]]:
    expect = "orders/1", ExpectSlots(number, first, last, 0)
    return [expect, ("orders/0", LeaveSlots(number, first, last, 1, 1, 1))]


@pytest.mark.parametrize(
    ("slots_at_once", "parts"),
    [
        (0, [(0, 4)]),
        (1, [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]),
        (2, [(0, 1), (2, 3), (4, 4)]),
        (4, [(0, 3), (4, 4)]),
        (5, [(0, 4)]),
        (1024, [(0, 4)]),
    ],
)
def test_one_part_goes_after_the_other_and_operators_hear_of_the_last(
    slots_at_once: int, parts: list[tuple[int, int]]
) -> None:
    told = [each for number, slots in enumerate(parts, 1) for each in part(number, *slots)]
    assert all_said(floor(), slots_at_once) == [*told, (DECISIONS, SlotsMoved(len(parts)))]


def test_the_next_part_begins_in_the_event_in_which_the_last_has_come() -> None:
    machine = floor()
    assert decide(machine, 3) == part(1, 0, 2)[:1]
    assert tell(machine, SlotsExpected(1)) == part(1, 0, 2)[1:]
    assert machine.control.risk[:5] == [1, 1, 1, 0, 0]
    assert tell(machine, SlotsMoved(1)) == part(2, 3, 4)[:1]
    assert machine.control.risk[:5] == [1, 1, 1, 0, 0]
    assert tell(machine, SlotsExpected(2)) == part(2, 3, 4)[1:]
    assert machine.control.risk[:6] == [1, 1, 1, 1, 1, 0]
    assert tell(machine, SlotsMoved(2)) == [(DECISIONS, SlotsMoved(2))]
    assert decide(machine, 0, 5, 5) == [("orders/1", ExpectSlots(3, 5, 5, 0))]


def test_the_lanes_of_a_part_go_before_it_and_those_of_the_others_stay() -> None:
    machine = floor("bob", "dave", "erin")
    assert decide(machine, 2) == [
        ("ingress/1", ExpectLane(1, "bob")),
        ("ingress/0", LeaveLane(1, "bob", 1)),
    ]
    assert tell(machine, LaneTaken(1, "bob"), SlotsExpected(1)) == part(1, 0, 1)
    machine = restored(machine)
    assert tell(machine, SlotsMoved(1)) == [
        ("ingress/1", ExpectLane(2, "dave")),
        ("ingress/0", LeaveLane(2, "dave", 1)),
    ]
    machine = restored(machine)
    keys = {name: public_bytes(key_of(name)) for name in NAMES}
    ways = {name: [where for where, _ in tell(machine, RegisterKey(name, key))] for name, key in keys.items()}
    assert ways == {
        "alice": ["orders/1"],
        "bob": ["orders/1", "ingress/1"],
        "carol": ["orders/0"],
        "dave": ["orders/0", "ingress/1"],
        "erin": ["orders/0", "ingress/0"],
    }
    assert tell(machine, LaneTaken(2, "dave"), SlotsExpected(2)) == part(2, 2, 3)
    assert tell(machine, SlotsMoved(2))[0] == ("ingress/1", ExpectLane(3, "erin"))


def test_a_part_without_lanes_goes_at_once_behind_one_with_some() -> None:
    machine = floor("alice")
    decide(machine, 1)
    tell(machine, LaneTaken(1, "alice"), SlotsExpected(1))
    assert tell(machine, SlotsMoved(1)) == part(2, 1, 1)[:1]
    assert "lanes" not in machine.state()


def test_who_is_not_in_the_part_does_not_wait_and_what_concerns_all_waits_for_the_last() -> None:
    machine = floor()
    decide(machine, 2)
    waited = []
    for event in (SlotsExpected(1), SlotsMoved(1), SlotsExpected(2), SlotsMoved(2), SlotsExpected(3)):
        assert waits(machine.control, FEES)
        assert waits(machine.control, OperatorMassCancel(None, None, "X-USD", None, "why"))
        assert waits(machine.control, listed(book=1))
        assert not waits(machine.control, listed(book=0))
        accounts = {name for name in NAMES if waits(machine.control, AddAccount("new", name, (), "why"))}
        newcomers = {NAMES[slot] for slot in range(5) if waits(machine.control, newcomer(slot))}
        assert accounts == newcomers
        waited.append("".join(sorted(name[0] for name in accounts)))
        tell(machine, event)
    assert waited == ["ab", "ab", "cd", "cd", "e"]
    tell(machine, SlotsMoved(3))
    assert not waits(machine.control, FEES)


def listed(book: int) -> ListInstrument:
    return ListInstrument("N-USD", book, "X", "USD", 1, 1, 1, 1, 9, 1, 1, 9, 9, 0, False, 0, False, "why")


def newcomer(slot: int) -> AddParticipant:
    return AddParticipant("zoe", slot, 1, 1, 9, 9, None, "why")


def test_until_the_last_part_has_come_no_other_move_and_no_shard_begins_or_ends() -> None:
    machine = floor()
    decide(machine, 2)
    tell(machine, SlotsExpected(1), SlotsMoved(1))
    assert decide(machine, 0, 9, 9) == Reason.SLOT_MOVING
    assert decide(machine, 2) == Reason.SLOT_MOVING
    assert machine.control.is_moving


@pytest.mark.parametrize("slots_at_once", [-1, 1025, 65_535])
def test_more_slots_at_once_than_there_are_and_less_than_none_are_refused(slots_at_once: int) -> None:
    machine = floor()
    before = machine.state()
    assert decide(machine, slots_at_once) == Reason.SLOTS_ELSEWHERE
    assert machine.state() == before


def test_all_of_the_slots_have_to_be_there_not_only_those_of_the_first_part() -> None:
    machine = floor()
    tell(machine, SetSlots(4, 4, 1, 0))
    assert decide(machine, 2) == Reason.SLOTS_ELSEWHERE


def test_a_snapshot_has_what_it_had_where_a_move_has_no_parts_and_one_of_before_is_read() -> None:
    machine = floor()
    decide(machine, 0)
    assert machine.state()["moves"] == [1, [1, 0, 4, 0, 1]]
    again = ControlMachine()
    again.load(machine.state())
    assert again.control.move == machine.control.move
    machine = floor()
    decide(machine, 2)
    assert machine.state()["moves"] == [1, [1, 0, 1, 0, 1, "risk", 4, 2]]
    again.load(machine.state())
    assert again.control.move == machine.control.move


def test_on_the_floor_everybody_goes_and_trades_on_and_nobody_else_waits() -> None:
    """Of an exchange at rest, from either shard to the other and back, at every number of slots at once."""
    running = Floor()
    alice = MovingTrader(running.exchange, "alice")
    slot, home = slot_of("alice"), running.home
    first, last = slot - 3, slot + 4
    assert set(running.exchange.domain("control/0").control.risk[first : last + 1]) == {home}
    for slots_at_once, new in ((3, 1 - home), (1, home), (8, 1 - home), (5, home)):
        move = MoveSlots(first, last, 1 - new, new, "why", slots_at_once)
        assert running.decide(move) == []
        assert running.home == new
        assert "alice" in running.exchange.risk(new).participants
        assert "alice" not in running.exchange.risk(1 - new).participants
        assert isinstance(place(running, alice, f"at {slots_at_once}"), OrderAccepted)
    assert running.told("decisions/0").count("SlotsMoved") == 4
    assert running.told("orders/0").count("SlotsGiven") + running.told("orders/1").count("SlotsGiven") == (
        3 + 8 + 1 + 2
    )
    assert alice.moves == 4


def test_a_shard_whose_slots_go_in_parts_can_be_ended_when_all_have_gone() -> None:
    running = Floor()
    owners = running.exchange.domain("control/0").control.risk
    first, last = owners.index(1), 1023
    assert set(owners[first:]) == {1}
    control = running.exchange.shards["control/0"]
    running.operator.decide(MoveSlots(first, last, 1, 0, "why", 100))
    control.step(0.0)
    for each in (RetireRiskShard(1, "why"), AddRiskShard(2, "why")):
        running.operator.decide(each)
        control.step(0.0)
    assert running.decide() == [Reason.SLOT_MOVING] * 2
    assert set(running.exchange.domain("control/0").control.risk) == {0}
    assert running.decide(RetireRiskShard(1, "why")) == []
