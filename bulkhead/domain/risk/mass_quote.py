"""MassQuote: check all of it, then enter, change and withdraw its quotes, all or none.

A quote says what is to be open from now on. Here it becomes the total intended: what has been executed, as
far as this shard knows, and that. So a fill that the book has made meanwhile makes the quote trade less,
never more, and an order that is changed is reserved for as in any replace.

What a withdrawal finds nothing for is told at once, as of a cancel, and is no reason to refuse the others:
a quote that has just traded ends by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.quotes import MassQuote, Quote, QuotesRejected, QuoteToSet, SetQuotes
from bulkhead.domain.messages.reports import CancelRejected
from bulkhead.domain.reasons import PRECEDENCE, Reason, Refusal
from bulkhead.domain.risk.accounts import check_account, check_account_cancels
from bulkhead.domain.risk.cancel_ratio import check_cancel_ratio, count_canceled, count_placed
from bulkhead.domain.risk.checks import (
    check_client_order_id,
    check_numbers,
    check_phase,
    check_total,
    check_windows,
    owned_account,
)
from bulkhead.domain.risk.collar import check_collar
from bulkhead.domain.risk.disconnect import check_connected
from bulkhead.domain.risk.exposure import Change, check_exposure
from bulkhead.domain.risk.kill_switch import check_kill_switch
from bulkhead.domain.risk.model import Account, Instrument, Order, Participant, Risk, Version
from bulkhead.domain.risk.near import tell_near
from bulkhead.domain.risk.order_terms import NAME_LENGTH_MAX, check_slice
from bulkhead.domain.risk.place import new_order, take, tell_open_orders
from bulkhead.domain.risk.protection import check_protection
from bulkhead.domain.risk.rate import check_rate, count_order
from bulkhead.domain.risk.refusal import lowest
from bulkhead.domain.risk.replace import REPLACES_IN_FLIGHT_MAX
from bulkhead.domain.risk.reservation import reserve, worst_cost
from bulkhead.domain.risk.risk_events import refused
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce

QUOTES_MAX: Final = 32
"""One command's work has a bound: that of so many orders."""
TOTAL_LOTS_MAX: Final = 2**62
"""What the wire holds. Only a quote that is filled up again and again may come near it."""
_SIDES: Final = frozenset(Side)


class _Desk(NamedTuple):
    """Whose quotes they are, and where."""

    participant: Participant
    account: Account
    instrument: Instrument
    command: MassQuote


class _Set(NamedTuple):
    """A new quote, or a live one with the version that it is to have."""

    order: Order
    version: Version
    is_new: bool

    @property
    def change(self) -> Change:
        """What the order may cost when the quote has been sent, whatever becomes of it."""
        order = self.order
        live = () if self.is_new else (order.version, *order.amendments)
        versions = *live, self.version
        return order, versions, worst_cost(order, versions)


Refused = tuple[Refusal, str | None]
"""why, and the quote that was the reason"""


def mass_quote(risk: Risk, participant: Participant, command: MassQuote, out: Outbox) -> None:
    found = _quote(risk, participant, command, out)
    if found is not None:
        refusal, client_order_id = found
        refused(risk, participant, command.account_id, refusal)
        request = participant.last_sequence, command.request_id, command.account_id
        out.send(participant.reports, QuotesRejected(*request, client_order_id, *refusal))


