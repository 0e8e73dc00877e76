"""Streams that participants sign: nothing in them stops a shard, each is told once what concerns it."""

from collections.abc import Callable
from typing import Any

import pytest

from bulkhead.domain.messages.control import RevokeKey, SetPhase, Tick
from bulkhead.domain.messages.participant import CancelOrder, OpenSession, PlaceOrder
from bulkhead.domain.messages.reports import (
    CancelRejected,
    CommandRefused,
    GapDetected,
    OrderStatus,
    SessionOpened,
    StaleSession,
    StreamMismatch,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.machines.interface import Machine
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import RECEIVED_BYTES_MAX, advance_crc
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange
from tests.unit.machines.frames import Stream, dead_letter, give, internal, signed, state

ALICE = public_bytes(key_of("alice"))
OPEN = encode(OpenSession())
CANCEL = encode(CancelOrder("alice.main", "none"))


@pytest.fixture(name="exchange")
def _exchange() -> MemoryExchange:
    return MemoryExchange(TEXT)


@pytest.fixture(name="alice")
def _alice(exchange: MemoryExchange) -> Stream:
    """Her first stream, after OpenSession and one command."""
    stream = signed(exchange, "alice", "orders/1")
    give(exchange, "risk/1", stream.next(OPEN))
    give(exchange, "risk/1", stream.next(CANCEL))
    return stream


def _machine(exchange: MemoryExchange) -> Machine:
    return exchange.shards["risk/1"].machine


def _session(exchange: MemoryExchange) -> tuple[int, int, int]:
    session = exchange.risk(1).sessions[ALICE]
    return session.epoch, session.last, session.crc


def test_a_gap_is_told_once_an_episode_and_nothing_of_it_is_applied(
    exchange: MemoryExchange, alice: Stream
) -> None:
    before = _session(exchange)
    late = [alice.frame(number, [CANCEL]) for number in (4, 5)]
    assert give(exchange, "risk/1", late[0]) == [GapDetected(2, ALICE, 3, 4)]
    assert give(exchange, "risk/1", late[1]) == []
    assert _session(exchange) == before
    # The missing ones end the episode; the next gap is another.
    assert give(exchange, "risk/1", alice.next(CANCEL, CANCEL)) != []
    assert give(exchange, "risk/1", alice.frame(9, [CANCEL])) == [GapDetected(4, ALICE, 5, 9)]


def test_a_running_crc_that_is_another_is_told_once_and_nothing_is_applied(
    exchange: MemoryExchange, alice: Stream
) -> None:
    before = _session(exchange)
    wrong = alice.frame(3, [CANCEL], crc=7)
    assert give(exchange, "risk/1", wrong) == [StreamMismatch(2, ALICE, before[2], 7)]
    assert give(exchange, "risk/1", wrong) == []
    assert _session(exchange) == before
    assert give(exchange, "risk/1", alice.next(CANCEL)) == [
        CancelRejected(3, "alice.main", "none", Reason.ORDER_UNKNOWN, 0, 0)
    ]


def test_events_that_were_taken_are_dropped_however_they_are_cut(
    exchange: MemoryExchange, alice: Stream
) -> None:
    before = _machine(exchange).digest()
    for first, last in ((1, 1), (1, 2), (2, 2)):
        assert give(exchange, "risk/1", alice.frame(first, alice.events[first - 1 : last])) == []
    assert _machine(exchange).digest() == before
    alice.events.append(CANCEL)
    assert len(give(exchange, "risk/1", alice.frame(1, alice.events))) == 1


def test_an_older_epoch_is_fenced_and_told_so_once(exchange: MemoryExchange, alice: Stream) -> None:
    again = signed(exchange, "alice", "orders/1", epoch=2)
    assert give(exchange, "risk/1", again.next(OPEN)) == [SessionOpened(1, ALICE, 2, 1, 2, 0)]
    before = _session(exchange)
    assert give(exchange, "risk/1", alice.next(CANCEL)) == [StaleSession(1, ALICE, 1, 2)]
    assert give(exchange, "risk/1", alice.next(CANCEL)) == []
    assert give(exchange, "risk/1", alice.frame(1, [OPEN])) == []
    assert _session(exchange) == before


@pytest.mark.parametrize(
    "frame",
    [
        lambda stream: stream.frame(1, [CANCEL]),
        lambda stream: stream.frame(2, [OPEN], crc=0),
        lambda stream: stream.frame(1, [OPEN], crc=1),
        lambda stream: stream.frame(1, [b"\xc0", OPEN]),
    ],
    ids=["no OpenSession", "not the first number", "not an empty stream's CRC", "OpenSession second"],
)
def test_a_new_epoch_begins_with_open_session_and_with_nothing_else(
    exchange: MemoryExchange, alice: Stream, frame: Callable[[Stream], bytes]
) -> None:
    before = _session(exchange)
    new = signed(exchange, "alice", "orders/1", epoch=5)
    assert give(exchange, "risk/1", frame(new)) == [StaleSession(2, ALICE, 5, 1)]
    assert _session(exchange) == before


def test_a_new_epoch_is_told_what_was_taken_last_and_every_open_order(exchange: MemoryExchange) -> None:
    trader = exchange.trader("alice")
    orders = [
        PlaceOrder("alice.main", name, "X-USD", Side.BUY, 1, 1, False, price_ticks, None, 3)
        for name, price_ticks in (("one", 99), ("two", 98))
    ]
    trader.send(*orders)
    exchange.settle()
    again = exchange.trader("alice", epoch=3)
    shard, plain = 1 << 53, (OrderType.LIMIT, TimeInForce.GTC, False, False, None)
    assert again.reports()[-3:] == [
        SessionOpened(1, ALICE, 3, 1, 3, 2),
        OrderStatus(1, "alice.main", "one", shard | 1, "X-USD", Side.BUY, 99, 3, 3, *plain),
        OrderStatus(1, "alice.main", "two", shard | 2, "X-USD", Side.BUY, 98, 3, 3, *plain),
    ]


@pytest.mark.parametrize(
    ("event", "reason", "actual"),
    [
        (b"", Reason.MALFORMED, 0),
        (b"\xc0\xc0", Reason.MALFORMED, 2),
        (b"\x91\x02", Reason.MALFORMED, 2),
        (b"\x93\x03\xc4\x01a\xa1b", Reason.MALFORMED, 7),
        (b"\x91\x7f", Reason.TYPE_UNKNOWN, 127),
        (encode(Tick(1, 1)), Reason.TYPE_UNKNOWN, 70),
        (encode(SetPhase("X-USD", Phase.HALTED)), Reason.TYPE_UNKNOWN, 82),
        (OPEN, Reason.TYPE_UNKNOWN, 1),
    ],
    ids=["empty", "nil", "no fields", "bytes as text", "no such type", "tick", "phase", "open again"],
)
def test_an_event_that_cannot_be_read_uses_its_number_and_is_refused(
    exchange: MemoryExchange, alice: Stream, event: bytes, reason: Reason, actual: int
) -> None:
    domain = exchange.risk(1).orders_issued
    told = give(exchange, "risk/1", alice.next(event, CANCEL))
    assert told == [
        CommandRefused(3, reason, 0, actual),
        CancelRejected(4, "alice.main", "none", Reason.ORDER_UNKNOWN, 0, 0),
    ]
    assert _session(exchange) == (1, 4, advance_crc(0, alice.events))
    assert exchange.risk(1).orders_issued == domain


FORGED_SOURCES = ("clock/0", "book/0", "settlement/1", "risk/1", "control/0", "genesis", "gateway/clock", "x")


@pytest.mark.parametrize("source", FORGED_SOURCES)
@pytest.mark.parametrize("authentication", ["her signature", "zeros", "chance"])
def test_a_participants_frame_that_names_an_internal_source_is_a_dead_letter_and_nothing_else(
    exchange: MemoryExchange, alice: Stream, source: str, authentication: str
) -> None:
    authenticated = alice.frame(1, [encode(Tick(99, 99))], source=source)
    if authentication != "her signature":
        seal = bytes(64) if authentication == "zeros" else bytes(range(64))
        authenticated = seal + authenticated[64:]
    _is_dead_letter(exchange, authenticated, Reason.FRAME_UNVERIFIED)


def _is_dead_letter(exchange: MemoryExchange, frame: bytes, reason: Reason, shard: str = "risk/1") -> None:
    machine = exchange.shards[shard].machine
    before, inputs = state(machine), machine.streams().inputs
    letter = dead_letter(give(exchange, shard, frame, b"position"))
    assert letter.partition == exchange.shards[shard].partition
    assert (letter.position, letter.reason) == (b"position", reason)
    assert (letter.frame, letter.frame_bytes) == (frame[:4096], len(frame))
    assert (state(machine), machine.streams().inputs) == (before, inputs)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda frame: frame[:-1] + bytes([frame[-1] ^ 1]),
        lambda frame: bytes([frame[0] ^ 1]) + frame[1:],
        lambda frame: bytes(64) + frame[64:],
    ],
    ids=["its last byte", "its signature's first", "no signature"],
)
def test_a_frame_whose_signature_does_not_fit_is_a_dead_letter(
    exchange: MemoryExchange, alice: Stream, spoil: Callable[[bytes], bytes]
) -> None:
    _is_dead_letter(exchange, spoil(alice.frame(3, [CANCEL])), Reason.FRAME_UNVERIFIED)


