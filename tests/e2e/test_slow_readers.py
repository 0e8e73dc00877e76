"""Those who only look: however slowly they read, or not at all, nobody who trades waits for them."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bulkhead.client import Client, connect
from bulkhead.client.market import follow_market
from bulkhead.domain.messages.reports import OrderAccepted
from tests.support.running import RunningExchange, command_line, environment, shards_by_name, until

INSTRUMENT = "BTC-USD"
ORDERS = 20_000
"""What they cause is megabytes in each stream: many times what a pipe holds, or a client reads ahead."""


@pytest.fixture(scope="module")
def exchange(
    on_each_log: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("slow"), {"exchange": "slow", **on_each_log}) as running:
        yield running


@contextmanager
def stopped_view(exchange: RunningExchange) -> Iterator[None]:
    """No view reads anything inside the block."""
    with exchange.attached():
        pid = shards_by_name()["view/0"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def screen_that_nobody_reads(exchange: RunningExchange) -> Iterator[None]:
    """A `watch` whose output fills its pipe, and then stands still."""
    arguments = command_line("watch", INSTRUMENT, "--json", "--topology", exchange.topology_file)
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=environment()) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.read(1)  # it has begun to follow
            yield
        finally:
            process.kill()


class Trader:
    """Sends orders and counts those that are answered. What it is told else it does not keep."""

    def __init__(self, client: Client, side: str) -> None:
        self._client, self._side = client, side
        self.accepted = 0
        client.on_answer = self._answered

    def _answered(self, _: int, report: Any) -> None:
        assert isinstance(report, OrderAccepted), report
        self.accepted += 1

    def send(self, count: int) -> None:
        for _ in range(count):
            self._client.place(f"{self._client.participant_id}.00", INSTRUMENT, self._side, "0.0001", "900")
        self._client.flush()

    def heard(self) -> int:
        self._client.raw_reports(0.05)
        return self.accepted


def test_a_view_a_screen_and_a_program_that_do_not_read_hold_no_book_back_and_catch_up(
    exchange: RunningExchange,
) -> None:
    connection = exchange.connection
    window: dict[str, Any] = {"window": 2 * ORDERS, "timeout_s": 240.0}
    with follow_market(connection, INSTRUMENT) as program, screen_that_nobody_reads(exchange):
        with (
            stopped_view(exchange),
            connect(connection, "flow0", **window) as seller,
            connect(connection, "flow2", **window) as buyer,
        ):
            # alice trades too, and her program reads none of her reports.
            with connect(connection, "alice") as silent:
                silent.place("alice.main", INSTRUMENT, "sell", "0.0001", "900")
            traders = Trader(seller, "sell"), Trader(buyer, "buy")
            for trader in traders:
                trader.send(ORDERS // 2)
            for trader in traders:
                until("all are answered", lambda trader=trader: trader.heard() == ORDERS // 2)  # type: ignore[misc]
            with exchange.attached():
                assert shards_by_name()["book/0"]["state"] == "running"
        until("the program has caught up", lambda: program.step(0.1) == 0 and program.lag() == 0)
        touch = program.view.touch(INSTRUMENT)
        resting = program.view.counters(INSTRUMENT)["orders_resting"]
        assert program.view.counters(INSTRUMENT)["trades"] == ORDERS // 2
        assert (touch["bid"], touch["ask"] is None, resting) == (None, False, 1)
    told = exchange.command("watch", INSTRUMENT, "--once", "--json").json
    assert [level["orders"] for level in told["asks"]] == [1]

    def lag() -> int:
        found = exchange.command("status", "view/0", "--json").json
        return int(sum(machine["lag"] for machine in found["machines"]))

    until("the view has caught up", lambda: lag() == 0)
