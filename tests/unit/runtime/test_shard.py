"""The loop: what it does while the log or the snapshot store refuses, and what it never does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bulkhead.domain.messages.control import Tick
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.reports import OrderAccepted
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Side
from bulkhead.errors import FatalError
from bulkhead.log.names import encode_offset
from bulkhead.log.open import open_log
from bulkhead.machines.factory import make_reference
from bulkhead.runtime import shard as shard_module
from bulkhead.runtime.shard import ACKNOWLEDGEMENT, Shard, SnapshotPolicy, SnapshotsUnreadable
from bulkhead.simulation.checks.reservations import check_reservations
from bulkhead.snapshots.open import open_snapshots
from bulkhead.topology import derived
from bulkhead.wire.codec import encode
from tests.property.exchange_topology import TEXT
from tests.property.unreliable_log import UnreliableLog
from tests.support.exchange import MemoryExchange
from tests.unit.machines.frames import internal

OFTEN = SnapshotPolicy(every_events=1, every_ticks=1)


@pytest.fixture(name="pair")
def _pair() -> Iterator[tuple[MemoryExchange, UnreliableLog]]:
    logs: list[UnreliableLog] = []

    def wrap(log: Any) -> UnreliableLog:
        logs.append(UnreliableLog(log))
        return logs[0]

    exchange = MemoryExchange(TEXT, OFTEN, wrap)
    yield exchange, logs[0]
    logs[0].close()


def _place(account: str, name: str, instrument: str = "X-USD") -> PlaceOrder:
    return PlaceOrder(account, name, instrument, Side.BUY, 1, 1, False, 98, None, 4)


def test_a_destination_that_is_stuck_blocks_no_other_and_loses_nothing(
    pair: tuple[MemoryExchange, UnreliableLog],
) -> None:
    exchange, log = pair
    alice = exchange.trader("alice")
    alice.reports()
    log.down = {"books/0"}
    alice.send(_place("alice.main", "stuck"))
    exchange.shards["risk/1"].step(0.0)
    alice.send(_place("alice.main", "goes", "Z-USD"))
    for name in ("risk/1", "book/0", "book/1", "risk/1"):
        problems = exchange.shards[name].step(0.0)
    assert list(problems) == ["books/0"]
    assert [report.client_order_id for report in alice.reports()] == ["goes"]
    assert exchange.shards["risk/1"].publisher.pending() == 1
    log.mend()
    exchange.settle()
    assert [report.client_order_id for report in alice.reports()] == ["stuck"]
    assert exchange.shards["risk/1"].publisher.pending() == 0
    exchange.said()  # dense, nothing twice with other bytes


def test_no_snapshot_is_taken_before_everything_is_confirmed(
    pair: tuple[MemoryExchange, UnreliableLog],
) -> None:
    exchange, log = pair
    alice = exchange.trader("alice")
    before = exchange.snapshots.newest("risk/1")
    log.down = {"books/0"}
    alice.send(_place("alice.main", "a"))
    shard = exchange.shards["risk/1"]
    for _ in range(3):
        shard.step(0.0)
    assert shard.snapshot_due()
    with pytest.raises(FatalError, match="before its outputs were confirmed"):
        shard.snapshot()
    assert exchange.snapshots.newest("risk/1") == before
    log.mend()
    shard.step(0.0)
    after = exchange.snapshots.newest("risk/1")
    assert after is not None
    assert after.position == shard.position


def test_a_shard_waits_for_the_log_and_takes_no_more_input_while_a_snapshot_does(
    pair: tuple[MemoryExchange, UnreliableLog],
) -> None:
    exchange, log = pair
    alice = exchange.trader("alice")
    log.slow = {"books/0"}
    shard = exchange.shards["risk/1"]
    alice.send(_place("alice.main", "a"))
    shard.step(30.0)
    assert log.waits_s == [0.0]  # while it takes input it waits for nothing else
    alice.send(_place("alice.main", "b"))
    shard.step(30.0)
    assert shard.lag() == 1
    assert 0 < log.waits_s[1] <= shard_module.CONFIRM_WAIT_S
    log.mend()
    shard.step(0.0)
    shard.step(0.0)
    assert (shard.lag(), shard.publisher.pending()) == (0, 0)


def test_a_shard_whose_queue_is_long_takes_no_more_input(
    pair: tuple[MemoryExchange, UnreliableLog], monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange, log = pair
    exchange.policy = SnapshotPolicy(10**9, 10**9)
    shard = exchange.start("risk/1")
    alice = exchange.trader("alice")
    monkeypatch.setattr(shard_module, "PENDING_FRAMES_MAX", 3)
    log.slow = {"books/0"}
    for number in range(6):
        alice.send(_place("alice.main", f"o{number}"))
        shard.step(0.0)
    assert (shard.publisher.pending(), shard.lag()) == (3, 3)
    log.mend()
    exchange.settle()
    assert sum(isinstance(report, OrderAccepted) for report in alice.reports()) == 6
    check_reservations(exchange.risk_shards())


def test_an_input_that_cannot_be_read_now_is_told_and_read_later(
    pair: tuple[MemoryExchange, UnreliableLog],
) -> None:
    exchange, log = pair
    alice = exchange.trader("alice")
    alice.reports()
    alice.send(_place("alice.main", "a"))
    log.unreadable = {"orders/1"}
    assert list(exchange.shards["risk/1"].step(0.0)) == ["orders/1"]
    log.mend()
    exchange.settle()
    assert [report.client_order_id for report in alice.reports()] == ["a"]


def test_an_acknowledgement_that_the_log_refuses_is_told_and_tried_again_and_holds_nothing_up(
    pair: tuple[MemoryExchange, UnreliableLog],
) -> None:
    exchange, log = pair
    alice = exchange.trader("alice")
    shard = exchange.shards["risk/1"]
    log.forgetful = {"orders/1"}
    for name in ("a", "b"):
        alice.send(_place("alice.main", name))
        assert list(shard.step(0.0)) == [ACKNOWLEDGEMENT]
    assert shard.lag() == 0
    log.mend()
    assert shard.step(0.0) == {}


def test_what_waits_for_the_log_is_pushed_although_the_input_cannot_be_read(
    pair: tuple[MemoryExchange, UnreliableLog],
) -> None:
    exchange, log = pair
    alice = exchange.trader("alice")
    log.down = {"books/0"}
    alice.send(_place("alice.main", "a"))
    exchange.shards["risk/1"].step(0.0)
    log.mend()
    log.unreadable = {"orders/1"}
    exchange.shards["risk/1"].step(0.0)
    assert exchange.shards["risk/1"].publisher.pending() == 0


def test_a_snapshot_store_that_refuses_is_told_and_trading_goes_on(tmp_path: Path) -> None:
    exchange = MemoryExchange(TEXT, OFTEN)
    in_the_way = tmp_path / "snapshots"
    in_the_way.write_text("a file where the folder should be")
    exchange.snapshots = open_snapshots(f"files:{in_the_way}/here")
    with pytest.raises(Exception, match="can't be read"):
        exchange.start("risk/1")
    in_the_way.unlink()
    shard = exchange.start("risk/1")
    in_the_way.write_text("again")
    alice = exchange.trader("alice")
    alice.send(_place("alice.main", "a"))
    problems = shard.step(0.0)
    assert list(problems) == ["snapshots"]
    exchange.settle()
    assert isinstance(alice.reports()[-1], OrderAccepted)
    in_the_way.unlink()
    assert shard.step(0.0) == {}
    found = exchange.snapshots.newest("risk/1")
    assert found is not None
    assert found.position == shard.position


def test_a_snapshot_from_beyond_the_logs_end_stops_the_shard() -> None:
    exchange = MemoryExchange(TEXT, OFTEN)
    shorter = open_log("memory:a log that lost its tail")
    for topic in derived.topics(exchange.topology):
        shorter.create_topic(topic.name, topic.partitions)
    shard = Shard(
        make_reference("risk/1"), "orders/1", exchange.identity, shorter, exchange.snapshots, OFTEN, lambda: 0
    )
    with pytest.raises(FatalError, match="beyond the log's end at 0"):
        shard.restore()
    shorter.close()


def test_a_shard_that_has_its_state_is_not_restored_again() -> None:
    """What its machine had said of an old session it would say again, of the same frames."""
    exchange = MemoryExchange(TEXT, OFTEN)
    shard = exchange.start("risk/1")
    assert shard.machine.events_applied
    with pytest.raises(AssertionError):
        shard.restore()
    with pytest.raises(AssertionError):
        shard.restore_from_log(SnapshotsUnreadable("away"))


def test_a_shard_that_meets_a_fatal_frame_stays_before_it_and_meets_it_again_when_it_is_restarted() -> None:
    exchange = MemoryExchange(TEXT, OFTEN)
    position = exchange.shards["book/0"].position
    writer = exchange.log.writer("books/0", "test")
    writer.send(internal(exchange, "risk/9", "books/0").frame(5, [encode(Tick(1, 1))]), 5)
    writer.poll()
    for _ in range(2):
        shard = exchange.shards["book/0"]
        with pytest.raises(FatalError, match="from risk/9 is broken"):
            shard.step(0.0)
        assert shard.position == position
        exchange.start("book/0")


def test_dead_letters_tell_partition_position_reason_and_frame_once() -> None:
    exchange = MemoryExchange(TEXT, OFTEN)
    writer = exchange.log.writer("orders/0", "a stranger")
    writer.send(b"garbage", 1)
    writer.poll()
    exchange.shards["risk/0"].step(0.0)
    exchange.forget_snapshots()
    exchange.start("risk/0")
    exchange.settle()
    (letter,) = [
        event for (_, to), events in exchange.said().items() if to == "dead_letters/0" for event in events
    ]
    frames = exchange.frames("orders/0")
    position = encode_offset(len(frames), frames[-1])
    assert b"garbage" in letter
    assert b"orders/0" in letter
    assert position in letter
    assert bytes([Reason.FRAME_MALFORMED]) in letter
    assert exchange.shards["risk/0"].frames_refused == 1