def _quote(risk: Risk, participant: Participant, command: MassQuote, out: Outbox) -> Refused | None:
    account = owned_account(risk, command.account_id, participant.participant_id)
    if account is None:
        return (Reason.ACCOUNT_UNKNOWN, 0, 0), None
    only_withdraws = not any(quote.quantity_lots for quote in command.quotes)
    refusal = (
        check_account_cancels(account)
        if only_withdraws
        else check_account(account)
        or check_kill_switch(risk, account, command.instrument_id)
        or check_protection(risk, participant, command.quote_group)
        or check_connected(risk)
    )
    if refusal is not None:
        return refusal, None
    instrument = risk.instruments.get(command.instrument_id)
    if instrument is None:
        return (Reason.INSTRUMENT_UNKNOWN, 0, 0), None
    desk = _Desk(participant, account, instrument, command)
    refusal = _check_whole(desk)
    if refusal is not None:
        return refusal, None
    found = _first((_check_quote(desk, quote), quote.client_order_id) for quote in command.quotes)
    if found is not None:
        return found
    sets = {quote.client_order_id: _set(desk, quote) for quote in command.quotes if quote.quantity_lots}
    found = _check_limits(risk, desk, list(sets.values())) or _check_together(command)
    if found is not None:
        return found
    count_order(risk, participant, out, len(sets))
    count_placed(risk, participant, sum(each.is_new for each in sets.values()))
    sent = [
        _withdraw(risk, desk, quote, out)
        if quote.client_order_id not in sets
        else _send(risk, sets[quote.client_order_id])
        for quote in command.quotes
    ]
    quotes = tuple(quote for quote in sent if quote is not None)
    if quotes:
        fees = participant.maker_fee_rate, participant.taker_fee_rate
        named = instrument.instrument_id, account.account_id, participant.slot, command.quote_group
        tell_open_orders(risk, participant, out)
        asked = [(quote.price_ticks, quote.quantity_lots) for quote in command.quotes]
        tell_near(risk, account, instrument, asked, out)
        out.send(instrument.route.destination, SetQuotes(*named, *fees, quotes))
    return None


def _check_whole(desk: _Desk) -> Refusal | None:
    """Like cancels, a mass quote that only withdraws is taken while the instrument is halted."""
    quotes, instrument = desk.command.quotes, desk.instrument
    if any(quote.quantity_lots for quote in quotes) or instrument.phase is Phase.CLOSED:
        refusal = check_phase(instrument)
        if refusal is not None:
            return refusal
    if not 1 <= len(quotes) <= QUOTES_MAX:
        return Reason.QUOTE_COUNT, QUOTES_MAX, len(quotes)
    return None


def _check_quote(desk: _Desk, quote: Quote) -> Refusal | None:
    """What a quote says by itself."""
    order = desk.account.live.get(quote.client_order_id)
    if order is not None and not _is_quote(desk, order, quote):
        return Reason.QUOTE_OTHER, 0, 0
    if quote.side not in _SIDES:
        return Reason.SIDE, 0, quote.side
    refusal = check_client_order_id(quote.client_order_id)
    if refusal is not None or not quote.quantity_lots:
        return refusal
    refusal = check_numbers(
        desk.instrument, desk.participant, quote.price_ticks, quote.quantity_lots
    ) or check_collar(desk.instrument, quote.side, quote.price_ticks, None)
    if order is None:
        return refusal
    total_lots = order.executed_lots + quote.quantity_lots
    overflow: Refusal | None = (Reason.OVERFLOW, TOTAL_LOTS_MAX, 0) if total_lots > TOTAL_LOTS_MAX else None
    return lowest(
        refusal,
        check_slice(desk.instrument, order.terms, quote.quantity_lots),
        overflow or check_total(desk.instrument, total_lots),
    )


def _is_quote(desk: _Desk, order: Order, quote: Quote) -> bool:
    return (
        order.order_type is OrderType.LIMIT
        and order.time_in_force is TimeInForce.GTC
        and not order.post_only
        and order.link is None
        and order.instrument is desk.instrument
        and order.side == quote.side
        and order.terms is not None
        and order.terms.quote_group == desk.command.quote_group
    )


def _set(desk: _Desk, quote: Quote) -> _Set:
    """What a quote that is not withdrawn comes to."""
    fees = desk.participant.maker_fee_rate, desk.participant.taker_fee_rate
    order = desk.account.live.get(quote.client_order_id)
    if order is not None:
        total_lots = order.executed_lots + quote.quantity_lots
        return _Set(order, Version(quote.price_ticks, total_lots, *fees), False)
    terms = OrderTerms(quote_group=desk.command.quote_group)
    placed = PlaceOrder(
        desk.account.account_id,
        quote.client_order_id,
        desk.instrument.instrument_id,
        quote.side,
        OrderType.LIMIT,
        TimeInForce.GTC,
        False,
        quote.price_ticks,
        None,
        quote.quantity_lots,
        terms,
    )
    order = new_order(desk.account, desk.instrument, placed)
    return _Set(order, order.version, True)


