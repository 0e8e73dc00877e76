"""What a view is asked, whatever engine its machine is of, and the form in which it answers.

The state is the engine's: market_data.py has it in Python, native.py asks the native machine for its parts.
How an answer is put together of them is written once, here.
"""

from abc import ABC, abstractmethod
from typing import TypedDict

from bulkhead.domain.terms import Side
from bulkhead.views.candles import Candle
from bulkhead.views.session import Session, SessionView
from bulkhead.views.trades import Trade, Trades

Row = tuple[int, int | None, int]
"""order id, price (None: a market order that waits), lots left"""


class Ladder(TypedDict):
    """L2. A row is [price_ticks, quantity_lots, orders]; the best price is first on both sides."""

    instrument_id: str
    phase: str
    bids: list[list[int]]
    asks: list[list[int]]
    last_trade: Trade | None


class Touch(TypedDict):
    """L1: the best row of each side, [price_ticks, quantity_lots, orders]; None where a side is empty."""

    bid: list[int] | None
    ask: list[int] | None


class Orders(TypedDict):
    """L3: [order_id, price_ticks, quantity_lots] in the order in which the next to trade come: first market
    orders that wait for an uncross, without a price.
    """

    bids: list[list[int | None]]
    asks: list[list[int | None]]


class Counters(TypedDict):
    orders_added: int
    """orders that came to rest, and those that a replace gave a new place"""
    orders_resting: int
    trades: int
    volume_lots: int


class MarketView(ABC):
    """Of one market_data partition, as far as it has been told.

    Questions raise KeyError for an instrument that the partition has not told of; `instruments` names them.
    """

    # The parts, which are the engine's.

    @abstractmethod
    def instruments(self) -> list[str]:
        """Those that the partition has told of, sorted."""

    @property
    @abstractmethod
    def orders_resting(self) -> int:
        """Of all instruments."""

    @abstractmethod
    def retold(self) -> list[bytes]:
        """The events that make a new view equal to this one, but for its candles: a snapshot, for who joins
        late.
        """

    @abstractmethod
    def candles(self, instrument_id: str, interval: str, count: int) -> list[Candle]:
        """The last `count` candles of an interval (candles.INTERVALS_MS), the newest first."""

    @abstractmethod
    def counters(self, instrument_id: str) -> Counters:
        """Since the partition began."""

    @abstractmethod
    def _session(self, instrument_id: str) -> Session: ...

    @abstractmethod
    def _trades(self, instrument_id: str, count: int) -> Trades:
        """The last `count` of those that are kept, or more of them."""

    @abstractmethod
    def _levels(self, instrument_id: str, side: Side, depth: int) -> list[list[int]]:
        """[price_ticks, quantity_lots, orders] of the `depth` best levels, the best first."""

    @abstractmethod
    def _orders(self, instrument_id: str, side: Side, levels: int) -> list[Row]:
        """Market orders that wait, then the orders of the `levels` best levels: the next to trade first."""

    # The answers.

    def ladder(self, instrument_id: str, depth: int) -> Ladder:
        """The `depth` best levels of each side."""
        return {
            "instrument_id": instrument_id,
            "phase": self._session(instrument_id).phase.name.lower(),
            "bids": self._levels(instrument_id, Side.BUY, depth),
            "asks": self._levels(instrument_id, Side.SELL, depth),
            "last_trade": next(iter(self.trades(instrument_id, 1)), None),
        }

    def session(self, instrument_id: str) -> SessionView:
        buys, sells = (sum(lots for _, _, lots in self._orders(instrument_id, side, 0)) for side in Side)
        last_price_ticks = self._trades(instrument_id, 1).last_price_ticks
        return self._session(instrument_id).told(last_price_ticks, (buys, sells))

    def touch(self, instrument_id: str) -> Touch:
        bids, asks = (self._levels(instrument_id, side, 1) for side in Side)
        return {"bid": bids[0] if bids else None, "ask": asks[0] if asks else None}

    def orders(self, instrument_id: str, depth: int) -> Orders:
        """Every order of the `depth` best levels of each side, and every market order that waits."""
        return {
            "bids": list(map(list, self._orders(instrument_id, Side.BUY, depth))),
            "asks": list(map(list, self._orders(instrument_id, Side.SELL, depth))),
        }

    def trades(self, instrument_id: str, count: int) -> list[Trade]:
        """The last `count` trades, at most TRADES_KEPT, the newest first."""
        return self._trades(instrument_id, count).newest(count)
