"""Runs the recorded flow through a running exchange and says what came of it: for `flow replay` and
`demo`.
"""

import hashlib
import json
import os
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from actors.attach import NotRunning, Question, attached, call
from actors.audit import Audit, audit
from bulkhead.client import Client, connect
from bulkhead.client.connection import Connection
from bulkhead.flow import bitstamp
from bulkhead.flow.driver import WINDOW, Driver, percentile
from bulkhead.flow.driver import Progress as Done
from bulkhead.flow.recording import FlowCommand, FlowError, RecordedTrade, Recording
from bulkhead.installation.state import Installation
from bulkhead.machines.engines import native_build
from commands.exchange import on_interrupt
from commands.screen.page import Page
from commands.screen.units import Units

INSTRUMENT = "BTC-USD"
VIEW = "view/0"
PICTURE_EVERY_S = 0.5
LINE_EVERY_S = 5.0
"""where the output is no terminal"""


def run_flow(
    installation: Installation, speed: float | None, limit: int | None, window: int, console: Console
) -> dict[str, Any]:
    """Replay the recording's first `limit` commands (None: all); the summary, as item by item in
    README.md.
    """
    with console.status("reading the recording"):
        recording = bitstamp.load()
    commands = recording.commands if limit is None else recording.commands[:limit]
    connection = Connection.load(installation.connection_path)
    check_fit(connection, recording)
    stop = threading.Event()
    with ExitStack() as stack:
        stack.enter_context(attached(installation))
        stack.enter_context(on_interrupt(stop))
        clients = [
            stack.enter_context(connect(connection, name, window=2 * window))
            for name in recording.participants
        ]
        driver = Driver(INSTRUMENT, commands, clients, window)
        done = _drive(driver, commands, connection, speed, stop, console, installation)
        if stop.is_set():
            raise KeyboardInterrupt
        with console.status("checking that everything adds up"):
            found = audit(installation)
            driver.drain()
            resting = call(_book_of(installation), "orders", INSTRUMENT)
        summary = _summary(recording, commands, driver, done, found, resting, clients, installation)
        return {**summary, "speed": "max" if speed is None else speed}


def check_fit(connection: Connection, recording: Recording) -> None:
    """FlowError where the exchange lacks what the recording's orders are for."""
    lacking = []
    tick, lot = (
        Decimal(1).scaleb(-decimals) for decimals in (recording.price_decimals, recording.quantity_decimals)
    )
    instrument = connection.instruments.get(INSTRUMENT)
    if instrument is None or (Decimal(instrument.tick), Decimal(instrument.lot)) != (tick, lot):
        lacking.append(f"the instrument {INSTRUMENT} with tick {tick} and lot {lot:f}")
    for name, accounts in zip(recording.participants, recording.accounts, strict=True):
        participant = connection.participants.get(name)
        if participant is None or not set(accounts) <= set(participant.accounts):
            lacking.append(f"the participant {name} with accounts {accounts[0]} to {accounts[-1]}")
    if lacking:
        raise FlowError(
            f"exchange {connection.exchange_id!r} lacks what the recording needs: {'; '.join(lacking)}. "
            "The topology.yaml that Bulkhead comes with has them"
        )


def _book_of(installation: Installation) -> str:
    books = installation.topology.shards.books
    return next(f"book/{n}" for n, book in enumerate(books) if INSTRUMENT in book.instruments)


def _drive(
    driver: Driver,
    commands: Sequence[FlowCommand],
    connection: Connection,
    speed: float | None,
    stop: threading.Event,
    console: Console,
    installation: Installation,
) -> Done:
    if not console.is_terminal:
        return driver.run(speed, _while_it_runs(installation, _lines(len(commands), stop, console)))
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        expand=True,
    )
    task = bar.add_task("commands answered", total=len(commands))
    with Live(console=console, auto_refresh=False, transient=False, vertical_overflow="crop") as live:
        picture = _Picture(connection, live, bar)

        def look(done: Done) -> bool:
            if picture.due():
                bar.update(task, completed=done.answered)
                picture.show(done)
            return stop.is_set()

        done = driver.run(speed, _while_it_runs(installation, look))
        bar.update(task, completed=done.answered)
        picture.show(done)
    return done


