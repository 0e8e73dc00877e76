"""Operators' decisions: who may decide, what is answered, what follows."""

from typing import Any

import pytest

from bulkhead.domain.messages.control import Deposit, ReleaseOrders, ReleaseQuarantine, RevokeKey, SetPhase
from bulkhead.domain.messages.decisions import ChangeMade, DecisionRefused, DecisionTaken
from bulkhead.domain.messages.orders import ClearBook
from bulkhead.domain.messages.participant import OpenSession, PlaceOrder
from bulkhead.domain.messages.reports import GapDetected, OrderAccepted, StaleSession
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.runtime.source import Source
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import signer_source
from tests.support.exchange import MemoryExchange, messages_in

OPERATOR = public_bytes(key_of("operator"))
ALICE = public_bytes(key_of("alice"))


def place(client_order_id: str) -> PlaceOrder:
    terms = (OrderType.LIMIT, TimeInForce.GTC, False, 100, None, 100)
    return PlaceOrder("alice.main", client_order_id, "BTC-USD", Side.BUY, *terms)


def decisions(exchange: MemoryExchange, name: str = "operator", epoch: int = 1) -> Source:
    key = key_of(name)
    source = signer_source(public_bytes(key), epoch)
    return Source(exchange.log, exchange.identity, source, "control/0", SignatureSealer(key), source)


def decide(exchange: MemoryExchange, stream: Source, *messages: Any) -> list[Any]:
    """Send them in one frame; what control has answered in all."""
    stream.send([encode(message) for message in messages], 0)
    stream.poll()
    exchange.settle()
    return [message for _, message in messages_in(exchange.log.reader("decisions/0", "test"))]


def test_a_revoked_key_s_frames_are_dead_letters_from_then_on_and_its_orders_stay() -> None:
    exchange = MemoryExchange()
    alice = exchange.trader("alice")
    alice.send(place("before"))
    exchange.settle()
    assert any(isinstance(report, OrderAccepted) for report in alice.reports())
    answers = decide(exchange, decisions(exchange), OpenSession(), RevokeKey(ALICE, "stolen"))
    assert answers == [DecisionTaken(OPERATOR, 1, 1), DecisionTaken(OPERATOR, 1, 2)]
    alice.send(place("after"))
    exchange.settle()
    assert alice.reports() == []
    letters = [letter for _, letter in messages_in(exchange.log.reader("dead_letters/0", "test"))]
    assert [letter.reason for letter in letters] == [Reason.KEY_UNKNOWN]
    live = [order for order in exchange.risk(1).orders.values() if not order.ended]
    assert [order.client_order_id for order in live] == ["before"]


def test_what_an_operator_may_not_decide_or_decides_twice_is_refused() -> None:
    exchange = MemoryExchange()
    stream = decisions(exchange)
    revoke = RevokeKey(ALICE, "stolen")
    answers = decide(exchange, stream, OpenSession(), revoke, revoke, Deposit("alice.main", "USD", 1))
    assert answers[2:] == [
        DecisionRefused(OPERATOR, 1, 3, Reason.KEY_UNKNOWN),
        DecisionRefused(OPERATOR, 1, 4, Reason.TYPE_UNKNOWN),
    ]


def test_a_participant_s_signature_decides_nothing() -> None:
    exchange = MemoryExchange()
    before = exchange.domain("control/0").state()
    bob = public_bytes(key_of("bob"))
    assert decide(exchange, decisions(exchange, "alice"), OpenSession(), RevokeKey(bob, "envy")) == []
    assert exchange.domain("control/0").state() == before
    letters = [letter for _, letter in messages_in(exchange.log.reader("dead_letters/0", "test"))]
    assert [letter.reason for letter in letters] == [Reason.KEY_UNKNOWN]


def test_a_decision_that_is_sent_again_or_after_a_gap_is_not_obeyed() -> None:
    exchange = MemoryExchange()
    old, new = decisions(exchange, epoch=1), decisions(exchange, epoch=2)
    decide(exchange, old, OpenSession())
    decide(exchange, new, OpenSession())
    answers = decide(exchange, old, RevokeKey(ALICE, "late"))
    assert answers[-1] == StaleSession(1, OPERATOR, 1, 2)
    new.frame([encode(RevokeKey(ALICE, "lost"))], 0)
    answers = decide(exchange, new, RevokeKey(ALICE, "after a gap"))
    assert answers[-1] == GapDetected(1, OPERATOR, 2, 3)
    exchange.trader("alice")
    assert ALICE in exchange.risk(1).sessions


