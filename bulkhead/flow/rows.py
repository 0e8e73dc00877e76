"""Reads the files of the recording into rows of integers, exactly."""

import csv
import gzip
from collections.abc import Iterator
from decimal import Decimal
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from bulkhead.domain.terms import Side
from bulkhead.flow.recording import FlowError, RecordedTrade

PACKAGE = "ob-analytics"
PRICE_DECIMALS = 2  # the recording has whole dollars; cents hold them, and are the venue's finest increment
QUANTITY_DECIMALS = 8  # the finest volume in the recording is 1e-8
ORDER_COLUMNS = ["id", "timestamp", "exchange_timestamp", "price", "volume", "action", "direction"]
TRADE_COLUMNS = [
    "trade_id",
    "timestamp",
    "exchange_timestamp",
    "price",
    "amount",
    "buy_order_id",
    "sell_order_id",
    "side",
]


class Row(NamedTuple):
    """One order event. action: created, changed or deleted. received_us: the recorder's clock."""

    order_id: int
    received_us: int
    time_us: int
    price_ticks: int
    volume_lots: int
    action: str
    is_bid: bool


def sample_files() -> tuple[Path, Path]:
    """The order events and the trades inside the installed package ob-analytics.

    Raises FlowError, with how to install it, when it is not there.
    """
    how = f"install it with: python -m pip install --no-deps {PACKAGE}==0.1.0"
    try:
        files = metadata.files(PACKAGE) or []
    except metadata.PackageNotFoundError:
        raise FlowError(
            f"the recorded order flow is part of the package {PACKAGE}, not installed here; {how}"
        ) from None
    found = {f.name: Path(str(f.locate())) for f in files if f.parent.name == "_sample_data"}
    paths = found.get("orders.csv.gz"), found.get("trades.csv")
    if paths[0] is None or paths[1] is None or not (paths[0].is_file() and paths[1].is_file()):
        version = metadata.version(PACKAGE)
        raise FlowError(
            f"the installed {PACKAGE} {version} has no _sample_data/orders.csv.gz, or no trades.csv; {how}"
        )
    return paths[0], paths[1]


def to_units(text: str, decimals: int) -> int:
    """`text`, a decimal number, in units of 10**-decimals; ValueError when it does not fit exactly."""
    whole, point, fraction = text.partition(".")
    if whole.isdecimal() and len(fraction) <= decimals and (fraction.isdecimal() if point else True):
        return int(whole + fraction.ljust(decimals, "0"))
    scaled = Decimal(text).scaleb(decimals)
    if not scaled.is_finite() or scaled != scaled.to_integral_value() or scaled < 0:
        raise ValueError(f"{text!r} is not a number of 0 or more with at most {decimals} decimals")
    return int(scaled)


def read_rows(path: Path) -> list[Row]:
    """All order events in the order of the file. Raises FlowError with file and line for what is not one."""
    rows = []
    # few distinct prices and volumes make up most of the rows: each text is converted once
    prices: dict[str, int] = {}
    volumes: dict[str, int] = {}
    for line, record in _records(path, ORDER_COLUMNS):
        try:
            order_id, received, venue, price, volume, action, direction = record
            price_ticks = prices.get(price)
            if price_ticks is None:
                price_ticks = prices[price] = to_units(price, PRICE_DECIMALS)
            volume_lots = volumes.get(volume)
            if volume_lots is None:
                volume_lots = volumes[volume] = to_units(volume, QUANTITY_DECIMALS)
            if action not in ("created", "changed", "deleted") or direction not in ("bid", "ask"):
                raise ValueError(f"action {action!r} or direction {direction!r} is not one that is known")
            rows.append(
                Row(
                    int(order_id),
                    int(received) * 1000,
                    int(venue) * 1000,
                    price_ticks,
                    volume_lots,
                    action,
                    direction == "bid",
                )
            )
        except (ValueError, ArithmeticError) as error:
            raise FlowError(
                f"{path}, line {line}: {error}; is this an order recording of {PACKAGE} 0.1?"
            ) from error
    return rows


def read_trades(path: Path) -> list[RecordedTrade]:
    """All recorded trades in the order of the file. Raises FlowError with file and line for others."""
    trades = []
    for line, record in _records(path, TRADE_COLUMNS):
        try:
            _, _, venue, price, amount, buy, sell, side = record
            if side not in ("buy", "sell"):
                raise ValueError(f"side {side!r} is neither buy nor sell")
            trades.append(
                RecordedTrade(
                    buy_order_id=int(buy),
                    sell_order_id=int(sell),
                    price_ticks=to_units(price, PRICE_DECIMALS),
                    quantity_lots=to_units(amount, QUANTITY_DECIMALS),
                    aggressor_side=Side.BUY if side == "buy" else Side.SELL,
                    time_us=int(venue) * 1000,
                )
            )
        except (ValueError, ArithmeticError) as error:
            raise FlowError(
                f"{path}, line {line}: {error}; is this a trade recording of {PACKAGE} 0.1?"
            ) from error
    return trades


def _records(path: Path, columns: list[str]) -> Iterator[tuple[int, list[str]]]:
    """(line number, fields) of each line after the header, which must name `columns`."""
    try:
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as text:
            reader = csv.reader(text)
            header = next(reader, [])
            if header != columns:
                raise FlowError(f"{path}, line 1: columns {header}, expected {columns}")
            yield from enumerate(reader, start=2)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise FlowError(f"{path} cannot be read: {error}; install {PACKAGE} again") from error
