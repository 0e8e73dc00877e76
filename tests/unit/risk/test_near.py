"""A limit that is nearly used up is told to the risk desk before anything is refused for it: once, whichever
limit it is and whatever brought it there, and again after it was well below.
"""

from typing import Any

import pytest

from bulkhead.domain.messages.linked import PlacePair
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import CancelOrder, ReplaceOrder
from bulkhead.domain.messages.quotes import MassQuote, Quote
from bulkhead.domain.messages.risk_events import LimitNear
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.limits import REFUSED_FOR
from bulkhead.domain.terms import LimitKind, OrderType, Side
from tests.unit.risk.desk import risk_events
from tests.unit.risk.limited import Limited, order

X = 90_000
"""units of it that carol has"""
ONE = (order("a"),)
"""500 units for 500,000, and a fee of 500"""
STOP: dict[str, Any] = {
    "order_type": OrderType.STOP,
    "price_ticks": None,
    "protection_price_ticks": 100,
    "terms": OrderTerms(stop_price_ticks=99),
}


@pytest.fixture(name="limited")
def _limited() -> Limited:
    return Limited()


def near(limited: Limited) -> list[LimitNear]:
    return [each for each in risk_events(limited.exchange) if isinstance(each, LimitNear)]


LIMITS: list[tuple[LimitKind, int, str | None, str | None, int]] = [
    (LimitKind.OPEN_ORDERS, 1, None, None, 1),
    (LimitKind.COMMANDS_IN_FLIGHT, 1, None, None, 1),
    (LimitKind.ORDERS_PER_S, 1, None, None, 1),
    (LimitKind.ORDER_NOTIONAL, 500_000, "USD", None, 500_000),
    (LimitKind.ORDER_SIZE, 500, "X", None, 500),
    (LimitKind.POSITION, X + 500, "X", None, X + 500),
    (LimitKind.POSITION, X + 500, "X", "carol.main", X + 500),
    (LimitKind.OPEN_NOTIONAL, 500_000, "USD", None, 500_000),
    (LimitKind.CREDIT, 500_500, "USD", None, 500_500),
]


@pytest.mark.parametrize(
    ("kind", "bound", "asset_id", "account_id", "used"),
    LIMITS,
    ids=[f"{kind.name}{' of an account' * bool(account_id)}" for kind, _, _, account_id, *_ in LIMITS],
)
def test_the_order_that_brings_a_limit_near_is_taken_and_told_with_both_numbers(
    limited: Limited,
    kind: LimitKind,
    bound: int,
    asset_id: str | None,
    account_id: str | None,
    used: int,
) -> None:
    limited.limit(kind, bound, asset_id, account_id)
    limited.told(*ONE)
    limited.restart()
    limited.told(order("refused"))  # it counts nowhere
    assert near(limited) == [LimitNear(0, "carol", REFUSED_FOR[kind], bound, used, account_id, asset_id)]


@pytest.mark.parametrize(
    ("kind", "asset_id", "bound"),
    [
        (LimitKind.OPEN_NOTIONAL, "USD", 550_000),
        (LimitKind.CREDIT, "USD", 550_000),
        (LimitKind.ORDER_NOTIONAL, "USD", 550_000),
        (LimitKind.ORDER_SIZE, "X", 550),
    ],
)
@pytest.mark.parametrize("command", ["order", "replace", "pair", "quotes"])
def test_at_90_percent_nothing_is_told_and_beyond_whatever_brought_it_there(
    limited: Limited, kind: LimitKind, asset_id: str, bound: int, command: str
) -> None:
    """5 lots at 100 are beyond 90 percent of these bounds, 4 are not."""
    limited.limit(kind, bound, asset_id)
    for lots, told in ((4, 0), (5, 1)):
        name = f"{command} {lots}"
        commands = {
            "order": (order(name, quantity_lots=lots),),
            "replace": (order(name, quantity_lots=1), ReplaceOrder("carol.main", name, 100, lots)),
            "pair": (
                PlacePair(order(name, quantity_lots=lots), order(f"{name} s", quantity_lots=lots, **STOP)),
            ),
            "quotes": (MassQuote("q", "carol.main", "X-USD", "g", (Quote(name, Side.BUY, 100, lots),)),),
        }
        limited.told(*commands[command])
        assert [each.reason for each in near(limited)] == [REFUSED_FOR[kind]] * told
        limited.told(CancelOrder("carol.main", name))


