"""ReplaceOrder: check the new version, reserve for whatever old and new may cost together, ask the book."""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.order_terms import PLACES
from bulkhead.domain.messages.orders import AmendOrder
from bulkhead.domain.messages.participant import ReplaceOrder
from bulkhead.domain.messages.reports import ReplaceRejected
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.accounts import check_account
from bulkhead.domain.risk.checks import (
    check_numbers,
    check_phase,
    check_windows,
    owned_account,
)
from bulkhead.domain.risk.collar import check_collar
from bulkhead.domain.risk.disconnect import check_connected
from bulkhead.domain.risk.exposure import check_exposure
from bulkhead.domain.risk.kill_switch import check_kill_switch
from bulkhead.domain.risk.model import Order, Participant, Risk, Version
from bulkhead.domain.risk.near import tell_near
from bulkhead.domain.risk.order_terms import WAITING, check_slice, check_stop_price
from bulkhead.domain.risk.protection import check_protection
from bulkhead.domain.risk.rate import check_rate, count_order
from bulkhead.domain.risk.refusal import lowest
from bulkhead.domain.risk.reservation import check_balance, needs, reserve
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
        check_account(account)
        or check_kill_switch(risk, account, "" if order is None else order.instrument.instrument_id)
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
        or _check_exit(order, command)
        or _check_use(order, command)
        or lowest(
            check_numbers(instrument, participant, command.price_ticks, command.quantity_lots),
            check_stop_price(instrument, command.stop_price_ticks),
            check_slice(instrument, order.terms, command.quantity_lots - order.executed_lots),
        )
        or check_collar(instrument, order.side, command.price_ticks, _stop_price(order, command))
        or check_rate(risk, participant)
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
    changes = needs(order, version)
    refusal = (
        check_balance(order, changes)
        or check_exposure(participant, changes)
        or check_windows(instrument, participant)
        or _check_in_flight(order)
    )
    if refusal is not None:
        return refusal

    count_order(risk, participant, out)
    order.amendments.append(version)
    reserve(order)
    instrument.route.unanswered += 1
    participant.unanswered += 1
    tell_near(risk, account, instrument, ((version.price_ticks, version.quantity_lots),), out)
    out.send(
        instrument.route.destination,
        AmendOrder(
            instrument.instrument_id,
            order.order_id,
            version.price_ticks,
            # Should the exit be active when this arrives, it has the quantity that its entry has traded.
            None if order.parked else version.quantity_lots,
            version.maker_fee_rate,
            version.taker_fee_rate,
            version.stop_price_ticks,
        ),
    )
    return None


def _check_exit(order: Order, command: ReplaceOrder) -> Refusal | None:
    """What an exit has to trade is its entry's to say, until that has ended."""
    if order.parked and command.quantity_lots != order.quantity_lots:
        return Reason.EXIT_QUANTITY, order.quantity_lots, command.quantity_lots
    return None


def _check_use(order: Order, command: ReplaceOrder) -> Refusal | None:
    """A stop price is for an order that waits for one, as far as the book has told."""
    if command.stop_price_ticks is None or (order.order_type in WAITING and not order.triggered):
        return None
    return Reason.TERM_UNEXPECTED, 0, PLACES["stop_price_ticks"]


def _check_in_flight(order: Order) -> Refusal | None:
    if len(order.amendments) >= REPLACES_IN_FLIGHT_MAX:
        return Reason.COMMANDS_IN_FLIGHT_LIMIT, REPLACES_IN_FLIGHT_MAX, len(order.amendments)
    return None


def _stop_price(order: Order, command: ReplaceOrder) -> int | None:
    """What the order will wait for; None: for nothing, or for no price that is known."""
    if order.order_type not in WAITING or order.triggered:
        return None
    if command.stop_price_ticks is not None:
        return command.stop_price_ticks
    return None if order.terms is None else order.terms.stop_price_ticks
