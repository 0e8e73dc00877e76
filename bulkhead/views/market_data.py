"""The machine of the read side: one partition of market data in, questions answered, nothing sent."""

from collections.abc import Iterator
from typing import Any, TypedDict

from bulkhead.domain.machine import Handler, Outbox, State
from bulkhead.domain.messages.market_data import (
    BandsPublished,
    DepthAdded,
    DepthReduced,
    DepthRemoved,
    IndicativePublished,
    MarkPricePublished,
    PhasePublished,
    TotalsTold,
    TradePublished,
    UnpricedAdded,
)
from bulkhead.domain.messages.reversal import TradeBustPublished, TradeCorrectionPublished
from bulkhead.domain.terms import Side
from bulkhead.errors import FatalError
from bulkhead.views.candles import Candle, Candles
from bulkhead.views.depth import Depth
from bulkhead.views.session import Session, SessionView, Told
from bulkhead.views.trades import Trade, Trades

Reversal = TradeBustPublished | TradeCorrectionPublished
MarketData = DepthAdded | UnpricedAdded | TradePublished | Reversal | Told | TotalsTold


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


class InstrumentView:
    """What market data has told of one instrument."""

    __slots__ = ("candles", "depth", "orders_added", "session", "trades", "trades_count", "volume_lots")

    def __init__(self, session: Session) -> None:
        self.session = session
        self.depth = Depth()
        self.candles = Candles()
        self.trades = Trades()
        self.trades_count = 0
        self.volume_lots = 0
        self.orders_added = 0


class MarketDataView:
    """Implements domain.machine.DomainMachine over one market_data partition.

    A message that cannot follow from what came before (an order that does not rest, an instrument without a
    phase) is a FatalError with nothing changed: the view would show a book that is not.

    Questions raise KeyError for an instrument that the partition has not told of; `instruments` names them.
    """

    def __init__(self) -> None:
        self._instruments: dict[str, InstrumentView] = {}
        self.handlers: dict[type, Handler] = {
            DepthAdded: self._added,
            DepthReduced: self._reduced,
            DepthRemoved: self._removed,
            TradePublished: self._traded,
            PhasePublished: self._phase,
            TotalsTold: self._totals,
            TradeBustPublished: self._busted,
            TradeCorrectionPublished: self._corrected,
            UnpricedAdded: self._unpriced_added,
            IndicativePublished: self._indicative,
            BandsPublished: self._bands,
            MarkPricePublished: self._mark_price,
        }

    @property
    def tick(self) -> int:
        return 0

    def _added(self, event: DepthAdded, out: Outbox) -> None:
        try:
            view = self._instruments[event.instrument_id]
            view.depth.add(event.order_id, event.side, event.price_ticks, event.quantity_lots)
        except KeyError as problem:
            raise _impossible(event, problem) from problem
        view.orders_added += 1

    def _reduced(self, event: DepthReduced, out: Outbox) -> None:
        try:
            self._instruments[event.instrument_id].depth.reduce(event.order_id, event.quantity_lots)
        except KeyError as problem:
            raise _impossible(event, problem) from problem

    def _removed(self, event: DepthRemoved, out: Outbox) -> None:
        try:
            self._instruments[event.instrument_id].depth.remove(event.order_id)
        except KeyError as problem:
            raise _impossible(event, problem) from problem

    def _traded(self, event: TradePublished, out: Outbox) -> None:
        view = self._told(event)
        view.trades.add(event)
        view.candles.add(event)
        view.trades_count += 1
        view.volume_lots += event.quantity_lots

    def _busted(self, event: TradeBustPublished, out: Outbox) -> None:
        """The counters stay: they say what was traded."""
        view = self._told(event)
        view.trades.bust(event.trade_id)
        view.candles.bust(event.trade_id)

    def _corrected(self, event: TradeCorrectionPublished, out: Outbox) -> None:
        view = self._told(event)
        view.trades.correct(event.trade_id, event.price_ticks)
        view.candles.correct(event.trade_id, event.price_ticks)

    def _phase(self, event: PhasePublished, out: Outbox) -> None:
        view = self._instruments.get(event.instrument_id)
        if view is None:
            self._instruments[event.instrument_id] = InstrumentView(Session(event.phase))
        else:
            view.session.enter(event.phase)

    def _unpriced_added(self, event: UnpricedAdded, out: Outbox) -> None:
        view = self._told(event)
        try:
            view.depth.add_unpriced(event.order_id, event.side, event.quantity_lots)
        except KeyError as problem:
            raise _impossible(event, problem) from problem
        view.orders_added += 1

    def _indicative(self, event: IndicativePublished, out: Outbox) -> None:
        self._told(event).session.indicative = event.price_ticks, event.quantity_lots

    def _bands(self, event: BandsPublished, out: Outbox) -> None:
        self._told(event).session.set_bands(event)

    def _mark_price(self, event: MarkPricePublished, out: Outbox) -> None:
        self._told(event).session.mark_price_ticks = event.price_ticks

    def _told(self, event: Any) -> InstrumentView:
        """Of its instrument; a FatalError where no phase of it was told before."""
        try:
            return self._instruments[event.instrument_id]
        except KeyError as problem:
            raise _impossible(event, problem) from problem

    def _totals(self, event: TotalsTold, out: Outbox) -> None:
        view = self._instruments[event.instrument_id]
        view.orders_added, view.trades_count = event.orders_added, event.trades
        view.volume_lots = event.volume_lots
        view.candles = Candles()  # the last trades alone would make wrong ones

    def retold(self) -> Iterator[MarketData]:
        """What makes a new view equal to this one, but for its candles: a snapshot, for who joins
        late.
        """
        for instrument_id in self.instruments():
            view = self._instruments[instrument_id]
            yield from view.session.retold(instrument_id)
            yield from view.trades.retold()
            for side, half in ((Side.BUY, view.depth.bids), (Side.SELL, view.depth.asks)):
                for order_id, price_ticks, quantity_lots in _orders(view.depth, side, len(half.keys)):
                    if price_ticks is None:
                        yield UnpricedAdded(instrument_id, order_id, side, quantity_lots)
                    else:
                        yield DepthAdded(instrument_id, order_id, side, price_ticks, quantity_lots)
            yield TotalsTold(instrument_id, view.orders_added, view.trades_count, view.volume_lots)

    @property
    def orders_resting(self) -> int:
        """Of all instruments."""
        return sum(len(view.depth) for view in self._instruments.values())

    def instruments(self) -> list[str]:
        """Those that the partition has told of, sorted."""
        return sorted(self._instruments)

    def ladder(self, instrument_id: str, depth: int) -> Ladder:
        """The `depth` best levels of each side."""
        view = self._instruments[instrument_id]
        return {
            "instrument_id": instrument_id,
            "phase": view.session.phase.name.lower(),
            "bids": view.depth.bids.rows(depth),
            "asks": view.depth.asks.rows(depth),
            "last_trade": next(iter(view.trades.newest(1)), None),
        }

    def session(self, instrument_id: str) -> SessionView:
        view = self._instruments[instrument_id]
        buys, sells = (sum(lots for _, lots in view.depth.unpriced(side)) for side in Side)
        return view.session.told(view.trades.last_price_ticks, (buys, sells))

    def candles(self, instrument_id: str, interval: str, count: int) -> list[Candle]:
        """The last `count` candles of an interval (candles.INTERVALS_MS), the newest first."""
        return self._instruments[instrument_id].candles.last(interval, count)

    def touch(self, instrument_id: str) -> Touch:
        depth = self._instruments[instrument_id].depth
        bids, asks = depth.bids.rows(1), depth.asks.rows(1)
        return {"bid": bids[0] if bids else None, "ask": asks[0] if asks else None}

    def orders(self, instrument_id: str, depth: int) -> Orders:
        """Every order of the `depth` best levels of each side, and every market order that waits."""
        view = self._instruments[instrument_id]
        return {
            "bids": list(map(list, _orders(view.depth, Side.BUY, depth))),
            "asks": list(map(list, _orders(view.depth, Side.SELL, depth))),
        }

    def trades(self, instrument_id: str, count: int) -> list[Trade]:
        """The last `count` trades, at most TRADES_KEPT, the newest first."""
        return self._instruments[instrument_id].trades.newest(count)

    def counters(self, instrument_id: str) -> Counters:
        """Since the partition began."""
        view = self._instruments[instrument_id]
        return {
            "orders_added": view.orders_added,
            "orders_resting": len(view.depth),
            "trades": view.trades_count,
            "volume_lots": view.volume_lots,
        }

    def state(self) -> State:
        return {"instruments": [_save(name, self._instruments[name]) for name in self.instruments()]}

    def load(self, state: State) -> None:
        self._instruments = {saved["instrument_id"]: _load(saved) for saved in state["instruments"]}


