"""Phases and auctions through the exchange: who is told what, in which order, and what may be sent when."""

import pytest

from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.decisions import ChangeMade, ChangeRefused
from bulkhead.domain.messages.market_data import (
    BandsPublished,
    DepthAdded,
    DepthReduced,
    DepthRemoved,
    IndicativePublished,
    MarkPricePublished,
    PhasePublished,
    TradePublished,
    UnpricedAdded,
)
from bulkhead.domain.messages.participant import CancelOrder, ReplaceOrder
from bulkhead.domain.messages.reports import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    ReplaceRejected,
)
from bulkhead.domain.messages.trading import SetBands, SetMarkPrice, SetReferencePrice
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Role, Side, TimeInForce
from bulkhead.simulation.checks.ledger import check_assets
from bulkhead.simulation.checks.reservations import check_reservations
from bulkhead.topology import derived
from tests.unit.book.auction_market import Market

BUY, SELL = Side.BUY, Side.SELL
CALLS = (Phase.PRE_OPEN, Phase.AUCTION, Phase.VOLATILITY_AUCTION, Phase.CLOSING_AUCTION)


@pytest.fixture(name="market")
def _market() -> Market:
    return Market()


def check_amounts(market: Market) -> None:
    deposits: dict[str, int] = {}
    for account in derived.account_terms(market.exchange.topology):
        for asset_id, amount in account.balances:
            deposits[asset_id] = deposits.get(asset_id, 0) + amount
    check_assets(market.exchange.evidence(deposits))
    check_reservations(market.exchange.risk_shards())


def test_orders_gather_the_indicative_price_follows_them_and_the_uncross_is_at_one_price(
    market: Market,
) -> None:
    market.decide(SetPhase("X-USD", Phase.AUCTION))
    for name, side, lots, price in (("alice", BUY, 5, 104), ("bob", SELL, 3, 98), ("carol", SELL, 4, 101)):
        assert [type(report) for report in market.place(name, side, lots, price)] == [OrderAccepted]
    news = market.news()
    buy, first, second = [event.order_id for event in news if type(event) is DepthAdded]
    assert [event for event in news if type(event) is IndicativePublished] == [
        IndicativePublished("X-USD", 104, 3),
        IndicativePublished("X-USD", 101, 5),
    ]
    assert market.decide(SetPhase("X-USD", Phase.CONTINUOUS)) == [
        IndicativePublished("X-USD", 101, 5),
        TradePublished("X-USD", 1, 101, 3, None, None, 0),
        DepthReduced("X-USD", buy, 2),
        DepthRemoved("X-USD", first),
        TradePublished("X-USD", 2, 101, 2, None, None, 0),
        DepthRemoved("X-USD", buy),
        DepthReduced("X-USD", second, 2),
        PhasePublished("X-USD", Phase.CONTINUOUS),
    ]
    fills = [report for name in ("alice", "bob", "carol") for report in market.reports(name)]
    assert {type(fill) for fill in fills} == {OrderFilled}
    assert {(fill.price_ticks, fill.role) for fill in fills} == {(101, Role.AUCTION)}
    check_amounts(market)


