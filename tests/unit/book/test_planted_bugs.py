"""Deliberate bugs in the book, one at a time: each fails a case of the tables, so the tables can fail."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from bulkhead.domain.book import book as the_book
from bulkhead.domain.book import (
    equilibrium,
    links,
    match,
    phase,
    place,
    plan,
    post_only,
    stops,
    triggers,
    uncross,
)
from bulkhead.domain.book.bands import inside_bands
from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.expiry import tick
from bulkhead.domain.book.link import Link
from bulkhead.domain.book.mass_cancel import mass_cancel
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Displayed, Outcome, Replaced
from bulkhead.domain.book.plan import Deed, Step
from bulkhead.domain.book.pro_rata import ProRata
from bulkhead.domain.book.replace import Changes, keep, replace
from bulkhead.domain.book.self_trade import prevent
from bulkhead.domain.book.side import BookSide
from bulkhead.domain.book.terms import BUY, UNPRICED_TYPES, WAITING_TYPES
from bulkhead.domain.book.waiting import Entry, Ladder, Waiting, terms
from bulkhead.runner.book import BookRunner
from tests.support.book_cases import BookCase, book_cases

CASES = book_cases()
INSTRUMENT = {"type": "instrument", "instrument_id": "X", "tick": 1, "lot": 1, "matching": "price_time"}
_chosen, _end_entry, _reached = equilibrium._chosen, links._end_entry, Ladder.reached


def _iceberg_keeps_its_place(side: BookSide, order: BookOrder, lots: int, outcomes: list[Outcome]) -> None:
    special = order.special
    assert special is not None
    assert special.display_lots
    special.shown_lots -= lots
    if not special.shown_lots:
        special.shown_lots = min(special.display_lots, order.remaining_lots)
        side.level(order).undisplayed_lots -= special.shown_lots
    outcomes.append(Displayed(order, special.shown_lots, False))


def _rounded_up(rule: ProRata, lots: int, shown: Sequence[int], top: int | None) -> list[int]:
    taken: list[int] = []
    for quantity in shown:
        taken.append(min(-(-lots * quantity // sum(shown)), lots - sum(taken), quantity))
    return taken


def _one_step_too_far(book: Contents, steps: Sequence[Step]) -> Sequence[Step]:
    return steps[: len(inside_bands(book, steps)) + 1]


def _follows_both_ways(book: Contents, prices: list[int], on_mark: bool) -> None:
    for order in list(book.stops.trailing.values()):
        if terms(order).on_mark is on_mark:
            book.stops.move(order, stops._behind(order, prices[-1]))


def _market_orders_last(side: BookSide) -> Iterator[BookOrder]:
    return iter(sorted(side, key=lambda order: order.order_type in UNPRICED_TYPES))


def _hidden_first(side: BookSide) -> Iterator[BookOrder]:
    def rank(order: BookOrder) -> tuple[int, bool]:
        hidden = order.special is not None and order.special.display_lots == 0
        return -side.step * order.price_ticks, not hidden

    return iter(sorted(side, key=rank))


def _cancels_the_resting_one_alone(
    book: Contents, one: BookOrder, other: BookOrder, lots: int, deed: Deed, *more: Any
) -> bool:
    return prevent(book, one, other, lots, Deed.CANCEL_RESTING if deed is Deed.CANCEL_BOTH else deed, *more)


def _more_keeps_the_place(
    book: Contents, order_id: int, ticks: int | None, lots: int | None, changes: Changes | None
) -> list[Outcome]:
    order = book.live.get(order_id)
    if order is None or ticks not in (None, order.price_ticks) or order.order_type in WAITING_TYPES:
        return replace(book, order_id, ticks, lots, changes)
    before_lots = order.remaining_lots
    if lots is None or lots <= before_lots or order_id in book.parked:
        return replace(book, order_id, ticks, lots, changes)
    outcomes: list[Outcome] = [Replaced(order, order.price_ticks, lots, order.price_ticks, before_lots, True)]
    keep(book, order, lots, order.special, outcomes)
    return outcomes


def _comes_first_at_its_new_price(
    book: Contents, order_id: int, ticks: int | None, lots: int | None, changes: Changes | None
) -> list[Outcome]:
    outcomes = replace(book, order_id, ticks, lots, changes)
    order = book.live.get(order_id)
    if order is not None and order.order_type not in WAITING_TYPES and order_id not in book.parked:
        side = book.bids if order.side == BUY else book.asks
        for other in [each for each in side.level(order) if each is not order]:
            side.remove(other)
            side.add(other)
    return outcomes


def _the_other_stays(book: Contents, link: Link, cause: BookOrder, outcomes: list[Outcome]) -> None:
    for order_id in link.order_ids():
        del book.links[order_id]


def _for_all_that_was_wanted(book: Contents, link: Link, entry: BookOrder, outcomes: list[Outcome]) -> None:
    if link.filled_lots:
        link.filled_lots += entry.remaining_lots
    _end_entry(book, link, entry, outcomes)


def _by_arrival(self: Waiting, last_ticks: int | None, mark_ticks: int | None) -> BookOrder | None:
    found = [*self.for_last.reached(last_ticks), *self.for_mark.reached(mark_ticks)]
    return min(found, key=lambda entry: entry[1])[2] if found else None


def _at_its_price_alone(self: Ladder, price_ticks: int | None) -> Iterator[Entry]:
    return (entry for entry in _reached(self, price_ticks) if entry[0] == 0)


Bug = tuple[Any, str, Callable[..., Any]]
BUGS: dict[str, Bug] = {
    "an auction ignores the surplus": (equilibrium, "_rank", lambda each: (each.quantity_lots, 0)),
    "an auction ignores the pressure of buyers": (
        equilibrium,
        "_chosen",
        lambda best, last: _chosen(best[:1], last),
    ),
    "an auction ignores the last price": (equilibrium, "_chosen", lambda best, last: _chosen(best, None)),
    "an auction trades market orders last": (uncross, "_ranked", _market_orders_last),
    "an auction trades hidden before displayed": (uncross, "_ranked", _hidden_first),
    "at_open orders stay after their auction": (
        uncross,
        "_ends",
        lambda order: order.order_type in UNPRICED_TYPES,
    ),
    "an iceberg's next slice keeps its place": (match, "after_trade", _iceberg_keeps_its_place),
    "self-trade prevention forgets the rest": (match, "prevent", lambda *given: prevent(*given) and False),
    "self-trade prevention spares the one that arrives": (match, "prevent", _cancels_the_resting_one_alone),
    "a minimum quantity is ignored while it rests": (plan, "_falls_short", lambda steps: None),
    "a fill-or-kill counts its own group": (
        place,
        "traded_lots",
        lambda steps: sum(step.lots for step in steps),
    ),
    "pro rata rounds up": (plan, "shares", _rounded_up),
    "price bands are looked at after the trade": (place, "inside_bands", _one_step_too_far),
    "a trailing stop follows both ways": (stops, "_follow", _follows_both_ways),
    "a stop that was passed does not trigger": (Ladder, "reached", _at_its_price_alone),
    "stops trigger by their arrival": (Waiting, "due", _by_arrival),
    "a triggered post-only order trades": (triggers, "posted_at", lambda book, order, ticks, *more: ticks),
    "a post-only order trades when it arrives": (post_only, "_would_trade_at", lambda *given: None),
    "the other one of a pair stays": (links, "_end", _the_other_stays),
    "exits are for all that the entry wanted": (links, "_end_entry", _for_all_that_was_wanted),
    "gtd orders end a tick late": (the_book, "tick", lambda book, time_ms: tick(book, time_ms - 1)),
    "day orders outlive the day": (phase, "end_day", lambda book: []),
    "a replace for more keeps the place": (the_book, "replace", _more_keeps_the_place),
    "a replace comes first at its new price": (the_book, "replace", _comes_first_at_its_new_price),
    "a mass cancel takes both sides": (
        the_book,
        "mass_cancel",
        lambda book, side, meant: mass_cancel(book, None, meant),
    ),
}
"""Where it is planted, and what stands there instead."""


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_planted_in_the_book_fails_a_case_of_the_tables(
    bug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*BUGS[bug])
    assert any(map(_fails, CASES))


def _fails(case: BookCase) -> bool:
    """Whether the book answers otherwise than the table says, or raises."""
    runner = BookRunner()
    runner.handle(INSTRUMENT)
    try:
        return any(runner.handle(command) != expected for command, expected in case.steps)
    except (AssertionError, KeyError, AttributeError, IndexError, ValueError):
        return True
