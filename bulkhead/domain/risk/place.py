"""PlaceOrder: check, reserve, send to the book."""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.order_terms import NO_TERMS, OrderTerms
from bulkhead.domain.messages.orders import EnterOrder
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.reports import OrderRejected
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.checks import (
    check_numbers,
    check_phase,
    check_terms,
    check_windows,
    owned_account,
)
from bulkhead.domain.risk.disconnect import check_connected
from bulkhead.domain.risk.kill_switch import check_kill_switch
from bulkhead.domain.risk.model import CLIENT_ORDER_IDS_KEPT, Account, Instrument, Order, Participant, Risk
from bulkhead.domain.risk.order_terms import check_numbers_of_terms, check_time_and_names, for_book
from bulkhead.domain.risk.protection import check_protection
from bulkhead.domain.risk.rate import check_rate, count_order
from bulkhead.domain.risk.refusal import lowest
from bulkhead.domain.risk.reservation import worst_cost
from bulkhead.domain.risk.risk_events import limit_used, refused
from bulkhead.domain.terms import OrderType, Side, TimeInForce


def place_order(risk: Risk, participant: Participant, command: PlaceOrder, out: Outbox) -> None:
    refusal = _place(risk, participant, command, out)
    if refusal is not None:
        refused(risk, participant, command.account_id, refusal)
        out.send(
            participant.reports,
            OrderRejected(participant.last_sequence, command.account_id, command.client_order_id, *refusal),
        )


def _place(risk: Risk, participant: Participant, command: PlaceOrder, out: Outbox) -> Refusal | None:
    account = owned_account(risk, command.account_id, participant.participant_id)
    if account is None:
        return Reason.ACCOUNT_UNKNOWN, 0, 0
    quote_group = "" if command.terms is None else command.terms.quote_group
    refusal = (
        check_kill_switch(risk, account, command.instrument_id)
        or check_protection(risk, participant, quote_group)
        or check_connected(risk)
    )
    if refusal is not None:
        return refusal
    instrument = risk.instruments.get(command.instrument_id)
    if instrument is None:
        return Reason.INSTRUMENT_UNKNOWN, 0, 0
    price_ticks = command.price_ticks if command.price_ticks is not None else command.protection_price_ticks
    refusal = check_phase(instrument) or check_terms(command)
    if refusal is not None:
        return refusal
    assert price_ticks is not None  # check_terms
    terms = None if command.terms == NO_TERMS else command.terms
    refusal = check_numbers(instrument, participant, price_ticks, command.quantity_lots)
    if terms is not None:
        refusal = lowest(refusal, check_numbers_of_terms(instrument, terms, command.quantity_lots))
    if refusal is not None:
        return refusal
    if participant.open_orders >= participant.open_orders_max:
        return Reason.OPEN_ORDERS_LIMIT, participant.open_orders_max, participant.open_orders
    order = _order(account, instrument, command, price_ticks, terms)
    available, needed = account.available(order.pays_asset_id), worst_cost(order, (order.version,))
    if needed > available:
        return Reason.BALANCE, available, needed
    if command.client_order_id in account.recent or command.client_order_id in account.live:
        return Reason.CLIENT_ORDER_ID_REPEATED, 0, 0
    refusal = check_windows(instrument, participant) or check_rate(risk, participant)
    if refusal is None and terms is not None:
        refusal = check_time_and_names(risk, terms)
    if refusal is not None:
        return refusal

    count_order(risk, participant, out)
    order.pays.reserved += needed
    order.reserved = needed
    order.order_id = risk.next_order_id()
    risk.orders[order.order_id] = order
    account.live[order.client_order_id] = order
    _remember(account, order.client_order_id)
    participant.open_orders += 1
    open_orders = participant.open_orders_max, participant.open_orders
    limit_used(risk, participant, Reason.OPEN_ORDERS_LIMIT, *open_orders, out)
    instrument.route.unanswered += 1
    participant.unanswered += 1
    out.send(
        instrument.route.destination,
        EnterOrder(
            order.order_id,
            instrument.instrument_id,
            account.account_id,
            participant.slot,
            order.side,
            order.order_type,
            order.time_in_force,
            order.post_only,
            price_ticks,
            order.quantity_lots,
            order.maker_fee_rate,
            order.taker_fee_rate,
            for_book(terms, participant.participant_id),
        ),
    )
    return None


def _order(
    account: Account,
    instrument: Instrument,
    command: PlaceOrder,
    price_ticks: int,
    terms: OrderTerms | None,
) -> Order:
    order = Order()
    order.client_order_id = command.client_order_id
    order.account = account
    order.instrument = instrument
    order.side = Side.BUY if command.side == Side.BUY else Side.SELL
    order.order_type = OrderType(command.order_type)
    order.time_in_force = TimeInForce(command.time_in_force)
    order.post_only = command.post_only
    order.terms = terms
    order.triggered = False
    order.price_ticks = price_ticks
    order.quantity_lots = command.quantity_lots
    order.executed_lots = 0
    order.fee_basis = 0
    order.maker_fee_rate = account.participant.maker_fee_rate
    order.taker_fee_rate = account.participant.taker_fee_rate
    order.reserved = 0
    order.amendments = []
    order.cancel_sent = False
    order.ended = False
    order.released = False
    return order


def _remember(account: Account, client_order_id: str) -> None:
    recent = account.recent
    recent[client_order_id] = None
    if len(recent) > CLIENT_ORDER_IDS_KEPT:
        del recent[next(iter(recent))]
