"""ReplaceOrder: check the new version, reserve for whatever old and new may cost together, ask the book."""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.order_terms import PLACES
from bulkhead.domain.messages.orders import AmendOrder
from bulkhead.domain.messages.participant import ReplaceOrder
from bulkhead.domain.messages.reports import ReplaceRejected
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.checks import check_numbers, check_phase, check_windows, owned_account
from bulkhead.domain.risk.disconnect import check_connected
from bulkhead.domain.risk.kill_switch import check_kill_switch
from bulkhead.domain.risk.model import Order, Participant, Risk, Version
from bulkhead.domain.risk.order_terms import WAITING, check_stop_price
from bulkhead.domain.risk.protection import check_protection
from bulkhead.domain.risk.rate import check_rate, count_order
from bulkhead.domain.risk.refusal import lowest
from bulkhead.domain.risk.reservation import reserve, worst_cost
from bulkhead.domain.risk.risk_events import refused

REPLACES_IN_FLIGHT_MAX = 32
"""of one order: working out its reservation takes the square of it, here 500 steps or 50 us, so that nobody
can keep the shard busy with one order"""


def replace_order(risk: Risk, participant: Participant, command: ReplaceOrder, out: Outbox) -> None:
    refusal = _replace(risk, participant, command, out)
    if refusal is not None:
        refused(risk, participant, command.account_id, refusal)
        out.send(
            participant.reports,
            ReplaceRejected(participant.last_sequence, command.account_id, command.client_order_id, *refusal),
        )


def _replace(risk: Risk, participant: Participant, command: ReplaceOrder, out: Outbox) -> Refusal | None:
    account = owned_account(risk, command.account_id, participant.participant_id)
    if account is None:
        return Reason.ACCOUNT_UNKNOWN, 0, 0
    order = account.live.get(command.client_order_id)
    quote_group = "" if order is None or order.terms is None else order.terms.quote_group
    refusal = (
        check_kill_switch(risk, account, "" if order is None else order.instrument.instrument_id)
        or check_protection(risk, participant, quote_group)
        or check_connected(risk)
    )
    if refusal is not None:
        return refusal
    if order is None:
        return Reason.ORDER_UNKNOWN, 0, 0
    instrument = order.instrument
    refusal = (
        check_phase(instrument)
        or _check_use(order, command)
        or lowest(
            check_numbers(instrument, participant, command.price_ticks, command.quantity_lots),
            check_stop_price(instrument, command.stop_price_ticks),
        )
    )
    if refusal is not None:
        return refusal
    version = Version(
        command.price_ticks,
        command.quantity_lots,
        participant.maker_fee_rate,
        participant.taker_fee_rate,
        command.stop_price_ticks,
    )
    balance = order.pays
    available = balance.total - balance.reserved + order.reserved
    needed = worst_cost(order, (order.version, *order.amendments, version))
    if needed > available:
        return Reason.BALANCE, available, needed
    refusal = check_windows(instrument, participant) or check_rate(risk, participant)
    if refusal is not None:
        return refusal
    if len(order.amendments) >= REPLACES_IN_FLIGHT_MAX:
        return Reason.COMMANDS_IN_FLIGHT_LIMIT, REPLACES_IN_FLIGHT_MAX, len(order.amendments)

    count_order(risk, participant, out)
    order.amendments.append(version)
    reserve(order)
    instrument.route.unanswered += 1
    participant.unanswered += 1
    out.send(
        instrument.route.destination,
        AmendOrder(
            instrument.instrument_id,
            order.order_id,
            *version,
        ),
    )
    return None


def _check_use(order: Order, command: ReplaceOrder) -> Refusal | None:
    """A stop price is for an order that waits for one, as far as the book has told."""
    if command.stop_price_ticks is None or (order.order_type in WAITING and not order.triggered):
        return None
    return Reason.TERM_UNEXPECTED, 0, PLACES["stop_price_ticks"]
