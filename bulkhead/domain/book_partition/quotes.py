"""SetQuotes: the quotes of a mass quote reach their book together, and each has the answer of its own kind.

Before any of them trades all are answered; those withdrawn by their end, after the others.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Accepted, Canceled, CancelReason, Outcome, Rejected, Replaced
from bulkhead.domain.book_partition.commands import REASONS
from bulkhead.domain.book_partition.model import BookPartition, Ticket, risk_partition, ticket
from bulkhead.domain.book_partition.outcomes import tell
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.orders import (
    AmendmentRefused,
    EntryRefused,
    OrderAmended,
    OrderEntered,
    RemovalRefused,
)
from bulkhead.domain.messages.quotes import QuoteToSet, SetQuotes
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, TimeInForce


def set_quotes(partition: BookPartition, command: SetQuotes, out: Outbox) -> None:
    instrument = partition.instruments.get(command.instrument_id)
    if instrument is None:
        refuse_quotes(partition, command, Reason.INSTRUMENT_UNKNOWN, 0, 0, out)
        return
    book = instrument.book
    here = []
    for quote in command.quotes:
        if quote.is_new or book.order(quote.order_id) is not None:
            here.append(quote)
        else:
            _refuse(partition, quote, Reason.ORDER_UNKNOWN, 0, 0, out)
    done = {quote.order_id for quote in here if quote.quantity_lots and _open_lots(book, quote) == 0}
    outcomes = book.mass_quote(
        [_book_order(partition, book, command, quote) for quote in here], _owned_by(command)
    )
    if outcomes and isinstance(outcomes[0], Rejected):
        first = outcomes[0]
        for quote in here:
            _refuse(partition, quote, REASONS[first.reason], first.bound, first.actual, out)
        return
    outcomes = list(_with_done(outcomes, done))
    _answer(command, here, outcomes, out)
    tell(partition, instrument, outcomes, out)


def refuse_quotes(
    partition: BookPartition, command: SetQuotes, reason: Reason, bound: int, actual: int, out: Outbox
) -> None:
    for quote in command.quotes:
        _refuse(partition, quote, reason, bound, actual, out)


def _refuse(
    partition: BookPartition, quote: QuoteToSet, reason: Reason, bound: int, actual: int, out: Outbox
) -> None:
    order_id = quote.order_id
    refusal: EntryRefused | AmendmentRefused | RemovalRefused
    if quote.is_new:
        refusal = EntryRefused(order_id, reason, bound, actual)
    elif quote.quantity_lots:
        refusal = AmendmentRefused(order_id, quote.price_ticks, quote.quantity_lots, reason, bound, actual)
    else:
        refusal = RemovalRefused(order_id, reason)
    risk = risk_partition(order_id) if quote.is_new else partition.asker(order_id, out)
    out.send(risk, refusal)


def _open_lots(book: Book, quote: QuoteToSet) -> int:
    """What is to be open: of the total, as a replace's, what has not been executed; 0 if all has been."""
    order = book.order(quote.order_id)
    return max(quote.quantity_lots - (0 if order is None else order.executed_lots), 0)


def _book_order(partition: BookPartition, book: Book, command: SetQuotes, quote: QuoteToSet) -> BookOrder:
    """As `Book.mass_quote` takes it: a new order, or what a live one is to become."""
    return BookOrder(
        quote.order_id,
        quote.side,
        quote.price_ticks,
        _open_lots(book, quote),
        OrderType.LIMIT,
        TimeInForce.GTC,
        owner=Ticket(
            command.account_id,
            partition.risk_of(quote.order_id, command.slot),
            command.slot,
            command.maker_fee_rate,
            command.taker_fee_rate,
            command.quote_group,
        ),
    )


def _owned_by(command: SetQuotes) -> Callable[[object], bool]:
    def is_meant(owner: object) -> bool:
        assert isinstance(owner, Ticket)
        return owner.account_id == command.account_id and owner.quote_group == command.quote_group

    return is_meant


def _with_done(outcomes: Iterable[Outcome], done: Collection[int]) -> Iterator[Outcome]:
    """The outcomes; those whose total was executed already were not withdrawn, but replaced to done."""
    for outcome in outcomes:
        if isinstance(outcome, Canceled) and outcome.order.order_id in done:
            yield replace(outcome, reason=CancelReason.REPLACED_TO_DONE)
        else:
            yield outcome


def _answer(
    command: SetQuotes, quotes: Iterable[QuoteToSet], outcomes: Iterable[Outcome], out: Outbox
) -> None:
    """Each that is not withdrawn; the fees of those changed are stamped again."""
    totals = {quote.order_id: quote for quote in quotes}
    for outcome in outcomes:
        match outcome:
            case Accepted():
                out.send(ticket(outcome.order).risk, OrderEntered(outcome.order.order_id))
            case Replaced() | Canceled(reason=CancelReason.REPLACED_TO_DONE):
                order, stamped = outcome.order, ticket(outcome.order)
                stamped.maker_fee_rate, stamped.taker_fee_rate = (
                    command.maker_fee_rate,
                    command.taker_fee_rate,
                )
                leaves_lots = outcome.quantity_lots if isinstance(outcome, Replaced) else 0
                quote = totals[order.order_id]
                out.send(
                    stamped.risk,
                    OrderAmended(order.order_id, quote.price_ticks, quote.quantity_lots, leaves_lots),
                )
