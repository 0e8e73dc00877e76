"""What the book tells its caller beyond the runner's lines: owners, quantities at that moment, numbers."""

import pytest

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import (
    Accepted,
    Canceled,
    CancelReason,
    PhaseChanged,
    Rejected,
    RejectReason,
    Replaced,
    Rested,
    Traded,
)
from bulkhead.domain.book.terms import (
    BUY,
    CLOSED,
    CONTINUOUS,
    FOK,
    GTC,
    HALTED,
    LIMIT,
    MARKET,
    PRICE_TICKS_MAX,
    PRICE_TICKS_MIN,
    QUANTITY_LOTS_MAX,
    SELL,
)
from bulkhead.domain.terms import Side


def limit(order_id: int, side: Side, price_ticks: int, lots: int, owner: object = None) -> BookOrder:
    return BookOrder(order_id, side, price_ticks, lots, LIMIT, GTC, owner=owner)


def market(order_id: int, side: Side, protection_price_ticks: int, lots: int) -> BookOrder:
    return BookOrder(order_id, side, protection_price_ticks, lots, MARKET, GTC)


def test_a_market_order_never_trades_past_its_protection_price(new_book: type[Book]) -> None:
    book = new_book()
    near, far = limit(1, SELL, 100, 5), limit(2, SELL, 106, 5)
    book.place(near)
    book.place(far)
    order = market(3, BUY, 105, 8)
    assert book.place(order) == [
        Accepted(order),
        Traded(order, near, 100, 5, 3, 0),
        Canceled(order, 3, CancelReason.MARKET, False),
    ]
    assert list(book.orders()) == [far]


def test_a_market_sell_never_trades_past_its_protection_price(new_book: type[Book]) -> None:
    book = new_book()
    far = limit(1, BUY, 94, 5)
    book.place(far)
    order = market(2, SELL, 95, 5)
    assert book.place(order) == [Accepted(order), Canceled(order, 5, CancelReason.MARKET, False)]


def test_a_trade_names_both_orders_with_their_owners_and_what_remained_just_then(
    new_book: type[Book],
) -> None:
    book = new_book()
    book.place(limit(1, BUY, 100, 5, owner="alice"))
    book.place(limit(2, BUY, 99, 5, owner="bob"))
    outcomes = book.place(limit(3, SELL, 98, 8, owner="carol"))
    trades = [outcome for outcome in outcomes if isinstance(outcome, Traded)]
    assert [
        (t.aggressor.owner, t.resting.owner, t.aggressor_remaining_lots, t.resting_remaining_lots)
        for t in trades
    ] == [("carol", "alice", 3, 0), ("carol", "bob", 0, 2)]


def test_an_order_counts_what_it_has_executed_over_fills_and_replaces(new_book: type[Book]) -> None:
    book = new_book()
    order = limit(1, BUY, 100, 10)
    book.place(order)
    book.place(limit(2, SELL, 100, 4))
    assert (order.executed_lots, order.remaining_lots) == (4, 6)
    book.replace(1, 101, 8)
    book.place(limit(3, SELL, 100, 5))
    assert (order.executed_lots, order.remaining_lots) == (9, 3)


def test_an_order_that_rests_is_told_with_what_rests(new_book: type[Book]) -> None:
    book = new_book()
    book.place(limit(1, SELL, 100, 5))
    order = limit(2, BUY, 101, 8)
    assert book.place(order)[-1] == Rested(order, 101, 3)


def test_a_replace_tells_what_was_before_and_whether_priority_was_kept(new_book: type[Book]) -> None:
    book = new_book()
    order = limit(1, BUY, 100, 5)
    book.place(order)
    assert book.replace(1, None, 4) == [Replaced(order, 100, 4, 100, 5, True)]
    assert book.replace(1, 99, None) == [Replaced(order, 99, 4, 100, 4, False), Rested(order, 99, 4)]


def test_an_order_whose_total_was_executed_already_is_ended_with_its_own_reason(new_book: type[Book]) -> None:
    book = new_book()
    order = limit(1, BUY, 100, 5)
    book.place(order)
    assert book.cancel(1, CancelReason.REPLACED_TO_DONE) == [
        Canceled(order, 5, CancelReason.REPLACED_TO_DONE, True)
    ]


