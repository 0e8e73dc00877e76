"""The machine of the read side: one partition of market data in, questions answered, nothing sent."""

from collections.abc import Iterator
from typing import Any

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
from bulkhead.views.questions import Counters, MarketView, Row
from bulkhead.views.session import Session, Told
from bulkhead.views.trades import Trades
from bulkhead.wire.codec import encode

Reversal = TradeBustPublished | TradeCorrectionPublished
MarketData = DepthAdded | UnpricedAdded | TradePublished | Reversal | Told | TotalsTold


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


class MarketDataView(MarketView):
    """Implements domain.machine.DomainMachine over one market_data partition.

    A message that cannot follow from what came before (an order that does not rest, an instrument without a
    phase) is a FatalError with nothing changed: the view would show a book that is not.
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
            raise impossible(event, problem.args[0]) from problem
        view.orders_added += 1

    def _reduced(self, event: DepthReduced, out: Outbox) -> None:
        try:
            self._instruments[event.instrument_id].depth.reduce(event.order_id, event.quantity_lots)
        except KeyError as problem:
            raise impossible(event, problem.args[0]) from problem

    def _removed(self, event: DepthRemoved, out: Outbox) -> None:
        try:
            self._instruments[event.instrument_id].depth.remove(event.order_id)
        except KeyError as problem:
            raise impossible(event, problem.args[0]) from problem

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
            raise impossible(event, problem.args[0]) from problem
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
            raise impossible(event, problem.args[0]) from problem

    def _totals(self, event: TotalsTold, out: Outbox) -> None:
        view = self._instruments[event.instrument_id]
        view.orders_added, view.trades_count = event.orders_added, event.trades
        view.volume_lots = event.volume_lots
        view.candles = Candles()  # the last trades alone would make wrong ones

    def retold(self) -> list[bytes]:
        return [encode(message) for message in self._retold()]

    def _retold(self) -> Iterator[MarketData]:
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
        return sum(len(view.depth) for view in self._instruments.values())

    def instruments(self) -> list[str]:
        return sorted(self._instruments)

    def candles(self, instrument_id: str, interval: str, count: int) -> list[Candle]:
        return self._instruments[instrument_id].candles.last(interval, count)

    def counters(self, instrument_id: str) -> Counters:
        view = self._instruments[instrument_id]
        return {
            "orders_added": view.orders_added,
            "orders_resting": len(view.depth),
            "trades": view.trades_count,
            "volume_lots": view.volume_lots,
        }

    def _session(self, instrument_id: str) -> Session:
        return self._instruments[instrument_id].session

    def _trades(self, instrument_id: str, count: int) -> Trades:
        return self._instruments[instrument_id].trades

    def _levels(self, instrument_id: str, side: Side, depth: int) -> list[list[int]]:
        both = self._instruments[instrument_id].depth
        return (both.bids if side is Side.BUY else both.asks).rows(depth)

    def _orders(self, instrument_id: str, side: Side, levels: int) -> list[Row]:
        return _orders(self._instruments[instrument_id].depth, side, levels)

    def state(self) -> State:
        return {"instruments": [_save(name, self._instruments[name]) for name in self.instruments()]}

    def load(self, state: State) -> None:
        self._instruments = {saved["instrument_id"]: _load(saved) for saved in state["instruments"]}


def impossible(event: object, missing: object) -> FatalError:
    """Why `event` is not taken. `missing`: the instrument that was not told of, or the order that does not
    rest, or does already.
    """
    return FatalError(
        f"market data says {event!r}, which cannot follow from what it said before ({missing!r}): "
        f"the partition is not the one that this view's state came from, or the book went wrong; remove the "
        f"view's snapshots, so that it is built from the beginning; if this comes again, replay the book"
    )


def _orders(depth: Depth, side: Side, levels: int) -> list[Row]:
    half = depth.bids if side is Side.BUY else depth.asks
    found: list[Row] = [(order_id, None, lots) for order_id, lots in depth.unpriced(side)]
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
