"""What a view is told: orders that come, shrink and go, trades, busts, auctions; whatever it handles."""

import random
from collections.abc import Callable
from typing import Any, Final

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
from bulkhead.domain.order_ids import order_id
from bulkhead.domain.terms import Phase, Side
from bulkhead.views.candles import INTERVALS_MS
from bulkhead.views.machine import view_of
from bulkhead.views.market_data import MarketDataView
from bulkhead.views.questions import MarketView
from bulkhead.wire.codec import encode
from tests.property.drawn_messages import Names, draw_message, integer
from tests.property.machine_history import History, Spoken
from tests.support.both_engines import BothEngines

VIEW: Final = "view-0/0"
INSTRUMENTS: Final = ("X-USD", "X-USD", "X-USD", "Z-USD")
LOTS: Final = (0, 2**40)
"""of one order or trade, and of totals: sums of the greatest that the wire has fit no snapshot"""
TICKS: Final = (-(2**62), 2**62)
EVERYTHING: Final = 1_000_000
HEARD: Final = frozenset(MarketDataView().handlers)


class ViewHistory(History):
    def __init__(self) -> None:
        super().__init__(VIEW, ())
        self._time_ms = 1_000_000
        self._issued = 0
        self._trades = 0
        self._said: list[tuple[int, Callable[[random.Random, str], Any]]] = [
            (40, self._added),
            (6, self._unpriced),
            (25, self._reduced),
            (25, self._removed),
            (25, self._traded),
            (5, self._busted),
            (5, self._corrected),
            (4, lambda chance, where: PhasePublished(where, chance.choice(list(Phase)))),
            (4, self._indicative),
            (3, self._bands),
            (3, lambda chance, where: MarkPricePublished(where, integer(chance, *TICKS))),
            (1, self._totals),
            (2, self._any),
        ]
        self.found(self._founding)

    def _founding(self) -> None:
        self.say("book/0", [PhasePublished(each, Phase.HALTED) for each in INSTRUMENTS])

    def act(self, chance: random.Random) -> None:
        super().act(chance)
        both: BothEngines = self.machine
        answers(chance.randrange(4), view_of(both.native), view_of(both.reference))

    def drawn(self, chance: random.Random) -> Spoken:
        weights = [weight for weight, _ in self._said]
        several = chance.choices(self._said, weights, k=chance.choice((1, 1, 2, 4, 12)))
        told: list[Any] = []
        for _, speak in several:
            # Of an order twice in a frame: what is told of it second may not follow from the first.
            told.append(speak(chance, chance.choice(INSTRUMENTS)))
            if isinstance(told[-1], DepthRemoved | DepthReduced):
                break
        return Spoken("book/0", [encode(message) for message in told])

    def names(self) -> Names:
        return {
            "instrument_id": lambda chance: chance.choice((*INSTRUMENTS, "none")),
            "order_id": lambda chance: self._resting(chance, chance.choice(INSTRUMENTS)),
            "trade_id": self._trade_id,
            "time_ms": lambda chance: self._time_ms,
            "quantity_lots": _lots,
            "volume_lots": _lots,
            "orders_added": _lots,
            "trades": _lots,
        }

    def _resting(self, chance: random.Random, instrument_id: str) -> int:
        """An order that rests, or hardly ever one that does not."""
        view: MarketDataView = self.machine.domain
        sides = view.orders(instrument_id, EVERYTHING)
        orders = [*sides["bids"], *sides["asks"]]
        if not orders or chance.random() < 0.01:
            return self._issued + 1
        found = chance.choice(orders)[0]
        assert found is not None
        return found

    def _trade_id(self, chance: random.Random) -> int:
        return max(0, self._trades - chance.randrange(-1, 60))

    def _fresh(self, chance: random.Random, instrument_id: str) -> int:
        if chance.random() < 0.005:
            return self._resting(chance, instrument_id)
        self._issued += 1
        return order_id(chance.randrange(3), self._issued)

    def _added(self, chance: random.Random, instrument_id: str) -> DepthAdded:
        side = chance.choice(list(Side))
        return DepthAdded(
            instrument_id, self._fresh(chance, instrument_id), side, _ticks(chance), _lots(chance)
        )

    def _unpriced(self, chance: random.Random, instrument_id: str) -> UnpricedAdded:
        side = chance.choice(list(Side))
        return UnpricedAdded(instrument_id, self._fresh(chance, instrument_id), side, _lots(chance))

    def _reduced(self, chance: random.Random, instrument_id: str) -> DepthReduced:
        return DepthReduced(instrument_id, self._resting(chance, instrument_id), _lots(chance))

    def _removed(self, chance: random.Random, instrument_id: str) -> DepthRemoved:
        return DepthRemoved(instrument_id, self._resting(chance, instrument_id))

    def _traded(self, chance: random.Random, instrument_id: str) -> TradePublished:
        self._trades += 1
        self._time_ms += chance.choice((0, 0, 100, 900, 40_000, 86_400_000))
        aggressor = chance.choice((None, Side.BUY, Side.SELL))
        resting = None if aggressor is None else self._resting(chance, instrument_id)
        return TradePublished(
            instrument_id, self._trades, _ticks(chance), _lots(chance), aggressor, resting, self._time_ms
        )

    def _busted(self, chance: random.Random, instrument_id: str) -> TradeBustPublished:
        return TradeBustPublished(instrument_id, self._trade_id(chance))

    def _corrected(self, chance: random.Random, instrument_id: str) -> TradeCorrectionPublished:
        return TradeCorrectionPublished(instrument_id, self._trade_id(chance), _ticks(chance))

    def _indicative(self, chance: random.Random, instrument_id: str) -> IndicativePublished:
        return IndicativePublished(instrument_id, chance.choice((None, _ticks(chance))), _lots(chance))

    def _bands(self, chance: random.Random, instrument_id: str) -> BandsPublished:
        return BandsPublished(instrument_id, *(chance.choice((None, _ticks(chance))) for _ in range(3)))

    def _totals(self, chance: random.Random, instrument_id: str) -> TotalsTold:
        return TotalsTold(instrument_id, *(chance.randrange(1000) for _ in range(3)))

    def _any(self, chance: random.Random, _: str) -> Any:
        kinds = sorted(HEARD, key=lambda kind: kind.__name__)
        return draw_message(chance, chance.choice(kinds), self.names())


def _lots(chance: random.Random) -> int:
    return integer(chance, *LOTS)


def _ticks(chance: random.Random) -> int:
    """Few prices, so that levels have several orders; now and then one at an edge."""
    return chance.randint(95, 105) if chance.random() < 0.97 else integer(chance, *TICKS)


def answers(depth: int, native: MarketView, reference: MarketView) -> None:
    """AssertionError where the two answer a question in another way."""
    assert native.instruments() == reference.instruments()
    assert native.orders_resting == reference.orders_resting
    assert native.retold() == reference.retold()
    for name in reference.instruments():
        assert native.touch(name) == reference.touch(name)
        assert native.session(name) == reference.session(name)
        assert native.counters(name) == reference.counters(name)
        for some in (depth, EVERYTHING):
            assert native.ladder(name, some) == reference.ladder(name, some)
            assert native.orders(name, some) == reference.orders(name, some)
            assert native.trades(name, some) == reference.trades(name, some)
            for interval in INTERVALS_MS:
                assert native.candles(name, interval, some) == reference.candles(name, interval, some)