def _while_it_runs(installation: Installation, look: Callable[[Done], bool]) -> Callable[[Done], bool]:
    """`look`, but NotRunning when the exchange was taken down: its answers would be waited for in vain."""
    next_at = [0.0]

    def looked(done: Done) -> bool:
        if time.monotonic() >= next_at[0]:
            next_at[0] = time.monotonic() + PICTURE_EVERY_S
            if installation.running() is None:
                raise NotRunning(
                    f"exchange {installation.topology.exchange!r} went down in the middle of the replay, "
                    f"after {done.answered:,} answers: what was sent stays, `bulkhead up` starts it again"
                )
        return look(done)

    return looked


def _lines(total: int, stop: threading.Event, console: Console) -> Callable[[Done], bool]:
    """Progress for a log file: a line now and then."""
    next_at = [time.monotonic() + LINE_EVERY_S]

    def look(done: Done) -> bool:
        if time.monotonic() >= next_at[0]:
            next_at[0] = time.monotonic() + LINE_EVERY_S
            console.print(
                f"{done.answered:,} of {total:,} commands answered, {done.fills // 2} trades, "
                f"{done.answered / max(done.elapsed_s, 1e-9):,.0f} commands/s"
            )
        return stop.is_set()

    return look


class _Picture:
    """The moving book: asks the view now and then, and never waits for its answer."""

    def __init__(self, connection: Connection, live: Live, bar: Progress) -> None:
        instrument = connection.instruments[INSTRUMENT]
        self._units = Units(
            Decimal(instrument.tick), Decimal(instrument.lot), instrument.base, instrument.quote
        )
        self._exchange = connection.exchange_id
        self._live = live
        self._bar = bar
        self._book = Question(VIEW, "book", INSTRUMENT)
        self._next_at = 0.0
        self._before = (0.0, 0, 0)

    def due(self) -> bool:
        return time.monotonic() >= self._next_at

    def show(self, done: Done) -> None:
        self._next_at = time.monotonic() + PICTURE_EVERY_S
        book = self._book.newest_answer()
        if book is None:
            self._live.update(self._bar, refresh=True)
            return
        elapsed_s, answered, fills = self._before
        span_s = max(done.elapsed_s - elapsed_s, 1e-9)
        rates = {
            "commands": (done.answered - answered) / span_s,
            "trades": (done.fills - fills) / 2 / span_s,
        }
        self._before = (done.elapsed_s, done.answered, done.fills)
        self._live.update(
            Page(
                title=self._exchange,
                ladder=book["ladder"],
                trades=book["trades"],
                units=self._units,
                per_second=rates,
                footer=self._bar,
                rows=8,
            ),
            refresh=True,
        )


