"""`bulkhead candles`: what was traded of an instrument, stretch by stretch."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from actors.attach import NoAnswer, NotRunning, attached
from bulkhead.views.candles import CANDLES_KEPT, INTERVALS_MS, Candle
from commands.decision import stop
from commands.instruments import ask_views
from commands.opened import open_installation
from commands.screen.units import Units
from commands.topology import TopologyOption

_PRICES = ("open", "high", "low", "close")


def candles(
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="Such as BTC-USD.")],
    interval: Annotated[str, typer.Argument(metavar="[INTERVAL]", help=", ".join(INTERVALS_MS))] = "1m",
    count: Annotated[int, typer.Option(min=1, max=CANDLES_KEPT, help="The newest so many.")] = 60,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each, a line each.")] = False,
    topology: TopologyOption = None,
) -> None:
    """Show open, high, low, close and volume of each second, minute, hour or day, the newest first.

    A stretch without a trade has no line; busted trades are not counted, corrected ones at their right price.
    It asks the views of a running exchange. Exit status 1 if nothing runs, or no view follows the instrument.
    """
    installation = open_installation(topology)
    instruments = installation.topology.instruments
    if instrument not in instruments:
        stop(f"no such instrument: {instrument}; there are {', '.join(instruments)}")
    if interval not in INTERVALS_MS:
        stop(f"there are no candles of {interval!r}; there are {', '.join(INTERVALS_MS)}")
    try:
        with attached(installation):
            found: list[Candle] | None = ask_views(installation, "candles", instrument, interval, count)
    except (NotRunning, NoAnswer) as problem:
        stop(str(problem))
    if found is None:
        stop(f"no view follows {instrument}: a topology says so under shards.views")
    facts = instruments[instrument]
    units = Units(Decimal(facts.tick_size), Decimal(facts.lot_size))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("begin (UTC)", *_PRICES, "volume", "trades"):
        table.add_column(name, justify="left" if name.startswith("begin") else "right", overflow="fold")
    for candle in found:
        if as_json:
            print(json.dumps(_told(instrument, interval, candle, units)))
            continue
        prices = (units.price_text(ticks) for ticks in _prices(candle))
        begin = f"{datetime.fromtimestamp(candle['begin_ms'] // 1000, UTC):%Y-%m-%d %H:%M:%S}"
        table.add_row(begin, *prices, units.quantity_text(candle["volume_lots"]), f"{candle['trades']:,}")
    if not as_json:
        Console(highlight=False).print(table if found else f"Nothing was traded of {instrument}.")


def _prices(candle: Candle) -> tuple[int, int, int, int]:
    return candle["open_ticks"], candle["high_ticks"], candle["low_ticks"], candle["close_ticks"]


def _told(instrument_id: str, interval: str, candle: Candle, units: Units) -> dict[str, Any]:
    """Exact decimals as text, beside the whole numbers that they come from."""
    return {
        "instrument_id": instrument_id,
        "interval": interval,
        **{name: f"{units.price(ticks):f}" for name, ticks in zip(_PRICES, _prices(candle), strict=True)},
        "volume": f"{units.quantity(candle['volume_lots']):f}",
        **candle,
    }
