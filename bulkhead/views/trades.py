"""The last trades of an instrument, as its market data tell them: with what was busted and corrected."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypedDict

from bulkhead.domain.machine import State
from bulkhead.domain.messages.market_data import TradePublished
from bulkhead.domain.messages.reversal import TradeBustPublished, TradeCorrectionPublished
from bulkhead.domain.terms import Side

TRADES_KEPT = 50
"""of each instrument: more than a screen shows; the log has them all"""


class Trade(TypedDict):
    trade_id: int
    price_ticks: int
    """the corrected one, if there was a correction"""
    quantity_lots: int
    aggressor_side: str | None
    """buy or sell; None: a trade of an auction"""
    resting_order_id: int | None
    time_ms: int
    """of the book's tick, since 1970"""
    busted: bool
    """it is void"""


@dataclass(slots=True)
class _Kept:
    told: TradePublished
    price_ticks: int
    busted: bool = False

    def shown(self) -> Trade:
        told = self.told
        return {
            "trade_id": told.trade_id,
            "price_ticks": self.price_ticks,
            "quantity_lots": told.quantity_lots,
            "aggressor_side": None if told.aggressor_side is None else told.aggressor_side.name.lower(),
            "resting_order_id": told.resting_order_id,
            "time_ms": told.time_ms,
            "busted": self.busted,
        }


class Trades:
    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: deque[_Kept] = deque(maxlen=TRADES_KEPT)
        """the newest last"""

    def add(self, trade: TradePublished) -> None:
        self._kept.append(_Kept(trade, trade.price_ticks))

    def bust(self, trade_id: int) -> None:
        """One that is not kept is ignored, here and in `correct`."""
        for kept in self._kept:
            if kept.told.trade_id == trade_id:
                kept.busted = True

    def correct(self, trade_id: int, price_ticks: int) -> None:
        for kept in self._kept:
            if kept.told.trade_id == trade_id:
                kept.price_ticks = price_ticks

    @property
    def last_price_ticks(self) -> int | None:
        """The book's last trade price, which no bust and no correction changes."""
        return self._kept[-1].told.price_ticks if self._kept else None

    def newest(self, count: int) -> list[Trade]:
        """The last `count`, at most TRADES_KEPT, the newest first."""
        return [kept.shown() for kept in list(reversed(self._kept))[:count]]

    def retold(self) -> Iterator[TradePublished | TradeBustPublished | TradeCorrectionPublished]:
        """What makes new ones equal to these."""
        for kept in self._kept:
            told = kept.told
            yield told
            if kept.price_ticks != told.price_ticks:
                yield TradeCorrectionPublished(told.instrument_id, told.trade_id, kept.price_ticks)
            if kept.busted:
                yield TradeBustPublished(told.instrument_id, told.trade_id)

    def state(self) -> State:
        """A row each, the newest last."""
        return [
            [
                kept.told.trade_id,
                kept.told.price_ticks,
                kept.told.quantity_lots,
                None if kept.told.aggressor_side is None else int(kept.told.aggressor_side),
                kept.told.resting_order_id,
                kept.told.time_ms,
                kept.price_ticks,
                kept.busted,
            ]
            for kept in self._kept
        ]

    @classmethod
    def from_state(cls, instrument_id: str, state: State) -> "Trades":
        trades = cls()
        for trade_id, told_ticks, lots, aggressor, resting_order_id, time_ms, price_ticks, busted in state:
            side = None if aggressor is None else Side(aggressor)
            told = TradePublished(instrument_id, trade_id, told_ticks, lots, side, resting_order_id, time_ms)
            trades._kept.append(_Kept(told, price_ticks, busted))
        return trades
