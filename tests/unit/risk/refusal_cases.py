"""The ways in which risk refuses a participant, each with its reason and two numbers: test_refusals.py."""

from dataclasses import dataclass, replace
from typing import Any

from bulkhead.domain.amounts import NOTIONAL_MAX
from bulkhead.domain.messages.control import DefineInstrument, SetPhase
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce

GOOD = PlaceOrder(
    "carol.main", "new", "X-USD", Side.BUY, OrderType.LIMIT, TimeInForce.GTC, False, 100, None, 5
)
MARKET = replace(GOOD, order_type=OrderType.MARKET, price_ticks=None, protection_price_ticks=100)
STOP = replace(MARKET, order_type=OrderType.STOP, terms=OrderTerms(stop_price_ticks=101))
TRAILING = replace(MARKET, order_type=OrderType.TRAILING_STOP, terms=OrderTerms(trail_ticks=3))
POSTED = replace(GOOD, post_only=True, terms=OrderTerms(slide_ticks=1))
Z = replace(GOOD, instrument_id="Z-USD", quantity_lots=6)
HUGE = DefineInstrument("HUGE", 0, "X", "USD", 1, 1000, 1, 1, 2**62, 1, 1, 2**62, 9, Phase.CONTINUOUS)


def ids(prefix: str, count: int, order: PlaceOrder = GOOD) -> list[PlaceOrder]:
    return [replace(order, client_order_id=f"{prefix}{number}") for number in range(count)]


@dataclass(frozen=True)
class Case:
    """`before` has come to rest, `unanswered` has reached risk and no book; then comes `command`."""

    what: str
    command: Any
    reason: Reason
    bound: int = 0
    actual: int = 0
    participant_id: str = "carol"
    before: tuple[Any, ...] = ()
    control: tuple[Any, ...] = ()
    unanswered: tuple[Any, ...] = ()


HALT_X, CLOSE_X = SetPhase("X-USD", Phase.HALTED), SetPhase("X-USD", Phase.CLOSED)
LIVE = replace(GOOD, client_order_id="live")
ENDED = (LIVE, CancelOrder("carol.main", "live"))
RICH = replace(GOOD, price_ticks=110, quantity_lots=15)
ALICE = replace(GOOD, account_id="alice.main", quantity_lots=1, price_ticks=90)

