"""Each way in which risk refuses a participant: its reason, its two numbers, and that nothing changed."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.messages.control import DefineInstrument
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import CancelRejected, OrderRejected, ReplaceRejected
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, Trader
from tests.unit.risk.refusal_cases import CANCELS, GOOD, PLACES, REPLACES, TERMS, Case


def _enter(exchange: MemoryExchange, trader: Trader, case: Case) -> None:
    trader.send(*case.before)
    exchange.settle()
    exchange.control(*case.control)
    exchange.settle()
    trader.send(*case.unanswered)
    for name in ("risk/0", "risk/1"):
        exchange.shards[name].step(0.0)
    trader.reports()


def _known(exchange: MemoryExchange) -> Any:
    """All that risk knows but how far it has read its participants' streams, and that it has refused."""
    states = []
    for shard in (0, 1):
        state = exchange.domain(f"risk/{shard}").state()
        del state["sessions"]
        state.pop("breaches", None)  # what the risk desk will be told
        state.pop("breaches_second", None)
        for participant in state["participants"]:
            participant[0].pop()  # last_sequence
        states.append(state)
    return states


@pytest.mark.parametrize(
    "case",
    [*PLACES, *TERMS, *CANCELS, *REPLACES],
    ids=lambda case: f"{type(case.command).__name__}: {case.what}",
)
def test_a_refusal_gives_its_reason_and_numbers_and_changes_nothing(case: Case) -> None:
    exchange = MemoryExchange(TEXT)
    trader = exchange.trader(case.participant_id)
    _enter(exchange, trader, case)
    before = _known(exchange)
    trader.send(case.command)
    for name in ("risk/0", "risk/1"):
        exchange.shards[name].step(0.0)
    (report,) = trader.reports()
    kinds = {PlaceOrder: OrderRejected, CancelOrder: CancelRejected, ReplaceOrder: ReplaceRejected}
    assert report == kinds[type(case.command)](
        trader.source.last,
        case.command.account_id,
        case.command.client_order_id,
        case.reason,
        case.bound,
        case.actual,
    )
    assert _known(exchange) == before


def _chosen(*options: tuple[Any, Reason | None]) -> st.SearchStrategy[tuple[Any, Reason | None]]:
    return st.sampled_from(options)


@given(
    st.fixed_dictionaries(
        {
            "account_id": _chosen(("flow2.main", None), ("nobody", Reason.ACCOUNT_UNKNOWN)),
            "instrument_id": _chosen(
                ("Z-USD", None),
                ("NONE", Reason.INSTRUMENT_UNKNOWN),
                ("Z-USD.halted", Reason.INSTRUMENT_HALTED),
            ),
            "side": _chosen((Side.BUY, None), (7, Reason.SIDE)),
            "order_type": _chosen((OrderType.LIMIT, None), (8, Reason.ORDER_TYPE)),
            "time_in_force": _chosen(
                (TimeInForce.GTC, None), (TimeInForce.IOC, None), (9, Reason.TIME_IN_FORCE)
            ),
            "client_order_id": _chosen(
                ("new", None), ("", Reason.CLIENT_ORDER_ID), ("used", Reason.CLIENT_ORDER_ID_REPEATED)
            ),
            "price_ticks": _chosen(
                (100, None),
                (None, Reason.PRICE_MISSING),
                (99, Reason.PRICE_INCREMENT),
                (88, Reason.PRICE_LOW),
                (112, Reason.PRICE_HIGH),
            ),
            "protection_price_ticks": _chosen((None, None), (100, Reason.PRICE_UNEXPECTED)),
            "terms": _chosen(
                (None, None),
                (OrderTerms(trader_id="t1"), None),
                (OrderTerms(stop_price_ticks=100), Reason.TERM_UNEXPECTED),
                (OrderTerms(min_quantity_lots=3), Reason.QUANTITY_INCREMENT),
                (OrderTerms(min_quantity_lots=40), Reason.MIN_QUANTITY_HIGH),
                (OrderTerms(stp_group="desk"), Reason.STP_MODE),
            ),
            "quantity_lots": _chosen(
                (16, None),
                (4, None),
                (7, Reason.QUANTITY_INCREMENT),
                (2, Reason.QUANTITY_LOW),
                (18, Reason.QUANTITY_HIGH),
            ),
        }
    )
)
def test_of_several_reasons_the_one_that_precedes_is_told(
    fields: dict[str, tuple[Any, Reason | None]],
) -> None:
    exchange, trader = _precedence_exchange()
    values = {name: value for name, (value, _) in fields.items()}
    # A market order's price is its protection: an order type that is neither is refused before its prices.
    reasons = [reason for _, reason in fields.values() if reason is not None]
    trader.send(PlaceOrder(post_only=False, **values))
    exchange.shards["risk/0"].step(0.0)
    (report,) = trader.reports()
    # Without any other the account has too little: it is asked for after all that the order says.
    expected = min([reason for reason in reasons if reason < Reason.BALANCE], default=Reason.BALANCE)
    assert report.reason is expected


_made: list[tuple[MemoryExchange, Trader]] = []


def _precedence_exchange() -> tuple[MemoryExchange, Trader]:
    """One for all examples: a refusal changes nothing."""
    if not _made:
        exchange = MemoryExchange(TEXT.replace('USD: "9", X: "60"', 'USD: "0.40", X: "60"'))
        trader = exchange.trader("flow2")
        halted = DefineInstrument(
            "Z-USD.halted", 1, "Z", "USD", 10, 1000, 2, 90, 110, 2, 4, 16, 9, Phase.HALTED
        )
        exchange.control(halted)
        trader.send(
            replace(GOOD, account_id="flow2.main", client_order_id="used", price_ticks=90, quantity_lots=1)
        )
        exchange.settle()
        trader.reports()
        _made.append((exchange, trader))
    return _made[0]
