"""The stream of reports: each once, and on from where it was after a restart."""

import json
from pathlib import Path
from typing import Any

import pytest
import structlog

from bulkhead.client import Client, ClientError, NoExchange, ReportsBroken
from bulkhead.domain.messages.reports import OrderAccepted, OrderFilled, SessionOpened
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import encode
from tests.support.exchange import MemoryExchange
from tests.unit.client.conftest import Connect
from tests.unit.client.test_client import ALICE, BOB, everything, kinds


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "alice.state"


def accepted(messages: list[Any]) -> list[str]:
    return [message.client_order_id for message in messages if isinstance(message, OrderAccepted)]


def test_without_a_state_reports_begin_now(connected: Connect, exchange: MemoryExchange) -> None:
    first = connected("alice")
    first.place(ALICE, "BTC-USD", "buy", 1, 100)
    exchange.settle()
    second = connected("alice", now_us=lambda: 9)
    assert isinstance(second.raw_reports()[0], SessionOpened)


def test_what_happened_between_two_sessions_is_told_to_the_second(connected: Connect, state: Path) -> None:
    alice = connected("alice", state=state)
    order = alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    everything(alice)
    alice.close()
    bob = connected("bob")
    bob.place(BOB, "BTC-USD", "sell", 1, 100)
    everything(bob)
    filled, opened = connected("alice", state=state).reports(0.0)
    assert isinstance(filled.message, OrderFilled)
    assert (filled.message.client_order_id, str(filled.price), filled.instrument_id) == (
        order,
        "100.00",
        "BTC-USD",
    )
    assert isinstance(opened.message, SessionOpened)


def test_reports_that_were_being_handled_when_a_program_failed_come_again(
    connected: Connect, state: Path
) -> None:
    def fails(client: Client) -> None:
        with client:
            client.place(ALICE, "BTC-USD", "buy", 1, 100)
            assert len(everything(client)) == 2
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails(connected("alice", state=state))
    again = everything(connected("alice", state=state))
    assert kinds(again)[:2] == [SessionOpened, OrderAccepted]


def test_it_goes_on_inside_a_frame(connected: Connect, state: Path, exchange: MemoryExchange) -> None:
    alice = connected("alice", state=state)
    with alice.batch():
        orders = [alice.place(ALICE, "BTC-USD", "buy", 1, 100 + n) for n in range(5)]
    exchange.settle()
    seen = []
    for report in alice.reports(0.0):
        seen.append(report)
        if len(seen) == 3:
            break
    alice.close()
    rest = list(connected("alice", state=state).reports(0.0))
    assert [report.sequence for report in [*seen, *rest]] == list(
        range(seen[0].sequence, seen[0].sequence + len(seen) + len(rest))
    )
    assert accepted([report.message for report in [*seen, *rest]]) == orders


def test_the_state_is_saved_every_so_many_reports(connected: Connect, state: Path) -> None:
    alice = connected("alice", state=state, save_every_reports=3)
    for n in range(7):
        alice.place(ALICE, "BTC-USD", "buy", 1, 100 + n)
    numbers = []
    for report in alice.reports(0.0):
        numbers.append(report.sequence)
        saved = json.loads(state.read_text())["last_sequence"]
        # Behind by the one being handled and at most two more.
        assert report.sequence - 3 <= saved <= report.sequence - 1
    assert len(numbers) == 8


def test_what_a_restarted_shard_says_again_is_dropped(connected: Connect, exchange: MemoryExchange) -> None:
    alice = connected("alice")
    order = alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    everything(alice)
    exchange.start("risk/1")
    alice.cancel(ALICE, order)
    messages = everything(alice)
    assert len(messages) == 1
    assert alice.reports_repeated > 0
    assert alice.unanswered == 0


def test_a_missing_report_stops_the_reading_every_time(connected: Connect, exchange: MemoryExchange) -> None:
    alice = connected("alice")
    everything(alice)
    missing = forged(exchange, "risk/1", last=100)
    missing.send([encode(OrderAccepted(1, ALICE, "x", 1, "BTC-USD"))], 0)
    missing.poll()
    for _ in range(2):
        with pytest.raises(ReportsBroken, match=r"reports\.alice/0: sequence 10[12] came where"):
            alice.raw_reports()
        missing.send([encode(OrderAccepted(1, ALICE, "y", 1, "BTC-USD"))], 0)
        missing.poll()


