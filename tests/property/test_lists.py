"""Pairs, brackets and mass quotes on random histories: what must hold whatever the naive book says."""

from collections import Counter
from typing import Any

from hypothesis import given

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Accepted, Activated, Canceled, Outcome, Rejected, Traded, Uncrossed
from tests.property.book_commands import histories
from tests.property.book_histories import apply


def traded(outcome: Outcome) -> list[tuple[BookOrder, int]]:
    """Who traded how much."""
    match outcome:
        case Traded(one, other, _, lots) | Uncrossed(one, other, _, lots):
            return [(one, lots), (other, lots)]
    return []


def placed(command: dict[str, Any], outcomes: list[Outcome]) -> list[BookOrder]:
    """The orders of a pair or a bracket that was taken: the entry, if there is one, the limit, the stop."""
    if command["type"] not in ("pair", "bracket") or isinstance(outcomes[0], Rejected):
        return []
    return [outcome.order for outcome in outcomes[: len(command) - 1] if isinstance(outcome, Accepted)]


@given(histories)
def test_of_a_pair_never_both_trade(history: list[Any]) -> None:
    book, lots, pairs = Book(), Counter[BookOrder](), []
    for command in history:
        outcomes = apply(book, command)
        pairs += [tuple(orders[-2:]) for orders in [placed(command, outcomes)] if orders]
        for outcome in outcomes:
            for order, quantity in traded(outcome):
                lots[order] += quantity
    assert not [pair for pair in pairs if lots[pair[0]] and lots[pair[1]]]


@given(histories)
def test_between_commands_of_a_pair_that_has_begun_to_trade_only_one_is_live(history: list[Any]) -> None:
    book, begun = Book(), set[BookOrder]()
    for command in history:
        for outcome in apply(book, command):
            begun |= {order for order, _ in traded(outcome)}
        for link in book.links.values():
            assert book.live[link.limit.order_id] is link.limit
            assert book.live[link.stop.order_id] is link.stop
            assert link.entry_id is None or link.entry_id in book.live
            assert not begun & {link.limit, link.stop}
        for order_id in book.links:
            assert order_id in book.live


@given(histories)
def test_exits_become_active_for_exactly_what_has_traded_of_an_entry_that_has_ended(
    history: list[Any],
) -> None:
    book, lots = Book(), Counter[BookOrder]()
    entries: dict[BookOrder, BookOrder] = {}  # by exit
    for command in history:
        outcomes = apply(book, command)
        orders = placed(command, outcomes)
        if len(orders) == 3:
            entries |= dict.fromkeys(orders[1:], orders[0])
        for outcome in outcomes:
            for order, quantity in traded(outcome):
                assert order not in entries or entries[order] not in book.live.values()
                lots[order] += quantity
            if isinstance(outcome, Activated):
                assert outcome.quantity_lots == lots[entries[outcome.order]]
                assert book.live.get(entries[outcome.order].order_id) is not entries[outcome.order]


@given(histories)
def test_a_mass_quote_touches_no_order_of_its_owner_that_it_does_not_name(history: list[Any]) -> None:
    """But by trading with it, and through what it is linked to."""
    book = Book()
    for command in history:
        before = {order.order_id: order.remaining_lots for order in book.orders()}
        outcomes = apply(book, command)
        if command["type"] != "mass_quote":
            continue
        named = {quote["order_id"] for quote in command["quotes"]}
        requested = [o for o in outcomes if isinstance(o, Canceled) and o.reason == "requested"]
        assert {outcome.order.order_id for outcome in requested} <= named
        if outcomes and isinstance(outcomes[0], Rejected):
            assert before == {order.order_id: order.remaining_lots for order in book.orders()}
