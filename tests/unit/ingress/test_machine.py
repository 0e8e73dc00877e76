"""What an ingress shard learns from control, and what it makes of what its gateway tells."""

from typing import Any

import pytest

from bulkhead.domain.ingress.machine import IngressMachine
from bulkhead.domain.machine import Impossible
from bulkhead.domain.messages.control import OpenIngress, RegisterKey, RevokeKey
from bulkhead.domain.messages.dead_letters import DeadLetter
from bulkhead.domain.messages.ingress import FrameRefused, FramesForwarded
from bulkhead.domain.messages.lanes import ExpectLane, LaneGiven, LaneTaken, LeaveLane
from bulkhead.domain.reasons import Reason
from tests.support.said import Said

KEY, OTHER = b"k" * 32, b"o" * 32


@pytest.fixture(name="machine")
def _machine() -> IngressMachine:
    made = IngressMachine(1)
    tell(made, OpenIngress("alice", 2000), OpenIngress("bob", 7))
    tell(made, RegisterKey("alice", KEY), RegisterKey("alice", OTHER), RegisterKey("bob", b"b" * 32))
    return made


def tell(machine: IngressMachine, *messages: Any) -> list[tuple[str, Any]]:
    said = Said()
    for message in messages:
        machine.handlers[type(message)](message, said)
    return said.messages


def refused(ordinal: int, participant_id: str = "alice") -> FrameRefused:
    position = ordinal.to_bytes(8, "big")
    return FrameRefused(participant_id, ordinal, position, Reason.FRAME_UNVERIFIED, b"head", 9000)


def test_a_revoked_key_is_nobody_s_any_more(machine: IngressMachine) -> None:
    assert tell(machine, RevokeKey(KEY, "stolen")) == []
    assert machine.ingress.entrances["alice"].keys == {OTHER}
    assert machine.ingress.entrances["bob"].keys == {b"b" * 32}


def test_a_rate_that_is_told_again_is_another_rate_and_nothing_else(machine: IngressMachine) -> None:
    tell(machine, FramesForwarded("alice", 5, b"five"), OpenIngress("alice", 3))
    alice = machine.ingress.entrances["alice"]
    assert (alice.commands_per_s_max, alice.forwarded, len(alice.keys)) == (3, (5, b"five"), 2)


def test_a_refused_frame_is_one_dead_letter_in_the_participant_s_topic(machine: IngressMachine) -> None:
    letter = DeadLetter("ingress.alice/0", (4).to_bytes(8, "big"), Reason.FRAME_UNVERIFIED, b"head", 9000)
    assert tell(machine, refused(4)) == [("dead_letters/0", letter)]


def test_what_a_restarted_gateway_repeats_is_dropped_and_what_it_adds_is_not(machine: IngressMachine) -> None:
    tell(machine, refused(2), refused(4), FramesForwarded("alice", 4, b"four"), refused(6))
    again = tell(machine, refused(6), FramesForwarded("alice", 3, b"three"), refused(7), refused(2))
    assert [letter.position[-1] for _, letter in again] == [7]
    assert machine.ingress.entrances["alice"].forwarded == (4, b"four")
    assert len(tell(machine, refused(2, "bob"))) == 1, "another's topic has numbers of its own"


@pytest.mark.parametrize("message", [refused(1, "nobody"), FramesForwarded("nobody", 1, b"one")])
def test_frames_of_somebody_whom_control_has_not_named_cannot_be(
    machine: IngressMachine, message: Any
) -> None:
    with pytest.raises(Impossible, match=r"frames of nobody, whom control has not named to ingress/1"):
        tell(machine, message)


def test_a_lane_that_leaves_takes_all_that_is_known_of_it_and_what_is_told_of_it_later_does_not_count(
    machine: IngressMachine,
) -> None:
    tell(machine, FramesForwarded("alice", 5, b"five"), refused(4))
    entrance = machine.ingress.entrances["alice"]
    given = LaneGiven(3, "alice", 2000, KEY + OTHER, 5, b"five", 4)
    assert tell(machine, LeaveLane(3, "alice", 2)) == [("ingress/2", given)]
    assert entrance.gone, "its gateway sees that"
    assert tell(machine, FramesForwarded("alice", 6, b"six"), refused(7)) == []
    assert list(machine.ingress.entrances) == ["bob"]
    with pytest.raises(Impossible, match="alice is to leave ingress/1, and is not there"):
        tell(machine, LeaveLane(4, "alice", 0))


def test_a_lane_that_comes_goes_on_where_it_was_with_what_control_has_said_here_meanwhile() -> None:
    other, new = IngressMachine(2), b"n" * 32
    said = tell(other, ExpectLane(3, "alice"), OpenIngress("alice", 9), RegisterKey("alice", new))
    said += tell(other, RegisterKey("alice", b"x" * 32), RevokeKey(b"x" * 32, "why"), RevokeKey(KEY, "why"))
    assert said == []
    assert not other.ingress.entrances, "its gateway has nothing to read yet"
    other = restored(other)
    given = LaneGiven(3, "alice", 2000, KEY + OTHER, 5, b"five", 4)
    assert tell(other, given) == [("control/0", LaneTaken(3, "alice"))]
    alice = other.ingress.entrances["alice"]
    assert (alice.commands_per_s_max, alice.keys) == (9, frozenset({OTHER, new}))
    assert (alice.forwarded, alice.refused, alice.has_moved) == ((5, b"five"), 4, True)
    assert restored(other).state() == other.state()
    with pytest.raises(Impossible, match="alice comes to ingress/2, and is there already"):
        tell(other, given)


def test_a_lane_may_come_before_control_s_word_of_it() -> None:
    other = IngressMachine(2)
    tell(other, LaneGiven(3, "alice", 2000, KEY + OTHER, 5, b"five", 4), ExpectLane(3, "alice"))
    tell(other, RevokeKey(KEY, "why"), RegisterKey("alice", b"n" * 32))
    alice = other.ingress.entrances["alice"]
    assert (alice.commands_per_s_max, alice.keys) == (2000, frozenset({OTHER, b"n" * 32}))
    assert not other.ingress.expected


def test_a_lane_that_comes_back_counts_again(machine: IngressMachine) -> None:
    tell(machine, LeaveLane(3, "alice", 2), ExpectLane(4, "alice"))
    machine = restored(machine)
    assert tell(machine, refused(8)) == []
    tell(machine, LaneGiven(4, "alice", 2000, KEY, 9, b"nine", 0))
    assert len(tell(machine, refused(10))) == 1
    assert not machine.ingress.left


def restored(machine: IngressMachine) -> IngressMachine:
    again = IngressMachine(machine.ingress.shard)
    again.load(machine.state())
    return again


def test_a_restored_machine_is_the_same(machine: IngressMachine) -> None:
    tell(machine, refused(2), FramesForwarded("alice", 4, b"four"))
    restored = IngressMachine(1)
    restored.load(machine.state())
    assert restored.state() == machine.state()
    assert tell(restored, refused(2)) == []
    assert len(tell(restored, refused(3))) == 1
