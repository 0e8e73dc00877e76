"""PlacePair and PlaceBracket: check every order, reserve for all, send them to their book together."""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.linked import EnterBracket, EnterPair, PlaceBracket, PlacePair
from bulkhead.domain.messages.orders import EnterOrder
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.reports import OrderRejected
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.accounts import check_account
from bulkhead.domain.risk.cancel_ratio import check_cancel_ratio, count_placed
from bulkhead.domain.risk.checks import check_open_orders, check_windows, owned_account
from bulkhead.domain.risk.disconnect import check_connected
from bulkhead.domain.risk.exposure import check_exposure
from bulkhead.domain.risk.kill_switch import check_kill_switch
from bulkhead.domain.risk.link_terms import check_link
from bulkhead.domain.risk.model import Account, Instrument, Link, Order, Participant, Risk
from bulkhead.domain.risk.near import tell_near
from bulkhead.domain.risk.order_terms import check_time_and_names
from bulkhead.domain.risk.place import (
    check_what_it_says,
    entering,
    new_order,
    quote_group_of,
    remember,
    take,
    tell_open_orders,
)
from bulkhead.domain.risk.protection import check_protection
from bulkhead.domain.risk.rate import check_rate, count_order
from bulkhead.domain.risk.refusal import lowest
from bulkhead.domain.risk.reservation import check_balance, needs, reserve
from bulkhead.domain.risk.risk_events import refused


def place_linked(
    risk: Risk, participant: Participant, command: PlacePair | PlaceBracket, out: Outbox
) -> None:
    refusal = _place(risk, participant, command, out)
    if refusal is not None:
        refused(risk, participant, command.legs[0].account_id, refusal)
        refuse_all(participant, command, refusal, out)


def refuse_all(
    participant: Participant, command: PlacePair | PlaceBracket, refusal: Refusal, out: Outbox
) -> None:
    """Each order has its own answer."""
    for leg in command.legs:
        out.send(
            participant.reports,
            OrderRejected(participant.last_sequence, leg.account_id, leg.client_order_id, *refusal),
        )


def _place(
    risk: Risk, participant: Participant, command: PlacePair | PlaceBracket, out: Outbox
) -> Refusal | None:
    legs = command.legs
    accounts = [owned_account(risk, leg.account_id, participant.participant_id) for leg in legs]
    account = accounts[0]
    if account is None or None in accounts:
        return Reason.ACCOUNT_UNKNOWN, 0, 0
    owned = [each for each in accounts if each is not None]
    refusal = (
        lowest(*map(check_account, owned))
        or lowest(*(check_kill_switch(risk, account, leg.instrument_id) for account in owned for leg in legs))
        or lowest(*(check_protection(risk, participant, quote_group_of(leg)) for leg in legs))
        or check_connected(risk)
    )
    if refusal is not None:
        return refusal
    instruments = [risk.instruments.get(leg.instrument_id) for leg in legs]
    instrument = instruments[0]
    if instrument is None or None in instruments:
        return Reason.INSTRUMENT_UNKNOWN, 0, 0
    # The first's instrument will do for all: with another it is no pair, which is told before their numbers.
    said = [check_what_it_says(instrument, participant, leg) for leg in legs]
    refusal = (
        lowest(check_link(command), *said)
        or check_open_orders(participant, len(legs))
        or check_rate(risk, participant, len(legs))
        or check_cancel_ratio(risk, participant)
    )
    if refusal is not None:
        return refusal
    orders = _linked(account, instrument, command)
    changes = needs(orders[0])
    refusal = (
        check_balance(orders[0], changes)
        or check_exposure(participant, changes)
        or _check_names(account, legs)
        or check_windows(instrument, participant, len(legs))
        or lowest(*(check_time_and_names(risk, leg.terms) for leg in legs if leg.terms is not None))
    )
    if refusal is not None:
        return refusal

    count_order(risk, participant, out, len(legs))
    count_placed(risk, participant, len(legs))
    for order in orders:
        take(risk, order)
        remember(account, order.client_order_id)
    reserve(orders[0])
    tell_open_orders(risk, participant, out)
    tell_near(risk, account, instrument, [(order.price_ticks, order.quantity_lots) for order in orders], out)
    out.send(instrument.route.destination, _together([entering(order) for order in orders]))
    return None


def _linked(account: Account, instrument: Instrument, command: PlacePair | PlaceBracket) -> list[Order]:
    """The orders in the order in which they are named, tied together."""
    orders = [new_order(account, instrument, leg) for leg in command.legs]
    *entry, limit, stop = orders
    link = Link(limit, stop, entry[0] if entry else None)
    for order in orders:
        order.link = link
    limit.parked = stop.parked = bool(entry)
    return orders


def _together(entered: list[EnterOrder]) -> EnterPair | EnterBracket:
    *entry, limit, stop = entered
    return EnterBracket(entry[0], limit, stop) if entry else EnterPair(limit, stop)


def _check_names(account: Account, legs: tuple[PlaceOrder, ...]) -> Refusal | None:
    names = {leg.client_order_id for leg in legs}
    if len(names) < len(legs) or any(name in account.recent or name in account.live for name in names):
        return Reason.CLIENT_ORDER_ID_REPEATED, 0, 0
    return None
