"""A book that a risk shard has cleared: that shard's orders are off it, everybody concerned is told."""

from typing import Any

import pytest

from bulkhead.domain.messages.control import ReleaseQuarantine, SetPhase
from bulkhead.domain.messages.market_data import DepthAdded, DepthRemoved, PhasePublished
from bulkhead.domain.messages.orders import (
    BookCleared,
    ClearBook,
    EnterOrder,
    EntryRefused,
    OrderRemoved,
    PhaseChanged,
    RemoveOrder,
)
from bulkhead.domain.order_ids import order_id
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.wire.codec import encode
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange
from tests.unit.machines.frames import Stream, give, internal, said, skip


def enter(shard: int, number: int, side: Side = Side.BUY, price_ticks: int = 100) -> EnterOrder:
    terms = (OrderType.LIMIT, TimeInForce.GTC, False, price_ticks, 4, 0, 0)
    return EnterOrder(order_id(shard, number), "X-USD", "alice.main", 0, side, *terms)


def gone(shard: int, number: int) -> OrderRemoved:
    return OrderRemoved(order_id(shard, number), 4, Reason.BOOK_LOST)


class Book:
    """Two risk shards' orders on one book: of each shard one bid, of risk/0 an ask as well."""

    def __init__(self) -> None:
        self.exchange = MemoryExchange(TEXT)
        self.risk = [internal(self.exchange, f"risk/{shard}", "books/0") for shard in (0, 1)]
        self.control = internal(self.exchange, "control/0", "books/0")
        self.control.events = list(self.exchange.said()["control/0", "books/0"])
        self.tell(self.risk[0], enter(0, 1), enter(0, 2, Side.SELL, 103))
        self.tell(self.risk[1], enter(1, 1, price_ticks=101))

    def tell(self, stream: Stream, *messages: Any) -> list[Any]:
        return give(self.exchange, "book/0", stream.next(*(encode(message) for message in messages)))

    def to(self, destination: str, stream: Stream, *messages: Any) -> list[Any]:
        """The same, but only what goes to one partition."""
        machine = self.exchange.shards["book/0"].machine
        frame = stream.next(*(encode(message) for message in messages))
        return said([out for out in machine.apply_frame(b"p", frame) if out.destination == destination])

    def resting(self) -> list[int]:
        book = self.exchange.domain("book/0").partition.instruments["X-USD"].book
        return [order.order_id for order in book.orders()]


@pytest.fixture(name="book")
def _book() -> Book:
    return Book()


def test_a_shards_orders_end_in_their_priority_and_its_answer_comes_last(book: Book) -> None:
    assert book.to("orders/0", book.risk[0], ClearBook("X-USD", 0)) == [
        gone(0, 1),
        gone(0, 2),
        PhaseChanged("X-USD", Phase.HALTED),
        BookCleared("X-USD", Phase.HALTED),
    ]
    assert book.resting() == [order_id(1, 1)]


def test_the_public_feed_loses_them_and_is_told_of_the_halt(book: Book) -> None:
    assert book.to("market_data/0", book.risk[0], ClearBook("X-USD", 0)) == [
        DepthRemoved("X-USD", order_id(0, 1)),
        DepthRemoved("X-USD", order_id(0, 2)),
        PhasePublished("X-USD", Phase.HALTED),
    ]


def test_another_shards_orders_stay_until_it_clears_them_and_the_halt_is_told_once(book: Book) -> None:
    book.tell(book.risk[0], ClearBook("X-USD", 0))
    assert book.tell(book.risk[1], ClearBook("X-USD", 1)) == [
        DepthRemoved("X-USD", order_id(1, 1)),
        gone(1, 1),
        BookCleared("X-USD", Phase.HALTED),
    ]
    assert book.resting() == []


def test_an_order_before_it_in_the_stream_is_taken_off_and_one_behind_it_waits_for_an_operator(
    book: Book,
) -> None:
    told = book.tell(book.risk[0], enter(0, 3), ClearBook("X-USD", 0), enter(0, 4))
    assert gone(0, 3) in told
    assert EntryRefused(order_id(0, 4), Reason.INSTRUMENT_HALTED, 1, Phase.HALTED) in told
    book.tell(book.control, SetPhase("X-USD", Phase.CONTINUOUS))
    assert DepthAdded("X-USD", order_id(0, 5), Side.BUY, 100, 4) in book.tell(book.risk[0], enter(0, 5))


def test_a_closed_instrument_stays_closed(book: Book) -> None:
    book.tell(book.control, SetPhase("X-USD", Phase.CLOSED))
    told = book.to("orders/0", book.risk[0], ClearBook("X-USD", 0))
    assert told == [gone(0, 1), gone(0, 2), BookCleared("X-USD", Phase.CLOSED)]


def test_it_is_answered_before_the_instrument_is_defined(book: Book) -> None:
    answer = BookCleared("Y-USD", Phase.HALTED)
    assert book.tell(book.risk[0], ClearBook("Y-USD", 0)) == [answer]


@pytest.mark.parametrize("discard", [False, True])
def test_while_the_instrument_is_quarantined_it_waits_for_the_release(book: Book, discard: bool) -> None:
    frame = book.risk[0].next(encode(enter(0, 3)), encode(ClearBook("X-USD", 0)))
    told = skip(book.exchange, "book/0", frame, 3)
    assert not any(isinstance(message, OrderRemoved | BookCleared) for message in told)
    machine = book.exchange.shards["book/0"].machine
    assert machine.quarantined() == {"instrument X-USD": [encode(ClearBook("X-USD", 0))]}
    release = ReleaseQuarantine("book/0", "instrument X-USD", discard, "looked at")
    told = book.to("orders/0", book.control, release)
    assert told == [
        PhaseChanged("X-USD", Phase.CONTINUOUS),
        gone(0, 1),
        gone(0, 2),
        PhaseChanged("X-USD", Phase.HALTED),
        BookCleared("X-USD", Phase.HALTED),
    ]
    assert book.tell(book.risk[1], RemoveOrder("X-USD", order_id(1, 1)))[-1].reason is Reason.REQUESTED