def _summary(
    recording: Recording,
    commands: Sequence[FlowCommand],
    driver: Driver,
    done: Done,
    found: Audit,
    resting: list[tuple[int, str, int, int]],
    clients: Sequence[Client],
    installation: Installation,
) -> dict[str, Any]:
    trades = driver.trades()
    goal = Counter(_key(trade) for trade in recording.trades)
    made = Counter(_key(trade) for trade in trades)
    reproduced = sum((goal & made).values())
    latencies = sorted(done.latencies_us)
    book = [
        (driver.client_order_ids.get(order_id, ""), side, price_ticks, lots)
        for order_id, side, price_ticks, lots in resting
    ]
    return {
        "orders": done.orders,
        "accepted": done.accepted,
        "rejected": sum(done.rejected.values()),
        "rejected_by_reason": _names(done.rejected),
        "commands": done.commands,
        "cancels": done.commands - done.orders,
        "canceled_by_reason": _names(done.canceled),
        "trades": len(trades),
        "recorded_trades": len(recording.trades),
        "reproduced_trades": reproduced,
        "unrecorded_trades": len(trades) - reproduced,
        "trades_digest": _digest([_key(trade) for trade in trades]),
        "resting_orders": len(resting),
        "resting_digest": _digest(book),
        "rows": recording.rows,
        "inferences": {name: inference.count for name, inference in recording.inferences.items()},
        "barriers": driver.barriers,
        "ledger_balanced": found.balanced,
        "ledger_problems": found.problems[:10],
        "duplicates_dropped": found.duplicates_dropped + sum(client.reports_repeated for client in clients),
        "orders_per_second": round(done.orders / done.elapsed_s),
        "commands_per_second": round(done.commands / done.elapsed_s),
        "seconds": round(done.elapsed_s, 2),
        "p50_ms": percentile(latencies, 0.50) / 1000,
        "p99_ms": percentile(latencies, 0.99) / 1000,
        "digests": found.digests,
        "positions": found.positions,
        "path": path(installation),
    }


def path(installation: Installation) -> dict[str, Any]:
    """What a figure was measured on: every line that tells one says so."""
    topology = installation.topology
    return {
        "log": topology.log.adapter,
        "durability": topology.log.durability if topology.log.adapter == "sqlite" else "the broker's",
        "engine": installation.engine_running(),
        "native_build": native_build(),
        "signed": True,
        "replicas": ", ".join(sorted({boundary.replicas for boundary in topology.boundaries.values()})),
        "snapshots": topology.snapshots.adapter,
        "commit": os.environ.get("BULKHEAD_COMMIT") or commit(),
    }


def commit() -> str:
    """The checkout's commit, shortened; empty where this is none, or there is no git to ask."""
    git = shutil.which("git")
    if git is None:
        return ""
    done = subprocess.run(
        [git, "-C", os.path.dirname(__file__), "describe", "--always", "--dirty"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def show_summary(summary: dict[str, Any], console: Console) -> None:
    table = Table(title="what came of it", show_header=False)
    table.add_column(justify="right")
    table.add_column()
    rejected = ", ".join(f"{count:,} {name}" for name, count in summary["rejected_by_reason"].items())
    rows = {
        "orders": f"{summary['orders']:,}: {summary['accepted']:,} accepted, {summary['rejected']:,} refused",
        "refused for": rejected or "nothing",
        "cancels": f"{summary['cancels']:,}",
        "trades": f"{summary['trades']:,}, of {summary['recorded_trades']} recorded "
        f"{summary['reproduced_trades']} came out the same, and {summary['unrecorded_trades']} besides",
        "resting orders": f"{summary['resting_orders']:,}",
        "ledger": "balances, to the smallest unit" if summary["ledger_balanced"] else "DOES NOT BALANCE",
        "speed": f"{summary['orders_per_second']:,} orders/s, {summary['commands_per_second']:,} commands/s, "
        f"{summary['seconds']} s",
        "order to report": f"p50 {summary['p50_ms']:.1f} ms, p99 {summary['p99_ms']:.1f} ms, "
        + ("window full" if summary["speed"] == "max" else f"at {summary['speed']:g} x the recorded pace"),
        "path": ", ".join(f"{name} {value}" for name, value in summary["path"].items()),
    }
    for name, text in rows.items():
        table.add_row(f"[bold]{name}[/bold]", text)
    console.print(table)
    for problem in summary["ledger_problems"]:
        console.print(f"[red]{problem}[/red]")


def _key(trade: RecordedTrade) -> tuple[int, int, int, int]:
    return trade.buy_order_id, trade.sell_order_id, trade.price_ticks, trade.quantity_lots


def _names(counts: Counter[Any]) -> dict[str, int]:
    return {reason.name.lower(): count for reason, count in sorted(counts.items())}


def _digest(rows: list[Any]) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


__all__ = ["INSTRUMENT", "WINDOW", "path", "run_flow", "show_summary"]