def _impossible(event: object, missing: KeyError) -> FatalError:
    return FatalError(
        f"market data says {event!r}, which cannot follow from what it said before ({missing.args[0]!r}): "
        f"the partition is not the one that this view's state came from, or the book went wrong; remove the "
        f"view's snapshots, so that it is built from the beginning; if this comes again, replay the book"
    )


def _orders(depth: Depth, side: Side, levels: int) -> list[tuple[int, int | None, int]]:
    half = depth.bids if side is Side.BUY else depth.asks
    found: list[tuple[int, int | None, int]] = [
        (order_id, None, lots) for order_id, lots in depth.unpriced(side)
    ]
    for level, _ in zip(half.best_first(), range(levels), strict=False):
        found += [(order_id, level.price_ticks, lots) for order_id, lots in level.orders.items()]
    return found


def _save(instrument_id: str, view: InstrumentView) -> State:
    return {
        "instrument_id": instrument_id,
        "session": view.session.state(),
        "bids": _orders(view.depth, Side.BUY, len(view.depth.bids.keys)),
        "asks": _orders(view.depth, Side.SELL, len(view.depth.asks.keys)),
        "trades": view.trades.state(),
        "candles": view.candles.state(),
        "counters": [view.orders_added, view.trades_count, view.volume_lots],
    }


def _load(saved: State) -> InstrumentView:
    view = InstrumentView(Session.from_state(saved["session"]))
    view.candles = Candles.from_state(saved["candles"])
    view.trades = Trades.from_state(saved["instrument_id"], saved["trades"])
    for side, orders in ((Side.BUY, saved["bids"]), (Side.SELL, saved["asks"])):
        for order_id, price_ticks, lots in orders:
            if price_ticks is None:
                view.depth.add_unpriced(order_id, side, lots)
            else:
                view.depth.add(order_id, side, price_ticks, lots)
    view.orders_added, view.trades_count, view.volume_lots = saved["counters"]
    return view
