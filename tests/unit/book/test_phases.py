"""What the book tells its caller of phases and auctions, beyond the runner's lines."""

import pytest

from bulkhead.domain.book.band_widths import Bands
from bulkhead.domain.book.book import Book
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import (
    Accepted,
    Canceled,
    CancelReason,
    Expired,
    Indicative,
    PhaseChanged,
    Rejected,
    RejectReason,
    Repriced,
    Rested,
    Uncrossed,
)
from bulkhead.domain.book.terms import (
    AT_CLOSE,
    AT_OPEN,
    AUCTION,
    BUY,
    CLOSED,
    CLOSING_AUCTION,
    CONTINUOUS,
    DAY,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    MARKET_TO_LIMIT,
    PRE_OPEN,
    SELL,
    VOLATILITY_AUCTION,
    worst_price_ticks,
)
from bulkhead.domain.terms import Phase, Side, TimeInForce


def limit(order_id: int, side: Side, price_ticks: int, lots: int, time: TimeInForce = GTC) -> BookOrder:
    return BookOrder(order_id, side, price_ticks, lots, LIMIT, time)


def test_the_indicative_price_and_quantity_are_told_when_they_change(new_book: type[Book]) -> None:
    book = new_book()
    assert book.set_phase(AUCTION) == [PhaseChanged(AUCTION)]
    buy, sell, far = limit(1, BUY, 101, 5), limit(2, SELL, 99, 3), limit(3, SELL, 200, 3)
    assert book.place(buy) == [Accepted(buy), Rested(buy, 101, 5)]
    assert book.place(sell) == [Accepted(sell), Rested(sell, 99, 3), Indicative(101, 3)]
    assert book.place(far) == [Accepted(far), Rested(far, 200, 3)]
    assert book.cancel(2) == [Canceled(sell, 3, CancelReason.REQUESTED, True), Indicative(None, 0)]


def test_a_rebuilt_book_knows_what_was_last_told(new_book: type[Book]) -> None:
    book = new_book()
    book.set_phase(AUCTION)
    book.place(limit(1, BUY, 101, 5))
    book.place(limit(2, SELL, 99, 3))
    saved = book.state()
    assert (saved["gathered"], saved["indicative"]) == (1, [101, 3])
    far = limit(3, SELL, 200, 3)
    assert new_book.from_state(saved).place(far) == [Accepted(far), Rested(far, 200, 3)]


def test_an_uncross_names_both_orders_with_what_remained_of_them(new_book: type[Book]) -> None:
    book = new_book()
    book.set_phase(AUCTION)
    one, other, sell = limit(1, BUY, 101, 5), limit(2, BUY, 101, 5), limit(3, SELL, 99, 7)
    for order in (one, other, sell):
        book.place(order)
    assert book.uncross() == [
        Indicative(101, 7),
        Uncrossed(one, sell, 101, 5, 0, 2),
        Uncrossed(other, sell, 101, 2, 3, 0),
        PhaseChanged(CONTINUOUS),
    ]
    assert (one.executed_lots, other.executed_lots, sell.executed_lots) == (5, 2, 7)
    assert list(book.orders()) == [other]


def test_a_market_order_that_gathers_does_not_trade_past_its_protection_price(new_book: type[Book]) -> None:
    book = new_book()
    book.set_phase(AUCTION)
    protected = BookOrder(1, BUY, 100, 5, MARKET, GTC)
    free = BookOrder(2, BUY, worst_price_ticks(BUY), 5, MARKET, GTC)
    sell = limit(3, SELL, 101, 9)
    for order in (protected, free, sell):
        book.place(order)
    assert book.uncross() == [
        Indicative(101, 5),
        Uncrossed(free, sell, 101, 5, 0, 4),
        Canceled(protected, 5, CancelReason.MARKET, True),
        PhaseChanged(CONTINUOUS),
    ]


def test_a_market_to_limit_order_is_told_with_its_new_price_after_the_auction(new_book: type[Book]) -> None:
    book = new_book()
    book.set_phase(PRE_OPEN)
    worst = worst_price_ticks(BUY)
    order, sell = BookOrder(1, BUY, worst, 5, MARKET_TO_LIMIT, GTC), limit(2, SELL, 99, 3)
    book.place(order)
    book.place(sell)
    assert book.uncross() == [
        Indicative(99, 3),
        Uncrossed(order, sell, 99, 3, 2, 0),
        Repriced(order, 99, worst),
        Rested(order, 99, 2),
        PhaseChanged(CONTINUOUS),
    ]


def test_the_uncross_of_a_closing_auction_closes_the_book(new_book: type[Book]) -> None:
    book = new_book()
    day = limit(1, BUY, 100, 5, DAY)
    book.place(day)
    book.set_phase(CLOSING_AUCTION)
    assert book.uncross() == [Indicative(None, 0), PhaseChanged(CLOSED), Expired(day, 5, True)]
    assert book.phase == CLOSED


@pytest.mark.parametrize(
    ("phase", "time"),
    [
        (CONTINUOUS, AT_OPEN),
        (CONTINUOUS, AT_CLOSE),
        (VOLATILITY_AUCTION, AT_OPEN),
        (VOLATILITY_AUCTION, AT_CLOSE),
        (CLOSING_AUCTION, AT_OPEN),
        (AUCTION, IOC),
    ],
)
def test_a_time_in_force_is_refused_where_it_has_no_meaning(
    new_book: type[Book], phase: Phase, time: TimeInForce
) -> None:
    book = new_book()
    book.set_phase(phase)
    assert book.place(limit(1, BUY, 100, 5, time)) == [Rejected(1, RejectReason.TIME_IN_FORCE, phase, time)]


@pytest.mark.parametrize(
    ("phase", "time"),
    [(PRE_OPEN, AT_OPEN), (AUCTION, AT_OPEN), (AUCTION, AT_CLOSE), (CLOSING_AUCTION, AT_CLOSE)],
)
def test_a_time_in_force_is_taken_where_it_has_one(
    new_book: type[Book], phase: Phase, time: TimeInForce
) -> None:
    book = new_book()
    book.set_phase(phase)
    assert isinstance(book.place(limit(1, BUY, 100, 5, time))[0], Accepted)


def test_an_uncross_outside_a_call_phase_is_refused(new_book: type[Book]) -> None:
    assert new_book().uncross() == [Rejected(None, RejectReason.PHASE, CONTINUOUS, CONTINUOUS)]


def test_bands_and_their_reference_are_part_of_the_state(new_book: type[Book]) -> None:
    book = new_book()
    assert book.set_bands(Bands(3, None), 100) == []
    saved = book.state()
    assert (saved["bands"], saved["reference_ticks"]) == ([3, None], 100)
    rebuilt = new_book.from_state(saved)
    assert rebuilt.state() == saved
    sell, buy = limit(1, SELL, 104, 2), limit(2, BUY, 104, 2)
    rebuilt.place(sell)
    assert rebuilt.place(buy) == [
        Accepted(buy),
        PhaseChanged(VOLATILITY_AUCTION),
        Rested(buy, 104, 2),
        Indicative(104, 2),
    ]


def test_a_width_or_a_reference_out_of_range_is_refused_with_the_numbers(new_book: type[Book]) -> None:
    book = new_book()
    assert book.set_bands(Bands(-1)) == [Rejected(None, RejectReason.PRICE, 0, -1)]
    assert book.set_bands(Bands(), 2**63 - 1) == [Rejected(None, RejectReason.PRICE, 2**62, 2**63 - 1)]
    assert book.bands is None
