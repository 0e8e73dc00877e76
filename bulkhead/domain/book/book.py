"""The commands of a book together."""

from collections.abc import Iterable, Iterator

from bulkhead.domain.book import state as state_module
from bulkhead.domain.book.cancel import cancel, take_off
from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import CancelReason, Outcome
from bulkhead.domain.book.phase import set_phase
from bulkhead.domain.book.place import place
from bulkhead.domain.book.replace import replace
from bulkhead.domain.book.state import BookState
from bulkhead.domain.terms import Phase


class Book(Contents):
    """The book of one instrument. A refused command changes nothing; no command raises for its values.

    Values are taken as well-typed (the decoder saw to that): a side, order type, time in force and phase
    of `terms`, integers elsewhere. A new book is empty, continuous, with no last price.
    """

    __slots__ = ()

    def place(self, order: BookOrder) -> list[Outcome]:
        """Take a new order: Rejected, or Accepted first, then Traded…, then Rested or Canceled or nothing.

        The order must be new: not on a book, nothing executed. An order id is free again once its order
        has ended.
        """
        return place(self, order)

    def cancel(self, order_id: int, reason: CancelReason = CancelReason.REQUESTED) -> list[Outcome]:
        """Take a resting order off: Canceled or Rejected."""
        return cancel(self, order_id, reason)

    def clear(self, orders: Iterable[BookOrder]) -> list[Outcome]:
        """Take these resting orders off, in any phase: Canceled with BOOK_LOST for each."""
        return [take_off(self, order, CancelReason.BOOK_LOST) for order in orders]

    def replace(
        self, order_id: int, price_ticks: int | None = None, quantity_lots: int | None = None
    ) -> list[Outcome]:
        """Give a resting order another price and REMAINING quantity; None leaves it as it is.

        Replaced first, then what it caused; or Rejected. A caller that has a total quantity subtracts the
        order's `executed_lots`, and cancels with REPLACED_TO_DONE when nothing is left.
        """
        return replace(self, order_id, price_ticks, quantity_lots)

    def set_phase(self, phase: Phase) -> list[Outcome]:
        """Change the phase: PhaseChanged, also when the book was in it already."""
        return set_phase(self, phase)

    def order(self, order_id: int) -> BookOrder | None:
        """The live order with this id."""
        return self.live.get(order_id)

    def orders(self) -> Iterator[BookOrder]:
        """Every live order: bids, then asks, each in priority order."""
        yield from self.bids
        yield from self.asks

    def state(self) -> BookState:
        """The canonical plain state; equal for books that behave alike."""
        return state_module.state(self)

    @classmethod
    def from_state(cls, saved: BookState) -> "Book":
        """The book that `state` described, its orders without owners."""
        book = cls()
        state_module.load(book, saved)
        return book