def test_a_signature_of_another_participant_does_not_do(exchange: MemoryExchange, alice: Stream) -> None:
    bob = signed(exchange, "bob", "orders/1")
    frame = bob.frame(1, [OPEN], source=alice.source)
    _is_dead_letter(exchange, frame, Reason.FRAME_UNVERIFIED)


@pytest.mark.parametrize(
    "other",
    [{"exchange_id": "another"}, {"genesis_id": bytes(16)}, {"destination": "orders/0"}],
    ids=["exchange", "genesis", "partition"],
)
def test_a_frame_for_another_exchange_genesis_or_partition_is_a_dead_letter(
    exchange: MemoryExchange, alice: Stream, other: dict[str, Any]
) -> None:
    _is_dead_letter(exchange, alice.frame(3, [CANCEL], **other), Reason.FRAME_FOREIGN)


@pytest.mark.parametrize(
    "frame",
    [b"", b"garbage", bytes(64), bytes(200), b"\xc0" * (RECEIVED_BYTES_MAX + 1), b"\xff" * 4097],
    ids=["empty", "short", "nothing signed", "zeros", "too long", "longer than what is kept"],
)
def test_bytes_that_are_no_frame_are_a_dead_letter(exchange: MemoryExchange, frame: bytes) -> None:
    for shard in ("risk/1", "book/0", "settlement/0", "control/0", "clock/0"):
        _is_dead_letter(exchange, frame, Reason.FRAME_MALFORMED, shard)