PLACES = [
    Case("no such account", replace(GOOD, account_id="nobody"), Reason.ACCOUNT_UNKNOWN),
    Case("another's account", replace(GOOD, account_id="flow2.main"), Reason.ACCOUNT_UNKNOWN),
    Case("an account of another shard", replace(GOOD, account_id="alice.main"), Reason.ACCOUNT_UNKNOWN),
    Case("the house's account", replace(GOOD, account_id="house"), Reason.ACCOUNT_UNKNOWN),
    Case("no such instrument", replace(GOOD, instrument_id="X-EUR"), Reason.INSTRUMENT_UNKNOWN),
    Case("a halted instrument", GOOD, Reason.INSTRUMENT_HALTED, 1, 2, control=(HALT_X,)),
    Case("a closed instrument", GOOD, Reason.INSTRUMENT_HALTED, 1, 3, control=(CLOSE_X,)),
    Case("no side", replace(GOOD, side=0), Reason.SIDE, 0, 0),
    Case("a third side", replace(GOOD, side=3), Reason.SIDE, 0, 3),
    Case("no order type", replace(GOOD, order_type=0), Reason.ORDER_TYPE, 0, 0),
    Case("an unknown order type", replace(GOOD, order_type=255), Reason.ORDER_TYPE, 0, 255),
    Case("an unknown time in force", replace(GOOD, time_in_force=8), Reason.TIME_IN_FORCE, 0, 8),
    Case("a limit order without price", replace(GOOD, price_ticks=None), Reason.PRICE_MISSING),
    Case(
        "a market order without protection",
        replace(MARKET, protection_price_ticks=None),
        Reason.PRICE_MISSING,
    ),
    Case(
        "a limit order with protection",
        replace(GOOD, protection_price_ticks=99),
        Reason.PRICE_UNEXPECTED,
        0,
        99,
    ),
    Case("a market order with a price", replace(MARKET, price_ticks=98), Reason.PRICE_UNEXPECTED, 0, 98),
    Case("post-only ioc", replace(GOOD, post_only=True, time_in_force=TimeInForce.IOC), Reason.POST_ONLY),
    Case("post-only fok", replace(GOOD, post_only=True, time_in_force=TimeInForce.FOK), Reason.POST_ONLY),
    Case("post-only market", replace(MARKET, post_only=True), Reason.POST_ONLY),
    Case("no client order id", replace(GOOD, client_order_id=""), Reason.CLIENT_ORDER_ID, 36, 0),
    Case("a long client order id", replace(GOOD, client_order_id="x" * 37), Reason.CLIENT_ORDER_ID, 36, 37),
    Case(
        "a client order id that is not ASCII",
        replace(GOOD, client_order_id="é"),
        Reason.CLIENT_ORDER_ID,
        36,
        1,
    ),
    Case(
        "an unprintable client order id", replace(GOOD, client_order_id="a\nb"), Reason.CLIENT_ORDER_ID, 36, 3
    ),
    Case("a price off its increment", replace(Z, price_ticks=99), Reason.PRICE_INCREMENT, 2, 99),
    Case("a low price", replace(GOOD, price_ticks=89), Reason.PRICE_LOW, 90, 89),
    Case("a negative price", replace(GOOD, price_ticks=-1), Reason.PRICE_LOW, 90, -1),
    Case("the lowest price there is", replace(GOOD, price_ticks=-(2**62)), Reason.PRICE_LOW, 90, -(2**62)),
    Case("a high price", replace(GOOD, price_ticks=111), Reason.PRICE_HIGH, 110, 111),
    Case("a high protection price", replace(MARKET, protection_price_ticks=111), Reason.PRICE_HIGH, 110, 111),
    Case("a quantity off its increment", replace(Z, quantity_lots=5), Reason.QUANTITY_INCREMENT, 2, 5),
    Case("no quantity", replace(GOOD, quantity_lots=0), Reason.QUANTITY_LOW, 1, 0),
    Case("a small quantity", replace(Z, quantity_lots=2), Reason.QUANTITY_LOW, 4, 2),
    Case("a large quantity", replace(GOOD, quantity_lots=16), Reason.QUANTITY_HIGH, 15, 16),
    Case(
        "the largest quantity there is", replace(GOOD, quantity_lots=2**62), Reason.QUANTITY_HIGH, 15, 2**62
    ),
    Case(
        "more than 128 bits",
        replace(GOOD, instrument_id="HUGE", price_ticks=2**62, quantity_lots=2**62),
        Reason.OVERFLOW,
        NOTIONAL_MAX,
        control=(HUGE,),
    ),
    Case(
        "more than one order may cost",
        replace(GOOD, account_id="bob.main", quantity_lots=15),
        Reason.NOTIONAL_LIMIT,
        1_400_000,
        1_500_000,
        participant_id="bob",
    ),
    Case(
        "one order too many",
        replace(ALICE, client_order_id="more"),
        Reason.OPEN_ORDERS_LIMIT,
        7,
        7,
        participant_id="alice",
        before=tuple(ids("o", 7, ALICE)),
    ),
    Case(
        "more than is there",
        replace(GOOD, quantity_lots=1),
        Reason.BALANCE,
        5_000_000 - 3 * (1_650_000 + 1_651),
        100_000 + 100,
        before=tuple(ids("o", 3, RICH)),
    ),
    Case(
        "an asset that the account never had",
        replace(Z, account_id="flow2.main", side=Side.SELL),
        Reason.BALANCE,
        0,
        60,
        participant_id="flow2",
    ),
    Case("a live order's id", LIVE, Reason.CLIENT_ORDER_ID_REPEATED, before=(LIVE,)),
    Case("an ended order's id", LIVE, Reason.CLIENT_ORDER_ID_REPEATED, before=ENDED),
    Case(
        "a book that is behind",
        replace(GOOD, quantity_lots=1),
        Reason.INSTRUMENT_BUSY,
        9,
        9,
        unanswered=tuple(ids("o", 9, replace(GOOD, quantity_lots=1))),
    ),
    Case(
        "more commands than may be unanswered",
        replace(ALICE, client_order_id="more", instrument_id="Z-USD", quantity_lots=4),
        Reason.COMMANDS_IN_FLIGHT_LIMIT,
        8,
        8,
        participant_id="alice",
        before=tuple(ids("o", 4, ALICE)),
        unanswered=(
            *(CancelOrder("alice.main", f"o{number}") for number in range(4)),
            *(ReplaceOrder("alice.main", f"o{number}", 91, 1) for number in range(4)),
        ),
    ),
]


