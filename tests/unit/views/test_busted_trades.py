"""Busts and corrections in the view: candles and trades are what they would be if it had been traded so."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.messages.market_data import (
    BandsPublished,
    PhasePublished,
    TradePublished,
)
from bulkhead.domain.messages.reversal import TradeBustPublished, TradeCorrectionPublished
from bulkhead.domain.terms import Phase, Side
from bulkhead.views import candles as candles_module
from bulkhead.views.candles import INTERVALS_MS, Candles
from bulkhead.views.market_data import MarketDataView
from bulkhead.views.trades import TRADES_KEPT
from bulkhead.wire.codec import decode

KEPT = 7
OPEN = PhasePublished("X", Phase.CONTINUOUS)


class Nowhere:
    source = "test"

    def send(self, destination: str, message: Any) -> None:
        raise AssertionError(f"a view sent {message!r} to {destination}")


def told(*messages: Any) -> MarketDataView:
    view = MarketDataView()
    for message in messages:
        view.handlers[type(message)](message, Nowhere())
    return view


def trade(trade_id: int, price_ticks: int, time_ms: int = 0, lots: int = 1) -> TradePublished:
    return TradePublished("X", trade_id, price_ticks, lots, Side.BUY, 1, time_ms)


def rows(candles: Candles, interval: str) -> list[list[Any]]:
    return [list(candle.values()) for candle in candles.last(interval, 10_000)]


_prices, _lots = st.integers(90, 110), st.integers(1, 9)
_actions = st.one_of(
    st.tuples(st.just("trade"), _prices, _lots, st.sampled_from([0, 0, 200, 900, 40_000])),
    st.tuples(st.just("trade"), _prices, _lots, st.just(0)),
    st.tuples(st.just("bust"), st.integers(0, KEPT - 1)),
    st.tuples(st.just("correct"), st.integers(0, KEPT - 1), _prices),
)


@given(st.lists(_actions, max_size=60), st.booleans())
def test_whatever_is_busted_or_corrected_candles_are_those_of_what_holds(
    actions: list[Any], restored: bool
) -> None:
    """Of the last trades; every candle has older ones too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candles_module, "DEALS_KEPT", KEPT)
        candles, holds, time_ms, made = Candles(), dict[int, TradePublished](), 0, 0
        for action in actions:
            match action:
                case "trade", price_ticks, lots, later_ms:
                    time_ms, made = time_ms + later_ms, made + 1
                    holds[made] = trade(made, price_ticks, time_ms, lots)
                    candles.add(holds[made])
                case "bust", back:
                    holds.pop(made - back, None)
                    candles.bust(made - back)
                case "correct", back, price_ticks:
                    if before := holds.get(made - back):
                        holds[made - back] = trade(
                            before.trade_id, price_ticks, before.time_ms, before.quantity_lots
                        )
                    candles.correct(made - back, price_ticks)
            if restored:
                candles = Candles.from_state(candles.state())
    for name, interval_ms in INTERVALS_MS.items():
        expected: dict[int, list[TradePublished]] = {}
        for each in holds.values():
            expected.setdefault(each.time_ms - each.time_ms % interval_ms, []).append(each)
        assert rows(candles, name) == [
            [
                begin_ms,
                prices[0],
                max(prices),
                min(prices),
                prices[-1],
                sum(t.quantity_lots for t in all_of),
                len(prices),
            ]
            for begin_ms, all_of in sorted(expected.items(), reverse=True)
            for prices in [[t.price_ticks for t in all_of]]
        ]


def test_a_trade_that_is_too_old_to_be_kept_stays_in_its_candle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candles_module, "DEALS_KEPT", 2)
    candles = Candles()
    for number, price_ticks in enumerate((100, 120, 110), 1):
        candles.add(trade(number, price_ticks))
    candles.bust(1)
    assert rows(candles, "1d") == [[0, 100, 120, 100, 110, 3, 3]]
    candles.bust(2)
    assert rows(candles, "1d") == [[0, 100, 110, 100, 110, 2, 2]]


def test_a_busted_trade_is_marked_and_the_last_price_of_the_book_stays() -> None:
    """The dynamic band is around the last trade price, which the book keeps."""
    view = told(
        OPEN,
        BandsPublished("X", None, 5, None),
        trade(1, 100),
        trade(2, 104),
        TradeCorrectionPublished("X", 2, 90),
        TradeBustPublished("X", 2),
    )
    assert [(each["trade_id"], each["price_ticks"], each["busted"]) for each in view.trades("X", 9)] == [
        (2, 90, True),
        (1, 100, False),
    ]
    assert view.session("X")["bands"] == {"low_ticks": 99, "high_ticks": 109}
    assert view.candles("X", "1m", 9)[0]["high_ticks"] == 100


def test_who_joins_late_is_told_of_busts_and_corrections_too() -> None:
    whole = told(
        OPEN,
        *(trade(number, 100 + number) for number in range(1, TRADES_KEPT + 9)),
        TradeBustPublished("X", 1),
        TradeBustPublished("X", TRADES_KEPT),
        TradeCorrectionPublished("X", TRADES_KEPT + 1, 77),
    )
    late = told(*map(decode, whole.retold()))
    assert late.trades("X", TRADES_KEPT) == whole.trades("X", TRADES_KEPT)
    assert late.session("X") == whole.session("X")
    assert [each["busted"] for each in late.trades("X", TRADES_KEPT)].count(True) == 1
