"""What histories have had of all that the rule book has: a test fails where something is never drawn."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from bulkhead.domain.book_partition.commands import REASONS
from bulkhead.domain.book_partition.endings import CANCEL_REASONS
from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.linked import EnterBracket, EnterPair
from bulkhead.domain.messages.market_data import (
    BandsPublished,
    IndicativePublished,
    MarkPricePublished,
    PhasePublished,
    UnpricedAdded,
)
from bulkhead.domain.messages.mass import MassCanceled, MassCancelMissed, OrdersListed
from bulkhead.domain.messages.order_terms import PLACES
from bulkhead.domain.messages.orders import (
    AmendmentRefused,
    AmendOrder,
    EnterOrder,
    EntryRefused,
    OrderActivated,
    OrderAmended,
    OrderEntered,
    OrderExecuted,
    OrderMoved,
    OrderReduced,
    OrderRemoved,
    RemovalRefused,
    RemoveOrder,
)
from bulkhead.domain.messages.quotes import SetQuotes
from bulkhead.domain.messages.reversal import TradeBusted, TradeCorrected
from bulkhead.domain.messages.trading import (
    ClearTimetable,
    SchedulePhase,
    SetBands,
    SetCircuitBreaker,
    SetMarkPrice,
    SetReferencePrice,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Role, StpMode, TimeInForce
from bulkhead.simulation.checks.reports import orders_entered
from bulkhead.simulation.evidence import Streams
from bulkhead.wire.codec import decode

_BY_RISK = frozenset({Reason.PRICE_HIGH, Reason.QUANTITY_HIGH, Reason.LINK})
"""Risk looks at them first, with narrower bounds: no book is asked for such an order."""
_BY_REPAIR = frozenset({Reason.BOOK_LOST})
"""of a book that an operator gives up: its own tests"""
ORDERS = frozenset(
    {
        *(f"type {each.name}" for each in OrderType),
        *(f"time in force {each.name}" for each in TimeInForce),
        *(f"self-trade mode {each.name}" for each in StpMode),
        *(f"term {name}" for name in PLACES),
        "post-only",
        "hidden",
    }
)
"""accepted by a book"""
ANSWERS = frozenset(
    {
        *(kind.__name__ for kind in (OrderEntered, OrderAmended, OrderActivated, OrderMoved, OrderReduced)),
        *(f"OrderExecuted {role.name}" for role in Role),
        *(f"refused {reason.name}" for reason in {*REASONS.values(), Reason.EXPIRE_TIME} - _BY_RISK),
        *(f"ended {reason.name}" for reason in {*CANCEL_REASONS.values(), Reason.EXPIRED} - _BY_REPAIR),
    }
)
"""of a book to risk"""
PUBLIC = frozenset(
    {
        # Retired is the end of an instrument, which operators decide (tests/unit/control/test_listing.py).
        *(f"phase {phase.name}" for phase in Phase if phase is not Phase.RETIRED),
        *(kind.__name__ for kind in (BandsPublished, IndicativePublished, MarkPricePublished, UnpricedAdded)),
    }
)
"""told by a book"""
COMMANDS = frozenset(
    kind.__name__
    for kind in (
        EnterOrder,
        EnterPair,
        EnterBracket,
        SetQuotes,
        RemoveOrder,
        AmendOrder,
        SetPhase,
        SetBands,
        SetReferencePrice,
        SetMarkPrice,
        SetCircuitBreaker,
        SchedulePhase,
        ClearTimetable,
    )
)
"""asked of a book"""
REQUESTS = frozenset(
    kind.__name__ for kind in (MassCanceled, MassCancelMissed, OrdersListed, TradeBusted, TradeCorrected)
)
"""told to participants: mass cancels, lists of orders, busts, corrections"""
RULES = ORDERS | ANSWERS | PUBLIC | COMMANDS | REQUESTS


def reached(histories: Iterable[Streams]) -> Counter[str]:
    """How often each was, in all of these histories of whole exchanges."""
    found: Counter[str] = Counter()
    for streams in histories:
        told: dict[str, list[Any]] = defaultdict(list)
        for (_, destination), events in streams.items():
            told[destination.partition("/")[0]] += map(decode, events)
        entered = orders_entered(streams)
        found.update(type(each).__name__ for each in told["books"])
        for answer in told["orders"]:
            found.update(_answer(answer))
            if isinstance(answer, OrderEntered):
                found.update(_order(entered[answer.order_id]))
        found.update(map(_event, told["market_data"]))
        for destination in told:
            if destination.startswith("reports."):
                found.update(type(each).__name__ for each in told[destination])
    return found


def _event(event: Any) -> str:
    return f"phase {event.phase.name}" if isinstance(event, PhasePublished) else type(event).__name__


def _answer(answer: Any) -> list[str]:
    match answer:
        case EntryRefused() | AmendmentRefused() | RemovalRefused():
            return [f"refused {answer.reason.name}"]
        case OrderRemoved():
            return [f"ended {answer.reason.name}"]
        case OrderExecuted():
            return [f"OrderExecuted {answer.role.name}"]
    return [type(answer).__name__]


def _order(order: EnterOrder) -> list[str]:
    terms = order.terms
    said = [name for name in PLACES if terms is not None and getattr(terms, name) not in (None, False, 0, "")]
    found = [f"type {order.order_type.name}", f"time in force {order.time_in_force.name}"]
    found += [f"term {name}" for name in said]
    found += ["post-only"] if order.post_only else []
    if terms is not None and terms.stp_group:
        found.append(f"self-trade mode {StpMode(terms.stp_mode).name}")
    if terms is not None and terms.display_lots == 0:
        found.append("hidden")
    return found
