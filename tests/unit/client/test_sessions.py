"""Sessions: epochs, what the exchange says of the one before, and being replaced by a newer one."""

import threading
from pathlib import Path

import pytest
import structlog

from bulkhead.client import Client, ClientError, NoExchange, SessionLost, connect, link
from bulkhead.domain.messages.participant import CancelOrder
from bulkhead.domain.messages.reports import (
    GapDetected,
    OrderAccepted,
    OrderStatus,
    SessionOpened,
    StaleSession,
)
from bulkhead.errors import TemporaryError
from bulkhead.log.port import Log, Reader, Record, Writer
from bulkhead.wire.codec import encode
from tests.support.exchange import SHIPPED, MemoryExchange
from tests.unit.client.conftest import Connect, write_connection
from tests.unit.client.test_client import ALICE, everything, kinds

EPOCH_MAX = 2**63 - 1


def test_a_session_takes_the_clock_as_its_epoch(connected: Connect) -> None:
    assert connected("alice", now_us=lambda: 1_800_000_000_000_000).session.epoch == 1_800_000_000_000_000


def test_with_a_state_the_next_epoch_follows_even_when_the_clock_has_gone_back(
    connected: Connect, tmp_path: Path
) -> None:
    connected("alice", state=tmp_path / "state", now_us=lambda: 50).close()
    assert connected("alice", state=tmp_path / "state", now_us=lambda: 3).session.epoch == 51


def test_without_a_state_and_with_a_clock_gone_back_the_exchange_tells_the_epoch(connected: Connect) -> None:
    connected("alice", now_us=lambda: 50).close()
    alice = connected("alice", now_us=lambda: 3)
    assert alice.session.epoch == 51
    assert kinds(everything(alice)) == [StaleSession, SessionOpened]


def test_an_epoch_that_was_used_is_dropped_without_an_answer(connected: Connect) -> None:
    connected("alice", now_us=lambda: 50).close()
    with pytest.raises(NoExchange):
        connected("alice", now_us=lambda: 50)


def test_a_key_that_has_used_its_last_epoch_says_so(connected: Connect, exchange: MemoryExchange) -> None:
    exchange.trader("alice", EPOCH_MAX)
    with pytest.raises(ClientError, match="has used its last epoch: register another key"):
        connected("alice")


def test_a_new_session_tells_what_was_taken_and_what_is_open(connected: Connect) -> None:
    first = connected("alice")
    kept = first.place(ALICE, "ETH-USD", "buy", 1, 3000)
    gone = first.place(ALICE, "BTC-USD", "buy", 1, 100)
    first.cancel(ALICE, gone)
    everything(first)
    first.close()
    second = connected("alice", now_us=lambda: 9)
    assert (second.session.previous_epoch, second.session.previous_last_sequence) == (1, 4)
    assert [order.client_order_id for order in second.session.open_orders] == [kept]
    second.replace(ALICE, kept, 2, "3000.05")
    opened, status, replaced = second.reports(0.0)
    assert isinstance(opened.message, SessionOpened)
    assert isinstance(status.message, OrderStatus)
    assert (status.instrument_id, str(replaced.price)) == ("ETH-USD", "3000.05")


def test_an_order_that_no_session_knows_can_be_replaced_with_its_instrument(connected: Connect) -> None:
    alice = connected("alice")
    with pytest.raises(ValueError, match="pass its instrument_id"):
        alice.replace(ALICE, "unheard of", 1, 100)
    alice.replace(ALICE, "unheard of", 1, 100, instrument_id="BTC-USD")
    assert alice.unanswered == 1


def test_a_session_that_a_newer_one_replaced_gives_out_its_reports_and_then_says_so(
    connected: Connect, exchange: MemoryExchange
) -> None:
    old = connected("alice")
    order = old.place(ALICE, "BTC-USD", "buy", 1, 100)
    exchange.settle()
    new = connected("alice", now_us=lambda: 9)
    assert [status.client_order_id for status in new.session.open_orders] == [order]
    assert kinds(old.raw_reports()) == [SessionOpened, OrderAccepted, SessionOpened, OrderStatus]
    with pytest.raises(SessionLost, match=r"session 1 of key .* 9, was opened"):
        old.raw_reports()
    with pytest.raises(SessionLost):
        old.place(ALICE, "BTC-USD", "buy", 1, 100)


def test_what_is_sent_after_being_replaced_is_answered_with_the_loss(connected: Connect) -> None:
    old, _ = connected("alice"), connected("alice", now_us=lambda: 9)
    old.place(ALICE, "BTC-USD", "buy", 1, 100)
    with pytest.raises(SessionLost):
        for _ in old.reports(0.0):
            pass


