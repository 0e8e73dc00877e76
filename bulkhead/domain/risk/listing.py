"""Which orders are live: told when a session is opened, and when a participant asks."""

from collections.abc import Sequence

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.mass import OrdersListed, RequestOrders, RequestRejected
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.checks import owned_account
from bulkhead.domain.risk.linked import orders_linked
from bulkhead.domain.risk.model import Order, Participant, Risk
from bulkhead.domain.risk.rate import check_rate, count_order
from bulkhead.domain.risk.status import order_status


def request_orders(risk: Risk, participant: Participant, command: RequestOrders, out: Outbox) -> None:
    """It counts as an order where there is a limit: its answer is as long as the participant's orders are
    many.
    """
    request = participant.last_sequence, command.request_id, command.account_id
    account_id = command.account_id
    if account_id is not None and owned_account(risk, account_id, participant.participant_id) is None:
        out.send(participant.reports, RequestRejected(*request, Reason.ACCOUNT_UNKNOWN, 0, 0))
        return
    refusal = check_rate(risk, participant)
    if refusal is not None:
        out.send(participant.reports, RequestRejected(*request, *refusal))
        return
    count_order(risk, participant, out)
    orders = live_orders(risk, participant, account_id)
    out.send(participant.reports, OrdersListed(*request, len(orders)))
    tell_orders(participant, orders, out)


def live_orders(risk: Risk, participant: Participant, account_id: str | None = None) -> list[Order]:
    """Of the participant, or of one account if that is its own; by order id."""
    orders = [
        order
        for account in risk.accounts.values()
        if account.participant is participant and account_id in (None, account.account_id)
        for order in account.live.values()
    ]
    orders.sort(key=lambda order: order.order_id)
    return orders


def tell_orders(participant: Participant, orders: Sequence[Order], out: Outbox) -> None:
    """First which belong together: whoever has read as many as are counted knows that too."""
    for order in orders:
        link = order.link
        if link is not None and order is link.stop:
            out.send(participant.reports, orders_linked(link, participant.last_sequence))
    for order in orders:
        out.send(participant.reports, order_status(order, participant.last_sequence))
