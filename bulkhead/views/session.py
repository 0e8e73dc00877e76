"""How an instrument is being traded, as its market data tell it: phase, auction, bands, mark price."""

from collections.abc import Iterator
from typing import TypedDict

from bulkhead.domain.book.terms import CALL_PHASES
from bulkhead.domain.machine import State
from bulkhead.domain.messages.market_data import (
    BandsPublished,
    IndicativePublished,
    MarkPricePublished,
    PhasePublished,
)
from bulkhead.domain.terms import Phase

Told = PhasePublished | IndicativePublished | BandsPublished | MarkPricePublished


class IndicativeView(TypedDict):
    """What an uncross would trade now."""

    price_ticks: int | None
    """None: nothing would trade"""
    quantity_lots: int
    market_buy_lots: int
    """market orders that wait for it"""
    market_sell_lots: int


class BandsView(TypedDict):
    """Between which prices a trade may be now; None where there is no bound."""

    low_ticks: int | None
    high_ticks: int | None


class SessionView(TypedDict):
    phase: str
    indicative: IndicativeView | None
    """None: not in a call"""
    bands: BandsView | None
    """None: the instrument has none"""
    mark_price_ticks: int | None


class Session:
    __slots__ = ("bands", "indicative", "mark_price_ticks", "phase")

    def __init__(self, phase: Phase) -> None:
        self.phase = phase
        self.indicative: tuple[int | None, int] = (None, 0)
        """price and quantity"""
        self.bands: tuple[int | None, int | None, int | None] = (None, None, None)
        """static and dynamic width, reference price"""
        self.mark_price_ticks: int | None = None

    def retold(self, instrument_id: str) -> Iterator[Told]:
        """What makes a new one equal to this."""
        yield PhasePublished(instrument_id, self.phase)
        if self.indicative != (None, 0):
            yield IndicativePublished(instrument_id, *self.indicative)
        if self.bands != (None, None, None):
            yield BandsPublished(instrument_id, *self.bands)
        if self.mark_price_ticks is not None:
            yield MarkPricePublished(instrument_id, self.mark_price_ticks)

    def enter(self, phase: Phase) -> None:
        self.phase = phase
        if phase not in CALL_PHASES:
            self.indicative = (None, 0)

    def set_bands(self, event: BandsPublished) -> None:
        self.bands = event.static_ticks, event.dynamic_ticks, event.reference_ticks

    def told(self, last_price_ticks: int | None, market_lots: tuple[int, int]) -> SessionView:
        """`market_lots`: of market orders that wait, to buy and to sell."""
        price_ticks, quantity_lots = self.indicative
        indicative: IndicativeView = {
            "price_ticks": price_ticks,
            "quantity_lots": quantity_lots,
            "market_buy_lots": market_lots[0],
            "market_sell_lots": market_lots[1],
        }
        return {
            "phase": self.phase.name.lower(),
            "indicative": indicative if self.phase in CALL_PHASES else None,
            "bands": self._bounds(last_price_ticks),
            "mark_price_ticks": self.mark_price_ticks,
        }

    def _bounds(self, last_price_ticks: int | None) -> BandsView | None:
        """As the book has them (domain/book/bands.py)."""
        static, dynamic, reference_ticks = self.bands
        if static is None and dynamic is None:
            return None
        last = reference_ticks if last_price_ticks is None else last_price_ticks
        pairs = [(width, at) for width, at in ((static, reference_ticks), (dynamic, last))]
        bounded = [(width, at) for width, at in pairs if width is not None and at is not None]
        return {
            "low_ticks": max((at - width for width, at in bounded), default=None),
            "high_ticks": min((at + width for width, at in bounded), default=None),
        }

    def state(self) -> State:
        return [int(self.phase), list(self.indicative), list(self.bands), self.mark_price_ticks]

    @classmethod
    def from_state(cls, state: State) -> "Session":
        phase, indicative, bands, mark_price_ticks = state
        session = cls(Phase(phase))
        session.indicative = tuple(indicative)
        session.bands = tuple(bands)
        session.mark_price_ticks = mark_price_ticks
        return session