def test_two_keys_of_a_participant_have_a_session_each(tmp_path: Path) -> None:
    exchange = MemoryExchange(SHIPPED.read_text().replace("keys: [alice]", "keys: [alice, spare]"))
    file = write_connection(exchange, tmp_path, "memory:not opened")

    def session(key: str) -> Client:
        return connect(file, "alice", key=key, log=exchange.log, idle=exchange.settle, timeout_s=0.0)

    one, other = session("alice"), session("spare")
    for client in (one, other):
        for price in (100, 101):
            client.place(ALICE, "BTC-USD", "buy", 1, price)
    assert kinds(everything(one)).count(OrderAccepted) == 4
    assert kinds(everything(other)).count(OrderAccepted) == 4
    assert (one.unanswered, other.unanswered) == (0, 0)


class Refusing:
    """A log whose disk is full while `full` is set: its writers refuse, as the embedded log's do then."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.full = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def writer(self, partition: str, producer: str) -> Writer:
        writer = self._log.writer(partition, producer)
        poll = writer.poll

        def refusing(timeout_s: float = 0.0) -> int:
            if self.full:
                raise TemporaryError("no room")
            return poll(timeout_s)

        writer.poll = refusing  # type: ignore[method-assign]  # this instance's disk is full
        return writer


def test_what_the_log_refuses_is_kept_and_sent_when_there_is_room(
    connected: Connect, exchange: MemoryExchange
) -> None:
    log = Refusing(exchange.log)
    alice = connected("alice", log=log)
    log.full = True
    with structlog.testing.capture_logs() as said:
        order = alice.place(ALICE, "BTC-USD", "buy", 1, 100)
        alice.cancel(ALICE, order)
        assert alice.unsent == 2
        with pytest.raises(TemporaryError, match="no room"):
            alice.flush(0.0)
        log.full = False
        assert len(everything(alice)) == 3
    assert alice.unsent == 0
    assert [line["event"] for line in said] == ["client_log_refuses", "client_log_takes_again"]


class Away:
    """A log that can't be read while `away` is set, as a broker that was killed."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.away = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def reader(self, partition: str, subscription: str) -> Reader:
        if self.away:
            raise TemporaryError("no connection to the broker")
        reader = self._log.reader(partition, subscription)
        receive = reader.receive

        def refusing(bytes_max: int, timeout_s: float) -> list[Record]:
            if self.away:
                raise TemporaryError("no connection to the broker")
            return receive(bytes_max, timeout_s)

        reader.receive = refusing  # type: ignore[method-assign]  # this instance's broker is away
        return reader


def test_a_log_that_can_not_be_read_for_a_while_brings_no_reports_and_is_told_once(
    connected: Connect, exchange: MemoryExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "TELL_AFTER_S", 0.0)
    log = Away(exchange.log)
    alice = connected("alice", log=log)
    everything(alice)
    with structlog.testing.capture_logs() as said:
        log.away = True
        alice.place(ALICE, "BTC-USD", "buy", 1, 100)
        for _ in range(3):
            assert alice.raw_reports() == []
        log.away = False
        assert kinds(everything(alice)) == [OrderAccepted]
    assert [line["event"] for line in said] == ["client_log_unreadable", "client_log_readable_again"]


def test_the_patience_with_a_log_that_can_not_be_read_has_an_end_after_which_one_may_go_on(
    connected: Connect, exchange: MemoryExchange
) -> None:
    log = Away(exchange.log)
    alice = connected("alice", log=log, patience_s=0.0)
    everything(alice)
    log.away = True
    alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    with pytest.raises(TemporaryError, match="no connection"):
        alice.raw_reports()
    log.away = False
    assert kinds(everything(alice)) == [OrderAccepted]


def test_connecting_waits_for_a_log_that_is_away_as_long_as_for_an_answer(
    connected: Connect, exchange: MemoryExchange
) -> None:
    log = Away(exchange.log)
    log.away = True
    with pytest.raises(TemporaryError, match="no connection"):
        connected("alice", log=log)
    back = threading.Timer(0.05, setattr, (log, "away", False))
    back.start()
    assert connected("alice", log=log, timeout_s=60.0).session.previous_epoch == 0
    back.join()


def test_a_stream_that_lost_its_tail_is_lost_as_a_session(
    connected: Connect, exchange: MemoryExchange
) -> None:
    alice = connected("alice")
    everything(alice)
    # What a power cut does to a log that does not sync every append: a frame that it took is gone.
    source = alice._link._sending._source
    assert source is not None
    source.frame([encode(CancelOrder(ALICE, "x"))], 0)
    alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    assert kinds(alice.raw_reports()) == [GapDetected]
    with pytest.raises(SessionLost, match="the log has lost some of it"):
        alice.raw_reports()
