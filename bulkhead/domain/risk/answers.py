"""What a book says of an order: exactly one answer to each command, and its fills and end.

Each handler forgets an order, if it does, last of all: where it raises before, isolation.py still finds
whose order it is.
"""

from dataclasses import replace
from typing import Any

from bulkhead.domain.machine import Impossible, Outbox
from bulkhead.domain.messages.linked import ExitActivated
from bulkhead.domain.messages.mass import MassCancelMissed
from bulkhead.domain.messages.orders import (
    AmendmentRefused,
    EntryRefused,
    OrderActivated,
    OrderAmended,
    OrderEntered,
    OrderExecuted,
    OrderMoved,
    OrderReduced,
    OrderRemoved,
    PhaseChanged,
    RemovalRefused,
)
from bulkhead.domain.messages.reports import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    ReplaceRejected,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.disconnect import end_orders_of_silent
from bulkhead.domain.risk.kill_switch import end_what_was_refused
from bulkhead.domain.risk.linked import has_ended, has_moved, orders_linked
from bulkhead.domain.risk.model import Order, Risk, Version
from bulkhead.domain.risk.negative import tell_if_it_changed
from bulkhead.domain.risk.protection import count_fill, end_quotes_left
from bulkhead.domain.risk.reservation import reserve
from bulkhead.domain.terms import Phase, Role, Side


def order_entered(risk: Risk, event: OrderEntered, out: Outbox) -> None:
    order = _answered(risk, event.order_id)
    participant = order.account.participant
    tell(
        order,
        OrderAccepted(
            participant.last_sequence,
            order.account.account_id,
            order.client_order_id,
            order.order_id,
            order.instrument.instrument_id,
        ),
        out,
    )
    if order.link is not None and order is order.link.stop:  # the last of them to enter
        tell(order, orders_linked(order.link, participant.last_sequence), out)


def entry_refused(risk: Risk, event: EntryRefused, out: Outbox) -> None:
    order = _answered(risk, event.order_id)
    participant = order.account.participant
    tell(
        order,
        OrderRejected(
            participant.last_sequence,
            order.account.account_id,
            order.client_order_id,
            event.reason,
            event.bound,
            event.actual,
        ),
        out,
    )
    end(risk, order)


def order_executed(risk: Risk, event: OrderExecuted, out: Outbox) -> None:
    order = known(risk, event.order_id)
    account, instrument = order.account, order.instrument
    notional = event.price_ticks * event.quantity_lots * instrument.tick_lot_units
    base_amount = event.quantity_lots * instrument.lot_units
    order.executed_lots += event.quantity_lots
    has_moved(order, event.quantity_lots)
    order.fee_basis += notional * (order.maker_fee_rate if event.role is Role.MAKER else order.taker_fee_rate)
    base, quote = account.balance(instrument.base_asset_id), account.balance(instrument.quote_asset_id)
    base_before, quote_before = base.total, quote.total
    if order.side is Side.BUY:
        quote.total -= notional + event.fee_amount
        base.total += base_amount
    else:
        base.total -= base_amount
        quote.total += notional - event.fee_amount
    leaves_lots = order.quantity_lots - order.executed_lots
    participant = account.participant
    out.send(
        participant.reports,
        OrderFilled(
            participant.last_sequence,
            account.account_id,
            order.client_order_id,
            order.order_id,
            instrument.instrument_id,
            order.side,
            event.trade_id,
            event.price_ticks,
            event.quantity_lots,
            0 if order.released else leaves_lots,
            event.role,
            event.fee_amount,
        ),
    )
    if base_before < 0 or quote_before < 0 or base.total < 0 or quote.total < 0:
        tell_if_it_changed(account, instrument.base_asset_id, base_before, out)
        tell_if_it_changed(account, instrument.quote_asset_id, quote_before, out)
    if risk.protections:
        count_fill(risk, order, event.quantity_lots, out)
    if leaves_lots == 0:
        end(risk, order)
    else:
        reserve(order)


def order_removed(risk: Risk, event: OrderRemoved, out: Outbox) -> None:
    reason = event.reason
    if is_answer(event):
        order = _answered(risk, event.order_id)
        order.cancel_sent = False
        reason = risk.mass_cancels.pop(event.order_id, reason)
    else:
        order = known(risk, event.order_id)
    participant = order.account.participant
    tell(
        order,
        OrderCanceled(
            participant.last_sequence,
            order.account.account_id,
            order.client_order_id,
            order.order_id,
            order.instrument.instrument_id,
            event.quantity_lots,
            reason,
        ),
        out,
    )
    end(risk, order)


def removal_refused(risk: Risk, event: RemovalRefused, out: Outbox) -> None:
    order = _answered(risk, event.order_id)
    order.cancel_sent = False
    # The book told its phase before it refused for it, in the same stream.
    halted = event.reason is Reason.INSTRUMENT_HALTED
    bound, actual = (Phase.CONTINUOUS, order.instrument.phase) if halted else (0, 0)
    tell(order, cancel_missed(risk, order, event.reason, bound, actual), out)
    _forget(risk, order)