def test_operators_sessions_are_in_a_snapshot() -> None:
    exchange = MemoryExchange()
    decide(exchange, decisions(exchange), OpenSession())
    machine = exchange.shards["control/0"].machine
    digest = machine.digest()
    machine.restore(machine.snapshot())
    assert machine.digest() == digest
    assert decide(exchange, decisions(exchange), OpenSession()) == [DecisionTaken(OPERATOR, 1, 1)]


def release(shard: str, discard: bool = False) -> ReleaseQuarantine:
    return ReleaseQuarantine(shard, "account alice.main", discard, "looked at")


@pytest.mark.parametrize(
    ("decision", "partition"),
    [
        (release("risk/1"), "orders/1"),
        (release("book/0", discard=True), "books/0"),
        (release("settlement/0", discard=True), "settlement/0"),
    ],
    ids=str,
)
def test_a_release_is_told_to_the_one_shard_that_it_names(
    decision: ReleaseQuarantine, partition: str
) -> None:
    exchange = MemoryExchange()
    before = exchange.said()
    answers = decide(exchange, decisions(exchange), OpenSession(), decision)
    assert answers[1:] == [DecisionTaken(OPERATOR, 1, 2)]
    after = exchange.said()
    assert after["control/0", partition] == [*before["control/0", partition], encode(decision)]
    changed = {stream for stream, events in after.items() if len(events) != len(before[stream])}
    assert changed == {("control/0", partition), ("control/0", "decisions/0")}


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        (release("risk/9"), Reason.SHARD_UNKNOWN),
        (release("risk/9", discard=True), Reason.SHARD_UNKNOWN),
        (release("risk/01"), Reason.SHARD_UNKNOWN),
        (release("risk/"), Reason.SHARD_UNKNOWN),
        (release("risk"), Reason.SHARD_UNKNOWN),
        (release("control/0"), Reason.SHARD_UNKNOWN),
        (release(""), Reason.SHARD_UNKNOWN),
        (release("risk/1", discard=True), Reason.DISCARD),
    ],
    ids=str,
)
def test_a_release_that_no_shard_could_obey_is_refused(decision: ReleaseQuarantine, reason: Reason) -> None:
    exchange = MemoryExchange()
    assert decide(exchange, decisions(exchange), OpenSession(), decision)[1:] == [
        DecisionRefused(OPERATOR, 1, 2, reason)
    ]


def test_a_release_of_orders_is_told_to_every_risk_shard_and_not_to_the_book() -> None:
    exchange = MemoryExchange()
    before = exchange.said()
    decision = ReleaseOrders("ETH-USD", "its disk is gone")
    assert decide(exchange, decisions(exchange), OpenSession(), decision)[1:] == [
        DecisionTaken(OPERATOR, 1, 2)
    ]
    after = exchange.said()
    told = {
        to for (source, to), events in after.items() if source == "control/0" and encode(decision) in events
    }
    assert told == {"orders/0", "orders/1"}
    assert after["control/0", "books/1"] == before["control/0", "books/1"]
    for shard in (0, 1):
        assert after[f"risk/{shard}", "books/1"] == [encode(ClearBook("ETH-USD", shard))]


def test_a_release_of_orders_of_an_instrument_that_was_never_defined_is_refused() -> None:
    exchange = MemoryExchange()
    decision = ReleaseOrders("ETH-EUR", "a slip")
    assert decide(exchange, decisions(exchange), OpenSession(), decision)[1:] == [
        DecisionRefused(OPERATOR, 1, 2, Reason.INSTRUMENT_UNKNOWN)
    ]


def test_a_decision_about_trading_is_passed_to_the_book_which_answers_it() -> None:
    exchange = MemoryExchange()
    answers = decide(
        exchange,
        decisions(exchange),
        OpenSession(),
        SetPhase("ETH-USD", Phase.HALTED, "to look", 7),
        SetPhase("ETH-EUR", Phase.HALTED, "a slip", 8),
    )
    assert answers[1:3] == [
        DecisionTaken(OPERATOR, 1, 2),
        DecisionRefused(OPERATOR, 1, 3, Reason.INSTRUMENT_UNKNOWN),
    ]
    assert answers[3:] == [ChangeMade("ETH-USD", 7, Phase.HALTED)]
    assert {risk.instruments["ETH-USD"].phase for risk in exchange.risk_shards()} == {Phase.HALTED}
