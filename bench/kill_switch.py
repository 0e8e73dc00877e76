"""`python -m bench.kill_switch`: how long a kill switch takes.

One participant has orders resting in BTC-USD and goes on sending new ones. An operator's signed command stops
it. Told are the milliseconds from when the command is given (signed and written by this process: without the
half second that `bulkhead` takes to start) until

answered: the risk shard's answer is read;
refused: the participant reads the first refusal of a new order;
canceled: it reads that the last of its resting orders has ended.

Idle, and while a participant on the same risk shard writes valid orders for the same book, as many as it is
told, many times what the exchange can do. The last line is one JSON object.
"""

import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Annotated, Any

import typer

from bench.exchange import INSTRUMENT_ID, fresh_exchange
from bench.flood import ATTACKER, NEIGHBOUR
from bench.overload import outrunning, topology
from bench.setting import Setting
from bulkhead.client import Client, connect
from bulkhead.client.connection import Connection
from bulkhead.domain.messages.kill_switch import KillScope, SetKillSwitch
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderRejected
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.installation.decisions import decide_and_hear
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log

WINDOW = 500
"""of the resting orders' entries: a quarter of what the risk shard leaves unanswered at one book"""
NEW_ORDER_EVERY_S = 0.005
SETTLED_S = 2.0
"""After the first answer to it, overload has filled every queue."""
DEADLINE_S = 120.0
PRICE_TICKS, QUANTITY_LOTS = 100, 10_000


class Stopped:
    """One participant that is stopped, once."""

    def __init__(self, installation: Installation, client: Client, orders: int) -> None:
        self._installation = installation
        self._client = client
        self._account_id = client.connection.participant(NEIGHBOUR).accounts[0]
        self._left = 0
        self._sent = 0
        self._refused_at = 0.0
        self._place_all(orders)

    def measure(self) -> dict[str, float]:
        begun_at = time.monotonic()
        deadline = begun_at + DEADLINE_S
        answered: list[float] = []
        operator = threading.Thread(target=lambda: answered.append(self._turn(True)), name="operator")
        operator.start()
        next_order_at = begun_at
        while self._left or not self._refused_at:
            now = time.monotonic()
            if now >= deadline:
                raise RuntimeError(f"{self._left} orders are live {DEADLINE_S:g} s after they were stopped")
            if now >= next_order_at:
                self._place()
                next_order_at = now + NEW_ORDER_EVERY_S
            self._read(NEW_ORDER_EVERY_S)
        canceled_at = time.monotonic()
        operator.join()
        self._turn(False)
        moments = {"answered": answered[0], "refused": self._refused_at, "canceled": canceled_at}
        return {f"{name}_ms": (at - begun_at) * 1_000 for name, at in moments.items()}

    def _turn(self, on: bool) -> float:
        """When the risk shard's answer was read."""
        decision = SetKillSwitch(KillScope.PARTICIPANT, NEIGHBOUR, on, "measured")
        refusal, _ = decide_and_hear(self._installation, decision, 1, DEADLINE_S)
        if refusal is not None:
            raise RuntimeError(f"control refuses: {refusal.name}")
        return time.monotonic()

    def _place_all(self, orders: int) -> None:
        while self._left < orders:
            if self._client.unanswered < WINDOW and self._left + self._client.unanswered < orders:
                self._place()
            else:
                self._read(0.1)
        while self._client.unanswered:
            self._read(0.1)

    def _place(self) -> None:
        """Orders that rest: nobody sells so low."""
        self._sent += 1
        terms = (OrderType.LIMIT, TimeInForce.GTC, False, PRICE_TICKS, None, QUANTITY_LOTS)
        name = f"{self._client.session.epoch:x}-{self._sent}"
        self._client.submit((PlaceOrder(self._account_id, name, INSTRUMENT_ID, Side.BUY, *terms),))

    def _read(self, timeout_s: float) -> None:
        for report in self._client.raw_reports(timeout_s):
            if isinstance(report, OrderAccepted):
                self._left += 1
            elif isinstance(report, OrderCanceled):
                self._left -= 1
            elif isinstance(report, OrderRejected) and report.reason is Reason.KILLED:
                self._refused_at = self._refused_at or time.monotonic()


@contextmanager
def overload(installation: Installation, offered: int, told: dict[str, Any]) -> Iterator[None]:
    """While the block lasts, which begins when every queue is full. `told`: as of bench.overload."""
    connection = Connection.load(installation.connection_path)
    with closing(open_log(connection.log_address(ATTACKER))) as log:
        reports = log.reader(connection.participant(ATTACKER).reports, "kill-switch")
        reports.seek(reports.end())
        with outrunning(installation, INSTRUMENT_ID, offered, told):
            deadline = time.monotonic() + DEADLINE_S
            while not reports.receive(1, 1.0):
                if time.monotonic() >= deadline:
                    raise RuntimeError(f"{ATTACKER} was told nothing within {DEADLINE_S:g} s")
            time.sleep(SETTLED_S)
            yield


def measure(installation: Installation, orders: int, runs: int, offered: int) -> dict[str, Any]:
    told: dict[str, Any] = {"orders": orders, "runs": runs}
    for name in ("idle", "overload"):
        found: dict[str, Any] = {}
        times: list[dict[str, float]] = []
        for _ in range(runs):
            with ExitStack() as stack:
                client = stack.enter_context(connect(installation.connection_path, NEIGHBOUR))
                stopped = Stopped(installation, client, orders)
                if name == "overload":
                    stack.enter_context(overload(installation, offered, found))
                times.append(stopped.measure())
        middle = {moment: round(statistics.median(each[moment] for each in times)) for moment in times[0]}
        longest = {moment: round(max(each[moment] for each in times)) for moment in times[0]}
        told[name] = {"median": middle, "longest": longest, **found}
    return {**told, "path": Setting(installation, 0).path()}


def main(
    orders: Annotated[int, typer.Option(help="That rest when the switch is thrown.")] = 5_000,
    runs: Annotated[int, typer.Option(help="Of each kind.")] = 5,
    offered: Annotated[int, typer.Option(help="Orders a second of the one that overloads.")] = 400_000,
) -> None:
    """Measure how long it takes until what a kill switch stops has stopped."""
    with fresh_exchange(topology(), None) as installation:
        print(json.dumps(measure(installation, orders, runs, offered)), flush=True)


if __name__ == "__main__":
    typer.run(main)
