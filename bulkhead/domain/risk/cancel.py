"""CancelOrder: ask the book to end an order. Never refused for load: one may be on its way for each order."""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.orders import RemoveOrder
from bulkhead.domain.messages.participant import CancelOrder
from bulkhead.domain.messages.reports import CancelRejected
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.accounts import check_account_cancels
from bulkhead.domain.risk.cancel_ratio import count_canceled
from bulkhead.domain.risk.checks import owned_account
from bulkhead.domain.risk.model import Instrument, Order, Participant, Risk
from bulkhead.domain.terms import Phase


def cancel_order(risk: Risk, participant: Participant, command: CancelOrder, out: Outbox) -> None:
    refusal = _cancel(risk, participant, command, out)
    if refusal is not None:
        out.send(
            participant.reports,
            CancelRejected(participant.last_sequence, command.account_id, command.client_order_id, *refusal),
        )


def _cancel(risk: Risk, participant: Participant, command: CancelOrder, out: Outbox) -> Refusal | None:
    account = owned_account(risk, command.account_id, participant.participant_id)
    if account is None:
        return Reason.ACCOUNT_UNKNOWN, 0, 0
    refusal = check_account_cancels(account)
    if refusal is not None:
        return refusal
    order = account.live.get(command.client_order_id)
    if order is None:
        return Reason.ORDER_UNKNOWN, 0, 0
    instrument = order.instrument
    if not may_ask(risk, instrument):
        return Reason.INSTRUMENT_HALTED, Phase.CONTINUOUS, instrument.phase
    if order.cancel_sent:
        return Reason.CANCEL_PENDING, 0, 0
    count_canceled(risk, participant, out)
    send_cancel(order, out)
    return None


def may_ask(risk: Risk, instrument: Instrument) -> bool:
    """Whether the instrument's book takes cancels now."""
    return instrument.phase is not Phase.CLOSED or risk.behaviour.cancels_while_closed


def send_cancel(order: Order, out: Outbox) -> None:
    """Ask the order's book to end it; none may be on its way."""
    instrument = order.instrument
    order.cancel_sent = True
    instrument.route.unanswered += 1
    order.account.participant.unanswered += 1
    out.send(instrument.route.destination, RemoveOrder(instrument.instrument_id, order.order_id))


def put_off_cancel(risk: Risk, order: Order) -> None:
    """Its slot is leaving: the shard that gets it asks the book."""
    assert risk.leaving is not None
    order.cancel_sent = True
    risk.leaving.deferred.append(order.order_id)
