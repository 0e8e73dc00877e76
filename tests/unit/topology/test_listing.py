"""What of a changed file a running exchange is told, in which order, and what of it is refused."""

from collections.abc import Iterable
from typing import Any

import pytest

from bulkhead.domain.messages.control import RegisterKey, SetPhase
from bulkhead.domain.messages.limits import SetLimit
from bulkhead.domain.messages.listing import (
    AddAccount,
    AddAsset,
    AddOperator,
    AddParticipant,
    Funds,
    ListInstrument,
    RetireInstrument,
    RevokeOperator,
    SetFees,
)
from bulkhead.domain.messages.trading import SchedulePhase, SetBands
from bulkhead.domain.terms import LimitKind, Phase
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.topology import derived
from bulkhead.topology.genesis import genesis
from bulkhead.topology.load import loads
from bulkhead.topology.models import Topology
from bulkhead.topology.plan.effects import Level
from bulkhead.topology.plan.listing import Listing
from bulkhead.topology.plan.otherwise import otherwise
from bulkhead.topology.plan.told import Told
from tests.support.running import edited_topology

FOUNDED = loads(edited_topology({}))
XRP = {
    "base": "XRP",
    "quote": "USD",
    "price_increment": "0.01",
    "quantity_increment": "1",
    "price_min": "0.01",
    "price_max": "100",
    "quantity_min": "1",
    "quantity_max": "100",
    "bands": {"static": "1", "interruption_s": 1},
    "phases": {"08:00": "continuous", "20:00": "closed"},
}
BOOKS = [{"instruments": [f"{name}-USD"]} for name in ("BTC", "ETH", "SOL")]
ADDED: dict[str, Any] = {
    "assets": {"XRP": {"decimals": 2}},
    "instruments": {"XRP-USD": XRP},
    "shards": {"books": [*BOOKS, {"instruments": ["XRP-USD"]}]},
    "boundaries": {"xrp": {"contains": ["book/3"], "restarts": {"budget": 5, "within_s": 60}}},
    "participants": {
        "zoe": {
            "keys": ["zoe"],
            "accounts": ["zoe.main"],
            "balances": {"XRP": "5"},
            "limits": {
                "open_orders_max": 9,
                "commands_in_flight_max": 8,
                "order_size_max": {"XRP": "50"},
                "account_position_max": {"XRP": "70"},
            },
        }
    },
    "fees": {"taker": "0.0020"},
    "keys": {"operators": ["second"]},
}
MAKER = int(FOUNDED.fees.maker * 10**7)
EVERYTHING = [
    AddAsset("XRP", 2, "why"),
    ListInstrument(
        "XRP-USD",
        3,
        "XRP",
        "USD",
        100,
        100_000_000,
        1,
        1,
        10_000,
        1,
        1,
        100,
        20_000,
        0,
        False,
        0,
        False,
        "why",
    ),
    SetBands("XRP-USD", 100, None, 10, "why"),
    SchedulePhase("XRP-USD", 28_800_000, Phase.CONTINUOUS, "why", at_once=True),
    SchedulePhase("XRP-USD", 72_000_000, Phase.CLOSED, "why", at_once=True),
    SetPhase("XRP-USD", Phase.CONTINUOUS, "why"),
    SetFees(MAKER, 20_000, "why"),
    AddParticipant("zoe", derived.slot_of("zoe"), MAKER, 20_000, 9, 8, None, "why"),
    SetLimit("zoe", None, LimitKind.ORDER_SIZE, "XRP", 5_000, "why"),
    AddAccount("zoe.main", "zoe", (Funds("XRP", 500),), "why"),
    SetLimit("zoe", "zoe.main", LimitKind.POSITION, "XRP", 7_000, "why"),
    RegisterKey("zoe", public_bytes(key_of("zoe")), reason="why"),
    AddOperator(public_bytes(key_of("second")), "why"),
    RevokeOperator(public_bytes(key_of("operator")), "why"),
]


def public_key(name: str) -> bytes:
    return public_bytes(key_of(name))


