"""Streams of internal sources: what was seen is dropped, what cannot be right stops the shard unchanged."""

import pytest

from bulkhead.domain.messages.control import ClockRead, Tick
from bulkhead.domain.messages.participant import CancelOrder
from bulkhead.errors import FatalError
from bulkhead.wire.codec import encode
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange
from tests.unit.machines.frames import Stream, give, internal, state

SHARDS = ("risk/0", "book/0", "settlement/0", "control/0")


def _tick(number: int) -> bytes:
    return encode(Tick(number, 1000 + number))


def _ticks(exchange: MemoryExchange, shard: str) -> Stream:
    """clock/0's stream to a shard, after its first two ticks."""
    stream = internal(exchange, "clock/0", exchange.shards[shard].partition)
    give(exchange, shard, stream.next(_tick(1), _tick(2)))
    return stream


@pytest.fixture(name="exchange")
def _exchange() -> MemoryExchange:
    return MemoryExchange(TEXT)


@pytest.mark.parametrize("shard", SHARDS)
def test_events_that_were_seen_are_dropped(exchange: MemoryExchange, shard: str) -> None:
    stream = _ticks(exchange, shard)
    before = exchange.shards[shard].machine.digest()
    for first, count in ((1, 1), (1, 2), (2, 1)):
        assert give(exchange, shard, stream.frame(first, stream.events[first - 1 : first - 1 + count])) == []
    assert exchange.shards[shard].machine.digest() == before


@pytest.mark.parametrize("shard", SHARDS)
def test_a_frame_that_overlaps_brings_its_new_events_only(exchange: MemoryExchange, shard: str) -> None:
    stream, machine = _ticks(exchange, shard), exchange.shards[shard].machine
    before = machine.events_applied
    stream.events.append(_tick(3))
    give(exchange, shard, stream.frame(2, stream.events[1:]))
    assert machine.events_applied == before + 1
    assert machine.streams().inputs["clock/0"] == 3
    assert machine.tick == 3


@pytest.mark.parametrize("shard", SHARDS)
def test_a_gap_stops_the_shard_and_changes_nothing(exchange: MemoryExchange, shard: str) -> None:
    stream = _ticks(exchange, shard)
    before = exchange.shards[shard].machine.digest()
    with pytest.raises(FatalError, match="sequence 4 came where 3 was expected"):
        give(exchange, shard, stream.frame(4, [_tick(4)]))
    assert exchange.shards[shard].machine.digest() == before


def test_a_source_that_is_new_and_begins_with_a_gap_is_not_remembered(exchange: MemoryExchange) -> None:
    before = exchange.shards["control/0"].machine.digest()
    stream = internal(exchange, "gateway/chain", "control/0")
    with pytest.raises(FatalError, match="from gateway/chain is broken: sequence 2 came where 1"):
        give(exchange, "control/0", stream.frame(2, [_tick(2)]))
    assert exchange.shards["control/0"].machine.digest() == before


@pytest.mark.parametrize("first", [3, 2])
def test_a_running_crc_that_is_another_stops_the_shard_and_changes_nothing(
    exchange: MemoryExchange, first: int
) -> None:
    """With overlap (2) the events before the new one count too: they were others than what was taken."""
    stream = _ticks(exchange, "risk/0")
    before = exchange.shards["risk/0"].machine.digest()
    others = [_tick(7), _tick(3)][first - 2 :]
    frame = stream.frame(first, others, crc=None if first == 2 else 12345)
    with pytest.raises(FatalError, match="CRC-32"):
        give(exchange, "risk/0", frame)
    assert exchange.shards["risk/0"].machine.digest() == before


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"\xc0",
        b"\x91\x46",
        b"\x91\x7e",
        _tick(3)[:-1],
        encode(ClockRead(5)),
        encode(CancelOrder("a", "b")),
    ],
    ids=["empty", "nil", "no fields", "unknown type", "torn", "the clock's only", "a participant's only"],
)
def test_what_an_internal_source_cannot_say_stops_the_shard(exchange: MemoryExchange, event: bytes) -> None:
    stream = _ticks(exchange, "risk/0")
    with pytest.raises(FatalError, match="risk/0: clock/0 sent what this machine does not know"):
        give(exchange, "risk/0", stream.next(event))


def test_a_snapshot_is_restored_only_into_its_own_shard(exchange: MemoryExchange) -> None:
    snapshot = exchange.shards["risk/0"].machine.snapshot()
    with pytest.raises(FatalError, match=r"risk/1: the snapshot is one of 'risk/0'"):
        exchange.shards["risk/1"].machine.restore(snapshot)


def test_a_frame_tells_nothing_but_its_events(exchange: MemoryExchange) -> None:
    """Two ticks in one frame or in two lead to the same state."""
    other = MemoryExchange(TEXT)
    stream = internal(exchange, "clock/0", "orders/0")
    give(exchange, "risk/0", stream.next(_tick(1), _tick(2)))
    stream = internal(other, "clock/0", "orders/0")
    for number in (1, 2):
        give(other, "risk/0", stream.next(_tick(number)))
    assert state(exchange.shards["risk/0"].machine) == state(other.shards["risk/0"].machine)