def _with(order: PlaceOrder, **terms: Any) -> PlaceOrder:
    return replace(order, terms=replace(order.terms or OrderTerms(), **terms))


def _z(order: PlaceOrder, **terms: Any) -> PlaceOrder:
    """On the instrument whose prices and quantities go by twos."""
    return replace(_with(order, **terms), instrument_id="Z-USD", quantity_lots=6)


_PLACE_OF = {
    "stop_price_ticks": 1,
    "trail_ticks": 2,
    "on_mark": 3,
    "display_lots": 4,
    "expire_time_ms": 6,
    "slide_ticks": 7,
    "stp_mode": 9,
}
"""as docs/wire.md numbers the terms"""

TERMS = [
    *(
        Case(f"no {name}", order, Reason.TERM_MISSING, 0, _PLACE_OF[name])
        for name, order in (
            ("stop_price_ticks", replace(STOP, terms=None)),
            ("stop_price_ticks", replace(GOOD, order_type=OrderType.STOP_LIMIT)),
            ("trail_ticks", replace(TRAILING, terms=OrderTerms(stop_price_ticks=101))),
            ("expire_time_ms", replace(GOOD, time_in_force=TimeInForce.GTD)),
        )
    ),
    *(
        Case(f"{what} with {name}", _with(order, **{name: value}), Reason.TERM_UNEXPECTED, 0, _PLACE_OF[name])
        for what, order, name, value in (
            ("a limit order", GOOD, "stop_price_ticks", 100),
            ("a market order", MARKET, "trail_ticks", 3),
            ("a stop", STOP, "trail_ticks", 3),
            ("a limit order", GOOD, "on_mark", True),
            ("a market order", MARKET, "display_lots", 1),
            ("a stop", STOP, "display_lots", 0),
            ("an ioc order", replace(GOOD, time_in_force=TimeInForce.IOC), "display_lots", 1),
            ("a gtc order", GOOD, "expire_time_ms", 10**15),
            ("an order that is not post-only", GOOD, "slide_ticks", 1),
            ("an order of no group", GOOD, "stp_mode", 1),
        )
    ),
    Case("a stop with a limit", replace(STOP, price_ticks=100), Reason.PRICE_UNEXPECTED, 0, 100),
    Case(
        "a market-to-limit order without protection",
        replace(GOOD, order_type=OrderType.MARKET_TO_LIMIT, price_ticks=None),
        Reason.PRICE_MISSING,
    ),
    Case("a post-only stop", replace(STOP, post_only=True), Reason.POST_ONLY),
    Case("post-only at open", replace(POSTED, time_in_force=TimeInForce.AT_OPEN), Reason.POST_ONLY),
    Case("a stop price off its increment", _z(STOP, stop_price_ticks=99), Reason.PRICE_INCREMENT, 2, 99),
    Case("a low stop price", _with(STOP, stop_price_ticks=89), Reason.PRICE_LOW, 90, 89),
    Case("a high stop price", _with(STOP, stop_price_ticks=111), Reason.PRICE_HIGH, 110, 111),
    Case("a distance off its increment", _z(TRAILING, trail_ticks=3), Reason.PRICE_INCREMENT, 2, 3),
    Case("no distance", _with(TRAILING, trail_ticks=0), Reason.DISTANCE, 1, 0),
    Case("a negative distance", _with(POSTED, slide_ticks=-1), Reason.DISTANCE, 1, -1),
    Case("a long distance", _with(POSTED, slide_ticks=111), Reason.DISTANCE, 110, 111),
    Case("a slice off its increment", _z(GOOD, display_lots=3), Reason.QUANTITY_INCREMENT, 2, 3),
    Case("no minimum quantity", _with(GOOD, min_quantity_lots=0), Reason.QUANTITY_LOW, 1, 0),
    Case("a minimum above the quantity", _with(GOOD, min_quantity_lots=6), Reason.MIN_QUANTITY_HIGH, 5, 6),
    Case(
        "a time that is over",
        replace(GOOD, time_in_force=TimeInForce.GTD, terms=OrderTerms(expire_time_ms=0)),
        Reason.EXPIRE_TIME,
    ),
    Case("a long group", _with(GOOD, stp_group="x" * 33, stp_mode=1), Reason.GROUP, 32, 33),
    Case("a group that is not ASCII", _with(GOOD, quote_group="é"), Reason.GROUP, 32, 1),
    Case("an unprintable trader", _with(GOOD, trader_id="a\nb"), Reason.GROUP, 32, 3),
    Case("no mode of a group", _with(GOOD, stp_group="desk"), Reason.STP_MODE, 0, 0),
    Case("an unknown mode", _with(GOOD, stp_group="desk", stp_mode=5), Reason.STP_MODE, 0, 5),
]

