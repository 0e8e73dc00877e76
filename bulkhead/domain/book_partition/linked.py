"""Pairs and brackets: several orders that enter together, each with an answer of its own."""

from collections.abc import Sequence

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Outcome, Rejected
from bulkhead.domain.book_partition.commands import book_order, reason
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument, risk_partition, ticket
from bulkhead.domain.book_partition.outcomes import tell
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.linked import EnterBracket, EnterPair
from bulkhead.domain.messages.orders import EntryRefused, OrderEntered
from bulkhead.domain.reasons import Reason


def enter_pair(partition: BookPartition, command: EnterPair, out: Outbox) -> None:
    instrument = partition.instruments.get(command.instrument_id)
    if instrument is None:
        refuse_all(command, Reason.INSTRUMENT_UNKNOWN, 0, 0, out)
        return
    limit, stop = (book_order(partition, leg) for leg in command.legs)
    _answer(partition, instrument, command, (limit, stop), instrument.book.place_pair(limit, stop), out)


def enter_bracket(partition: BookPartition, command: EnterBracket, out: Outbox) -> None:
    instrument = partition.instruments.get(command.instrument_id)
    if instrument is None:
        refuse_all(command, Reason.INSTRUMENT_UNKNOWN, 0, 0, out)
        return
    entry, limit, stop = (book_order(partition, leg) for leg in command.legs)
    outcomes = instrument.book.place_bracket(entry, limit, stop)
    _answer(partition, instrument, command, (entry, limit, stop), outcomes, out)


def refuse_all(command: EnterPair | EnterBracket, why: Reason, bound: int, actual: int, out: Outbox) -> None:
    """Each order has its own answer."""
    for leg in command.legs:
        out.send(risk_partition(leg.order_id), EntryRefused(leg.order_id, why, bound, actual))


def _answer(
    partition: BookPartition,
    instrument: TradedInstrument,
    command: EnterPair | EnterBracket,
    orders: Sequence[BookOrder],
    outcomes: list[Outcome],
    out: Outbox,
) -> None:
    first = outcomes[0]
    if isinstance(first, Rejected):
        refused = next(order for order in orders if order.order_id == first.order_id)
        refuse_all(command, reason(first, refused), first.bound, first.actual, out)
        return
    for order in orders:
        out.send(ticket(order).risk, OrderEntered(order.order_id))
    tell(partition, instrument, outcomes[len(orders) :], out)
