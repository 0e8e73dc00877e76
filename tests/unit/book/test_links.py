"""What the book tells its caller of pairs, brackets and mass quotes, and keeps of them in its state."""

import json

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.book_rules import BookRules
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import (
    Accepted,
    Activated,
    Canceled,
    CancelReason,
    Rejected,
    RejectReason,
    Replaced,
    Rested,
    Traded,
    Triggered,
)
from bulkhead.domain.book.special import Special
from bulkhead.domain.book.terms import (
    AT_CLOSE,
    BUY,
    CLOSING_AUCTION,
    GTC,
    LIMIT,
    SELL,
    STOP,
    worst_price_ticks,
)
from bulkhead.domain.terms import Side


def limit(order_id: int, side: Side, price_ticks: int, lots: int) -> BookOrder:
    return BookOrder(order_id, side, price_ticks, lots, LIMIT, GTC)


def stop(order_id: int, side: Side, stop_price_ticks: int, lots: int) -> BookOrder:
    special = Special(stop_price_ticks=stop_price_ticks)
    return BookOrder(order_id, side, worst_price_ticks(side), lots, STOP, GTC, special=special)


def half_filled() -> tuple[Book, BookOrder, BookOrder, BookOrder]:
    """A bracket, its entry filled by 2 of 5."""
    book = Book()
    entry, profit, loss = limit(1, BUY, 100, 5), limit(2, SELL, 110, 5), stop(3, SELL, 95, 5)
    book.place_bracket(entry, profit, loss)
    book.place(limit(4, SELL, 100, 2))
    return book, entry, profit, loss


def test_the_other_one_of_a_pair_is_told_with_whether_it_rested(new_book: type[Book]) -> None:
    book = new_book()
    profit, loss, taker = limit(1, SELL, 110, 5), stop(2, SELL, 95, 5), limit(3, BUY, 110, 2)
    assert book.place_pair(profit, loss) == [Accepted(profit), Accepted(loss), Rested(profit, 110, 5)]
    assert book.place(taker)[1:] == [
        Traded(taker, profit, 110, 2, 0, 3),
        Canceled(loss, 5, CancelReason.LINKED, False),
    ]
    assert not book.links


def test_a_stop_that_is_triggered_takes_the_resting_one_off_before_it_arrives(new_book: type[Book]) -> None:
    book = new_book()
    book.place(limit(8, BUY, 95, 1))
    profit, loss = limit(1, SELL, 110, 5), stop(2, SELL, 95, 5)
    book.place_pair(profit, loss)
    assert book.place(limit(3, SELL, 95, 1))[2:] == [
        Triggered(loss),
        Canceled(profit, 5, CancelReason.LINKED, True),
        Canceled(loss, 5, CancelReason.MARKET, False),
    ]


def test_exits_are_told_with_their_new_quantity_and_their_old_one() -> None:
    book, entry, profit, loss = half_filled()
    assert book.cancel(1) == [
        Canceled(entry, 3, CancelReason.REQUESTED, True),
        Activated(loss, 2, 5),
        Activated(profit, 2, 5),
        Rested(profit, 110, 2),
    ]


def test_exits_that_wait_are_live_and_were_not_on_the_book_when_they_are_canceled() -> None:
    book, _, profit, loss = half_filled()
    assert [order.order_id for order in book.orders()] == [1, 2, 3]
    assert book.cancel(2) == [
        Canceled(profit, 5, CancelReason.REQUESTED, False),
        Canceled(loss, 5, CancelReason.LINKED, False),
    ]
    assert not book.links


def test_a_bracket_is_part_of_the_state_with_what_has_traded_of_its_entry(new_book: type[Book]) -> None:
    book, *_ = half_filled()
    saved = book.state()
    assert saved["links"] == [[2, 3, 1, 2]]
    assert [row[:2] for row in saved["parked"]] == [[2, 2], [2, 3]]
    rebuilt = new_book.from_state(json.loads(json.dumps(saved)))
    assert rebuilt.state() == saved
    rebuilt.cancel(1)
    assert "parked" not in rebuilt.state()
    assert rebuilt.state()["links"] == [[2, 3, None, 2]]
    assert [(order.order_id, order.remaining_lots) for order in rebuilt.orders()] == [(2, 2), (3, 2)]


def test_a_pair_that_is_lost_with_its_book_leaves_no_link_behind() -> None:
    book, *orders = half_filled()
    told = book.clear(orders)
    assert [(o.order.order_id, o.reason) for o in told if isinstance(o, Canceled)] == [
        (order.order_id, CancelReason.BOOK_LOST) for order in orders
    ]
    assert len(told) == 3
    assert not book.live
    assert not book.links


def test_two_that_are_no_pair_are_refused_by_the_first_ones_id(new_book: type[Book]) -> None:
    told = new_book().place_pair(limit(1, SELL, 110, 5), stop(2, BUY, 115, 5))
    assert told == [Rejected(1, RejectReason.LINK, 0, 1)]


def test_a_mass_quote_tells_what_leaves_before_what_arrives(new_book: type[Book]) -> None:
    book = new_book()
    bid, ask = limit(1, BUY, 99, 5), limit(2, SELL, 101, 5)
    book.mass_quote([bid, ask], lambda owner: True)
    third = limit(3, SELL, 105, 1)
    assert book.mass_quote([limit(1, BUY, 102, 5), third, limit(2, SELL, 104, 4)], lambda owner: True) == [
        Replaced(bid, 102, 5, 99, 5, False),
        Replaced(ask, 104, 4, 101, 5, False),
        Rested(bid, 102, 5),
        Accepted(third),
        Rested(third, 105, 1),
        Rested(ask, 104, 4),
    ]


def test_quotes_that_cross_are_refused_with_both_prices(new_book: type[Book]) -> None:
    told = new_book().mass_quote([limit(1, BUY, 102, 5), limit(2, SELL, 101, 5)], lambda owner: True)
    assert told == [Rejected(1, RejectReason.PRICE, 101, 102)]


def test_a_mass_quote_names_no_order_that_is_not_its_groups(new_book: type[Book]) -> None:
    book = new_book()
    book.place(limit(1, BUY, 99, 5))
    told = book.mass_quote([limit(1, BUY, 98, 5)], lambda owner: False)
    assert told == [Rejected(1, RejectReason.DUPLICATE_ORDER, 0, 1)]


def test_an_early_auction_order_survives_in_the_state_and_gathers_with_its_call(new_book: type[Book]) -> None:
    book = new_book(rules=BookRules(least_display_lots=2, early_auction_orders=True))
    order = BookOrder(1, BUY, 100, 5, LIMIT, AT_CLOSE)
    assert book.place(order) == [Accepted(order)]
    saved = book.state()
    assert saved["rules"] == [2, 1]
    rebuilt = new_book.from_state(json.loads(json.dumps(saved)))
    assert rebuilt.state() == saved
    assert not list(rebuilt.bids)
    assert isinstance(rebuilt.set_phase(CLOSING_AUCTION)[1], Rested)
    assert [o.order_id for o in rebuilt.bids] == [1]
