"""The commands of a book together."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from bulkhead.domain.book import state as state_module
from bulkhead.domain.book.band_widths import Bands
from bulkhead.domain.book.bands import set_bands
from bulkhead.domain.book.cancel import cancel
from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.equilibrium import Equilibrium, equilibrium
from bulkhead.domain.book.expiry import tick
from bulkhead.domain.book.leave import take_off
from bulkhead.domain.book.links import follow_links, place_bracket, place_pair
from bulkhead.domain.book.mass_cancel import mass_cancel
from bulkhead.domain.book.mass_quote import mass_quote
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Canceled, CancelReason, Outcome
from bulkhead.domain.book.phase import set_phase, tell_indicative
from bulkhead.domain.book.place import place
from bulkhead.domain.book.replace import Changes, replace
from bulkhead.domain.book.state import BookState
from bulkhead.domain.book.stops import set_mark_price
from bulkhead.domain.book.terms import CALL_PHASES, CONTINUOUS
from bulkhead.domain.book.triggers import trigger_stops
from bulkhead.domain.book.uncross import uncross
from bulkhead.domain.terms import Phase, Side


class Book(Contents):
    """The book of one instrument. A refused command changes nothing; no command raises for its values.

    Values are taken as well-typed (the decoder saw to that): a side, order type, time in force and phase
    of `terms`, integers elsewhere; a stop has a stop price, a trailing stop a distance, a gtd order a time.
    A new book is empty, continuous, with no last price, at time 0.

    What a command has caused otherwise comes after its own outcomes: Canceled or Activated for orders that
    were linked to those it concerns; Triggered, with what that order then does, for each stop whose price has
    been reached; in a call phase Indicative, where it has changed.
    """

    __slots__ = ()

    def place(self, order: BookOrder) -> list[Outcome]:
        """Take a new order: Rejected, or Accepted first, then Traded…, then Rested or Canceled or nothing.

        The order must be new: not on a book, nothing executed. An order id is free again once its order
        has ended.
        """
        outcomes = place(self, order)
        return outcomes if self.quiet and self.phase is CONTINUOUS else self._follow(outcomes)

    def place_pair(self, limit: BookOrder, stop: BookOrder) -> list[Outcome]:
        """Take two new orders, of which one cancels the other: as `place`, both or neither."""
        return self._follow(place_pair(self, limit, stop))

    def place_bracket(self, entry: BookOrder, limit: BookOrder, stop: BookOrder) -> list[Outcome]:
        """Take a new order with the pair that is to end what it has traded: as `place`, all or none.

        The exits' quantity is the entry's, and what has traded of it when it ends.
        """
        return self._follow(place_bracket(self, entry, limit, stop))

    def cancel(
        self,
        order_id: int,
        reason: CancelReason = CancelReason.REQUESTED,
        while_closed: bool = False,
    ) -> list[Outcome]:
        """Take a live order off: Canceled or Rejected. `while_closed`: in that phase too."""
        outcomes = cancel(self, order_id, reason, while_closed)
        return outcomes if self.quiet and self.phase is CONTINUOUS else self._follow(outcomes)

    def clear(self, orders: Iterable[BookOrder]) -> list[Outcome]:
        """Take these live orders off, in any phase: Canceled with BOOK_LOST for each."""
        outcomes: list[Outcome] = [
            Canceled(order, order.remaining_lots, CancelReason.BOOK_LOST, take_off(self, order))
            for order in orders
        ]
        follow_links(self, outcomes, 0)
        return outcomes

    def replace(
        self,
        order_id: int,
        price_ticks: int | None = None,
        quantity_lots: int | None = None,
        changes: Changes | None = None,
    ) -> list[Outcome]:
        """Give a live order another price, REMAINING quantity, special terms; None leaves them as they are.

        Replaced first, then what it caused; or Rejected. A caller that has a total quantity subtracts the
        order's `executed_lots`, and cancels with REPLACED_TO_DONE when nothing is left.
        """
        outcomes = replace(self, order_id, price_ticks, quantity_lots, changes)
        return outcomes if self.quiet and self.phase is CONTINUOUS else self._follow(outcomes)

    def set_phase(self, phase: Phase) -> list[Outcome]:
        """Change the phase: PhaseChanged, also when the book was in it already; then what that ends.

        Before it, what an auction that no `uncross` has ended trades when trading becomes continuous.
        """
        return self._follow(set_phase(self, phase))

    def uncross(self) -> list[Outcome]:
        """End a call phase: Indicative, Uncrossed…, Canceled…, PhaseChanged; elsewhere Rejected."""
        return self._follow(uncross(self))

    def tick(self, time_ms: int) -> list[Outcome]:
        """Move the book's time: Expired for each order whose time is over. It never goes back."""
        return self._follow(tick(self, time_ms))

    def mass_cancel(
        self, side: Side | None = None, is_meant: Callable[[object], bool] = lambda owner: True
    ) -> list[Outcome]:
        """Take off every live order of a side (None: both) whose owner `is_meant`: Canceled…, or Rejected."""
        return self._follow(mass_cancel(self, side, is_meant))

    def mass_quote(self, quotes: Sequence[BookOrder], is_meant: Callable[[object], bool]) -> list[Outcome]:
        """Set quotes at once, all or none: Replaced or Canceled for those that are live (quantity 0 withdraws
        one), then Accepted or nothing for each that arrives, with what it does; or Rejected.

        Live ones are those of their group: limit orders whose owner `is_meant`. A quote is never post-only,
        and no two of one mass quote may trade with each other. What is not named stays.
        """
        return self._follow(mass_quote(self, quotes, is_meant))

    def set_mark_price(self, price_ticks: int) -> list[Outcome]:
        """Move the price that stops on mark wait for: what they do, or Rejected."""
        return self._follow(set_mark_price(self, price_ticks))

    def set_bands(self, bands: Bands | None, reference_ticks: int | None = None) -> list[Outcome]:
        """Give the book price bands, None for none, and where it is known the price that static ones lie
        around: nothing, or Rejected.
        """
        return set_bands(self, bands, reference_ticks)

    def equilibrium(self) -> Equilibrium | None:
        """What an uncross would trade now; None if nothing, and outside a call phase."""
        return equilibrium(self) if self.phase in CALL_PHASES else None

    def order(self, order_id: int) -> BookOrder | None:
        """The live order with this id."""
        return self.live.get(order_id)

    def orders(self) -> Iterator[BookOrder]:
        """Every live order: bids, then asks, each in priority order, stops, parked ones, each by arrival."""
        yield from self.bids
        yield from self.asks
        yield from self.stops
        yield from self.parked.values()

    def state(self) -> BookState:
        """The canonical plain state; equal for books that behave alike."""
        return state_module.state(self)

    @classmethod
    def from_state(cls, saved: BookState) -> "Book":
        """The book that `state` described, its orders without owners."""
        book = cls(state_module.pro_rata(saved), state_module.rules(saved))
        state_module.load(book, saved)
        return book

    def _follow(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Add what a command's outcomes cause in their turn."""
        follow_links(self, outcomes, 0)
        if self.phase is CONTINUOUS and self.stops.orders:
            trigger_stops(self, outcomes)
        if self.phase in CALL_PHASES:
            tell_indicative(self, outcomes)
        self.quiet = not self.stops.orders and not self.links
        return outcomes