def test_a_frame_without_events_is_a_dead_letter(exchange: MemoryExchange, alice: Stream) -> None:
    _is_dead_letter(exchange, alice.frame(3, []), Reason.FRAME_MALFORMED)


def test_a_key_that_is_not_registered_here_is_a_dead_letter(exchange: MemoryExchange) -> None:
    for name, shard in (("a stranger", "risk/1"), ("alice", "risk/0")):
        stream = signed(exchange, name, exchange.shards[shard].partition)
        _is_dead_letter(exchange, stream.frame(1, [OPEN]), Reason.KEY_UNKNOWN, shard)


def test_a_revoked_key_is_a_dead_letter_from_there_on(exchange: MemoryExchange) -> None:
    exchange.trader("alice")
    exchange.control(RevokeKey(ALICE, "stolen"))
    exchange.settle()
    assert ALICE not in exchange.risk(1).sessions
    stream = signed(exchange, "alice", "orders/1", epoch=2)
    _is_dead_letter(exchange, stream.frame(1, [OPEN]), Reason.KEY_UNKNOWN)


@pytest.mark.parametrize("shard", ["book/0", "settlement/0", "control/0", "clock/0"])
def test_a_participant_has_no_business_in_any_other_partition(exchange: MemoryExchange, shard: str) -> None:
    stream = signed(exchange, "alice", exchange.shards[shard].partition)
    # Control takes signed frames, of operators.
    reason = Reason.KEY_UNKNOWN if shard == "control/0" else Reason.SOURCE_FORBIDDEN
    _is_dead_letter(exchange, stream.frame(1, [OPEN]), reason, shard)


def test_an_internal_source_with_its_mac_is_heard_beside_participants(
    exchange: MemoryExchange, alice: Stream
) -> None:
    assert give(exchange, "risk/1", internal(exchange, "clock/0", "orders/1").next(encode(Tick(1, 5)))) == []
    assert _machine(exchange).tick == 1