def later(limited: Limited, time_ms: int) -> None:
    limited.exchange.tick(time_ms)
    limited.exchange.settle()


def test_cancels_are_told_before_orders_are_refused_for_them(limited: Limited) -> None:
    limited.limit(LimitKind.CANCELS_FREE, 1)
    limited.limit(LimitKind.CANCELS_PER_100_ORDERS, 50)
    limited.told(order("a"), order("b", quantity_lots=1))
    limited.told(CancelOrder("carol.main", "a"))
    assert near(limited) == []
    limited.told(CancelOrder("carol.main", "b"))
    assert near(limited) == [LimitNear(0, "carol", Reason.CANCEL_RATIO_LIMIT, 2, 2, None, None)]
    later(limited, 1_000)
    limited.told(order("c"), CancelOrder("carol.main", "c"))
    assert len(near(limited)) == 1  # 3 of 2: the episode goes on
    limited.limit(LimitKind.CANCEL_WINDOW_TICKS, 1)
    later(limited, 2_000)
    limited.told(order("d"), CancelOrder("carol.main", "d"))
    assert [(each.bound, each.used) for each in near(limited)] == [(2, 2), (1, 1)]


def test_a_sum_is_told_again_in_a_second_that_began_with_much_less(limited: Limited) -> None:
    limited.limit(LimitKind.OPEN_NOTIONAL, 500_000, "USD")
    limited.told(order("a"))
    full = ReplaceOrder("carol.main", "a", 100, 5)
    for time_ms, price_ticks, told in ((1_000, 101, 1), (2_000, 100, 2)):
        less = ReplaceOrder("carol.main", "a", price_ticks, 4)
        limited.told(less)
        limited.told(full)
        assert len(near(limited)) == 1  # not within a second
        limited.told(less)
        limited.restart()
        later(limited, time_ms)
        limited.told(full)
        assert len(near(limited)) == told


@pytest.mark.parametrize("kind", [LimitKind.ORDER_SIZE, LimitKind.ORDERS_PER_S])
def test_of_what_bounds_one_order_or_a_second_one_is_told_in_a_second(
    limited: Limited, kind: LimitKind
) -> None:
    asset_id, bound = ("X", 500) if kind is LimitKind.ORDER_SIZE else (None, 6)
    limited.limit(kind, bound, asset_id)
    for time_ms in (10_000, 10_900, 11_000):
        later(limited, time_ms)
        for number in range(3):
            large, small = order(f"l{time_ms}{number}"), order(f"s{time_ms}{number}", quantity_lots=1)
            limited.told(large, small)
    assert [each.time_ms for each in near(limited)] == [10_000, 11_000]


def test_a_limit_that_is_taken_away_and_comes_again_is_told_again(limited: Limited) -> None:
    for time_ms, name in ((1_000, "a"), (2_000, "b")):
        limited.limit(LimitKind.CREDIT, 500_500, "USD")
        limited.told(order(name))
        limited.told(CancelOrder("carol.main", name))
        limited.limit(LimitKind.CREDIT, None, "USD")
        later(limited, time_ms)
    assert len(near(limited)) == 2


def test_each_limit_of_a_kind_has_its_own_episode(limited: Limited) -> None:
    limited.limit(LimitKind.POSITION, X + 500, "X")
    limited.limit(LimitKind.POSITION, X + 500, "X", "carol.main")
    limited.told(order("a"))
    assert [each.account_id for each in near(limited)] == ["carol.main", None]
