"""Events that are skipped: what a machine says instead, keeps, and says again after a restore."""

from typing import Any

import pytest

from bulkhead.domain.messages.control import RevokeKey, Tick
from bulkhead.domain.messages.decisions import DecisionRefused
from bulkhead.domain.messages.participant import CancelOrder, OpenSession, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import CancelRejected, CommandRefused, OrderRejected, ReplaceRejected
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Side
from bulkhead.machines.interface import MachineRaised
from bulkhead.wire.codec import encode
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange
from tests.unit.machines.frames import Stream, give, internal, signed, skip, state

CANCEL = CancelOrder("carol.main", "c1")
PLACE = PlaceOrder("carol.main", "c1", "X-USD", Side.BUY, 1, 1, False, 100, None, 5)
REPLACE = ReplaceOrder("carol.main", "c1", 101, 6)


@pytest.fixture(name="exchange")
def _exchange() -> MemoryExchange:
    return MemoryExchange(TEXT)


def _carol(exchange: MemoryExchange) -> Stream:
    stream = signed(exchange, "carol", "orders/0")
    give(exchange, "risk/0", stream.next(encode(OpenSession())))
    return stream


def _halted(exchange: MemoryExchange, name: str = "risk/0") -> dict[str, Any]:
    return exchange.shards[name].machine.quarantined()


@pytest.mark.parametrize(
    ("command", "rejection"), [(PLACE, OrderRejected), (CANCEL, CancelRejected), (REPLACE, ReplaceRejected)]
)
def test_a_participants_command_is_refused_and_its_account_halts(
    exchange: MemoryExchange, command: Any, rejection: Any
) -> None:
    stream = _carol(exchange)
    event = encode(command)
    assert skip(exchange, "risk/0", stream.next(event, event), 2) == [
        rejection(2, "carol.main", "c1", Reason.QUARANTINED, 0, 0),
        rejection(3, "carol.main", "c1", Reason.ACCOUNT_HALTED, 0, 0),
    ]
    assert give(exchange, "risk/0", stream.next(event)) == [
        rejection(4, "carol.main", "c1", Reason.ACCOUNT_HALTED, 0, 0)
    ]
    assert _halted(exchange) == {"account carol.main": []}
    assert exchange.shards["risk/0"].machine.skipped == [(b"p", 2)]


def test_a_command_for_anothers_account_halts_its_signer_and_not_the_account(
    exchange: MemoryExchange,
) -> None:
    stream = _carol(exchange)
    theirs, own = encode(CancelOrder("flow2.main", "c1")), encode(CANCEL)
    assert skip(exchange, "risk/0", stream.next(theirs, theirs, own, b"\xc0"), 2) == [
        CancelRejected(2, "flow2.main", "c1", Reason.QUARANTINED, 0, 0),
        CancelRejected(3, "flow2.main", "c1", Reason.ACCOUNT_HALTED, 0, 0),
        CancelRejected(4, "carol.main", "c1", Reason.ORDER_UNKNOWN, 0, 0),
        CommandRefused(5, Reason.ACCOUNT_HALTED, 0, 0),
    ]
    assert _halted(exchange) == {"participant carol": []}
    flow2 = signed(exchange, "flow2", "orders/0")
    give(exchange, "risk/0", flow2.next(encode(OpenSession())))
    assert give(exchange, "risk/0", flow2.next(theirs)) == [
        CancelRejected(2, "flow2.main", "c1", Reason.ORDER_UNKNOWN, 0, 0)
    ]


def test_a_session_that_cannot_be_opened_is_refused_and_orders_of_it_are_taken(
    exchange: MemoryExchange,
) -> None:
    stream = signed(exchange, "carol", "orders/0")
    frame = stream.next(encode(OpenSession()), encode(CANCEL))
    assert skip(exchange, "risk/0", frame, 1) == [
        CommandRefused(1, Reason.QUARANTINED, 0, 0),
        CancelRejected(2, "carol.main", "c1", Reason.ORDER_UNKNOWN, 0, 0),
    ]
    assert _halted(exchange) == {"sessions of carol": []}


def test_an_operators_decision_is_refused_and_nothing_halts(exchange: MemoryExchange) -> None:
    stream = signed(exchange, "operator", "control/0")
    give(exchange, "control/0", stream.next(encode(OpenSession())))
    event = encode(RevokeKey(bytes(32), "lost"))
    refused, again = skip(exchange, "control/0", stream.next(event, event), 2)
    assert isinstance(refused, DecisionRefused)
    assert (refused.sequence, refused.reason) == (2, Reason.QUARANTINED)
    assert (again.sequence, again.reason) == (3, Reason.KEY_UNKNOWN)
    assert _halted(exchange, "control/0") == {}
    assert exchange.shards["control/0"].machine.skipped == [(b"p", 2)]


def test_what_concerns_all_cannot_be_skipped(exchange: MemoryExchange) -> None:
    stream = internal(exchange, "clock/0", "books/0")
    with pytest.raises(MachineRaised, match="book/0 raised on event 1 from clock/0") as told:
        skip(exchange, "book/0", stream.next(encode(Tick(1, 1001))), 1)
    assert told.value.subject == ""
    assert "concerns more than one" in str(told.value.__cause__)


def test_a_snapshot_keeps_it_and_one_of_a_shard_without_it_does_not_mention_it(
    exchange: MemoryExchange,
) -> None:
    stream = _carol(exchange)
    machine = exchange.shards["risk/0"].machine
    before = machine.snapshot()
    assert "quarantine" not in state(machine)
    skip(exchange, "risk/0", stream.next(encode(CANCEL)), 2)
    after = machine.snapshot()
    assert state(machine)["quarantine"] == {"halted": {"account carol.main": []}, "skipped": [[b"p", 2]]}
    machine.restore(before)
    assert (machine.skipped, machine.quarantined()) == ([], {})
    machine.restore(after)
    assert machine.snapshot() == after
    assert give(exchange, "risk/0", stream.next(encode(CANCEL))) == [
        CancelRejected(3, "carol.main", "c1", Reason.ACCOUNT_HALTED, 0, 0)
    ]


def test_a_skip_of_an_event_that_was_seen_before_changes_nothing(exchange: MemoryExchange) -> None:
    stream = _carol(exchange)
    frame = stream.next(encode(CANCEL))
    give(exchange, "risk/0", frame)
    before = exchange.shards["risk/0"].machine.digest()
    assert skip(exchange, "risk/0", frame, 2) == []
    assert exchange.shards["risk/0"].machine.digest() == before