def cancel_missed(
    risk: Risk, order: Order, reason: Reason, bound: int, actual: int
) -> CancelRejected | MassCancelMissed:
    """The report that the cancel which was on its way has not ended the order."""
    account = order.account
    last_sequence = account.participant.last_sequence
    if risk.mass_cancels.pop(order.order_id, None) is None:
        return CancelRejected(last_sequence, account.account_id, order.client_order_id, reason, bound, actual)
    return MassCancelMissed(
        last_sequence,
        account.account_id,
        order.client_order_id,
        order.order_id,
        order.instrument.instrument_id,
        reason,
    )


def order_amended(risk: Risk, event: OrderAmended, out: Outbox) -> None:
    order = _answered(risk, event.order_id)
    version = _oldest_amendment(order)
    if event.quantity_lots != version.quantity_lots:
        raise Impossible(
            f"it replaces order {order.order_id} by {event.quantity_lots} lots, and"
            f" {version.quantity_lots} were asked for"
        )
    order.price_ticks, order.quantity_lots = event.price_ticks, version.quantity_lots
    order.maker_fee_rate, order.taker_fee_rate = version.maker_fee_rate, version.taker_fee_rate
    if version.stop_price_ticks is not None and not order.triggered:
        assert order.terms is not None  # an order that waits has terms
        order.terms = replace(order.terms, stop_price_ticks=version.stop_price_ticks)
    participant = order.account.participant
    tell(
        order,
        OrderReplaced(
            participant.last_sequence,
            order.account.account_id,
            order.client_order_id,
            order.order_id,
            order.instrument.instrument_id,
            event.price_ticks,
            event.quantity_lots,
            event.leaves_lots,
        ),
        out,
    )
    if event.leaves_lots == 0:
        end(risk, order)
    else:
        reserve(order)


def amendment_refused(risk: Risk, event: AmendmentRefused, out: Outbox) -> None:
    order = _answered(risk, event.order_id)
    _oldest_amendment(order)
    participant = order.account.participant
    tell(
        order,
        ReplaceRejected(
            participant.last_sequence,
            order.account.account_id,
            order.client_order_id,
            event.reason,
            event.bound,
            event.actual,
        ),
        out,
    )
    reserve(order)
    _forget(risk, order)


def phase_changed(risk: Risk, event: PhaseChanged, out: Outbox) -> None:
    instrument = risk.instruments.get(event.instrument_id)
    if instrument is None:
        risk.early_phases[event.instrument_id] = event.phase
    elif event.instrument_id not in risk.lost:  # BookCleared will tell the phase
        instrument.phase = event.phase
        end_what_was_refused(risk, instrument, out)
        end_orders_of_silent(risk, instrument, out)
        end_quotes_left(risk, instrument, out)


_TOLD_UNASKED = frozenset((OrderExecuted, OrderActivated, OrderMoved, OrderReduced, ExitActivated))


def is_answer(event: Any) -> bool:
    """Whether what a book says is its one answer to a command."""
    if type(event) is OrderRemoved:
        return event.reason is Reason.REQUESTED
    return type(event) not in _TOLD_UNASKED


def count_unanswered(order: Order, change: int) -> None:
    """Of commands about an order."""
    order.instrument.route.unanswered += change
    order.account.participant.unanswered += change


def tell(order: Order, report: Any, out: Outbox) -> None:
    """Tell its participant, unless the order has ended for it."""
    if not order.released:
        out.send(order.account.participant.reports, report)


def known(risk: Risk, order_id: int) -> Order:
    order = risk.orders.get(order_id)
    if order is None:
        raise Impossible(f"it tells of order {order_id}, which this shard never sent, or saw end")
    return order


def _oldest_amendment(order: Order) -> Version:
    """Of those unanswered, off the order."""
    if not order.amendments:
        raise Impossible(f"it answers a replace of order {order.order_id}, and none was sent")
    return order.amendments.pop(0)


def _answered(risk: Risk, order_id: int) -> Order:
    order = known(risk, order_id)
    count_unanswered(order, -1)
    return order


def end(risk: Risk, order: Order) -> None:
    """The book has no such order any more; nothing stays reserved for it."""
    order.ended = True
    has_ended(order)
    if not order.released:
        close(order)
    _forget(risk, order)


def close(order: Order) -> None:
    """It is no longer open for its participant: `ended` or `released`, so that nothing is reserved for it."""
    reserve(order)
    del order.account.live[order.client_order_id]
    order.account.participant.open_orders -= 1


def _forget(risk: Risk, order: Order) -> None:
    """Drop an ended order once every command about it is answered."""
    if order.ended and not order.cancel_sent and not order.amendments:
        del risk.orders[order.order_id]
