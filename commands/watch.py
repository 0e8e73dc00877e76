"""`bulkhead watch`: one instrument's book, trades and rates, live; with --risk see watch_risk.py.

It reads market data straight from the log, from its beginning, with a reader of its own: it needs neither
Ray nor any shard, and nobody waits for it.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.live import Live
from rich.progress import Progress
from rich.text import Text

from bulkhead.client.connection import FILE_NAME, Connection, Instrument
from bulkhead.client.errors import ClientError, NoExchange
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.open import open_log
from bulkhead.topology.derived import log_address, state_directory
from bulkhead.views.follower import Follower
from bulkhead.views.questions import Counters, Ladder
from bulkhead.views.session import SessionView
from bulkhead.views.trades import TRADES_KEPT, Trade
from commands.screen.page import ROWS, Page
from commands.screen.rates import RateMeter
from commands.screen.units import Units
from commands.topology import TopologyOption, read_topology
from commands.watch_risk import watch_risk

app = typer.Typer(help="One instrument's book, trades and rates, live.")

REFRESH_S = 0.2
"""Between two pictures. Drawing one takes 11 ms at 80x24, 18 ms at 120x40: at most a tenth of a core."""
DEPTH_MAX = 10_000

NOTHING: Counters = {"orders_added": 0, "orders_resting": 0, "trades": 0, "volume_lots": 0}


@app.command()
def watch(
    instrument: Annotated[
        str | None, typer.Argument(metavar="INSTRUMENT", help="Such as BTC-USD. Default: the first one.")
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option(
            help=f"Price levels of each side. Default: what fits; {ROWS} with --once or --json.",
            min=1,
            max=DEPTH_MAX,
            show_default=False,
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Print the book as it is now, and end.")] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print one JSON object a line: with --once one, else one for each change."
        ),
    ] = False,
    risk: Annotated[
        bool,
        typer.Option(
            "--risk",
            help="Instead: what happens to limits, kill switches, silent sessions, protected quotes.",
        ),
    ] = False,
    topology: TopologyOption = None,
) -> None:
    """Show the book of an instrument, its last trades and what goes through. Ctrl-C ends it.

    Reads the log only: it works while shards are down, and for an exchange that has been stopped.

    Exit status 1 if there is nothing to read or the log is damaged.
    """
    console = Console(highlight=False)
    if not (once or as_json or console.is_terminal):
        _stop("standard output is no terminal, so there is no screen to draw on; add --once or --json")
    if risk:
        if instrument is not None or depth is not None:
            _stop("--risk is of the whole exchange: it takes no instrument and no --depth")
        watch_risk(console, once, as_json, topology)
        return
    with _errors_told(), _opened(instrument, topology) as watched:
        if once or as_json:
            watched.catch_up()
            _print(watched, console, depth, as_json)
        if as_json and not once:
            _print_changes(watched, console, depth)
        elif not once:
            _draw(watched, console, depth)


@dataclass
class Watched:
    """An instrument with what the log has told of it so far."""

    exchange_id: str
    instrument_id: str
    facts: Instrument
    follower: Follower
    units: Units = field(init=False)
    behind: int = field(init=False)
    """frames that stood there at the beginning and have not been read"""

    def __post_init__(self) -> None:
        self.behind = self.follower.lag()
        self.units = Units(
            Decimal(self.facts.tick), Decimal(self.facts.lot), self.facts.base, self.facts.quote
        )

    def catch_up(self) -> None:
        """Read what was there; a progress bar on standard error tells a person how far it is."""
        stderr = Console(stderr=True)
        with Progress(console=stderr, transient=True, disable=not stderr.is_terminal) as progress:
            task = progress.add_task(f"reading {self.facts.market_data}", total=self.behind)
            while self.behind:
                progress.advance(task, self._step(REFRESH_S))

    def read_for(self, duration_s: float) -> str:
        """Apply what comes, until the time is over; why the log could not be read now, "" where it could."""
        problem, until_s = "", time.monotonic() + duration_s
        while (left_s := until_s - time.monotonic()) > 0:
            try:
                self._step(left_s)
            except TemporaryError as error:
                problem = str(error)
                time.sleep(left_s)
        return problem

    def _step(self, timeout_s: float) -> int:
        frames = self.follower.step(timeout_s)
        self.behind = max(self.behind - frames, 0)
        return frames

    def ladder(self, depth: int) -> Ladder:
        if not self.told:
            return {
                "instrument_id": self.instrument_id,
                "phase": "not told yet",
                "bids": [],
                "asks": [],
                "last_trade": None,
            }
        return self.follower.view.ladder(self.instrument_id, depth)

    def session(self) -> SessionView | None:
        return self.follower.view.session(self.instrument_id) if self.told else None

    def trades(self) -> list[Trade]:
        return self.follower.view.trades(self.instrument_id, TRADES_KEPT) if self.told else []

    def counters(self) -> Counters:
        return self.follower.view.counters(self.instrument_id) if self.told else NOTHING

    @property
    def told(self) -> bool:
        """Whether the partition has begun to speak of the instrument."""
        return self.instrument_id in self.follower.view.instruments()

    def page(self, depth: int | None, height: int | None, per_second: dict[str, float], notice: str) -> Page:
        counters = self.counters()
        return Page(
            f"exchange {self.exchange_id}",
            self.ladder(depth or height or ROWS),
            self.trades(),
            self.units,
            per_second,
            {
                "trades": f"{counters['trades']:,}",
                "volume": f"{self.units.quantity_text(counters['volume_lots'])} {self.facts.base}",
                "resting": f"{counters['orders_resting']:,}",
            },
            Text(notice, "yellow", no_wrap=True) if notice else None,
            depth,
            height,
            self.session(),
        )

    def to_json(self, depth: int) -> dict[str, Any]:
        """What the page has; exact decimals as text, beside the whole numbers that they come from."""
        ladder, counters = self.ladder(depth), self.counters()
        return {
            "exchange": self.exchange_id,
            "instrument_id": self.instrument_id,
            "base": self.facts.base,
            "quote": self.facts.quote,
            "tick": self.facts.tick,
            "lot": self.facts.lot,
            "phase": ladder["phase"] if self.told else None,
            "session": self.session(),
            "bids": [self._level(*level) for level in ladder["bids"]],
            "asks": [self._level(*level) for level in ladder["asks"]],
            "trades": [self._trade(trade) for trade in self.trades()],
            "counters": {**counters, "volume": f"{self.units.quantity(counters['volume_lots']):f}"},
            "market_data": {
                "partition": self.facts.market_data,
                "events": self.follower.events_applied,
                "frames_skipped": self.follower.frames_skipped,
            },
        }

    def _level(self, price_ticks: int, quantity_lots: int, orders: int) -> dict[str, Any]:
        return {
            "price": f"{self.units.price(price_ticks):f}",
            "quantity": f"{self.units.quantity(quantity_lots):f}",
            "orders": orders,
            "price_ticks": price_ticks,
            "quantity_lots": quantity_lots,
        }

    def _trade(self, trade: Trade) -> dict[str, Any]:
        return {
            "price": f"{self.units.price(trade['price_ticks']):f}",
            "quantity": f"{self.units.quantity(trade['quantity_lots']):f}",
            **trade,
        }


@contextmanager
def _opened(instrument: str | None, option: Path | None) -> Iterator[Watched]:
    topology, file = read_topology(option)
    try:
        connection = Connection.load(state_directory(topology, file) / FILE_NAME)
        instrument_id = next(iter(connection.instruments)) if instrument is None else instrument
        facts = connection.instrument(instrument_id)
        # What all are told of a secured log has no token in it: an operator watches as administrator.
        opened = open_log(log_address(topology, file) if topology.log.secured else connection.log)
    except NoExchange as error:
        _stop(f"exchange {topology.exchange!r} was never started here: {error}")
    except ValueError as error:  # no such instrument, or an address of another version
        _stop(str(error))
    with closing(opened) as log:
        genesis_id = bytes.fromhex(connection.genesis_id)
        follower = Follower(log, facts.market_data, connection.exchange_id, genesis_id)
        with closing(follower):
            yield Watched(connection.exchange_id, instrument_id, facts, follower)


@contextmanager
def _errors_told() -> Iterator[None]:
    """Ctrl-C is how a watch ends; what went wrong is said in a line."""
    try:
        yield
    except KeyboardInterrupt:
        return
    except (ClientError, FatalError, TemporaryError) as error:
        _stop(str(error))


def _stop(message: str) -> NoReturn:
    typer.echo(f"bulkhead watch: {message}", err=True)
    raise typer.Exit(1)


def _print(watched: Watched, console: Console, depth: int | None, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(watched.to_json(depth or ROWS)))
    else:
        console.print(watched.page(depth, None, {}, ""))


def _print_changes(watched: Watched, console: Console, depth: int | None) -> NoReturn:
    told, notice = watched.follower.events_applied, ""
    while True:
        problem = watched.read_for(REFRESH_S)
        if problem and problem != notice:
            typer.echo(f"bulkhead watch: trying again: {problem}", err=True)
        notice = problem
        if watched.follower.events_applied != told:
            told = watched.follower.events_applied
            _print(watched, console, depth, True)


def _draw(watched: Watched, console: Console, depth: int | None) -> NoReturn:
    """A picture each REFRESH_S if there is anything new; of a long log while it is still being read, too."""
    meter = RateMeter()
    per_second: dict[str, float] = {}
    drawn: object = None
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            problem = watched.read_for(REFRESH_S)
            if problem:
                notice = f"trying again: {problem}"
            else:
                notice = f"catching up, {watched.behind:,} frames behind" if watched.behind else ""
            if not watched.behind:  # until then, rates would be those of reading
                counters = watched.counters()
                grown = {"orders": counters["orders_added"], "trades": counters["trades"]}
                per_second = meter.rates(time.monotonic(), grown)
            new = (watched.follower.events_applied, per_second, notice, console.size)
            if new != drawn:
                live.update(watched.page(depth, console.height, per_second, notice), refresh=True)
                drawn = new
