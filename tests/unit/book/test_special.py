"""What the book tells its caller of special orders, beyond the runner's lines."""

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import (
    Accepted,
    Canceled,
    CancelReason,
    Decremented,
    Displayed,
    Rejected,
    RejectReason,
    Rested,
    Traded,
)
from bulkhead.domain.book.replace import Changes
from bulkhead.domain.book.special import Special
from bulkhead.domain.book.terms import (
    BUY,
    DECREMENT,
    GTC,
    GTD,
    LIMIT,
    QUANTITY_LOTS_MAX,
    SELL,
    STOP,
    worst_price_ticks,
)
from bulkhead.domain.terms import Side


def limit(order_id: int, side: Side, price_ticks: int, lots: int, **terms: object) -> BookOrder:
    special = Special(**terms) if terms else None  # type: ignore[arg-type]  # each test gives its own
    return BookOrder(order_id, side, price_ticks, lots, LIMIT, GTC, special=special)


def test_an_iceberg_is_told_with_what_it_shows_and_with_each_slice_that_it_shows_then(
    new_book: type[Book],
) -> None:
    book = new_book()
    iceberg, taker = limit(1, SELL, 100, 7, display_lots=3), limit(2, BUY, 100, 4)
    assert book.place(iceberg) == [Accepted(iceberg), Rested(iceberg, 100, 3)]
    assert book.place(taker) == [
        Accepted(taker),
        Traded(taker, iceberg, 100, 3, 1, 4),
        Displayed(iceberg, 3, True),
        Traded(taker, iceberg, 100, 1, 0, 3),
        Displayed(iceberg, 2, False),
    ]


def test_a_hidden_order_rests_with_nothing_shown(new_book: type[Book]) -> None:
    book = new_book()
    hidden = limit(1, SELL, 100, 7, display_lots=0)
    assert book.place(hidden) == [Accepted(hidden), Rested(hidden, 100, 0)]
    assert hidden.displayed_lots == 0


def test_what_self_trade_prevention_takes_off_counts_as_executed_on_both_sides(new_book: type[Book]) -> None:
    book = new_book()
    resting = limit(1, SELL, 100, 7, stp_group="g")
    aggressor = limit(2, BUY, 100, 4, stp_group="g", stp_mode=DECREMENT)
    book.place(resting)
    assert book.place(aggressor) == [Accepted(aggressor), Decremented(aggressor, resting, 4, 0, 3)]
    assert (resting.executed_lots, resting.remaining_lots) == (4, 3)
    assert (aggressor.executed_lots, aggressor.remaining_lots) == (4, 0)
    assert book.order(2) is None
    assert book.last_price_ticks is None


def test_an_order_that_misses_its_minimum_is_told_with_what_was_available(new_book: type[Book]) -> None:
    book = new_book()
    book.place(limit(1, SELL, 100, 3))
    order = BookOrder(2, BUY, 100, 9, LIMIT, GTC, special=Special(min_quantity_lots=5))
    assert book.place(order)[-1] == Rested(order, 100, 9)
    market = BookOrder(3, BUY, worst_price_ticks(BUY), 9, STOP, GTC)
    market.special = Special(min_quantity_lots=5, stop_price_ticks=1)
    book.place(market)
    book.place(limit(4, BUY, 100, 1))
    # Order 4 has traded at 100, which triggered the stop: it finds 2.
    assert book.order(3) is None
    assert (market.remaining_lots, book.asks.available_lots(200, 9)) == (9, 2)


def test_a_refusal_of_special_terms_carries_the_numbers_that_explain_it(new_book: type[Book]) -> None:
    book = new_book()
    quantity, price, time = RejectReason.QUANTITY, RejectReason.PRICE, RejectReason.TIME_IN_FORCE
    assert book.place(limit(1, BUY, 90, 5, display_lots=-1)) == [Rejected(1, quantity, 0, -1)]
    assert book.place(limit(1, BUY, 90, 5, min_quantity_lots=2**63 - 1)) == [
        Rejected(1, quantity, QUANTITY_LOTS_MAX, 2**63 - 1)
    ]
    assert book.place(limit(1, BUY, 90, 5, trail_ticks=0)) == [Rejected(1, price, 1, 0)]
    book.tick(1000)
    late = BookOrder(1, BUY, 90, 5, LIMIT, GTD, special=Special(expire_time_ms=900))
    assert book.place(late) == [Rejected(1, time, 1000, 900)]


def test_a_stop_that_is_canceled_was_not_on_the_book(new_book: type[Book]) -> None:
    book = new_book()
    stop = BookOrder(1, BUY, worst_price_ticks(BUY), 5, STOP, GTC, special=Special(stop_price_ticks=100))
    book.place(stop)
    assert list(book.orders()) == [stop]
    assert book.cancel(1) == [Canceled(stop, 5, CancelReason.REQUESTED, False)]
    assert not list(book.orders())


def test_special_terms_are_part_of_the_state_and_only_where_there_are_any(new_book: type[Book]) -> None:
    book = new_book()
    book.place(limit(1, BUY, 90, 5))
    book.place(limit(2, SELL, 100, 7, display_lots=3, stp_group="g"))
    stop = BookOrder(3, BUY, worst_price_ticks(BUY), 5, STOP, GTC, special=Special(stop_price_ticks=100))
    book.place(stop)
    book.tick(5)
    saved = book.state()
    assert saved == {
        "phase": 1,
        "last_price_ticks": None,
        "time_ms": 5,
        "bids": [[1, 90, 5, 0, 1, 1, 0]],
        "asks": [[2, 100, 7, 0, 1, 1, 0, [3, 3, None, "g", 1, None, None, None, 0, None]]],
        "stops": [[1, 3, 2**62, 5, 0, 4, 1, 0, [None, 0, None, "", 1, 100, None, None, 0, None]]],
    }
    assert new_book.from_state(saved).state() == saved


def test_a_replace_of_special_terms_gives_them_to_an_order_that_had_none(new_book: type[Book]) -> None:
    book = new_book()
    order = limit(1, SELL, 100, 7)
    book.place(order)
    book.replace(1, changes=Changes(min_quantity_lots=5))
    assert book.asks.specials == 1
    book.replace(1, changes=Changes(display_lots=2))
    assert order.displayed_lots == 2
    assert order.special is not None
    assert order.special.min_quantity_lots == 5
