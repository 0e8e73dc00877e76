"""What makes a pair of two orders, and a bracket of three.

The book asks the same (domain/book/links.py), but for what it would find out too late: exits of another
quantity than their entry's, or with a minimum quantity.
"""

from collections.abc import Iterator
from typing import Final

from bulkhead.domain.book.terms import AT_CLOSE, AT_OPEN, DAY, GTC, GTD, LIMIT, TRAILING_STOP, WAITING_TYPES
from bulkhead.domain.messages.linked import PlaceBracket, PlacePair
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.reasons import Reason, Refusal

_RESTING: Final = frozenset({GTC, DAY, GTD})
_FOR_AN_AUCTION: Final = frozenset({AT_OPEN, AT_CLOSE})


def check_link(command: PlacePair | PlaceBracket) -> Refusal | None:
    """Numbers what is not met as "Pairs and brackets" in docs/rules.md does."""
    entry = command.entry if isinstance(command, PlaceBracket) else None
    requirements = (*_of_a_pair(command, command.limit, command.stop), *_of_exits(entry, command))
    for number, is_met in enumerate(requirements, 1):
        if not is_met:
            return Reason.LINK, 0, number
    return None


def _of_a_pair(command: PlacePair | PlaceBracket, limit: PlaceOrder, stop: PlaceOrder) -> Iterator[bool]:
    yield len({(leg.account_id, leg.instrument_id) for leg in command.legs}) == 1
    yield limit.order_type == LIMIT and limit.time_in_force in _RESTING
    yield stop.order_type in WAITING_TYPES and stop.time_in_force not in _FOR_AN_AUCTION
    yield limit.side == stop.side


def _of_exits(entry: PlaceOrder | None, command: PlacePair | PlaceBracket) -> Iterator[bool]:
    if entry is None:
        return
    exits = command.limit, command.stop
    yield all(leg.side != entry.side for leg in exits)
    yield all(leg.quantity_lots == entry.quantity_lots for leg in exits)
    yield not any(leg.post_only for leg in exits)
    yield all(leg.terms is None or leg.terms.min_quantity_lots is None for leg in exits)
    yield command.stop.order_type != TRAILING_STOP
