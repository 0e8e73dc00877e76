"""The client on the embedded log, where it really waits, beside an exchange that runs by itself."""

from pathlib import Path

import pytest

from bulkhead.client import Client, connect
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderFilled
from tests.unit.client.conftest import Running, exchange_on_files
from tests.unit.client.test_client import ALICE, BOB


def until(client: Client, kind: type) -> list[object]:
    """The messages of reports up to the first one of that kind."""
    messages: list[object] = []
    for report in client.reports(60.0):
        messages.append(report.message)
        if isinstance(report.message, kind):
            return messages
    raise AssertionError(f"no {kind.__name__} came")


def test_two_participants_trade_and_one_goes_on_after_a_restart(tmp_path: Path) -> None:
    exchange, connection = exchange_on_files(tmp_path)
    state = tmp_path / "alice.state"
    with Running(exchange):
        with connect(connection, "alice", state=state) as alice:
            order = alice.place(ALICE, "BTC-USD", "buy", "0.5", "60000")
            until(alice, OrderAccepted)
        with connect(connection, "bob") as bob:
            bob.place(BOB, "BTC-USD", "sell", "0.25", "60000", time_in_force="ioc")
            until(bob, OrderFilled)
        with connect(tmp_path, "alice", state=state) as alice:
            alice.cancel(ALICE, order)
            assert OrderFilled in map(type, until(alice, OrderCanceled))
    exchange.log.close()


def test_a_small_window_slows_a_fast_sender_down_and_loses_nothing(tmp_path: Path) -> None:
    exchange, connection = exchange_on_files(tmp_path)
    with Running(exchange), connect(connection, "alice", window=16) as alice:
        with alice.batch():
            orders = [alice.place(ALICE, "BTC-USD", "buy", "0.1", 100) for _ in range(300)]
        accepted: list[str] = []
        while len(accepted) < len(orders):
            messages = alice.raw_reports(60.0)
            accepted += [m.client_order_id for m in messages if isinstance(m, OrderAccepted)]
        assert accepted == orders
        assert alice.unanswered == 0
    exchange.log.close()


def test_leaving_by_an_exception_lets_go_of_the_log(tmp_path: Path) -> None:
    exchange, connection = exchange_on_files(tmp_path)
    with Running(exchange), pytest.raises(RuntimeError), connect(connection, "alice"):
        raise RuntimeError
    assert not list((tmp_path / "log" / "reports.alice" / "0" / "listeners").iterdir())
    exchange.log.close()
