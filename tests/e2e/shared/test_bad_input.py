"""What nobody should send, sent to an exchange that runs: it is told for what it is, and trading goes on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bulkhead.client import connect
from bulkhead.client.connection import Connection
from bulkhead.domain.messages.dead_letters import DeadLetter
from bulkhead.domain.messages.participant import OpenSession, PlaceOrder
from bulkhead.domain.messages.reports import (
    CancelRejected,
    CommandRefused,
    GapDetected,
    OrderAccepted,
    OrderRejected,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.log.open import open_log
from bulkhead.log.port import Log, Reader
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import MacSealer, SignatureSealer
from bulkhead.wire.codec import decode, encode
from bulkhead.wire.frame import read_frame, signer_source
from tests.support.running import RunningExchange, next_report, trade, until

GARBAGE = b"\x00garbage\xff" * 20


@contextmanager
def opened(exchange: RunningExchange) -> Iterator[Log]:
    log = open_log(exchange.installation.log_address)
    try:
        yield log
    finally:
        log.close()


def dead_letters(log: Log) -> list[DeadLetter]:
    """All there are, in the order of the partition."""
    reader = log.reader("dead_letters/0", "test")
    found = []
    while records := reader.receive(1 << 20, 0.0):
        for _, data in records:
            found += [decode(event) for event in read_frame(data).events]
    reader.close()
    return [letter for letter in found if isinstance(letter, DeadLetter)]


def append(log: Log, partition: str, frame: bytes) -> None:
    writer = log.writer(partition, "test")
    writer.send(frame, 1)
    while writer.pending():
        writer.poll(1.0)
    writer.close()


def order(**changes: Any) -> PlaceOrder:
    terms: dict[str, Any] = {
        "account_id": "alice.main",
        "client_order_id": "bad",
        "instrument_id": "BTC-USD",
        "side": Side.BUY,
        "order_type": OrderType.LIMIT,
        "time_in_force": TimeInForce.GTC,
        "post_only": False,
        "price_ticks": 100,
        "protection_price_ticks": None,
        "quantity_lots": 100,
    }
    return PlaceOrder(**{**terms, **changes})


def test_frames_whose_sender_cannot_be_told_become_dead_letters_with_their_reasons_and_trading_goes_on(
    exchange: RunningExchange,
) -> None:
    connection = Connection.load(exchange.connection)
    partition = connection.participant("alice").orders
    alice = connection.private_key("alice", None)
    identity = Identity(connection.exchange_id, bytes.fromhex(connection.genesis_id))
    stranger = connection.private_key("carol", None)
    source_of_alice = signer_source(alice.public_key().public_bytes_raw(), 1 << 62)

    def frame(source: str, sealer: Any, event: Any, genesis_id: bytes = identity.genesis_id) -> bytes:
        other = Identity(identity.exchange_id, genesis_id)
        made = Source(log, other, source, partition, sealer, "test")
        sealed = made.frame([encode(event)], 0)
        made.close()
        return sealed

    with opened(exchange) as log:
        before = len(dead_letters(log))
        sent = {
            "garbage": (GARBAGE, Reason.FRAME_MALFORMED),
            "signed by another key than the one named": (
                frame(source_of_alice, SignatureSealer(stranger), OpenSession()),
                Reason.FRAME_UNVERIFIED,
            ),
            "in the name of a book, without the key of internal frames": (
                frame("book/0", MacSealer(b"x" * 32), OpenSession()),
                Reason.FRAME_UNVERIFIED,
            ),
            "in the name of a book, signed by a participant": (
                frame("book/0", SignatureSealer(alice), OpenSession()),
                Reason.FRAME_UNVERIFIED,
            ),
            "of another exchange's life": (
                frame(source_of_alice, SignatureSealer(alice), OpenSession(), b"another genesis!"),
                Reason.FRAME_FOREIGN,
            ),
        }
        for bad, _ in sent.values():
            append(log, partition, bad)
        letters = until(
            "dead letters", lambda: found if len(found := dead_letters(log)) >= before + len(sent) else None
        )
    told = letters[before:]
    assert [letter.reason for letter in told] == [reason for _, reason in sent.values()]
    assert [letter.frame for letter in told] == [bad for bad, _ in sent.values()]
    assert {letter.partition for letter in told} == {partition}
    bought, sold = trade(exchange, "BTC-USD", "0.01", "300")
    assert bought.leaves == sold.leaves == 0


@pytest.mark.parametrize(
    ("command", "reason", "bound", "actual"),
    [
        (order(account_id="bob.main"), Reason.ACCOUNT_UNKNOWN, 0, 0),
        (order(instrument_id="XYZ-USD"), Reason.INSTRUMENT_UNKNOWN, 0, 0),
        (order(instrument_id="SOL-USD"), Reason.INSTRUMENT_HALTED, Phase.CONTINUOUS, Phase.HALTED),
        (order(order_type=99), Reason.ORDER_TYPE, 0, 99),
        (order(instrument_id="ETH-USD", price_ticks=101), Reason.PRICE_INCREMENT, 5, 101),
        (order(quantity_lots=0), Reason.QUANTITY_LOW, 1, 0),
        (order(quantity_lots=10**15), Reason.QUANTITY_HIGH, 10**14, 10**15),
    ],
    ids=lambda value: value.name if isinstance(value, Reason) else "",
)
def test_a_refused_order_is_told_its_reason_with_the_numbers_that_explain_it(
    exchange: RunningExchange, command: PlaceOrder, reason: Reason, bound: int, actual: int
) -> None:
    with connect(exchange.connection, "alice") as alice:
        alice.submit([command])
        told = next_report(alice, (OrderRejected, OrderAccepted)).message
        assert isinstance(told, OrderRejected)
        assert (told.reason, told.bound, told.actual) == (reason, bound, actual)
        assert told.client_order_id == "bad"


def test_too_little_balance_and_a_repeated_id_and_an_unknown_order_are_told_too(
    exchange: RunningExchange,
) -> None:
    with connect(exchange.connection, "alice") as alice:
        alice.place("alice.savings", "BTC-USD", "sell", "11", "10")
        told = next_report(alice, OrderRejected).message
        assert (told.reason, told.bound, told.actual) == (Reason.BALANCE, 10 * 10**8, 11 * 10**8)
        alice.place("alice.savings", "BTC-USD", "buy", "0.1", "1", client_order_id="twice")
        next_report(alice, OrderAccepted)
        alice.place("alice.savings", "BTC-USD", "buy", "0.1", "1", client_order_id="twice")
        assert next_report(alice, OrderRejected).message.reason is Reason.CLIENT_ORDER_ID_REPEATED
        alice.cancel("alice.savings", "twice")
        alice.cancel("alice.savings", "never placed")
        assert next_report(alice, CancelRejected).message.reason is Reason.ORDER_UNKNOWN


def test_a_gap_and_an_event_that_cannot_be_read_are_told_and_only_the_gap_stops_the_stream(
    exchange: RunningExchange,
) -> None:
    connection = Connection.load(exchange.connection)
    key = connection.private_key("carol", None)
    identity = Identity(connection.exchange_id, bytes.fromhex(connection.genesis_id))
    participant = connection.participant("carol")
    with opened(exchange) as log:
        reports = log.reader(participant.reports, "test")
        reports.seek(reports.end())
        stream = Source(
            log,
            identity,
            signer_source(key.public_key().public_bytes_raw(), time.time_ns() // 1000),
            participant.orders,
            SignatureSealer(key),
            "test",
        )
        place = order(account_id="carol.main")
        stream.send([encode(OpenSession()), b"\x91\x7f", b"\xc1\xc1", encode(place)], 0)
        stream.frame([encode(place)], 0)  # numbered, and never sent
        stream.send([encode(place)], 0)
        stream.flush()
        told: list[Any] = []
        until(
            "the gap and the order before it are told",
            lambda: {GapDetected, OrderAccepted} <= set(map(type, _read_on(reports, told))),
        )
        stream.close()
    refused = [message for message in told if isinstance(message, CommandRefused)]
    assert refused == [
        CommandRefused(2, Reason.TYPE_UNKNOWN, 0, 0x7F),
        CommandRefused(3, Reason.MALFORMED, 0, 2),
    ]
    gaps = [message for message in told if isinstance(message, GapDetected)]
    assert gaps == [GapDetected(4, key.public_key().public_bytes_raw(), 5, 6)]
    taken = [message for message in told if isinstance(message, OrderAccepted | OrderRejected)]
    assert [(type(message), message.client_order_id) for message in taken] == [(OrderAccepted, "bad")]


def _read_on(reports: Reader, told: list[Any]) -> list[Any]:
    for _, data in reports.receive(1 << 20, 0.2):
        told += [decode(event) for event in read_frame(data).events]
    return told