def test_both_sides_of_an_auction_s_trade_pay_the_taker_s_fee(market: Market) -> None:
    market.decide(SetPhase("X-USD", Phase.AUCTION))
    market.place("alice", BUY, 10, 100)
    market.place("bob", SELL, 10, 100)
    market.decide(SetPhase("X-USD", Phase.CONTINUOUS))
    taker = 10_007  # 0.0010007 in 1e-7
    notional = 10**18  # 10 lots of 0.1 at 1.00, in units of 1e-18 USD
    fees = [report.fee_amount for name in ("alice", "bob") for report in market.reports(name)]
    assert fees == [notional * taker // 10**7] * 2
    check_amounts(market)


def test_a_market_order_waits_unpriced_ahead_of_all_limits_and_its_rest_is_canceled(market: Market) -> None:
    market.decide(SetPhase("X-USD", Phase.AUCTION))
    market.place("alice", BUY, 2, 100)
    market.place("bob", BUY, 7, 103, OrderType.MARKET)
    assert any(isinstance(event, UnpricedAdded) and event.quantity_lots == 7 for event in market.news())
    market.place("carol", SELL, 5, 100)
    market.decide(SetPhase("X-USD", Phase.CONTINUOUS))
    told = market.reports("bob")
    assert [type(report) for report in told] == [OrderFilled, OrderCanceled]
    assert (told[0].quantity_lots, told[1].quantity_lots, told[1].reason) == (5, 2, Reason.MARKET)
    assert market.reports("alice") == []
    check_amounts(market)


@pytest.mark.parametrize("phase", CALLS)
def test_what_a_call_does_not_take_is_refused_with_the_numbers(market: Market, phase: Phase) -> None:
    market.decide(SetPhase("X-USD", phase))
    for time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
        (report,) = market.place("alice", BUY, 1, 100, time_in_force=time_in_force)
        assert type(report) is OrderRejected
        assert (report.reason, report.bound, report.actual) == (Reason.UNTIMELY, phase, time_in_force)
    (report,) = market.place("alice", BUY, 1, 100, post_only=True)
    assert (report.reason, report.bound, report.actual) == (Reason.POST_ONLY, 100, 100)


@pytest.mark.parametrize("phase", CALLS)
def test_orders_are_replaced_and_canceled_in_a_call(market: Market, phase: Phase) -> None:
    market.decide(SetPhase("X-USD", phase))
    market.place("alice", BUY, 3, 100)
    (replaced,) = market.send("alice", ReplaceOrder("alice.main", "o1", 102, 4))
    assert type(replaced) is OrderReplaced
    (canceled,) = market.send("alice", CancelOrder("alice.main", "o1"))
    assert type(canceled) is OrderCanceled
    check_amounts(market)


def test_a_halted_instrument_takes_only_cancels_a_closed_one_nothing(market: Market) -> None:
    market.place("alice", BUY, 3, 100)
    market.place("alice", BUY, 3, 99)
    market.decide(SetPhase("X-USD", Phase.HALTED))
    halted = (Reason.INSTRUMENT_HALTED, Phase.CONTINUOUS, Phase.HALTED)
    (report,) = market.place("bob", SELL, 1, 100)
    assert (report.reason, report.bound, report.actual) == halted
    (report,) = market.send("alice", ReplaceOrder("alice.main", "o1", 101, 4))
    assert type(report) is ReplaceRejected
    assert (report.reason, report.bound, report.actual) == halted
    (report,) = market.send("alice", CancelOrder("alice.main", "o1"))
    assert type(report) is OrderCanceled
    market.decide(SetPhase("X-USD", Phase.CLOSED))
    (report,) = market.send("alice", CancelOrder("alice.main", "o2"))
    assert type(report) is CancelRejected
    assert (report.reason, report.actual) == (Reason.INSTRUMENT_HALTED, Phase.CLOSED)


def test_a_closing_auction_s_uncross_closes_the_book(market: Market) -> None:
    market.decide(SetPhase("X-USD", Phase.CLOSING_AUCTION))
    market.place("alice", BUY, 3, 100)
    market.place("bob", SELL, 3, 100)
    told = market.decide(SetPhase("X-USD", Phase.CLOSED))
    assert [event.quantity_lots for event in told if isinstance(event, TradePublished)] == [3]
    assert told[-1] == PhasePublished("X-USD", Phase.CLOSED)


def test_a_trade_outside_the_band_is_not_made_and_the_interruption_ends_by_ticks(market: Market) -> None:
    assert market.decide(SetReferencePrice("X-USD", 100), SetBands("X-USD", 4, None, 3)) == [
        BandsPublished("X-USD", None, None, 100),
        BandsPublished("X-USD", 4, None, 100),
    ]
    market.tick()
    market.place("alice", SELL, 2, 103)
    market.place("alice", SELL, 2, 106)
    market.news()
    market.place("bob", BUY, 4, 107)
    news = market.news()
    assert [event.price_ticks for event in news if isinstance(event, TradePublished)] == [103]
    phase = news.index(PhasePublished("X-USD", Phase.VOLATILITY_AUCTION))
    assert [type(event) for event in news[phase:]] == [
        PhasePublished,
        BandsPublished,
        DepthAdded,
        IndicativePublished,
    ]
    assert market.tick(2) == []
    ended = market.tick()
    assert [event.price_ticks for event in ended if isinstance(event, TradePublished)] == [106]
    assert BandsPublished("X-USD", 4, None, 106) in ended
    assert PhasePublished("X-USD", Phase.CONTINUOUS) in ended
    check_amounts(market)


def test_an_interruption_without_an_end_waits_for_an_operator(market: Market) -> None:
    market.decide(SetReferencePrice("X-USD", 100), SetBands("X-USD", 4, None, 0))
    market.place("alice", SELL, 2, 106)
    market.place("bob", BUY, 2, 107)
    assert market.tick(50)[-1] != PhasePublished("X-USD", Phase.CONTINUOUS)
    assert market.decide(SetPhase("X-USD", Phase.CONTINUOUS))[-2] == PhasePublished("X-USD", Phase.CONTINUOUS)


def test_who_decides_is_answered_by_the_book(market: Market) -> None:
    market.decide(
        SetPhase("X-USD", Phase.AUCTION, "noon", 7),
        SetBands("X-USD", -1, None, 0, "a slip", 8),
        SetMarkPrice("X-USD", 2**62, "an index", 9),
        SetPhase("X-USD", Phase.AUCTION),
    )
    assert market.answers() == [
        ChangeMade("X-USD", 7, Phase.AUCTION),
        ChangeRefused("X-USD", 8, Reason.PRICE_LOW, 0, -1),
        ChangeMade("X-USD", 9, Phase.AUCTION),
    ]


def test_a_mark_price_is_public(market: Market) -> None:
    assert market.decide(SetMarkPrice("X-USD", 101)) == [MarkPricePublished("X-USD", 101)]


def test_an_auction_half_gathered_and_all_that_is_set_are_in_the_snapshots(market: Market) -> None:
    market.tick()
    market.decide(SetReferencePrice("X-USD", 100), SetBands("X-USD", 4, 2, 9))
    market.decide(SetPhase("X-USD", Phase.VOLATILITY_AUCTION))
    market.place("alice", BUY, 5, 104)
    market.place("bob", SELL, 3, 98)
    for name in ("book/0", "risk/0", "risk/1"):
        machine = market.exchange.shards[name].machine
        before = machine.snapshot()
        machine.restore(before)
        assert machine.snapshot() == before
    market.news()
    ended = market.tick(9)
    assert [event.quantity_lots for event in ended if isinstance(event, TradePublished)] == [3]
    check_amounts(market)
