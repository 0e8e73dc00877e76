"""A market order's protection price in an auction."""

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Uncrossed
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce


def order(order_id: int, side: Side, lots: int, price_ticks: int, market: bool = False) -> BookOrder:
    kind = OrderType.MARKET if market else OrderType.LIMIT
    return BookOrder(order_id, side, price_ticks, lots, kind, TimeInForce.GTC)


def test_a_protected_market_order_does_not_leave_the_limits_beyond_its_protection_crossed(
    new_book: type[Book],
) -> None:
    book = new_book()
    book.set_phase(Phase.AUCTION)
    book.place(order(1, Side.BUY, 4, 104))
    book.place(order(2, Side.BUY, 9, 102, market=True))
    book.place(order(3, Side.SELL, 7, 103))
    book.place(order(4, Side.SELL, 3, 100))
    book.place(order(5, Side.SELL, 3, 98))
    trades = [
        (outcome.buy.order_id, outcome.sell.order_id, outcome.price_ticks, outcome.quantity_lots)
        for outcome in book.uncross()
        if isinstance(outcome, Uncrossed)
    ]
    assert trades == [(1, 5, 100, 3), (1, 4, 100, 1), (2, 4, 100, 2)]
    assert [left.order_id for left in book.orders()] == [3]
    assert book.phase is Phase.CONTINUOUS


def test_at_the_price_of_its_protection_and_below_a_market_order_is_first(new_book: type[Book]) -> None:
    book = new_book()
    book.set_phase(Phase.AUCTION)
    book.place(order(1, Side.BUY, 4, 102))
    book.place(order(2, Side.BUY, 3, 102, market=True))
    book.place(order(3, Side.SELL, 3, 100))
    buyers = [outcome.buy.order_id for outcome in book.uncross() if isinstance(outcome, Uncrossed)]
    assert buyers == [2]
