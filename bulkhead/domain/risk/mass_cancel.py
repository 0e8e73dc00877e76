"""Mass cancels: each becomes one RemoveOrder for every live order that is meant and has none on its way.

So each order has the one answer that any cancel has. What the participant is told of it names the mass
cancel, and not a cancel that it never sent.
"""

from collections.abc import Iterable
from typing import NamedTuple

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.messages.mass import (
    CancelForOperator,
    MassCancel,
    MassCanceled,
    OrdersAsked,
    RequestRejected,
)
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.accounts import check_account_cancels
from bulkhead.domain.risk.cancel import may_ask, put_off_cancel, send_cancel
from bulkhead.domain.risk.checks import owned_account
from bulkhead.domain.risk.listing import live_orders
from bulkhead.domain.risk.model import Order, Participant, Risk
from bulkhead.domain.terms import Side

_SIDES = frozenset(Side)


class Asked(NamedTuple):
    asked: int
    pending: int
    closed: int


def mass_cancel(risk: Risk, participant: Participant, command: MassCancel, out: Outbox) -> None:
    refusal = _refusal(risk, participant, command)
    if refusal is not None:
        out.send(
            participant.reports,
            RequestRejected(participant.last_sequence, command.request_id, command.account_id, *refusal),
        )
        return
    orders = live_orders(risk, participant, command.account_id)
    meant = (order for order in orders if _is_meant(order, command))
    asked = ask_to_end(risk, meant, Reason.MASS_CANCEL, out)
    out.send(
        participant.reports,
        MassCanceled(participant.last_sequence, command.request_id, command.account_id, *asked),
    )


def cancel_for_operator(risk: Risk, decision: CancelForOperator, out: Outbox) -> None:
    orders = (
        order
        for name in sorted(risk.participants)
        if decision.participant_id in (None, name)
        for order in live_orders(risk, risk.participants[name], decision.account_id)
        if _fits(order, decision.instrument_id, decision.side)
    )
    asked = ask_to_end(risk, orders, Reason.OPERATOR_CANCEL, out)
    out.send(
        DECISIONS,
        OrdersAsked(decision.public_key, decision.epoch, decision.sequence, risk.shard, *asked),
    )


def _refusal(risk: Risk, participant: Participant, command: MassCancel) -> Refusal | None:
    account = owned_account(risk, command.account_id, participant.participant_id)
    if account is None:
        return Reason.ACCOUNT_UNKNOWN, 0, 0
    refusal = check_account_cancels(account)
    if refusal is not None:
        return refusal
    if command.instrument_id is not None and command.instrument_id not in risk.instruments:
        return Reason.INSTRUMENT_UNKNOWN, 0, 0
    if command.side is not None and command.side not in _SIDES:
        return Reason.SIDE, 0, command.side
    return None


def _is_meant(order: Order, command: MassCancel) -> bool:
    """Of the account's live orders."""
    quote_group = "" if order.terms is None else order.terms.quote_group
    fits = _fits(order, command.instrument_id, command.side)
    return fits and command.quote_group in (None, quote_group)


def _fits(order: Order, instrument_id: str | None, side: int | None) -> bool:
    return instrument_id in (None, order.instrument.instrument_id) and side in (None, order.side)


def ask_to_end(risk: Risk, orders: Iterable[Order], reason: Reason, out: Outbox) -> Asked:
    """Ask the books of these live orders. `reason`: what their participants are told when they have ended."""
    asked = pending = closed = 0
    # Exits first, since the end of their entry would make them active, and they might trade.
    for order in sorted(orders, key=lambda order: not order.parked):
        if order.cancel_sent:
            pending += 1
        elif not may_ask(risk, order.instrument):
            closed += 1
        else:
            asked += 1
            risk.mass_cancels[order.order_id] = reason
            if risk.is_leaving(order.account.participant):
                put_off_cancel(risk, order)
            else:
                send_cancel(order, out)
    return Asked(asked, pending, closed)
