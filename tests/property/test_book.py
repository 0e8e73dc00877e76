"""The book on random histories: judged by a naive one, by its invariants, and across restores."""

import json
from dataclasses import fields
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Canceled, Outcome, Rejected, Replaced, Rested, Traded
from bulkhead.domain.book.terms import BUY, GTC, LIMIT, SELL
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.runner.book import BookRunner
from tests.property.naive_book import NaiveBook

_INSTRUMENT = {"type": "instrument", "instrument_id": "X", "tick": 1, "lot": 1, "matching": "price_time"}

# Few ids, prices and quantities, so that orders meet, levels deepen and ids come again.
_ids = st.integers(1, 12)
_prices = st.integers(98, 104)
_lots = st.integers(1, 9)
_sides = st.sampled_from(["buy", "sell"])

_places = st.builds(
    lambda order_id, side, price, lots, order_type, time_in_force, post_only: {
        "type": "place",
        "order_id": order_id,
        "account_id": "a",
        "side": side,
        "order_type": order_type,
        "price_ticks": price,
        "quantity_lots": lots,
        "time_in_force": time_in_force,
        "post_only": post_only,
    },
    _ids,
    _sides,
    _prices | st.sampled_from([2**62 + 1, -(2**62) - 1, 2**62]),
    _lots | st.sampled_from([0, -1, 2**62, 2**62 + 1]),
    st.sampled_from(["limit", "limit", "limit", "market"]),
    st.sampled_from(["gtc", "gtc", "gtc", "ioc", "fok"]),
    st.sampled_from([False, False, True]),
)
_plain_places = st.builds(
    lambda order_id, side, price, lots: {
        "type": "place",
        "order_id": order_id,
        "account_id": "a",
        "side": side,
        "price_ticks": price,
        "quantity_lots": lots,
    },
    _ids,
    _sides,
    _prices,
    _lots,
)
_cancels = st.builds(lambda order_id: {"type": "cancel", "order_id": order_id}, _ids)
_replaces = st.builds(
    lambda order_id, fields: {"type": "replace", "order_id": order_id, **fields},
    _ids,
    st.fixed_dictionaries({}, optional={"price_ticks": _prices, "quantity_lots": _lots | st.just(0)}),
)
_phases = st.sampled_from(["continuous", "halted", "closed"]).map(lambda p: {"type": "phase", "phase": p})
# Half of them place: the book fills up. A phase change is rare and soon followed by continuous.
_commands = st.one_of(_plain_places, _plain_places, _places, _places, _cancels, _replaces, _replaces)
_histories = st.lists(_commands, max_size=60)
_histories_with_phases = st.lists(st.one_of(_commands, _commands, _commands, _phases), max_size=60)


@given(_histories | _histories_with_phases)
def test_the_book_and_a_naive_one_answer_alike_and_hold_the_same_orders(history: list[Any]) -> None:
    runner, naive = BookRunner(), NaiveBook()
    runner.handle(_INSTRUMENT)
    for command in history:
        assert [json.loads(line) for line in runner.handle(command)] == naive.handle(command)
        assert json.loads(runner.handle({"type": "orders"})[0]) == naive.state()


def _apply(book: Book, command: dict[str, Any]) -> list[Outcome]:
    """A command of the runner, applied to the core, so that its outcomes can be seen."""
    if command["type"] == "cancel":
        return book.cancel(command["order_id"])
    if command["type"] == "replace":
        return book.replace(command["order_id"], command.get("price_ticks"), command.get("quantity_lots"))
    if command["type"] == "phase":
        return book.set_phase(Phase[command["phase"].upper()])
    return book.place(
        BookOrder(
            command["order_id"],
            Side[command["side"].upper()],
            command["price_ticks"],
            command["quantity_lots"],
            OrderType[command.get("order_type", "limit").upper()],
            TimeInForce[command.get("time_in_force", "gtc").upper()],
            command.get("post_only", False),
        )
    )


@given(_histories)
def test_the_book_is_never_left_crossed(history: list[Any]) -> None:
    book = Book()
    for command in history:
        _apply(book, command)
        bid, ask = book.bids.best_price_ticks(), book.asks.best_price_ticks()
        assert bid is None or ask is None or bid < ask


