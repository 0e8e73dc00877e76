"""Slots whose participants write through gateways: lanes go first, and keys are told to who has them."""

from typing import Any

from bulkhead.domain.control.machine import ControlMachine
from bulkhead.domain.control.moving import move_slots
from bulkhead.domain.messages.control import (
    DefineParticipant,
    DefineShards,
    OpenIngress,
    RegisterKey,
    RevokeKey,
    SetSlots,
)
from bulkhead.domain.messages.lanes import ExpectLane, LaneTaken, LeaveLane
from bulkhead.domain.messages.moving import ExpectSlots, LeaveSlots, MoveSlots, SlotsExpected, SlotsMoved
from bulkhead.simulation.setting import key_of, public_bytes
from tests.support.said import Said

ALICE_KEY, NEW_KEY = (public_bytes(key_of(name)) for name in ("alice", "new"))


def tell(machine: ControlMachine, *messages: Any) -> list[tuple[str, Any]]:
    said = Said()
    for message in messages:
        machine.handlers[type(message)](message, said)
    return said.messages


def floor(*gated: str) -> ControlMachine:
    """alice, bob and carol are on risk/0; of them `gated` write through gateways."""
    made = ControlMachine()
    tell(made, DefineShards(2, 1, 1), SetSlots(0, 1023, 0, 0))
    tell(made, *(DefineParticipant(name, slot, 0, 0, 9, 9) for slot, name in enumerate(NAMES)))
    tell(made, *(OpenIngress(name, 9) for name in gated), RegisterKey("alice", ALICE_KEY))
    return made


NAMES = ("alice", "bob", "carol")


def decide(machine: ControlMachine) -> list[tuple[str, Any]]:
    """alice and bob go to risk/1."""
    said = Said()
    assert move_slots(machine.control, MoveSlots(0, 1, 0, 1, "why"), said) is None
    return said.messages


def restored(machine: ControlMachine) -> ControlMachine:
    again = ControlMachine()
    again.load(machine.state())
    assert again.state() == machine.state()
    return again


EXPECT = ("orders/1", ExpectSlots(1, 0, 1, 0))


def test_where_nobody_has_a_lane_the_slots_go_at_once() -> None:
    machine = floor("carol")
    assert decide(machine) == [EXPECT]
    assert "lanes" not in machine.state()


def test_the_slots_go_when_the_last_of_their_lanes_has_gone() -> None:
    machine = floor("bob", "alice", "carol")
    assert decide(machine) == [
        ("ingress/1", ExpectLane(1, "alice")),
        ("ingress/0", LeaveLane(1, "alice", 1)),
        ("ingress/1", ExpectLane(1, "bob")),
        ("ingress/0", LeaveLane(1, "bob", 1)),
    ]
    assert tell(machine, LaneTaken(1, "bob")) == []
    machine = restored(machine)
    assert tell(machine, LaneTaken(1, "alice")) == [EXPECT]


def test_keys_are_told_to_the_new_gateway_from_the_beginning_and_to_the_new_shard_when_it_expects_them() -> (
    None
):
    machine = floor("alice", "carol")
    decide(machine)
    ways = []
    for event in (LaneTaken(1, "alice"), SlotsExpected(1), SlotsMoved(1)):
        machine = restored(machine)
        ways.append([where for where, _ in tell(machine, RegisterKey("alice", ALICE_KEY))])
        tell(machine, event)
    assert ways == [["orders/0", "ingress/1"], ["orders/0", "ingress/1"], ["orders/1", "ingress/1"]]
    assert [where for where, _ in tell(machine, RevokeKey(ALICE_KEY, "why"))] == ["orders/1", "ingress/1"]
    assert [where for where, _ in tell(machine, RegisterKey("carol", NEW_KEY))] == ["orders/0", "ingress/0"]
    assert "lanes" not in machine.state()


def test_one_who_has_no_lane_goes_with_those_who_have_one() -> None:
    machine = floor("alice")
    assert len(decide(machine)) == 2
    [expect] = tell(machine, LaneTaken(1, "alice"))
    assert expect == EXPECT
    [leave] = tell(machine, SlotsExpected(1))
    assert leave == ("orders/0", LeaveSlots(1, 0, 1, 1, 1, 1))