def test_a_fill_or_kill_order_that_ends_is_told_with_what_was_available(new_book: type[Book]) -> None:
    book = new_book()
    book.place(limit(1, SELL, 100, 3))
    book.place(limit(2, SELL, 101, 3))
    order = BookOrder(3, BUY, 100, 5, LIMIT, FOK)
    assert book.place(order) == [Accepted(order), Canceled(order, 5, CancelReason.FOK, False, 3)]


@pytest.mark.parametrize(
    ("order", "rejected"),
    [
        (limit(1, BUY, 90, 5), Rejected(1, RejectReason.DUPLICATE_ORDER, 0, 1)),
        (limit(0, BUY, 90, 5), Rejected(0, RejectReason.UNKNOWN_ORDER, 0, 0)),
        (limit(2, BUY, 90, 0), Rejected(2, RejectReason.QUANTITY, 1, 0)),
        (
            limit(2, BUY, 90, QUANTITY_LOTS_MAX + 1),
            Rejected(2, RejectReason.QUANTITY, QUANTITY_LOTS_MAX, QUANTITY_LOTS_MAX + 1),
        ),
        (
            limit(2, BUY, PRICE_TICKS_MAX + 1, 5),
            Rejected(2, RejectReason.PRICE, PRICE_TICKS_MAX, PRICE_TICKS_MAX + 1),
        ),
        (
            limit(2, BUY, PRICE_TICKS_MIN - 1, 5),
            Rejected(2, RejectReason.PRICE, PRICE_TICKS_MIN, PRICE_TICKS_MIN - 1),
        ),
        (
            BookOrder(2, BUY, 105, 5, LIMIT, GTC, post_only=True),
            Rejected(2, RejectReason.POST_ONLY, 100, 105),
        ),
    ],
)
def test_a_refusal_carries_the_numbers_that_explain_it(
    new_book: type[Book], order: BookOrder, rejected: Rejected
) -> None:
    book = new_book()
    book.place(limit(1, SELL, 100, 5))
    assert book.place(order) == [rejected]


def test_a_refusal_for_the_phase_tells_the_phase(new_book: type[Book]) -> None:
    book = new_book()
    book.place(limit(1, SELL, 100, 5))
    assert book.set_phase(CLOSED) == [PhaseChanged(CLOSED)]
    assert book.place(limit(2, BUY, 90, 5)) == [Rejected(2, RejectReason.PHASE, CONTINUOUS, CLOSED)]
    assert book.cancel(1) == [Rejected(1, RejectReason.PHASE, CONTINUOUS, CLOSED)]


def test_a_closed_book_takes_a_cancel_where_its_caller_says_so(new_book: type[Book]) -> None:
    book = new_book()
    book.place(BookOrder(1, BUY, 100, 5, LIMIT, GTC))
    book.set_phase(CLOSED)
    (refused,) = book.cancel(1)
    assert isinstance(refused, Rejected)
    (canceled,) = book.cancel(1, while_closed=True)
    assert isinstance(canceled, Canceled)
    assert (canceled.quantity_lots, canceled.reason) == (5, CancelReason.REQUESTED)
    assert list(book.orders()) == []


def test_a_book_is_rebuilt_from_its_state_with_everything_but_the_owners(new_book: type[Book]) -> None:
    book = new_book()
    book.place(limit(1, BUY, 100, 5, owner="alice"))
    book.place(BookOrder(2, BUY, 100, 6, LIMIT, GTC, post_only=True))
    book.place(limit(3, SELL, 100, 2))
    book.set_phase(HALTED)
    saved = book.state()
    assert saved == {
        "phase": 2,
        "last_price_ticks": 100,
        "bids": [[1, 100, 3, 2, 1, 1, 0], [2, 100, 6, 0, 1, 1, 1]],
        "asks": [],
    }
    rebuilt = new_book.from_state(saved)
    assert rebuilt.state() == saved
    order = rebuilt.order(1)
    assert order is not None
    assert order.owner is None
    assert order.executed_lots == 2
    assert rebuilt.order(3) is None


def test_a_state_does_not_change_with_the_book_that_gave_it(new_book: type[Book]) -> None:
    book = new_book()
    book.place(limit(1, BUY, 100, 5))
    saved = book.state()
    book.place(limit(2, SELL, 100, 2))
    assert saved["bids"] == [[1, 100, 5, 0, 1, 1, 0]]