@given(_histories)
def test_no_quantity_is_made_or_lost(history: list[Any]) -> None:
    """What was placed or added by a replace has traded, was canceled or taken off, or still rests."""
    book = Book()
    came = went = 0
    for command in history:
        outcomes = _apply(book, command)
        if command["type"] == "place" and not isinstance(outcomes[0], Rejected):
            came += command["quantity_lots"]
        for outcome in outcomes:
            match outcome:
                case Traded(quantity_lots=lots):
                    went += 2 * lots
                case Canceled(quantity_lots=lots):
                    went += lots
                case Replaced(quantity_lots=lots, previous_quantity_lots=before):
                    came += lots - before
    resting = list(book.orders())
    assert came == went + sum(order.remaining_lots for order in resting)
    assert all(order.remaining_lots > 0 for order in resting)


@given(_histories)
def test_every_level_is_what_its_orders_add_up_to_and_every_live_order_rests_once(history: list[Any]) -> None:
    book = Book()
    for command in history:
        _apply(book, command)
        for side in (book.bids, book.asks):
            assert side.keys == sorted(side.levels)
            orders = list(side)
            for level in side.depth():
                queue = [order for order in orders if order.price_ticks == level.price_ticks]
                assert (len(queue), sum(o.remaining_lots for o in queue)) == (
                    level.orders,
                    level.quantity_lots,
                )
                assert (queue[0], queue[-1]) == (level.first, level.last)
        assert {id(order) for order in book.orders()} == {id(order) for order in book.live.values()}
        assert sum(1 for _ in book.orders()) == len(book.live)


@given(_histories)
def test_a_trade_takes_the_best_price_and_its_oldest_order_within_the_aggressors_price(
    history: list[Any],
) -> None:
    book = Book()
    for command in history:
        before = [
            (o.side, o.order_id, o.price_ticks) for o in book.orders() if o.order_id != command["order_id"]
        ]
        for outcome in _apply(book, command):
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


@given(_histories | _histories_with_phases)
def test_a_refused_command_changes_nothing(history: list[Any]) -> None:
    book = Book()
    for command in history:
        before = book.state()
        outcomes = _apply(book, command)
        if isinstance(outcomes[0], Rejected):
            assert len(outcomes) == 1
            assert book.state() == before


@given(_histories_with_phases)
def test_a_book_that_is_rebuilt_after_every_command_goes_on_as_if_it_had_not_been(history: list[Any]) -> None:
    kept, rebuilt = Book(), Book()
    for command in history:
        assert _described(_apply(kept, command)) == _described(_apply(rebuilt, command))
        saved = rebuilt.state()
        assert saved == kept.state()
        rebuilt = Book.from_state(json.loads(json.dumps(saved)))


@given(_histories_with_phases)
def test_the_outcomes_alone_rebuild_the_book_order_by_order(history: list[Any]) -> None:
    """What order-by-order market data needs: added, executed, reduced, removed, each where it happens."""
    book = Book()
    public: dict[int, tuple[int, int]] = {}  # order id -> price and quantity, by order of arrival
    for command in history:
        for outcome in _apply(book, command):
            match outcome:
                case Rested(order, ticks, lots):
                    assert order.order_id not in public
                    public[order.order_id] = (ticks, lots)
                case Traded():
                    ticks, lots = public.pop(outcome.resting.order_id)
                    assert ticks == outcome.price_ticks
                    assert lots - outcome.quantity_lots == outcome.resting_remaining_lots
                    if outcome.resting_remaining_lots:
                        public = {outcome.resting.order_id: (ticks, outcome.resting_remaining_lots), **public}
                case Canceled(rested=True):
                    assert public.pop(outcome.order.order_id)[1] == outcome.quantity_lots
                case Replaced(order, ticks, lots, before_ticks, before_lots, kept):
                    assert public[order.order_id] == (before_ticks, before_lots)
                    if kept:
                        public[order.order_id] = (ticks, lots)
                    else:
                        del public[order.order_id]
    for side, sign in ((book.bids, -1), (book.asks, 1)):
        orders = [(o.order_id, (o.price_ticks, o.remaining_lots)) for o in side]
        ids = {order_id for order_id, _ in orders}
        assert orders == sorted(
            (item for item in public.items() if item[0] in ids), key=lambda item: sign * item[1][0]
        )
    assert len(public) == len(book.live)


@given(_histories)
def test_only_limit_orders_good_till_canceled_rest(history: list[Any]) -> None:
    book = Book()
    for command in history:
        _apply(book, command)
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


def _described(outcomes: list[Outcome]) -> list[str]:
    """Outcomes of two books as comparable text: their orders are different objects with the same ids."""
    return [
        f"{type(outcome).__name__} "
        + " ".join(
            str(value.order_id if isinstance(value, BookOrder) else value)
            for value in (getattr(outcome, field.name) for field in fields(outcome))
        )
        for outcome in outcomes
    ]
