"""What control takes, whom it tells, and what it takes no notice of."""

from typing import Any

import pytest

from bulkhead.domain.control.machine import ControlMachine
from bulkhead.domain.messages.control import (
    DefineAsset,
    DefineInstrument,
    DefineParticipant,
    DefineShards,
    Deposit,
    OpenAccount,
    OpenIngress,
    RegisterKey,
    RevokeKey,
    SetBehaviour,
    SetNotionalLimit,
    SetOrderRate,
    SetPhase,
    SetSlots,
    Tick,
)
from bulkhead.domain.messages.limits import SetLimit
from bulkhead.domain.messages.trading import SchedulePhase, SetBands, SetCircuitBreaker, SetMarkPrice
from bulkhead.domain.terms import LimitKind, Phase
from bulkhead.simulation.setting import key_of, public_bytes
from tests.support.said import Said

ALICE_KEY, BOB_KEY = (public_bytes(key_of(name)) for name in ("alice", "bob"))
SMALL_ORDER = bytes(32)


def instrument(instrument_id: str = "X-USD", book: int = 1) -> DefineInstrument:
    return DefineInstrument(
        instrument_id, book, "X", "USD", 100, 1000, 1, 90, 110, 1, 1, 15, 9, Phase.CONTINUOUS
    )


GENESIS = (
    DefineShards(2, 3, 2),
    SetSlots(0, 511, 0, 1),
    SetSlots(512, 1023, 1, 0),
    instrument(),
    DefineParticipant("alice", 600, 0, 0, 10, 10),
    DefineParticipant("bob", 5, 0, 0, 10, 10),
    RegisterKey("alice", ALICE_KEY),
    OpenAccount("alice.main", "alice"),
)
"""alice is on risk/1 and settlement/0, bob on risk/0 and settlement/1"""


@pytest.fixture(name="control")
def _control() -> ControlMachine:
    machine = ControlMachine()
    for message in GENESIS:
        machine.handlers[type(message)](message, Said())
    return machine


def told(machine: ControlMachine, message: Any) -> list[str]:
    said = Said()
    machine.handlers[type(message)](message, said)
    assert all(each is message for _, each in said.messages)
    return [destination for destination, _ in said.messages]


RISK, BOOKS = ["orders/0", "orders/1"], ["books/0", "books/1", "books/2"]
SETTLEMENT = ["settlement/0", "settlement/1"]


@pytest.mark.parametrize(
    ("message", "destinations"),
    [
        (DefineShards(2, 3, 2), ["clock/0", *BOOKS]),
        (SetBehaviour(1), [*RISK, *BOOKS, *SETTLEMENT]),
        (SetSlots(3, 9, 0, 1), [*BOOKS, *SETTLEMENT]),
        (DefineAsset("USD", 6), RISK),
        (instrument(), ["books/1", *RISK, *SETTLEMENT]),
        (DefineParticipant("alice", 600, 1, 2, 3, 4), ["orders/1", "settlement/0"]),
        (SetNotionalLimit("bob", "USD", 7), ["orders/0"]),
        (SetOrderRate("bob", 7), ["orders/0"]),
        (SetLimit("bob", None, LimitKind.OPEN_ORDERS, None, 7), ["orders/0"]),
        (RegisterKey("bob", BOB_KEY), ["orders/0"]),
        (RevokeKey(ALICE_KEY, "stolen"), ["orders/1"]),
        (OpenIngress("alice", 9), ["ingress/1"]),
        (OpenAccount("bob.main", "bob"), ["orders/0", "settlement/1"]),
        (Deposit("alice.main", "USD", 1), ["settlement/0"]),
        (SetPhase("X-USD", Phase.HALTED), ["books/1"]),
        (SetPhase("X-USD", Phase.CLOSING_AUCTION), ["books/1"]),
        (SetBands("X-USD", 1, None, 0), ["books/1"]),
        (SetMarkPrice("X-USD", 100), ["books/1"]),
        (SetCircuitBreaker("X-USD", 5, 9, 0, Phase.HALTED), ["books/1"]),
        (SchedulePhase("X-USD", 0, Phase.AUCTION), ["books/1"]),
        (Tick(1, 100), []),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, list) else "",
)
def test_a_message_goes_where_it_is_needed_and_nowhere_else(
    control: ControlMachine, message: Any, destinations: list[str]
) -> None:
    assert told(control, message) == destinations


def test_the_keys_of_who_has_an_ingress_are_told_to_its_gateway_s_machine_too(
    control: ControlMachine,
) -> None:
    told(control, OpenIngress("bob", 9))
    assert told(control, RegisterKey("bob", BOB_KEY)) == ["orders/0", "ingress/0"]
    assert told(control, RevokeKey(BOB_KEY, "stolen")) == ["orders/0", "ingress/0"]
    assert told(control, RevokeKey(ALICE_KEY, "stolen")) == ["orders/1"]
    restored = ControlMachine()
    restored.load(control.state())
    assert restored.control.ingress == {"bob"}


def test_a_snapshot_of_an_exchange_without_gateways_says_nothing_of_them(control: ControlMachine) -> None:
    assert "ingress" not in control.state()
    restored = ControlMachine()
    restored.load(control.state())
    assert restored.state() == control.state()


@pytest.mark.parametrize(
    "message",
    [
        SetNotionalLimit("nobody", "USD", 7),
        SetOrderRate("nobody", 7),
        SetLimit("nobody", None, LimitKind.OPEN_ORDERS, None, 7),
        SetBands("Y-USD", 1, None, 0),
        SchedulePhase("Y-USD", 0, Phase.AUCTION),
        RegisterKey("nobody", BOB_KEY),
        RegisterKey("bob", ALICE_KEY),
        RegisterKey("bob", SMALL_ORDER),
        RegisterKey("bob", b"\xff" * 32),
        RegisterKey("bob", BOB_KEY[:-1]),
        RevokeKey(BOB_KEY, "stolen"),
        OpenIngress("nobody", 9),
        OpenAccount("nobody.main", "nobody"),
        OpenAccount("alice.main", "alice"),
        OpenAccount("alice.main", "bob"),
        OpenAccount("house", "alice"),
        OpenAccount("fees", "alice"),
        OpenAccount("external", "alice"),
        Deposit("nobody.main", "USD", 1),
        Deposit("house", "USD", 1),
        Deposit("alice.main", "USD", 0),
        SetPhase("Y-USD", Phase.HALTED),
        SetSlots(0, 1024, 0, 0),
        SetSlots(2000, 2000, 0, 0),
        SetSlots(9, 3, 0, 0),
        SetSlots(0, 1, 2, 0),
        SetSlots(0, 1, 0, 2),
        DefineParticipant("carol", 1024, 0, 0, 10, 10),
        DefineParticipant("alice", 5, 0, 0, 10, 10),
        instrument("Y-USD", book=3),
        instrument("X-USD", book=0),
    ],
    ids=str,
)
def test_what_names_something_that_is_not_there_or_belongs_to_another_changes_nothing(
    control: ControlMachine, message: Any
) -> None:
    before = control.state()
    assert told(control, message) == []
    assert control.state() == before


def test_a_key_that_was_revoked_is_never_registered_again(control: ControlMachine) -> None:
    """Its old frames could be sent again: a new registration would know nothing of the epochs they had."""
    told(control, RevokeKey(ALICE_KEY, "stolen"))
    restored = ControlMachine()
    restored.load(control.state())
    for machine in (control, restored):
        for owner in ("alice", "bob"):
            assert told(machine, RegisterKey(owner, ALICE_KEY)) == []
        assert told(machine, RevokeKey(ALICE_KEY, "stolen")) == []
