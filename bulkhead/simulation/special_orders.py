"""Orders of every type and with all terms, made by chance of plain ones."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.terms import OrderType, StpMode, TimeInForce

GTD_MS: Final = (-50, 1, 100, 300, 60_000)
"""When gtd orders end, from now: some are over when they come."""
IN_A_GROUP: Final = 0.4
"""of orders: with few traders two of one group seldom meet otherwise"""
STEPS: Final = {"Z-USD": 2}
"""increments of an instrument of `setting` in ticks and lots, where it is not 1"""


class Draft:
    """A plain order that becomes another. `price_ticks` is its limit or its protection price."""

    def __init__(self, chance: random.Random, order: PlaceOrder, now_ms: int) -> None:
        self.chance = chance
        self.order = order
        self.now_ms = now_ms
        self.step = STEPS.get(order.instrument_id, 1)
        self.price_ticks = order.protection_price_ticks if order.price_ticks is None else order.price_ticks
        self.terms: dict[str, Any] = {}

    def steps(self, most: int) -> int:
        return self.step * self.chance.randint(1, most)

    def becomes(self, order_type: OrderType, *, limit: bool = False) -> None:
        prices = (self.price_ticks, None) if limit else (None, self.price_ticks)
        self.order = replace(
            self.order,
            order_type=int(order_type),
            price_ticks=prices[0],
            protection_price_ticks=prices[1],
            post_only=limit and self.order.post_only,
        )

    def lasts(self, time_in_force: TimeInForce) -> None:
        self.order = replace(self.order, time_in_force=int(time_in_force))


def vary(chance: random.Random, order: PlaceOrder, now_ms: int) -> PlaceOrder:
    """The order, or what chance makes of it."""
    draft = Draft(chance, order, now_ms)
    if order.order_type == OrderType.LIMIT and chance.random() < 0.3:
        chance.choice(_TYPES)(draft)
    for change in chance.choices((*_MORE, None), k=2):
        if change is not None and chance.random() < 0.5:
            change(draft)
    if chance.random() < IN_A_GROUP:
        _in_a_group(draft)
    if chance.random() < 0.02:
        draft.terms |= chance.choice(_WRONG)
    return replace(draft.order, terms=OrderTerms(**draft.terms)) if draft.terms else draft.order


def _market_to_limit(draft: Draft) -> None:
    draft.becomes(OrderType.MARKET_TO_LIMIT)


def _stop(draft: Draft) -> None:
    draft.becomes(OrderType.STOP)
    _waits(draft)


def _stop_limit(draft: Draft) -> None:
    draft.becomes(OrderType.STOP_LIMIT, limit=True)
    if draft.chance.random() < 0.5:  # it may find that it would trade, once it is triggered
        draft.order = replace(draft.order, post_only=True)
    _waits(draft)


def _trailing_stop(draft: Draft) -> None:
    draft.becomes(OrderType.TRAILING_STOP)
    draft.terms["trail_ticks"] = draft.steps(3)
    if draft.chance.random() < 0.5:
        _waits(draft)


def _waits(draft: Draft) -> None:
    if draft.price_ticks is not None:
        near = draft.price_ticks + draft.step * draft.chance.randint(-2, 2)
        draft.terms["stop_price_ticks"] = near
    if draft.chance.random() < 0.1:
        draft.terms["on_mark"] = True


def _displayed_in_part(draft: Draft) -> None:
    draft.terms["display_lots"] = draft.chance.choice((0, draft.steps(3), draft.steps(3)))


def _least(draft: Draft) -> None:
    draft.terms["min_quantity_lots"] = draft.steps(4)


def _in_a_group(draft: Draft) -> None:
    draft.terms["stp_group"] = draft.chance.choice(("desk", "desk", "other"))
    draft.terms["stp_mode"] = int(draft.chance.choice(list(StpMode)))


def _for_a_time(draft: Draft) -> None:
    draft.lasts(TimeInForce.GTD)
    draft.terms["expire_time_ms"] = max(0, draft.now_ms + draft.chance.choice(GTD_MS))


def _for_the_day(draft: Draft) -> None:
    draft.lasts(TimeInForce.DAY)


def _for_an_auction(draft: Draft) -> None:
    draft.lasts(draft.chance.choice((TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE)))


def _sliding(draft: Draft) -> None:
    draft.order = replace(draft.order, post_only=True)
    draft.terms["slide_ticks"] = draft.steps(2)


def _named(draft: Draft) -> None:
    draft.terms |= {"quote_group": "quotes", "trader_id": "t1"}


Change = Callable[[Draft], None]
_TYPES: Final[tuple[Change, ...]] = (_market_to_limit, _stop, _stop_limit, _trailing_stop)
_MORE: Final[tuple[Change, ...]] = (
    _displayed_in_part,
    _displayed_in_part,
    _least,
    _for_a_time,
    _for_a_time,
    _for_the_day,
    _for_an_auction,
    _sliding,
    _named,
)
_WRONG: Final[tuple[dict[str, Any], ...]] = (
    {"stop_price_ticks": -1},
    {"trail_ticks": 0},
    {"display_lots": 2**62},
    {"min_quantity_lots": 0},
    {"slide_ticks": 2**62},
    {"stp_group": "é" * 40},
    {"stp_group": "desk", "stp_mode": 9},
    {"expire_time_ms": 0},
)