def _check_limits(risk: Risk, desk: _Desk, sets: Sequence[_Set]) -> Refused | None:
    """What the participant may have at once: of all quotes together, in order of precedence. Withdrawals
    count as little as cancels.
    """
    participant = desk.participant
    new = sum(each.is_new for each in sets)
    if new and participant.open_orders + new > participant.open_orders_max:
        return (Reason.OPEN_ORDERS_LIMIT, participant.open_orders_max, participant.open_orders), None
    if sets:
        refusal = check_rate(risk, participant, len(sets)) or check_cancel_ratio(risk, participant)
        if refusal is not None:
            return refusal, None
    changes = [each.change for each in sets]
    refusal = _check_balance(desk.account, changes) or check_exposure(participant, changes)
    if refusal is not None:
        return refusal, None
    repeated = _repeated(desk.command)
    if repeated is not None:
        return (Reason.CLIENT_ORDER_ID_REPEATED, 0, 0), repeated
    if not sets:
        return None
    refusal = check_windows(desk.instrument, participant, len(sets))
    if refusal is not None:
        return refusal, None
    for each in sets:
        waiting = 0 if each.is_new else len(each.order.amendments)
        if waiting >= REPLACES_IN_FLIGHT_MAX:
            reason = Reason.COMMANDS_IN_FLIGHT_LIMIT, REPLACES_IN_FLIGHT_MAX, waiting
            return reason, each.order.client_order_id
    return None


def _check_balance(account: Account, changes: Sequence[Change]) -> Refusal | None:
    """Of each asset that they pay, over all of them, as a replace looks at one."""
    needed: defaultdict[str, int] = defaultdict(int)
    held: defaultdict[str, int] = defaultdict(int)
    for order, _, amount in changes:
        needed[order.pays_asset_id] += amount
        held[order.pays_asset_id] += order.reserved
    for asset_id in sorted(needed):
        available = account.available(asset_id) + held[asset_id]
        if needed[asset_id] > available:
            return Reason.BALANCE, available, needed[asset_id]
    return None


def _check_together(command: MassQuote) -> Refused | None:
    """What is looked at last: the name of their group, and whether they would trade with each other."""
    group = command.quote_group
    if not 1 <= len(group) <= NAME_LENGTH_MAX or not (group.isascii() and group.isprintable()):
        return (Reason.GROUP, NAME_LENGTH_MAX, len(group)), None
    quotes = [quote for quote in command.quotes if quote.quantity_lots]
    ask_ticks = min((quote.price_ticks for quote in quotes if quote.side == Side.SELL), default=None)
    for bid in (quote for quote in quotes if quote.side == Side.BUY):
        if ask_ticks is not None and bid.price_ticks >= ask_ticks:
            return (Reason.QUOTES_CROSSED, ask_ticks, bid.price_ticks), bid.client_order_id
    return None


def _repeated(command: MassQuote) -> str | None:
    """The first name that is there a second time."""
    named: set[str] = set()
    for quote in command.quotes:
        if quote.client_order_id in named:
            return quote.client_order_id
        named.add(quote.client_order_id)
    return None


def _first(found: Iterable[tuple[Refusal | None, str]]) -> Refused | None:
    """The one that precedes; of equal reasons the first quote's."""
    refused = [(refusal, name) for refusal, name in found if refusal is not None]
    return min(refused, key=lambda each: PRECEDENCE[each[0][0]], default=None)


def _send(risk: Risk, each: _Set) -> QuoteToSet:
    order, version = each.order, each.version
    if each.is_new:
        take(risk, order)
    else:
        order.amendments.append(version)
        order.instrument.route.unanswered += 1
        order.account.participant.unanswered += 1
    reserve(order)
    return QuoteToSet(order.order_id, order.side, version.price_ticks, version.quantity_lots, each.is_new)


def _withdraw(risk: Risk, desk: _Desk, quote: Quote, out: Outbox) -> QuoteToSet | None:
    """None where there is nothing to end, or a cancel is on its way: its participant is told."""
    order = desk.account.live.get(quote.client_order_id)
    if order is None or order.cancel_sent:
        reason = Reason.ORDER_UNKNOWN if order is None else Reason.CANCEL_PENDING
        named = desk.participant.last_sequence, desk.account.account_id, quote.client_order_id
        out.send(desk.participant.reports, CancelRejected(*named, reason, 0, 0))
        return None
    count_canceled(risk, desk.participant, out)
    order.cancel_sent = True
    order.instrument.route.unanswered += 1
    desk.participant.unanswered += 1
    return QuoteToSet(order.order_id, order.side, order.price_ticks, 0, False)
