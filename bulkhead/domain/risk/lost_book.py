"""A book that an operator has given up: its orders end for their participants, and what they hold is free.

ClearBook goes down the stream that the orders went. So whatever the book says of them, it says before its
BookCleared, whenever it reads any of it: answers, fills that it had made, and the end of each order.
answers.py takes all that for a released order as for any other, but for what is reserved and what the
participant is told. A fill is true in any case, since settlement has its leg: it changes the balance and is
told. Where the released amount was used elsewhere meanwhile, the balance then falls below what is reserved,
or below zero: nothing is taken back from other orders, and any order or replace that needs some of that asset
is refused (`balance`) until fills, cancels or deposits have covered it.
"""

from collections import Counter

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import ReleaseOrders
from bulkhead.domain.messages.orders import BookCleared, ClearBook
from bulkhead.domain.messages.reports import OrderCanceled, ReplaceRejected
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.answers import cancel_missed, close
from bulkhead.domain.risk.model import Order, Risk
from bulkhead.domain.risk.moving import begin_leaving
from bulkhead.domain.terms import Phase


def release_orders(risk: Risk, event: ReleaseOrders, out: Outbox) -> None:
    """Repeated while the book has not answered, it only asks the book again: the first may have been lost."""
    instrument = risk.instruments[event.instrument_id]
    if event.instrument_id not in risk.lost:
        known = [order for _, order in sorted(risk.orders.items()) if not order.released]
        orders = [order for order in known if order.instrument is instrument]
        others = [order for order in known if order.instrument is not instrument]
        risk.lost[event.instrument_id] = _give_up(orders, others)
        for order in orders:
            _release(risk, order, out)
        instrument.phase = Phase.HALTED
    out.send(instrument.route.destination, ClearBook(event.instrument_id, risk.shard))


def book_cleared(risk: Risk, event: BookCleared, out: Outbox) -> None:
    """All commands there are answered: their count is right by itself again."""
    for participant_id, commands in risk.lost.pop(event.instrument_id, {}).items():
        risk.participants[participant_id].given_up -= commands
    risk.instruments[event.instrument_id].phase = event.phase
    begin_leaving(risk, out)


def _give_up(orders: list[Order], others: list[Order]) -> dict[str, int]:
    """Of each participant with `orders` at the lost book: how many commands that may hold unanswered.

    Whether an order's entry has been answered is not known of a single order: so as many entries are given up
    as it has orders there, and at most what is unanswered of it, cancels and replaces of `others` aside. That
    can be too many, by entries that other books are just answering, until BookCleared. The route's count
    stays: it keeps the book's queue short, and the commands are in it.
    """
    held: Counter[str] = Counter()
    elsewhere: Counter[str] = Counter()
    participants = {order.account.participant.participant_id: order.account.participant for order in orders}
    for order in orders:
        held[order.account.participant.participant_id] += (not order.ended) + _changes_unanswered(order)
    for order in others:
        elsewhere[order.account.participant.participant_id] += _changes_unanswered(order)
    given_up = {}
    for name, participant in sorted(participants.items()):
        waiting = participant.unanswered - participant.given_up - elsewhere[name]
        given_up[name] = max(min(held[name], waiting), 0)
        participant.given_up += given_up[name]
    return given_up


def _changes_unanswered(order: Order) -> int:
    """Its cancel and its replaces that the book has not answered."""
    return order.cancel_sent + len(order.amendments)


def _release(risk: Risk, order: Order, out: Outbox) -> None:
    """End an order for its participant, who is told of each command that waited for the book."""
    order.released = True
    account = order.account
    participant = account.participant
    refused = (participant.last_sequence, account.account_id, order.client_order_id, Reason.BOOK_LOST, 0, 0)
    if order.cancel_sent:
        out.send(participant.reports, cancel_missed(risk, order, Reason.BOOK_LOST, 0, 0))
    for _ in order.amendments:
        out.send(participant.reports, ReplaceRejected(*refused))
    if order.ended:
        return
    close(order)
    out.send(
        participant.reports,
        OrderCanceled(
            participant.last_sequence,
            account.account_id,
            order.client_order_id,
            order.order_id,
            order.instrument.instrument_id,
            order.quantity_lots - order.executed_lots,
            Reason.BOOK_LOST,
        ),
    )
