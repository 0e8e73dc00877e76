"""Each limit on both sides of its bound, with the numbers that explain a refusal; set while trading goes on,
and as it was after a restart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from bulkhead.domain.amounts import AMOUNT_MAX
from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.decisions import DecisionRefused
from bulkhead.domain.messages.limits import (
    AccountTold,
    LimitChanged,
    LimitRefused,
    LimitsTold,
    LimitTold,
    SetLimit,
    ShowLimits,
)
from bulkhead.domain.messages.linked import PlaceBracket, PlacePair
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import CancelOrder, ReplaceOrder
from bulkhead.domain.messages.reports import (
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    ReplaceRejected,
)
from bulkhead.domain.messages.trading import SetMarkPrice, SetPriceCollar, SetReferencePrice
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.limits import REFUSED_FOR
from bulkhead.domain.terms import AccountState, LimitKind, OrderType, Phase, Side
from tests.property.exchange_topology import TEXT
from tests.unit.risk.limited import Limited, order


@pytest.fixture(name="limited")
def _limited() -> Limited:
    return Limited()


@dataclass(frozen=True)
class Bound:
    """With the limit `passes` are accepted, one after the other, and then `fails` is refused."""

    kind: LimitKind
    bound: int
    passes: tuple[Any, ...]
    fails: Any
    reason: Reason
    actual: int
    asset_id: str | None = None
    account_id: str | None = None


X = 90_000
"""units of it that carol has"""
BOUNDS = [
    Bound(LimitKind.OPEN_ORDERS, 2, (order("a"), order("b")), order("c"), Reason.OPEN_ORDERS_LIMIT, 2),
    Bound(LimitKind.ORDERS_PER_S, 2, (order("a"), order("b")), order("c"), Reason.ORDER_RATE_LIMIT, 2),
    Bound(
        LimitKind.ORDER_NOTIONAL,
        500_000,
        (order("a"),),
        order("b", price_ticks=101),
        Reason.NOTIONAL_LIMIT,
        505_000,
        "USD",
    ),
    Bound(
        LimitKind.ORDER_SIZE,
        500,
        (order("a"),),
        order("b", quantity_lots=6),
        Reason.ORDER_SIZE_LIMIT,
        600,
        "X",
    ),
    Bound(
        LimitKind.POSITION,
        X + 1000,
        (order("a"), order("b")),
        order("c", quantity_lots=1),
        Reason.POSITION_LIMIT,
        X + 1100,
        "X",
    ),
    Bound(
        LimitKind.POSITION,
        X + 1000,
        (order("a"), order("b")),
        order("c", quantity_lots=1),
        Reason.POSITION_LIMIT,
        X + 1100,
        "X",
        "carol.main",
    ),
    Bound(
        LimitKind.OPEN_NOTIONAL,
        1_000_000,
        (
            order("a"),
            order("b", side=Side.SELL, price_ticks=100, instrument_id="Z-USD", quantity_lots=4),
            order("c", quantity_lots=1),
        ),
        order("d", quantity_lots=1, price_ticks=90),
        Reason.OPEN_NOTIONAL_LIMIT,
        1_090_000,
        "USD",
    ),
    Bound(
        LimitKind.CREDIT,
        1_001_000,
        (order("a"), order("b")),
        order("c", quantity_lots=1, price_ticks=90),
        Reason.CREDIT_LIMIT,
        1_001_000 + 90_090,
        "USD",
    ),
    Bound(
        LimitKind.CREDIT,
        1_000,
        (order("a", side=Side.SELL), order("b", side=Side.SELL), order("c", price_ticks=90)),
        order("d", side=Side.SELL, quantity_lots=1),
        Reason.CREDIT_LIMIT,
        1_100,
        "X",
    ),
]


@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize(
    "case", BOUNDS, ids=lambda case: f"{case.kind.name}{' of an account' * bool(case.account_id)}"
)
def test_up_to_its_bound_orders_are_taken_and_beyond_refused_with_both_numbers(
    limited: Limited, case: Bound, restarted: bool
) -> None:
    assert isinstance(limited.limit(case.kind, case.bound, case.asset_id, case.account_id), LimitChanged)
    for command in case.passes:
        assert [type(report) for report in limited.told(command)] == [OrderAccepted]
    if restarted:
        limited.restart()
    (refused,) = limited.told(case.fails)
    assert isinstance(refused, OrderRejected)
    assert (refused.reason, refused.bound, refused.actual) == (case.reason, case.bound, case.actual)
    limited.limit(case.kind, case.bound + case.actual, case.asset_id, case.account_id)
    assert [type(report) for report in limited.told(case.fails)] == [OrderAccepted]


@pytest.mark.parametrize(
    ("kind", "asset_id", "bound", "reason"),
    [
        (LimitKind.POSITION, "X", X + 500, Reason.POSITION_LIMIT),
        (LimitKind.OPEN_NOTIONAL, "USD", 500_000, Reason.OPEN_NOTIONAL_LIMIT),
        (LimitKind.CREDIT, "USD", 500_500, Reason.CREDIT_LIMIT),
    ],
)
def test_a_replace_is_held_against_a_sum_as_an_order_is_and_one_that_makes_it_smaller_is_not(
    limited: Limited, kind: LimitKind, asset_id: str, bound: int, reason: Reason
) -> None:
    limited.told(order("live"))
    limited.limit(kind, bound, asset_id)  # what was open before counts
    (refused,) = limited.told(ReplaceOrder("carol.main", "live", 101, 6))
    assert isinstance(refused, ReplaceRejected)
    assert (refused.reason, refused.bound) == (reason, bound)
    limited.limit(kind, 1, asset_id)
    assert [type(report) for report in limited.told(ReplaceOrder("carol.main", "live", 100, 4))] == [
        OrderReplaced
    ]


def _pair(lots: int) -> PlacePair:
    """Two buys, of which the stop is dearer."""
    stop_terms = {"order_type": OrderType.STOP, "price_ticks": None, "protection_price_ticks": 105}
    terms = OrderTerms(stop_price_ticks=103)
    return PlacePair(
        order("l", price_ticks=95, quantity_lots=lots),
        order("s", **stop_terms, terms=terms, quantity_lots=lots),
    )


@pytest.mark.parametrize(
    ("kind", "asset_id", "once"),
    [(LimitKind.POSITION, "X", X + 500), (LimitKind.OPEN_NOTIONAL, "USD", 5 * 105_000)],
)
def test_a_pair_counts_once_as_the_worse_of_its_two(
    limited: Limited, kind: LimitKind, asset_id: str, once: int
) -> None:
    limited.limit(kind, once - 1, asset_id)
    refused = limited.told(_pair(5))
    assert [(each.reason, each.actual) for each in refused] == [(REFUSED_FOR[kind], once)] * 2
    limited.limit(kind, once, asset_id)
    accepted, *_ = limited.told(_pair(5))
    assert isinstance(accepted, OrderAccepted)
    limited.restart()
    (full,) = limited.told(order("more", price_ticks=90, quantity_lots=1))
    assert (full.reason, full.bound) == (REFUSED_FOR[kind], once)
    limited.told(CancelOrder("carol.main", "l"))
    (accepted,) = limited.told(order("now", price_ticks=90, quantity_lots=1))
    assert isinstance(accepted, OrderAccepted)


def test_exits_count_as_all_that_their_entry_may_trade_also_when_it_is_replaced(limited: Limited) -> None:
    """They buy what it sells: replaced to more, it makes them buy more than they were placed with."""
    limited.limit(LimitKind.POSITION, X + 700, "X")
    pair = _pair(5)
    limited.told(PlaceBracket(order("e", side=Side.SELL, price_ticks=108), pair.limit, pair.stop))
    (replaced,) = limited.told(ReplaceOrder("carol.main", "e", 108, 7))
    assert isinstance(replaced, OrderReplaced)
    (refused,) = limited.told(ReplaceOrder("carol.main", "e", 108, 8))
    assert isinstance(refused, ReplaceRejected)
    assert (refused.reason, refused.actual) == (Reason.POSITION_LIMIT, X + 800)


def test_what_has_ended_or_traded_is_open_no_longer(limited: Limited) -> None:
    limited.limit(LimitKind.OPEN_NOTIONAL, 500_000, "USD")
    limited.told(order("a"))
    limited.told(CancelOrder("carol.main", "a"))
    assert [type(report) for report in limited.told(order("b"))] == [OrderAccepted]
    bob = limited.exchange.trader("bob")
    bob.send(order("sell", account_id="bob.main", side=Side.SELL))
    limited.exchange.settle()
    assert any(isinstance(report, OrderFilled) for report in limited.carol.reports())
    assert [type(report) for report in limited.told(order("c"))] == [OrderAccepted]
    caps = limited.exchange.risk(0).participants["carol"].caps
    assert caps is not None
    assert len(caps.exposure.parts) == 1


def test_beyond_its_cancels_for_each_order_only_new_orders_are_refused_until_the_window_ends(
    limited: Limited,
) -> None:
    limited.limit(LimitKind.CANCELS_FREE, 1)
    limited.limit(LimitKind.CANCEL_WINDOW_TICKS, 2)
    limited.limit(LimitKind.CANCELS_PER_100_ORDERS, 50)
    names = ("a", "b", "c", "d")
    limited.told(*map(order, names))
    for name in names[:3]:
        limited.told(CancelOrder("carol.main", name))
    assert [type(report) for report in limited.told(order("e"))] == [OrderAccepted]  # 3 of 1 + 50 % of 4
    (canceled,) = limited.told(CancelOrder("carol.main", "d"))
    assert isinstance(canceled, OrderCanceled)
    limited.restart()
    (refused,) = limited.told(order("f"))
    assert isinstance(refused, OrderRejected)
    assert (refused.reason, refused.bound, refused.actual) == (Reason.CANCEL_RATIO_LIMIT, 3, 4)
    (canceled,) = limited.told(CancelOrder("carol.main", "e"))
    assert isinstance(canceled, OrderCanceled)
    for time_ms in (1_000, 1_100):
        limited.exchange.tick(time_ms)
    limited.exchange.settle()
    assert [type(report) for report in limited.told(order("g"))] == [OrderAccepted]


COLLAR = (SetReferencePrice("X-USD", 100), SetPriceCollar("X-USD", 50, False))
STOP: dict[str, Any] = {"order_type": OrderType.STOP, "price_ticks": None}


@pytest.mark.parametrize(
    ("side", "passes", "fails", "bound"), [(Side.BUY, 105, 106, 105), (Side.SELL, 95, 94, 95)]
)
def test_a_price_that_is_worse_than_the_collar_lets_pass_is_refused_and_a_better_one_never(
    limited: Limited, side: Side, passes: int, fails: int, bound: int
) -> None:
    limited.exchange.control(*COLLAR)
    limited.exchange.settle()
    limited.restart()
    (accepted,) = limited.told(order("a", side=side, price_ticks=passes))
    assert isinstance(accepted, OrderAccepted)
    (refused,) = limited.told(order("b", side=side, price_ticks=fails))
    assert isinstance(refused, OrderRejected)
    assert (refused.reason, refused.bound, refused.actual) == (Reason.PRICE_COLLAR, bound, fails)
    (refused,) = limited.told(ReplaceOrder("carol.main", "a", fails, 5))
    assert isinstance(refused, ReplaceRejected)
    assert refused.reason is Reason.PRICE_COLLAR
    far = 90 if side is Side.BUY else 110
    (accepted,) = limited.told(order("c", side=side, price_ticks=far, quantity_lots=1))
    assert isinstance(accepted, OrderAccepted)


def test_the_collar_follows_trades_or_the_mark_price_and_without_a_price_nothing_is_refused(
    limited: Limited,
) -> None:
    limited.exchange.control(SetPriceCollar("X-USD", 10, False))
    limited.exchange.settle()
    assert _collar(limited) == (10, None)
    bob = limited.exchange.trader("bob")
    bob.send(order("sell", account_id="bob.main", side=Side.SELL, price_ticks=108))
    limited.exchange.settle()
    limited.told(order("a", price_ticks=110))
    assert _collar(limited) == (10, 108)  # told at once: it was not known
    limited.exchange.control(SetPriceCollar("X-USD", 100, True), SetMarkPrice("X-USD", 95))
    limited.exchange.settle()
    assert _collar(limited) == (100, 95)
    limited.exchange.control(SetMarkPrice("X-USD", 96))
    limited.exchange.settle()
    assert _collar(limited) == (100, 95)  # not far: with the next tick
    limited.exchange.tick(1_000)
    limited.exchange.settle()
    assert _collar(limited) == (100, 96)
    limited.exchange.control(SetPriceCollar("X-USD", 0, False))
    limited.exchange.settle()
    assert _collar(limited) is None


@pytest.mark.parametrize(
    ("account_id", "kind", "asset_id", "bound", "reason"),
    [
        (None, 0, None, 1, Reason.LIMIT_UNKNOWN),
        (None, LimitKind.POSITION, None, 1, Reason.LIMIT_UNKNOWN),
        (None, LimitKind.OPEN_ORDERS, "USD", 1, Reason.LIMIT_UNKNOWN),
        ("carol.main", LimitKind.CREDIT, "USD", 1, Reason.LIMIT_UNKNOWN),
        (None, LimitKind.CREDIT, "EUR", 1, Reason.ASSET_UNKNOWN),
        (None, LimitKind.OPEN_ORDERS, None, None, Reason.LIMIT_NEEDED),
        (None, LimitKind.COMMANDS_IN_FLIGHT, None, None, Reason.LIMIT_NEEDED),
        (None, LimitKind.ORDERS_PER_S, None, 0, Reason.LIMIT_NEEDED),
        (None, LimitKind.CANCEL_WINDOW_TICKS, None, 0, Reason.LIMIT_NEEDED),
        (None, LimitKind.OPEN_ORDERS, None, 2**32, Reason.OVERFLOW),
        (None, LimitKind.CREDIT, "USD", AMOUNT_MAX + 1, Reason.OVERFLOW),
    ],
)
def test_a_limit_that_there_is_not_or_that_can_t_be_is_refused_and_changes_nothing(
    limited: Limited,
    account_id: str | None,
    kind: int,
    asset_id: str | None,
    bound: int | None,
    reason: Reason,
) -> None:
    before = limited.exchange.domain("risk/0").state()
    *_, answer = limited.decide(SetLimit("carol", account_id, kind, asset_id, bound, "by mistake"))
    assert answer == LimitRefused(limited.operator.public_key, 1, 2, 0, reason)
    assert limited.exchange.domain("risk/0").state() == before


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        (SetLimit("nobody", None, 1, None, 1, "x"), Reason.PARTICIPANT_UNKNOWN),
        (SetLimit("carol", "bob.main", 9, "X", 1, "x"), Reason.ACCOUNT_UNKNOWN),
        (ShowLimits("nobody"), Reason.PARTICIPANT_UNKNOWN),
    ],
)
def test_control_refuses_what_concerns_nobody(limited: Limited, decision: Any, reason: Reason) -> None:
    *_, answer = limited.decide(decision)
    assert answer == DecisionRefused(limited.operator.public_key, 1, 2, reason)


def test_an_operator_is_told_each_limit_with_what_is_used_of_it(limited: Limited) -> None:
    limited.told(order("a"))
    assert limited.limit(LimitKind.CREDIT, 10**6, "USD").before is None
    limited.limit(LimitKind.POSITION, 10**6, "X", "carol.main")
    told = limited.decide(ShowLimits("carol"))[2:]
    shown = [each[3:] for each in map(_values, told) if len(each) == 8]
    assert shown == [
        (None, LimitKind.OPEN_ORDERS, None, 10_000, 1),
        (None, LimitKind.COMMANDS_IN_FLIGHT, None, 1_000, 0),
        ("carol.main", LimitKind.POSITION, "X", 10**6, X + 500),
        (None, LimitKind.CREDIT, "USD", 10**6, 500_500),
    ]
    assert all(isinstance(each, LimitTold) for each in told[:4])
    key = limited.operator.public_key
    assert told[4:] == [
        AccountTold(key, 3, 2, "carol.main", AccountState.ACTIVE),
        LimitsTold(key, 3, 2, 5),
    ]


def test_a_limit_that_is_taken_away_bounds_nobody(limited: Limited) -> None:
    limited.limit(LimitKind.CREDIT, 1, "USD")
    (refused,) = limited.told(order("a"))
    assert isinstance(refused, OrderRejected)
    changed = limited.limit(LimitKind.CREDIT, None, "USD")
    assert (changed.before, changed.after) == (1, None)
    assert [type(report) for report in limited.told(order("b"))] == [OrderAccepted]


LIMITS = """\
    limits:
      cancel_ratio: {per_100_orders: 300, window_s: 30, free: 7}
      order_size_max: {X: "1.5"}
      position_max: {X: "100", Z: "10"}
      account_position_max: {X: "95"}
      open_notional_max: {USD: "4"}
      credit_max: {USD: "3", Z: "1"}
