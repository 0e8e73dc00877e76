"""What an order must pass. A check returns None, or why not with its numbers; place.py and replace.py have
their order.
"""

from bulkhead.domain.amounts import AMOUNT_MAX, NOTIONAL_MAX
from bulkhead.domain.book.terms import CALL_PHASES
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.model import Account, Instrument, Participant, Risk
from bulkhead.domain.risk.order_terms import WAITING, check_which_terms
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce

CLIENT_ORDER_ID_LENGTH_MAX = 36
_SIDES = frozenset(Side)
_ORDER_TYPES = frozenset(OrderType)
_TIMES_IN_FORCE = frozenset(TimeInForce)
_PRICED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
"""These have a limit; any other order has a protection price, which is its worst case."""
_POSTED_TIMES = frozenset({TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD})


def owned_account(risk: Risk, account_id: str | None, participant_id: str) -> Account | None:
    """The account, if it is the participant's: another's is refused as if it were not there."""
    account = None if account_id is None else risk.accounts.get(account_id)
    if account is None or account.participant.participant_id != participant_id:
        return None
    return account


def check_phase(instrument: Instrument) -> Refusal | None:
    """Whether orders and replaces are taken at all. Which orders a call takes is the book's to say: it knows
    its phase when the order reaches it.
    """
    if instrument.phase is Phase.RETIRED:
        return Reason.INSTRUMENT_RETIRED, 0, 0
    if instrument.phase is not Phase.CONTINUOUS and instrument.phase not in CALL_PHASES:
        return Reason.INSTRUMENT_HALTED, Phase.CONTINUOUS, instrument.phase
    return None


def check_terms(command: PlaceOrder) -> Refusal | None:
    """Side, type, time in force, and that they and what else it says go together."""
    if command.side not in _SIDES:
        return Reason.SIDE, 0, command.side
    order_type = command.order_type
    if order_type not in _ORDER_TYPES:
        return Reason.ORDER_TYPE, 0, order_type
    if command.time_in_force not in _TIMES_IN_FORCE:
        return Reason.TIME_IN_FORCE, 0, command.time_in_force
    if order_type in _PRICED:
        price, other = command.price_ticks, command.protection_price_ticks
    else:
        price, other = command.protection_price_ticks, command.price_ticks
    if price is None:
        return Reason.PRICE_MISSING, 0, 0
    if other is not None:
        return Reason.PRICE_UNEXPECTED, 0, other
    if command.post_only and (order_type not in _PRICED or command.time_in_force not in _POSTED_TIMES):
        return Reason.POST_ONLY, 0, 0
    refusal = check_client_order_id(command.client_order_id)
    if refusal is not None:
        return refusal
    if command.terms is None and order_type not in WAITING and command.time_in_force != TimeInForce.GTD:
        return None
    return check_which_terms(command)


def check_client_order_id(client_order_id: str) -> Refusal | None:
    """What an order may be called."""
    length = len(client_order_id)
    if not 0 < length <= CLIENT_ORDER_ID_LENGTH_MAX or not (
        client_order_id.isascii() and client_order_id.isprintable()
    ):
        return Reason.CLIENT_ORDER_ID, CLIENT_ORDER_ID_LENGTH_MAX, length
    return None


def check_numbers(
    instrument: Instrument, participant: Participant, price_ticks: int, quantity_lots: int
) -> Refusal | None:
    """Increments, bounds, and the notional and size of one order."""
    if price_ticks % instrument.price_increment_ticks:
        return Reason.PRICE_INCREMENT, instrument.price_increment_ticks, price_ticks
    if price_ticks < instrument.price_min_ticks:
        return Reason.PRICE_LOW, instrument.price_min_ticks, price_ticks
    if price_ticks > instrument.price_max_ticks:
        return Reason.PRICE_HIGH, instrument.price_max_ticks, price_ticks
    if quantity_lots % instrument.quantity_increment_lots:
        return Reason.QUANTITY_INCREMENT, instrument.quantity_increment_lots, quantity_lots
    if quantity_lots < instrument.quantity_min_lots:
        return Reason.QUANTITY_LOW, instrument.quantity_min_lots, quantity_lots
    if quantity_lots > instrument.quantity_max_lots:
        return Reason.QUANTITY_HIGH, instrument.quantity_max_lots, quantity_lots
    refusal = check_total(instrument, quantity_lots)
    if refusal is not None:
        return refusal
    notional = price_ticks * quantity_lots * instrument.tick_lot_units
    notional_max = participant.notional_max.get(instrument.quote_asset_id)
    if notional_max is not None and notional > notional_max:
        return Reason.NOTIONAL_LIMIT, notional_max, notional
    if participant.caps is not None:
        size = quantity_lots * instrument.lot_units
        size_max = participant.caps.order_size.get(instrument.base_asset_id)
        if size_max is not None and size > size_max:
            return Reason.ORDER_SIZE_LIMIT, size_max, size
    return None


def check_available(available: int, needed: int) -> Refusal | None:
    return (Reason.BALANCE, available, needed) if needed > available else None


def check_repeated(account: Account, client_order_id: str) -> Refusal | None:
    if client_order_id in account.recent or client_order_id in account.live:
        return Reason.CLIENT_ORDER_ID_REPEATED, 0, 0
    return None


def check_open_orders(participant: Participant, orders: int = 1) -> Refusal | None:
    """Whether so many more may be open."""
    if participant.open_orders + orders > participant.open_orders_max:
        return Reason.OPEN_ORDERS_LIMIT, participant.open_orders_max, participant.open_orders
    return None


def check_total(instrument: Instrument, quantity_lots: int) -> Refusal | None:
    """That no amount overflows which an order of this total may come to."""
    # At the highest price: a sell may trade at better than its own.
    if instrument.price_max_ticks * quantity_lots * instrument.tick_lot_units > NOTIONAL_MAX:
        return Reason.OVERFLOW, NOTIONAL_MAX, 0
    if quantity_lots * instrument.lot_units > AMOUNT_MAX:
        return Reason.OVERFLOW, AMOUNT_MAX, 0
    return None


def check_windows(instrument: Instrument, participant: Participant, commands: int = 1) -> Refusal | None:
    """A book's queue is kept short by refusing here: what waits behind a slow book cannot be taken back."""
    unanswered = instrument.route.unanswered
    if unanswered + commands > instrument.window:
        return Reason.INSTRUMENT_BUSY, instrument.window, unanswered
    waiting = participant.unanswered - participant.given_up
    if waiting + commands > participant.commands_in_flight_max:
        return Reason.COMMANDS_IN_FLIGHT_LIMIT, participant.commands_in_flight_max, waiting
    return None
