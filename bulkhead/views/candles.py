"""Candles: what was traded in each stretch of time, by the time that the book had heard of when it traded."""

from collections import deque
from collections.abc import Iterable
from typing import Final, TypedDict

from bulkhead.domain.messages.market_data import TradePublished

INTERVALS_MS: Final = {"1s": 1_000, "1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}
"""They begin at whole multiples since 1970, so a day's is a day of UTC."""
CANDLES_KEPT = 300
"""of each interval: five minutes, five hours, twelve days, most of a year; the log has all trades"""


class Candle(TypedDict):
    """A stretch without a trade has none."""

    begin_ms: int
    """since 1970"""
    open_ticks: int
    high_ticks: int
    low_ticks: int
    close_ticks: int
    volume_lots: int
    trades: int


_FIELDS = tuple(Candle.__annotations__)


class Candles:
    """Of one instrument, for each of INTERVALS_MS."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[str, deque[Candle]] = {name: deque(maxlen=CANDLES_KEPT) for name in INTERVALS_MS}

    def add(self, trade: TradePublished) -> None:
        """Trades come in their order, and time does not go back."""
        for name, interval_ms in INTERVALS_MS.items():
            begin_ms = trade.time_ms - trade.time_ms % interval_ms
            candles = self._kept[name]
            if candles and candles[-1]["begin_ms"] == begin_ms:
                _extend(candles[-1], trade)
            else:
                candles.append(_begun(begin_ms, trade))

    def last(self, interval: str, count: int) -> list[Candle]:
        """The last `count`, at most CANDLES_KEPT, the newest first. KeyError: no such interval is kept."""
        newest_first = list(reversed(self._kept[interval]))
        return [candle.copy() for candle in newest_first[:count]]

    def state(self) -> dict[str, list[list[int]]]:
        """By interval the rows of its candles, the newest last."""
        return {
            name: [[candle[field] for field in _FIELDS] for candle in candles]  # type: ignore[literal-required]
            for name, candles in self._kept.items()
        }

    @classmethod
    def from_state(cls, state: dict[str, list[list[int]]]) -> "Candles":
        candles = cls()
        for name, rows in state.items():
            candles._kept[name].extend(_candle(row) for row in rows)
        return candles


def _candle(row: Iterable[int]) -> Candle:
    return dict(zip(_FIELDS, row, strict=True))  # type: ignore[return-value]  # the fields of one


def _begun(begin_ms: int, trade: TradePublished) -> Candle:
    return _candle((begin_ms, *(trade.price_ticks,) * 4, trade.quantity_lots, 1))


def _extend(candle: Candle, trade: TradePublished) -> None:
    price_ticks = trade.price_ticks
    candle["high_ticks"] = max(candle["high_ticks"], price_ticks)
    candle["low_ticks"] = min(candle["low_ticks"], price_ticks)
    candle["close_ticks"] = price_ticks
    candle["volume_lots"] += trade.quantity_lots
    candle["trades"] += 1
