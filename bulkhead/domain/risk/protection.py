"""Market-maker protection: fills of a quote group are counted within a window, and at its limit the group's
orders are canceled and no more are taken, until its participant resets it.

The fill that reaches the limit has happened, and others may have in the books before the cancels come: the
limit bounds what is risked beyond that, not what is filled.
"""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.mass import RequestRejected
from bulkhead.domain.messages.protection import (
    ProtectionSet,
    ProtectionTripped,
    ResetProtection,
    SetProtection,
)
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.guards import Protection
from bulkhead.domain.risk.listing import live_orders
from bulkhead.domain.risk.mass_cancel import ask_to_end
from bulkhead.domain.risk.model import Instrument, Order, Participant, Risk
from bulkhead.domain.risk.order_terms import NAME_LENGTH_MAX
from bulkhead.domain.risk.risk_events import quotes_pulled

WINDOW_MS_MAX = 60_000
"""600 ticks of the usual clock, for each of which at most one entry is kept"""
GROUPS_MAX = 100
"""of one participant: each costs memory for as long as the exchange lives"""


def set_protection(risk: Risk, participant: Participant, command: SetProtection, out: Outbox) -> None:
    group = participant.participant_id, command.quote_group
    refusal = _refusal(risk, participant, command)
    if refusal is not None:
        _reject(participant, command.request_id, refusal, out)
        return
    limits = command.window_ms, command.lots, command.fills
    risk.protections.pop(group, None)
    if command.lots or command.fills:
        risk.protections[group] = Protection(*limits)
    told = ProtectionSet(participant.last_sequence, command.request_id, command.quote_group, *limits)
    out.send(participant.reports, told)


def reset_protection(risk: Risk, participant: Participant, command: ResetProtection, out: Outbox) -> None:
    protection = risk.protections.get((participant.participant_id, command.quote_group))
    if protection is None:
        _reject(participant, command.request_id, (Reason.PROTECTION_UNKNOWN, 0, 0), out)
        return
    protection.tripped_by = None
    protection.filled.clear()
    limits = protection.window_ms, protection.lots_max, protection.fills_max
    told = ProtectionSet(participant.last_sequence, command.request_id, command.quote_group, *limits)
    out.send(participant.reports, told)


def check_protection(risk: Risk, participant: Participant, quote_group: str) -> Refusal | None:
    """Whether orders of the group are taken."""
    if not quote_group or not risk.protections:
        return None
    protection = risk.protections.get((participant.participant_id, quote_group))
    if protection is None or protection.tripped_by is None:
        return None
    return Reason.PROTECTED, *protection.tripped_by


def count_fill(risk: Risk, order: Order, lots: int, out: Outbox) -> None:
    """Of an order, whose balances and reservation are as after the fill."""
    quote_group = "" if order.terms is None else order.terms.quote_group
    participant = order.account.participant
    protection = risk.protections.get((participant.participant_id, quote_group))
    if protection is None or protection.tripped_by is not None:
        return
    protection.count(risk.time_ms, lots)
    filled_lots, fills = protection.totals()
    if protection.lots_max and filled_lots >= protection.lots_max:
        protection.tripped_by = protection.lots_max, filled_lots
    elif protection.fills_max and fills >= protection.fills_max:
        protection.tripped_by = protection.fills_max, fills
    else:
        return
    asked = _pull(risk, participant, quote_group, protection, None, out)
    quotes_pulled(risk, participant.participant_id, quote_group, filled_lots, fills, asked, out)


def end_quotes_left(risk: Risk, instrument: Instrument, out: Outbox) -> None:
    """Its book takes cancels again: what stayed of groups that have tripped is asked for."""
    for (participant_id, quote_group), protection in sorted(risk.protections.items()):
        if protection.tripped_by is not None:
            _pull(risk, risk.participants[participant_id], quote_group, protection, instrument, out)


def _refusal(risk: Risk, participant: Participant, command: SetProtection) -> Refusal | None:
    name = command.quote_group
    if not 0 < len(name) <= NAME_LENGTH_MAX or not (name.isascii() and name.isprintable()):
        return Reason.GROUP, NAME_LENGTH_MAX, len(name)
    if not 0 < command.window_ms <= WINDOW_MS_MAX:
        return Reason.PROTECTION_WINDOW, WINDOW_MS_MAX, command.window_ms
    groups = sum(owner == participant.participant_id for owner, _ in risk.protections)
    if groups >= GROUPS_MAX and (participant.participant_id, name) not in risk.protections:
        return Reason.PROTECTIONS_LIMIT, GROUPS_MAX, groups
    return None


def _reject(participant: Participant, request_id: str, refusal: Refusal, out: Outbox) -> None:
    out.send(participant.reports, RequestRejected(participant.last_sequence, request_id, None, *refusal))


def _pull(
    risk: Risk,
    participant: Participant,
    quote_group: str,
    protection: Protection,
    instrument: Instrument | None,
    out: Outbox,
) -> int:
    """Have the group's orders end. `instrument`: only what stayed of it."""
    orders = [order for order in live_orders(risk, participant) if _is_live_quote(order, quote_group)]
    if instrument is not None:
        orders = [order for order in orders if order.instrument is instrument and not order.cancel_sent]
        if not orders:
            return 0
    asked = ask_to_end(risk, orders, Reason.PROTECTED, out)
    out.send(
        participant.reports,
        ProtectionTripped(participant.last_sequence, quote_group, *protection.totals(), *asked),
    )
    return asked.asked


def _is_live_quote(order: Order, quote_group: str) -> bool:
    """Of the group, and not the one whose last lot has just been filled, which is about to be forgotten."""
    in_group = order.terms is not None and order.terms.quote_group == quote_group
    return in_group and order.executed_lots < order.quantity_lots