CANCELS = [
    Case("no such account", CancelOrder("nobody", "live"), Reason.ACCOUNT_UNKNOWN),
    Case("another's order", CancelOrder("flow2.main", "live"), Reason.ACCOUNT_UNKNOWN),
    Case("no such order", CancelOrder("carol.main", "live"), Reason.ORDER_UNKNOWN),
    Case("an ended order", CancelOrder("carol.main", "live"), Reason.ORDER_UNKNOWN, before=ENDED),
    Case(
        "a closed instrument",
        CancelOrder("carol.main", "live"),
        Reason.INSTRUMENT_HALTED,
        1,
        3,
        before=(LIVE,),
        control=(CLOSE_X,),
    ),
    Case(
        "a cancel that is on its way",
        CancelOrder("carol.main", "live"),
        Reason.CANCEL_PENDING,
        before=(LIVE,),
        unanswered=(CancelOrder("carol.main", "live"),),
    ),
]

_AGAIN = ReplaceOrder("carol.main", "live", 101, 6)
REPLACES = [
    Case("no such account", ReplaceOrder("nobody", "live", 101, 6), Reason.ACCOUNT_UNKNOWN),
    Case("no such order", _AGAIN, Reason.ORDER_UNKNOWN),
    Case("an ended order", _AGAIN, Reason.ORDER_UNKNOWN, before=ENDED),
    Case("a halted instrument", _AGAIN, Reason.INSTRUMENT_HALTED, 1, 2, before=(LIVE,), control=(HALT_X,)),
    Case(
        "a stop price for a limit order",
        replace(_AGAIN, stop_price_ticks=100),
        Reason.TERM_UNEXPECTED,
        0,
        1,
        before=(LIVE,),
    ),
    Case(
        "a high stop price",
        replace(_AGAIN, stop_price_ticks=111),
        Reason.PRICE_HIGH,
        110,
        111,
        before=(replace(STOP, client_order_id="live"),),
    ),
    Case("a low price", replace(_AGAIN, price_ticks=89), Reason.PRICE_LOW, 90, 89, before=(LIVE,)),
    Case("a high price", replace(_AGAIN, price_ticks=111), Reason.PRICE_HIGH, 110, 111, before=(LIVE,)),
    Case("no quantity", replace(_AGAIN, quantity_lots=0), Reason.QUANTITY_LOW, 1, 0, before=(LIVE,)),
    Case("a large quantity", replace(_AGAIN, quantity_lots=16), Reason.QUANTITY_HIGH, 15, 16, before=(LIVE,)),
    Case(
        "a price off its increment",
        replace(_AGAIN, quantity_lots=6),
        Reason.PRICE_INCREMENT,
        2,
        101,
        before=(replace(Z, client_order_id="live"),),
    ),
    Case(
        "a quantity off its increment",
        replace(_AGAIN, price_ticks=100, quantity_lots=7),
        Reason.QUANTITY_INCREMENT,
        2,
        7,
        before=(replace(Z, client_order_id="live"),),
    ),
    Case(
        "more than one order may cost",
        ReplaceOrder("bob.main", "live", 100, 15),
        Reason.NOTIONAL_LIMIT,
        1_400_000,
        1_500_000,
        participant_id="bob",
        before=(replace(LIVE, account_id="bob.main"),),
    ),
    Case(
        "more than is there",
        ReplaceOrder("carol.main", "live", 110, 15),
        Reason.BALANCE,
        5_000_000 - 2 * (1_650_000 + 1_651) - (550_000 + 550),
        1_650_000 + 1_651,
        before=(
            *ids("o", 2, RICH),
            replace(RICH, client_order_id="p", quantity_lots=5),
            replace(LIVE, price_ticks=90, quantity_lots=1),
        ),
    ),
    Case(
        "a book that is behind",
        _AGAIN,
        Reason.INSTRUMENT_BUSY,
        9,
        9,
        before=(LIVE,),
        unanswered=tuple(ids("o", 9, replace(GOOD, quantity_lots=1))),
    ),
]
