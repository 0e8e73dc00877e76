"""The book on random histories: judged by a naive one, by its invariants, and across restores."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.book_rules import BookRules
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import (
    Accepted,
    Activated,
    Canceled,
    Decremented,
    Displayed,
    Expired,
    Indicative,
    Outcome,
    Rejected,
    Replaced,
    Repriced,
    Rested,
    Traded,
    Triggered,
    Uncrossed,
)
from bulkhead.domain.book.pro_rata import ProRata
from bulkhead.domain.book.terms import BUY, CALL_PHASES, CONTINUOUS, GTC, LIMIT, SELL
from bulkhead.runner.book import BookRunner
from tests.property.book_commands import (
    INSTRUMENT,
    PARTS,
    deep_auctions,
    histories,
    quote_histories,
    simple_histories,
)
from tests.property.book_histories import apply, described
from tests.property.naive_lists import NaiveLists


@given(st.one_of(simple_histories, histories, quote_histories, deep_auctions))
def test_the_book_and_a_naive_one_answer_alike_and_hold_the_same_orders(history: list[Any]) -> None:
    _assert_alike(history, INSTRUMENT, NaiveLists())


@given(simple_histories | histories, st.booleans(), st.integers(1, 3))
def test_so_do_they_with_pro_rata(history: list[Any], top_order: bool, minimum_lots: int) -> None:
    more = {"matching": "pro_rata", "top_order": top_order, "minimum_lots": minimum_lots}
    _assert_alike(history, {**INSTRUMENT, **more}, NaiveLists((top_order, minimum_lots)))


@given(histories, st.integers(0, 4), st.booleans())
def test_so_do_they_where_the_instrument_has_rules_of_its_own(
    history: list[Any], least_display_lots: int, early: bool
) -> None:
    more = {"least_display_lots": least_display_lots, "early_auction_orders": early}
    _assert_alike(history, {**INSTRUMENT, **more}, NaiveLists(None, least_display_lots, early))


def _assert_alike(history: list[Any], instrument: dict[str, Any], naive: NaiveLists) -> None:
    runner = BookRunner()
    runner.handle(instrument)
    for command in history:
        assert [json.loads(line) for line in runner.handle(command)] == naive.handle(deepcopy(command))
        assert json.loads(runner.handle({"type": "orders"})[0]) == naive.state()
        assert json.loads(runner.handle({"type": "depth"})[0]) == naive.depth()


@given(simple_histories)
def test_the_book_is_never_left_crossed(history: list[Any]) -> None:
    book = Book()
    for command in history:
        apply(book, command)
        bid, ask = book.bids.best_price_ticks(), book.asks.best_price_ticks()
        assert bid is None or ask is None or bid < ask


@given(histories)
def test_no_quantity_is_made_or_lost(history: list[Any]) -> None:
    """What was placed or added by a replace has traded, was taken off, or is still there."""
    book = Book()
    came = went = 0
    for command in history:
        placed = _placed_lots(command)
        for outcome in apply(book, command):
            match outcome:
                case Accepted(order):
                    came += placed[order.order_id]
                case Activated(quantity_lots=lots, previous_quantity_lots=before):
                    came += lots - before
                case Traded(quantity_lots=lots) | Uncrossed(quantity_lots=lots):
                    went += 2 * lots
                case Decremented(quantity_lots=lots):
                    went += 2 * lots
                case Canceled(quantity_lots=lots) | Expired(quantity_lots=lots):
                    went += lots
                case Replaced(quantity_lots=lots, previous_quantity_lots=before):
                    came += lots - before
    live = list(book.orders())
    assert came == went + sum(order.remaining_lots for order in live)
    assert all(order.remaining_lots > 0 for order in live)


def _placed_lots(command: dict[str, Any]) -> dict[int, int]:
    """The quantity of each order that a command would place."""
    match command["type"]:
        case "place":
            return {command["order_id"]: command["quantity_lots"]}
        case "pair":
            return {part["order_id"]: part["quantity_lots"] for part in (command["limit"], command["stop"])}
        case "bracket":
            lots = command["entry"]["quantity_lots"]
            return {command[name]["order_id"]: lots for name in PARTS}
        case "mass_quote":
            return {quote["order_id"]: quote["quantity_lots"] for quote in command["quotes"]}
    return {}


@given(histories)
def test_every_order_ends_exactly_once(history: list[Any]) -> None:
    book = Book()
    alive: set[int] = set()
    for command in history:
        for outcome in apply(book, command):
            if isinstance(outcome, Accepted):
                assert outcome.order.order_id not in alive
                alive.add(outcome.order.order_id)
            for order_id in _ended(outcome):
                alive.remove(order_id)
        assert alive == book.live.keys()


def _ended(outcome: Outcome) -> list[int]:
    match outcome:
        case Canceled(order) | Expired(order):
            return [order.order_id]
        case Traded(one, other, _, _, one_left, other_left):
            pass
        case Uncrossed(one, other, _, _, one_left, other_left):
            pass
        case Decremented(one, other, _, one_left, other_left):
            pass
        case _:
            return []
    return [order.order_id for order, left in ((one, one_left), (other, other_left)) if not left]


@given(histories)
def test_without_minimum_quantities_the_book_is_never_crossed_in_continuous_trading(
    history: list[Any],
) -> None:
    """So an uncross leaves nothing that could trade, and neither do stops and self-trade prevention."""
    book = Book()
    for command in history:
        apply(book, _without_minimum(command))
        bid, ask = book.bids.best_price_ticks(), book.asks.best_price_ticks()
        assert book.phase != CONTINUOUS or bid is None or ask is None or bid < ask


def _without_minimum(command: dict[str, Any]) -> dict[str, Any]:
    """A command, and the orders in it, with no minimum quantity."""
    return {
        name: _without_minimum(value) if isinstance(value, dict) else value
        for name, value in command.items()
        if name != "min_quantity_lots"
    }


@given(histories)
def test_an_uncross_leaves_nothing_executable_at_its_price(history: list[Any]) -> None:
    """Whatever minimum quantities and groups there are. Stops that it triggers arrive when it is over."""
    book = Book()
    for command in history:
        outcomes = apply(book, command)
        prices = {outcome.price_ticks for outcome in outcomes if isinstance(outcome, Uncrossed)}
        assert len(prices) <= 1
        later = {outcome.order for outcome in outcomes if isinstance(outcome, Triggered | Activated)}
        for price_ticks in prices:
            buys = [o for o in book.bids if o.price_ticks >= price_ticks and o not in later]
            sells = [o for o in book.asks if o.price_ticks <= price_ticks and o not in later]
            assert not (buys and sells)


@given(histories)
def test_the_indicative_price_that_was_told_is_what_an_uncross_then_does(history: list[Any]) -> None:
    book = Book()
    told: Indicative | None = None
    for command in history:
        outcomes = apply(book, command)
        if isinstance(outcomes[0] if outcomes else None, Indicative) and command["type"] == "uncross":
            assert outcomes[0] == (told or Indicative(None, 0))
        told = next((o for o in reversed(outcomes) if isinstance(o, Indicative)), told)
        if book.phase not in CALL_PHASES:
            told = None


@given(histories)
def test_every_level_is_what_its_orders_add_up_to_and_every_live_order_is_there_once(
    history: list[Any],
) -> None:
    book = Book()
    for command in history:
        apply(book, command)
        for side in (book.bids, book.asks):
            assert side.keys == sorted(side.levels)
            assert side.specials == sum(o.special is not None and o.special.alters_matching for o in side)
            for level in side.levels.values():
                queue = list(level)
                assert (len(queue), sum(o.remaining_lots for o in queue)) == (
                    level.orders,
                    level.quantity_lots,
                )
                assert (queue[0], queue[-1]) == (level.first, level.last)
            for level in side.depth():
                assert sum(o.displayed_lots for o in level) == level.displayed_lots
                assert all(0 < o.displayed_lots <= o.remaining_lots for o in level)
        assert {id(order) for order in book.orders()} == {id(order) for order in book.live.values()}
        assert sum(1 for _ in book.orders()) == len(book.live)
        assert not (book.quiet and (book.stops.orders or book.links))


@given(simple_histories)
def test_a_trade_takes_the_best_price_and_its_oldest_order_within_the_aggressors_price(
    history: list[Any],
) -> None:
    book = Book()
    for command in history:
        before = [
            (o.side, o.order_id, o.price_ticks) for o in book.orders() if o.order_id != command["order_id"]
        ]
        for outcome in apply(book, command):
            if not isinstance(outcome, Traded):
                continue
            queue = [row for row in before if row[0] != outcome.aggressor.side]
            assert queue[0] == (outcome.resting.side, outcome.resting.order_id, outcome.price_ticks)
            if outcome.aggressor.side == BUY:
                assert outcome.price_ticks <= outcome.aggressor.price_ticks
            else:
                assert outcome.price_ticks >= outcome.aggressor.price_ticks
            if not outcome.resting_remaining_lots:
                before.remove(queue[0])


@given(histories)
def test_a_refused_command_changes_nothing(history: list[Any]) -> None:
    book = Book()
    for command in history:
        before = book.state()
        outcomes = apply(book, command)
        if outcomes and isinstance(outcomes[0], Rejected):
            assert len(outcomes) == 1
            assert book.state() == before


@given(
    histories,
    st.none() | st.builds(ProRata, st.booleans(), st.integers(1, 3)),
    st.builds(BookRules, st.integers(0, 3), st.booleans()),
)
def test_a_book_that_is_rebuilt_after_every_command_goes_on_as_if_it_had_not_been(
    history: list[Any], pro_rata: ProRata | None, rules: BookRules
) -> None:
    kept, rebuilt = Book(pro_rata, rules), Book(pro_rata, rules)
    for command in history:
        assert described(apply(kept, command)) == described(apply(rebuilt, command))
        saved = rebuilt.state()
        assert saved == kept.state()
        rebuilt = Book.from_state(json.loads(json.dumps(saved)))
        for order_id, order in rebuilt.live.items():
            order.owner = kept.live[order_id].owner


@given(histories)
def test_the_outcomes_alone_rebuild_the_displayed_book_order_by_order(history: list[Any]) -> None:
    """What order-by-order market data needs: added, executed, reduced, removed, each where it happens."""
    book, public = Book(), Public()
    for command in history:
        for outcome in apply(book, command):
            public.hear(outcome)
        for side, sign in ((book.bids, -1), (book.asks, 1)):
            shown = [(o.order_id, o.price_ticks, o.displayed_lots) for level in side.depth() for o in level]
            ids = {order_id for order_id, _, _ in shown}
            told = [(i, ticks, lots) for i, (ticks, lots) in public.orders.items() if i in ids]
            assert shown == sorted(told, key=lambda row: sign * row[1])
        assert len(public.orders) == sum(1 for o in book.orders() if _is_displayed(book, o))


def _is_displayed(book: Book, order: BookOrder) -> bool:
    return any(order in level for side in (book.bids, book.asks) for level in side.depth())


class Public:
    """The displayed orders as the outcomes tell them: price and quantity by order id, in order of arrival."""

    def __init__(self) -> None:
        self.orders: dict[int, tuple[int, int]] = {}

    def hear(self, outcome: Outcome) -> None:
        match outcome:
            case Rested(order, ticks, lots):
                if lots and order.order_type == LIMIT:
                    assert order.order_id not in self.orders
                    self.orders[order.order_id] = (ticks, lots)
            case Traded(resting=resting, price_ticks=ticks, quantity_lots=lots):
                assert self.orders.get(resting.order_id, (ticks, 0))[0] == ticks
                self._take_off(resting.order_id, lots)
            case Uncrossed(buy, sell, _, lots):
                self._take_off(buy.order_id, lots)
                self._take_off(sell.order_id, lots)
            case Decremented(_, resting, lots):
                self._take_off(resting.order_id, lots)
            case Displayed(order, lots, renewed):
                ticks = order.price_ticks
                if renewed:
                    self.orders.pop(order.order_id, None)
                if order.order_type == LIMIT:
                    self.orders[order.order_id] = (ticks, lots)
            case Canceled(order, rested=True) | Expired(order, rested=True) | Repriced(order):
                self.orders.pop(order.order_id, None)
            case Replaced(order, ticks, lots, kept_priority=kept):
                if not kept:
                    self.orders.pop(order.order_id, None)
                elif order.order_id in self.orders:
                    self.orders[order.order_id] = (ticks, lots)

    def _take_off(self, order_id: int, lots: int) -> None:
        if order_id in self.orders:
            ticks, shown = self.orders[order_id]
            if shown > lots:
                self.orders[order_id] = (ticks, shown - lots)
            else:
                del self.orders[order_id]


@given(simple_histories)
def test_only_limit_orders_good_till_canceled_rest(history: list[Any]) -> None:
    book = Book()
    for command in history:
        apply(book, command)
        assert all((o.order_type, o.time_in_force) == (LIMIT, GTC) for o in book.orders())


def test_a_level_of_many_orders_is_consumed_and_thinned_in_linear_time() -> None:
    """Ten thousand orders at one price: half canceled from the middle, the rest traded by one order."""
    book = Book()
    for order_id in range(1, 10_001):
        book.place(BookOrder(order_id, BUY, 100, 1, LIMIT, GTC))
    for order_id in range(2, 10_001, 2):
        book.cancel(order_id)
    outcomes = book.place(BookOrder(20_000, SELL, 100, 5_000, LIMIT, GTC))
    traded = [outcome.resting.order_id for outcome in outcomes if isinstance(outcome, Traded)]
    assert traded == list(range(1, 10_001, 2))
    assert not book.live