def test_a_stream_with_another_past_stops_the_reading(connected: Connect, exchange: MemoryExchange) -> None:
    alice = connected("alice")
    (opened,) = alice.reports(0.0)
    other = forged(exchange, "risk/1", last=opened.sequence)
    other.send([encode(OrderAccepted(1, ALICE, "x", 1, "BTC-USD"))], 0)
    other.poll()
    with pytest.raises(ReportsBroken, match="CRC-32"):
        alice.raw_reports()


def test_a_report_that_cannot_be_read_stops_the_reading_every_time(
    connected: Connect, exchange: MemoryExchange
) -> None:
    alice = connected("alice")
    (opened,) = alice.reports(0.0)
    other = forged(exchange, "risk/1", last=opened.sequence, crc=alice._link.inbox.mark().crc)
    other.send([b"\x91\x7f"], 0)
    other.poll()
    with pytest.raises(ReportsBroken, match="no message has the type number 127; is this client older"):
        alice.raw_reports()
    other.send([encode(OrderAccepted(1, ALICE, "x", 1, "BTC-USD"))], 0)
    other.poll()
    with pytest.raises(ReportsBroken):
        alice.raw_reports()


@pytest.mark.parametrize("source", ["risk/0", "book/0", "clock/0", "aa/1"])
def test_frames_of_other_sources_and_garbage_are_ignored_visibly(
    connected: Connect, exchange: MemoryExchange, source: str
) -> None:
    alice = connected("alice")
    everything(alice)
    foreign = forged(exchange, source)
    foreign.send([encode(OrderAccepted(1, ALICE, "x", 1, "BTC-USD"))], 0)
    foreign.poll()
    garbage = exchange.log.writer("reports.alice/0", "garbage")
    garbage.send(b"garbage", 1)
    garbage.poll()
    order = alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    with structlog.testing.capture_logs() as said:
        assert accepted(everything(alice)) == [order]
    assert [line["event"] for line in said] == ["reports_frame_ignored"] * 2


def forged(exchange: MemoryExchange, source: str, last: int = 0, crc: int = 0) -> Source:
    sealer = MacSealer(b"x" * 32)
    return Source(exchange.log, exchange.identity, source, "reports.alice/0", sealer, "forged", last, crc)


def test_a_state_of_another_exchange_is_refused(connected: Connect, state: Path) -> None:
    connected("alice", state=state).close()
    saved = json.loads(state.read_text())
    state.write_text(json.dumps(saved | {"genesis_id": "00" * 16}))
    with pytest.raises(ClientError, match=r"state file .* genesis 0000.*; this is 'alice' at 'dev'"):
        connected("alice", state=state)


def test_a_state_of_another_participant_is_refused(connected: Connect, state: Path) -> None:
    connected("alice", state=state).close()
    with pytest.raises(ClientError, match="is of participant 'alice'"):
        connected("bob", state=state)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 9}', '{"version": 1, "orders": []}'])
def test_a_state_that_cannot_be_read_is_not_taken_for_none(
    connected: Connect, state: Path, text: str
) -> None:
    state.write_text(text)
    with pytest.raises(ClientError, match=r"alice\.state can't be used"):
        connected("alice", state=state)
    assert state.read_text() == text


def test_a_state_beyond_the_end_of_the_log_is_said(connected: Connect, state: Path) -> None:
    connected("alice", state=state).close()
    saved = json.loads(state.read_text())
    state.write_text(json.dumps(saved | {"position": "00000000000003e800000000"}))
    with pytest.raises(ReportsBroken, match=r"the log has lost its end: .* 1000 is beyond"):
        connected("alice", state=state)


def test_a_state_that_cannot_be_written_is_said(connected: Connect, tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="can't be written"):
        connected("alice", state=tmp_path / "no folder" / "state")


def test_no_answer_leaves_the_state_as_it_was(
    connected: Connect, exchange: MemoryExchange, state: Path
) -> None:
    connected("alice", state=state).close()
    before = state.read_text()
    with pytest.raises(NoExchange, match="nobody reads orders/1"):
        connected("alice", state=state, idle=lambda: None)
    assert state.read_text() == before