def told(decisions: Iterable[Any] = (), founded: Topology = FOUNDED) -> Told:
    keys = {name: public_key(name) for name in derived.key_names(founded)}
    return Told().hear(genesis(founded, keys), decisions)


def changed(changes: dict[str, Any]) -> Topology:
    return loads(edited_topology(changes))


def still_to_tell(topology: Topology, so_far: Told) -> list[Any]:
    """Every decision of every step, in the plan's order."""
    listing = Listing(topology, so_far, public_key)
    wanted, _ = listing.objects()
    return [decision for ref in wanted for decision in listing.decisions(ref, "why")]


def test_an_exchange_that_was_told_what_the_file_says_is_told_nothing() -> None:
    assert still_to_tell(FOUNDED, told()) == []
    assert list(otherwise(FOUNDED, told())) == []


def test_whatever_the_file_adds_is_told_in_an_order_that_is_safe() -> None:
    assert still_to_tell(changed(ADDED), told()) == EVERYTHING


@pytest.mark.parametrize("done", range(len(EVERYTHING) + 1))
def test_an_apply_that_ended_after_any_decision_is_completed_by_the_next_one(done: int) -> None:
    topology = changed(ADDED)
    assert still_to_tell(topology, told(EVERYTHING[:done])) == EVERYTHING[done:]
    assert list(otherwise(topology, told(EVERYTHING[:done]))) == []


def test_what_operators_have_decided_since_is_left_to_them() -> None:
    since = [SetBands("XRP-USD", 50, None, 0), SetPhase("XRP-USD", Phase.HALTED)]
    assert still_to_tell(changed(ADDED), told([*EVERYTHING, *since])) == []
    limit = SetLimit("zoe", None, LimitKind.ORDER_SIZE, "XRP", 9)
    ((level, held),) = otherwise(changed(ADDED), told([*EVERYTHING, limit]))
    assert (level, held.subject) == (Level.COMMAND, "participants.zoe.limits")


def test_an_instrument_is_retired_once_and_for_ever() -> None:
    retired = changed({"instruments": {"SOL-USD": {"trading": "retired"}}})
    assert still_to_tell(retired, told()) == [RetireInstrument("SOL-USD", "why")]
    gone = told([RetireInstrument("SOL-USD")])
    assert still_to_tell(retired, gone) == []
    assert still_to_tell(FOUNDED, gone) == []
    ((level, held),) = otherwise(FOUNDED, gone)
    assert (level, held.subject) == (Level.REFUSED, "instruments.SOL-USD.trading")
    assert still_to_tell(retired, told(founded=retired)) == []


def test_an_account_is_added_to_who_was_there_and_its_other_limits_are_a_command_s() -> None:
    accounts = ["alice.main", "alice.savings", "alice.third"]
    topology = changed({"participants": {"alice": {"accounts": accounts, "balances": None}}})
    assert still_to_tell(topology, told()) == [AddAccount("alice.third", "alice", (), "why")]


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"shards": {"books": [*reversed(BOOKS), {"instruments": ["XRP-USD"]}]}}, "shards.books"),
        ({"instruments": {"XRP-USD": {**XRP, "tick": "0.001"}}}, "instruments.XRP-USD.tick"),
        ({"assets": {"XRP": {"decimals": 3}}}, "assets.XRP.decimals"),
        ({"participants": {}}, "participants.zoe"),
    ],
)
def test_what_would_not_fit_what_was_added_is_refused(changes: dict[str, Any], subject: str) -> None:
    found = list(otherwise(changed({**ADDED, **changes}), told(EVERYTHING)))
    assert {(level, held.subject) for level, held in found} >= {(Level.REFUSED, subject)}


def test_an_instrument_that_was_added_and_is_not_in_the_file_is_refused() -> None:
    found = [held.subject for level, held in otherwise(FOUNDED, told(EVERYTHING)) if level is Level.REFUSED]
    assert found == ["shards.books", "instruments.XRP-USD", "participants.zoe", "assets.XRP"]
