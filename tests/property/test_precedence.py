"""Of all reasons that hold for an order the one that precedes is told, whatever else holds.

The order is always refused at last, for its client order id, so that one exchange serves all examples.
"""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.messages.control import DefineInstrument
from bulkhead.domain.messages.limits import SetAccountState, SetLimit
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.trading import SetPriceCollar, SetReferencePrice
from bulkhead.domain.reasons import PRECEDENCE, Reason
from bulkhead.domain.terms import AccountState, LimitKind, OrderType, Phase, Side, TimeInForce
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, Trader
from tests.support.operator import Operator

CHEAP, DEAR = 4, 16
"""lots; at 100 they cost 400,000 and 1,600,000 units, and flow2 has 1,000,000"""
GOOD = PlaceOrder(
    "flow2.main", "used", "Z-USD", Side.BUY, OrderType.LIMIT, TimeInForce.GTC, False, 100, None, CHEAP
)

ORDERS: dict[str, list[tuple[Any, Reason | None]]] = {
    "account_id": [("flow2.main", None), ("flow2.main", None), ("nobody", Reason.ACCOUNT_UNKNOWN)],
    "instrument_id": [
        ("Z-USD", None),
        ("Z-USD", None),
        ("NONE", Reason.INSTRUMENT_UNKNOWN),
        ("Z-USD.halted", Reason.INSTRUMENT_HALTED),
    ],
    "time_in_force": [(TimeInForce.GTC, None), (TimeInForce.IOC, None), (9, Reason.TIME_IN_FORCE)],
    "price_ticks": [(100, None), (100, None), (99, Reason.PRICE_INCREMENT), (112, Reason.PRICE_HIGH)],
    "terms": [
        (None, None),
        (OrderTerms(stop_price_ticks=100), Reason.TERM_UNEXPECTED),
        (OrderTerms(min_quantity_lots=40), Reason.MIN_QUANTITY_HIGH),
        (OrderTerms(stp_group="desk"), Reason.STP_MODE),
    ],
    "quantity_lots": [(CHEAP, None), (DEAR, Reason.BALANCE), (18, Reason.QUANTITY_HIGH)],
}
LIMITS: list[tuple[LimitKind, str | None, int, Reason]] = [
    (LimitKind.ORDER_NOTIONAL, "USD", 1, Reason.NOTIONAL_LIMIT),
    (LimitKind.ORDER_SIZE, "Z", 1, Reason.ORDER_SIZE_LIMIT),
    (LimitKind.OPEN_ORDERS, None, 0, Reason.OPEN_ORDERS_LIMIT),
    (LimitKind.ORDERS_PER_S, None, 1, Reason.ORDER_RATE_LIMIT),
    (LimitKind.POSITION, "Z", 1, Reason.POSITION_LIMIT),
    (LimitKind.OPEN_NOTIONAL, "USD", 1, Reason.OPEN_NOTIONAL_LIMIT),
    (LimitKind.CREDIT, "USD", 1, Reason.CREDIT_LIMIT),
    (LimitKind.COMMANDS_IN_FLIGHT, None, 0, Reason.COMMANDS_IN_FLIGHT_LIMIT),
]
"""each with a bound that any order is beyond"""
STATES = {
    AccountState.ACTIVE: None,
    AccountState.CLOSE_ONLY: Reason.ACCOUNT_CLOSE_ONLY,
    AccountState.SUSPENDED: Reason.ACCOUNT_SUSPENDED,
}
NEEDED = (LimitKind.OPEN_ORDERS, LimitKind.COMMANDS_IN_FLIGHT)


class _Setting:
    """flow2 has sent one order in this second of an exchange whose time stands still."""

    def __init__(self) -> None:
        self.exchange = exchange = MemoryExchange(TEXT.replace('USD: "9", X: "60"', 'USD: "1", X: "60"'))
        self.flow2: Trader = exchange.trader("flow2")
        self.operator = Operator(exchange)
        self.set(SetLimit("flow2", None, LimitKind.ORDERS_PER_S, None, 9))
        self.set(
            DefineInstrument("Z-USD.halted", 1, "Z", "USD", 10, 1000, 2, 90, 110, 2, 4, 16, 9, Phase.HALTED),
            SetReferencePrice("Z-USD", 90),
        )
        self.flow2.send(replace(GOOD, time_in_force=TimeInForce.IOC))
        exchange.settle()
        self.flow2.reports()

    def set(self, *messages: Any) -> None:
        self.exchange.control(*messages)
        self.exchange.settle()


_made: list[_Setting] = []


@given(
    st.fixed_dictionaries({name: st.sampled_from(options) for name, options in ORDERS.items()}),
    st.sets(st.sampled_from(LIMITS), max_size=4),
    st.sampled_from([*STATES, AccountState.ACTIVE, AccountState.ACTIVE]),
    st.booleans(),
)
def test_of_all_reasons_that_hold_the_one_that_precedes_is_told(
    fields: dict[str, tuple[Any, Reason | None]],
    beyond: set[tuple[LimitKind, str | None, int, Reason]],
    state: AccountState,
    collared: bool,
) -> None:
    if not _made:
        _made.append(_Setting())
    setting = _made[0]
    messages: list[Any] = [SetPriceCollar("Z-USD", 50 if collared else 0, False)]
    for limit in LIMITS:
        kind, asset_id, bound, _ = limit
        without = 1000 if kind in NEEDED else None
        messages.append(SetLimit("flow2", None, kind, asset_id, bound if limit in beyond else without))
    setting.set(*messages)
    setting.operator.decide(SetAccountState("flow2.main", state))
    setting.exchange.settle()
    setting.flow2.reports()

    setting.flow2.send(replace(GOOD, **{name: value for name, (value, _) in fields.items()}))
    setting.exchange.settle()
    (report,) = setting.flow2.reports()

    held = [reason for _, reason in fields.values()] + [reason for *_, reason in beyond] + [STATES[state]]
    held += [Reason.PRICE_COLLAR] if collared else []  # 100 and 112 are beyond 90 and 5 %, as 99 is
    expected = [reason for reason in held if reason is not None] + [Reason.CLIENT_ORDER_ID_REPEATED]
    assert report.reason is min(expected, key=PRECEDENCE.__getitem__)