"""


def test_what_the_topology_says_of_limits_holds_from_the_beginning() -> None:
    balances = '    balances: {USD: "5", X: "90", Z: "9"}\n'
    collar = "{base: X, quote: USD, price_collar: {per_mille: 30, market: mark}, "
    text = TEXT.replace(balances, balances + LIMITS).replace("{base: X, quote: USD, ", collar)
    limited = Limited(text)
    told = [each for each in limited.decide(ShowLimits("carol")) if isinstance(each, LimitTold)]
    assert [(each.kind, each.account_id, each.asset_id, each.bound) for each in told[2:]] == [
        (LimitKind.CANCELS_PER_100_ORDERS, None, None, 300),
        (LimitKind.CANCEL_WINDOW_TICKS, None, None, 300),
        (LimitKind.CANCELS_FREE, None, None, 7),
        (LimitKind.ORDER_SIZE, None, "X", 1_500),
        (LimitKind.POSITION, None, "X", 100_000),
        (LimitKind.POSITION, None, "Z", 1_000),
        (LimitKind.POSITION, "carol.main", "X", 95_000),
        (LimitKind.OPEN_NOTIONAL, None, "USD", 4_000_000),
        (LimitKind.CREDIT, None, "USD", 3_000_000),
        (LimitKind.CREDIT, None, "Z", 100),
    ]
    assert _collar(limited) == (30, None)


def test_a_snapshot_of_an_exchange_without_them_says_nothing_of_limits(limited: Limited) -> None:
    said = set(limited.exchange.domain("risk/0").state())
    assert not said & {"caps", "cancel_ratios", "collars", "early_collars", "account_states"}


def test_a_collar_of_a_halted_instrument_comes_after_its_phase(limited: Limited) -> None:
    limited.exchange.control(*COLLAR, SetPhase("X-USD", Phase.HALTED))
    limited.exchange.settle()
    (refused,) = limited.told(order("a", price_ticks=110))
    assert isinstance(refused, OrderRejected)
    assert refused.reason is Reason.INSTRUMENT_HALTED


def _collar(limited: Limited) -> tuple[int, int | None] | None:
    return limited.exchange.risk(0).instruments["X-USD"].collar


def _values(message: Any) -> Sequence[Any]:
    return tuple(getattr(message, name) for name in message.__slots__)
