"""What a book does to an order by itself, besides trading and ending it."""

from bulkhead.domain.machine import Impossible, Outbox
from bulkhead.domain.messages.linked import ExitActivated, ExitStarted
from bulkhead.domain.messages.orders import OrderActivated, OrderMoved, OrderReduced
from bulkhead.domain.messages.reports import OrderDecremented, OrderRepriced, OrderTriggered
from bulkhead.domain.risk.answers import end, known, tell
from bulkhead.domain.risk.linked import has_moved
from bulkhead.domain.risk.model import Order, Risk
from bulkhead.domain.risk.reservation import reserve


def order_activated(risk: Risk, event: OrderActivated, out: Outbox) -> None:
    """It has been reserved at its limit or protection price since it was placed, but for what the other one
    of its pair held.
    """
    order = known(risk, event.order_id)
    order.triggered = True
    has_moved(order)
    reserve(order)
    tell(order, OrderTriggered(*_named(order)), out)


def order_moved(risk: Risk, event: OrderMoved, out: Outbox) -> None:
    order = known(risk, event.order_id)
    order.price_ticks = event.price_ticks
    tell(order, OrderRepriced(*_named(order), event.price_ticks), out)
    reserve(order)


def order_reduced(risk: Risk, event: OrderReduced, out: Outbox) -> None:
    """It counts as executed, so that a replace's total does not bring it back; no balance moves."""
    order = known(risk, event.order_id)
    order.executed_lots += event.quantity_lots
    has_moved(order)
    leaves_lots = order.quantity_lots - order.executed_lots
    tell(order, OrderDecremented(*_named(order), event.quantity_lots, leaves_lots), out)
    if leaves_lots == 0:
        end(risk, order)
    else:
        reserve(order)


def exit_activated(risk: Risk, event: ExitActivated, out: Outbox) -> None:
    """Its quantity, and that of replaces that the book has not answered, is what its entry has traded."""
    order = known(risk, event.order_id)
    if order.link is None or not order.parked or order.link.filled_lots != event.quantity_lots:
        raise Impossible(
            f"it activates order {order.order_id}, whose entry has not traded {event.quantity_lots}"
        )
    order.parked = False
    order.quantity_lots = event.quantity_lots
    order.amendments = [each._replace(quantity_lots=event.quantity_lots) for each in order.amendments]
    tell(order, ExitStarted(*_named(order), event.quantity_lots), out)
    reserve(order)


def _named(order: Order) -> tuple[int, str, str, int, str]:
    """What every report of an order begins with."""
    account = order.account
    return (
        account.participant.last_sequence,
        account.account_id,
        order.client_order_id,
        order.order_id,
        order.instrument.instrument_id,
    )
