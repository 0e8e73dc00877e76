"""What the book answers, as lines of JSON."""

from collections.abc import Iterable
from typing import Final

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.equilibrium import Equilibrium
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import (
    Accepted,
    Activated,
    Canceled,
    CancelReason,
    Decremented,
    Expired,
    Indicative,
    Outcome,
    PhaseChanged,
    Rejected,
    RejectReason,
    Replaced,
    Repriced,
    Traded,
    Triggered,
    Uncrossed,
)
from bulkhead.domain.book.side import BookSide
from bulkhead.domain.book.terms import BUY, LIMIT, STOP_LIMIT
from bulkhead.domain.book.waiting import stop_ticks

_PRICED: Final = frozenset({LIMIT, STOP_LIMIT})


def answers(outcomes: list[Outcome]) -> list[str]:
    """The lines of what a command caused. That an order rests, and what an iceberg shows, is not told: it
    follows from the others. Nor is the indicative price: `indicative` asks for it.
    """
    lines: list[str] = []
    for outcome in outcomes:
        match outcome:
            case Accepted():
                lines.append(f'{{"type":"accepted","order_id":{outcome.order.order_id}}}')
            case Traded(one, other, price_ticks, lots):
                lines.append(_trade(one, other, price_ticks, lots, "buy" if one.side == BUY else "sell"))
            case Uncrossed(one, other, price_ticks, lots):
                lines.append(_trade(one, other, price_ticks, lots, "none"))
            case Canceled():
                lines.append(_canceled(outcome))
            case Decremented():
                lines += _decremented(outcome)
            case Replaced():
                lines.append(_replaced(outcome))
            case Repriced() if outcome.order.post_only:
                lines.append(
                    f'{{"type":"repriced","order_id":{outcome.order.order_id},'
                    f'"price_ticks":{outcome.price_ticks}}}'
                )
            case Triggered():
                lines.append(f'{{"type":"triggered","order_id":{outcome.order.order_id}}}')
            case Activated():
                lines.append(
                    f'{{"type":"activated","order_id":{outcome.order.order_id},'
                    f'"quantity_lots":{outcome.quantity_lots}}}'
                )
            case Expired():
                lines.append(
                    f'{{"type":"expired","order_id":{outcome.order.order_id},'
                    f'"quantity_lots":{outcome.quantity_lots}}}'
                )
            case Rejected():
                lines.append(_rejected(outcome.order_id, outcome.reason))
            case PhaseChanged():
                lines.append(f'{{"type":"phase","phase":"{outcome.phase.name.lower()}"}}')
    return lines


def depth(book: Book) -> str:
    """The displayed levels of both sides."""

    def levels(side: BookSide) -> str:
        return ",".join(
            f"[{level.price_ticks},{level.displayed_lots},{level.orders}]" for level in side.depth()
        )

    return f'{{"type":"depth","bids":[{levels(book.bids)}],"asks":[{levels(book.asks)}]}}'


def orders(book: Book) -> str:
    """Every live order; those that are parked only where there are any."""

    def rows(some: Iterable[BookOrder]) -> str:
        return ",".join(f"[{o.order_id},{_price(o, o.price_ticks)},{o.remaining_lots}]" for o in some)

    stops = ",".join(f"[{o.order_id},{stop_ticks(o)},{o.remaining_lots}]" for o in book.stops)
    parked = f',"parked":[{rows(book.parked.values())}]' if book.parked else ""
    return (
        f'{{"type":"orders","bids":[{rows(book.bids)}],"asks":[{rows(book.asks)}],"stops":[{stops}]{parked}}}'
    )


def indicative(found: Equilibrium | Indicative | None) -> str:
    """What an uncross would trade, or trades."""
    price_ticks, lots = (None, 0) if found is None else (found.price_ticks, found.quantity_lots)
    name = "null" if price_ticks is None else price_ticks
    return f'{{"type":"indicative","price_ticks":{name},"quantity_lots":{lots}}}'


def _price(order: BookOrder, price_ticks: int) -> str:
    """A price as JSON: an unpriced order has none."""
    return str(price_ticks) if order.order_type in _PRICED else "null"


def _trade(one: BookOrder, other: BookOrder, price_ticks: int, lots: int, side: str) -> str:
    return (
        f'{{"type":"trade","aggressor_order_id":{one.order_id},"resting_order_id":{other.order_id},'
        f'"price_ticks":{price_ticks},"quantity_lots":{lots},"aggressor_side":"{side}"}}'
    )


def _canceled(outcome: Canceled) -> str:
    order_id = outcome.order.order_id
    if outcome.reason is CancelReason.POST_ONLY:  # the contract has one word for it, whenever it happens
        return _rejected(order_id, RejectReason.POST_ONLY)
    return _ended(order_id, outcome.quantity_lots, outcome.reason)


def _decremented(outcome: Decremented) -> list[str]:
    """Who has nothing left has ended."""
    both = (
        (outcome.aggressor, outcome.aggressor_remaining_lots),
        (outcome.resting, outcome.resting_remaining_lots),
    )
    lots = outcome.quantity_lots
    return [_ended(order.order_id, lots, CancelReason.SELF_TRADE) for order, left in both if not left]


def _ended(order_id: int, lots: int, reason: CancelReason) -> str:
    return f'{{"type":"canceled","order_id":{order_id},"quantity_lots":{lots},"reason":"{reason}"}}'


def _rejected(order_id: int | None, reason: RejectReason) -> str:
    name = "null" if order_id is None else order_id
    return f'{{"type":"rejected","order_id":{name},"reason":"{reason}"}}'


def _replaced(outcome: Replaced) -> str:
    return (
        f'{{"type":"replaced","order_id":{outcome.order.order_id},'
        f'"price_ticks":{_price(outcome.order, outcome.price_ticks)},'
        f'"quantity_lots":{outcome.quantity_lots}}}'
    )
