"""What `place` is given becomes the exchange's whole numbers, or a ValueError that says what is wrong."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bulkhead.client.connection import Connection
from bulkhead.client.report import InstrumentScales
from bulkhead.client.terms import order_terms, order_type
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.terms import OrderType


@pytest.fixture
def scales(connection_file: Path) -> InstrumentScales:
    return InstrumentScales(Connection.load(connection_file), "BTC-USD")


def test_a_plain_order_has_no_terms(scales: InstrumentScales) -> None:
    assert order_terms(scales, {}) is None
    assert order_terms(scales, {"on_mark": False, "trader_id": ""}) is None


def test_prices_and_their_differences_are_ticks_quantities_lots_and_times_milliseconds(
    scales: InstrumentScales,
) -> None:
    given = order_terms(
        scales,
        {
            "stop_price": "100.50",
            "trail": "0.25",
            "display": "0",
            "min_quantity": "0.00000002",
            "expires_at": datetime(1970, 1, 2, 0, 0, 1, 500_000, UTC),
            "slide": 1,
            "stp_group": "desk",
            "stp_mode": "decrement",
        },
    )
    assert given == OrderTerms(10_050, 25, False, 0, 2, 86_401_500, 100, "desk", 4)


@pytest.mark.parametrize(
    ("terms", "problem"),
    [
        ({"stop_price": "100.005"}, "no multiple of its increment"),
        ({"display": "-1"}, "negative"),
        ({"stp_mode": "both"}, "no self-trade mode: one of cancel_aggressor"),
        ({"expires_at": datetime.fromisoformat("2030-01-01")}, "no time zone"),
    ],
)
def test_what_the_exchange_cannot_count_is_refused_before_it_is_sent(
    scales: InstrumentScales, terms: Any, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        order_terms(scales, terms)


def test_a_misspelled_term_is_not_ignored(scales: InstrumentScales) -> None:
    misspelled: Any = {"stop": "100"}
    with pytest.raises(TypeError, match="'stop'"):
        order_terms(scales, misspelled)


def test_a_price_makes_a_limit_order_a_protection_price_a_market_order_where_no_type_is_chosen() -> None:
    assert order_type(None, has_price=True, has_protection=False) is OrderType.LIMIT
    assert order_type(None, has_price=False, has_protection=True) is OrderType.MARKET
    assert order_type("stop_limit", has_price=True, has_protection=False) is OrderType.STOP_LIMIT
    with pytest.raises(ValueError, match="takes either price"):
        order_type("stop", has_price=True, has_protection=True)
