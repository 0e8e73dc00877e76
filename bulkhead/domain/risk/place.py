"""PlaceOrder: check, reserve, send to the book.

The checks stand here in the order of precedence, that of the reasons: docs/risk.md has the table.
"""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.order_terms import NO_TERMS
from bulkhead.domain.messages.orders import EnterOrder
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.reports import OrderRejected
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.accounts import check_account
from bulkhead.domain.risk.cancel_ratio import check_cancel_ratio, count_placed
from bulkhead.domain.risk.checks import (
    check_available,
    check_numbers,
    check_open_orders,
    check_phase,
    check_repeated,
    check_terms,
    check_windows,
    owned_account,
)
from bulkhead.domain.risk.collar import check_collar
from bulkhead.domain.risk.disconnect import check_connected
from bulkhead.domain.risk.exposure import check_exposure, follow
from bulkhead.domain.risk.kill_switch import check_kill_switch
from bulkhead.domain.risk.model import CLIENT_ORDER_IDS_KEPT, Account, Instrument, Order, Participant, Risk
from bulkhead.domain.risk.near import tell_near
from bulkhead.domain.risk.order_terms import (
    WAITING,
    check_numbers_of_terms,
    check_time_and_names,
    for_book,
)
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
    refusal = (
        check_account(account)
        or check_kill_switch(risk, account, command.instrument_id)
        or check_protection(risk, participant, quote_group_of(command))
        or check_connected(risk)
    )
    if refusal is not None:
        return refusal
    instrument = risk.instruments.get(command.instrument_id)
    if instrument is None:
        return Reason.INSTRUMENT_UNKNOWN, 0, 0
    refusal = (
        check_what_it_says(instrument, participant, command)
        or check_open_orders(participant)
        or check_rate(risk, participant)
        or check_cancel_ratio(risk, participant)
    )
    if refusal is not None:
        return refusal
    order = new_order(account, instrument, command)
    versions = (order.version,)
    available, needed = account.available(order.pays_asset_id), worst_cost(order, versions)
    refusal = (
        check_available(available, needed)
        or check_exposure(participant, ((order, versions, needed),))
        or check_repeated(account, command.client_order_id)
        or check_windows(instrument, participant)
    )
    if refusal is None and order.terms is not None:
        refusal = check_time_and_names(risk, order.terms)
    if refusal is not None:
        return refusal

    count_order(risk, participant, out)
    count_placed(risk, participant)
    take(risk, order)
    order.pays.reserved += needed
    order.reserved = needed
    if participant.caps is not None:
        follow(participant.caps.exposure, order)
    remember(account, order.client_order_id)
    tell_open_orders(risk, participant, out)
    tell_near(risk, account, instrument, ((order.price_ticks, order.quantity_lots),), out)
    out.send(instrument.route.destination, entering(order))
    return None


def check_what_it_says(
    instrument: Instrument, participant: Participant, command: PlaceOrder
) -> Refusal | None:
    """What an order must pass for itself, whatever else there is."""
    refusal = check_phase(instrument) or check_terms(command)
    if refusal is not None:
        return refusal
    price_ticks = _price_ticks(command)
    refusal = check_numbers(instrument, participant, price_ticks, command.quantity_lots)
    if command.terms is not None:
        refusal = lowest(refusal, check_numbers_of_terms(instrument, command.terms, command.quantity_lots))
    return refusal or check_collar(instrument, command.side, price_ticks, _stop_price(command))


def take(risk: Risk, order: Order) -> None:
    """Number a new order that has passed, keep and count it. To reserve for it is its caller's."""
    account = order.account
    order.order_id = risk.next_order_id()
    risk.orders[order.order_id] = order
    account.live[order.client_order_id] = order
    account.participant.open_orders += 1
    order.instrument.route.unanswered += 1
    account.participant.unanswered += 1


def tell_open_orders(risk: Risk, participant: Participant, out: Outbox) -> None:
    """The risk desk, where the bound is near."""
    bound, actual = participant.open_orders_max, participant.open_orders
    limit_used(risk, participant, Reason.OPEN_ORDERS_LIMIT, bound, actual, out)


def entering(order: Order) -> EnterOrder:
    """What the book is sent of an order that was taken."""
    account, instrument = order.account, order.instrument
    participant = account.participant
    return EnterOrder(
        order.order_id,
        instrument.instrument_id,
        account.account_id,
        participant.slot,
        order.side,
        order.order_type,
        order.time_in_force,
        order.post_only,
        order.price_ticks,
        order.quantity_lots,
        order.maker_fee_rate,
        order.taker_fee_rate,
        for_book(order.terms, participant.participant_id),
    )


def quote_group_of(command: PlaceOrder) -> str:
    return "" if command.terms is None else command.terms.quote_group


def _stop_price(command: PlaceOrder) -> int | None:
    """What the order will wait for; None: for nothing, or for no price that is known."""
    if command.terms is None or command.order_type not in WAITING:
        return None
    return command.terms.stop_price_ticks


def _price_ticks(command: PlaceOrder) -> int:
    """The limit, or the protection price: `check_terms` has seen to it that there is one."""
    ticks = command.protection_price_ticks if command.price_ticks is None else command.price_ticks
    assert ticks is not None  # check_terms
    return ticks


def new_order(account: Account, instrument: Instrument, command: PlaceOrder) -> Order:
    """As the command says, with nothing reserved and no number."""
    order = Order()
    order.order_id = 0  # none yet
    order.client_order_id = command.client_order_id
    order.account = account
    order.instrument = instrument
    order.side = Side.BUY if command.side == Side.BUY else Side.SELL
    order.order_type = OrderType(command.order_type)
    order.time_in_force = TimeInForce(command.time_in_force)
    order.post_only = command.post_only
    order.terms = None if command.terms == NO_TERMS else command.terms
    order.triggered = False
    order.price_ticks = _price_ticks(command)
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
    order.link = None
    order.parked = False
    order.doomed = False
    return order


def remember(account: Account, client_order_id: str) -> None:
    recent = account.recent
    recent[client_order_id] = None
    if len(recent) > CLIENT_ORDER_IDS_KEPT:
        del recent[next(iter(recent))]
