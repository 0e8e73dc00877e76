"""Busts and corrections, from the operator's decision to balances, ledger, reports and the public feed."""

from collections.abc import Sequence
from typing import Any

import pytest

from bulkhead.domain.book_partition import kept_trades
from bulkhead.domain.messages.control import Deposit, SetPhase
from bulkhead.domain.messages.decisions import DecisionRefused, DecisionTaken
from bulkhead.domain.messages.market_data import TradePublished
from bulkhead.domain.messages.participant import PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import BalanceCredited, OrderAccepted, OrderFilled, OrderRejected
from bulkhead.domain.messages.reversal import (
    BalanceNegative,
    BustTrade,
    CorrectTrade,
    ReversalRefused,
    TradeBusted,
    TradeBustPublished,
    TradeCorrected,
    TradeCorrectionPublished,
    TradeReversed,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase, Side
from bulkhead.simulation.checks.together import check_everything
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.topology import derived
from bulkhead.views.machine import make_reference_view
from bulkhead.wire.codec import decode
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, Trader, messages_in
from tests.support.operator import Operator

OPERATOR = public_bytes(key_of("operator"))
BUST = BustTrade("X-USD", 1, "a slip")
CORRECT = CorrectTrade("X-USD", 1, 98, "a slip")
BUYER, SELLER = "carol.main", "bob.main"


def order(
    account: str, name: str, side: Side, price: int, lots: int, instrument: str = "X-USD"
) -> PlaceOrder:
    return PlaceOrder(account, name, instrument, side, 1, 1, False, price, None, lots)


class Market:
    """carol has bought 10 of the 14 lots that bob offers at 100; each has a risk shard of its own."""

    def __init__(self, text: str = TEXT) -> None:
        self.exchange = MemoryExchange(text)
        self.operator = Operator(self.exchange)
        self.bob, self.carol = self.exchange.trader("bob"), self.exchange.trader("carol")
        self.say(self.bob, order(SELLER, "s", Side.SELL, 100, 14))
        self.before = self.balances()
        told = self.say(self.carol, order(BUYER, "b", Side.BUY, 100, 10))
        self.bought = next(each for each in told if isinstance(each, OrderFilled))
        self.sold = next(each for each in self.bob.reports() if isinstance(each, OrderFilled))
        self.after = self.balances()

    def say(self, trader: Trader, *commands: Any) -> list[Any]:
        trader.send(*commands)
        self.exchange.settle()
        return trader.reports()

    def decide(self, *decisions: Any) -> list[Any]:
        """What operators have been answered, but that control has taken it."""
        for decision in decisions:
            self.operator.decide(decision)
            self.exchange.settle()
        told = messages_in(self.exchange.log.reader("decisions/0", "test"))
        return [message for _, message in told if not isinstance(message, DecisionTaken)]

    def balances(self) -> dict[tuple[str, str], int]:
        return {
            (account.account_id, asset_id): balance.total
            for risk in self.exchange.risk_shards()
            for account in risk.accounts.values()
            for asset_id, balance in account.balances.items()
        }

    def check(self, deposits: dict[str, int] | None = None) -> None:
        """Every promise of the simulation at rest: the ledger, the reports, a replay of every shard."""
        total = dict(deposits or {})
        for account in derived.account_terms(self.exchange.topology):
            for asset_id, amount in dict(account.balances).items():
                total[asset_id] = total.get(asset_id, 0) + amount
        evidence = self.exchange.evidence(total)
        check_everything(evidence, self.exchange.said(), lambda name: self.exchange.make(name).machine)  # type: ignore[arg-type,return-value]

    def feed(self) -> list[Any]:
        return [decode(event) for event in self.exchange.said()["book/0", "market_data/0"]]


@pytest.fixture(name="market")
def _market() -> Market:
    return Market()


def test_a_bust_moves_everything_back_to_the_unit_and_tells_both_sides_and_the_public(market: Market) -> None:
    assert market.before != market.after
    (answer,) = market.decide(BUST)
    bought, sold = market.bought, market.sold
    assert answer == TradeReversed(
        OPERATOR, 1, 2, "X-USD", 1, 10, 100, None, BUYER, bought.fee_amount, SELLER, sold.fee_amount
    )
    assert market.balances() == market.before
    assert market.carol.reports() == [
        TradeBusted(2, BUYER, bought.order_id, "X-USD", Side.BUY, 1, 100, 10, bought.fee_amount)
    ]
    assert market.bob.reports() == [
        TradeBusted(2, SELLER, sold.order_id, "X-USD", Side.SELL, 1, 100, 10, sold.fee_amount)
    ]
    assert market.feed()[-1] == TradeBustPublished("X-USD", 1)
    market.check()


def test_no_order_comes_back_for_a_bust(market: Market) -> None:
    market.decide(BUST)
    market.bob.reports()
    (fill,) = [
        each
        for each in market.say(market.carol, order(BUYER, "again", Side.BUY, 100, 9))
        if isinstance(each, OrderFilled)
    ]
    assert fill.quantity_lots == 4
    assert market.bob.reports()[0].leaves_lots == 0
    market.check()


def test_a_correction_moves_the_difference_with_the_fees_of_a_fill_at_that_price(market: Market) -> None:
    (answer,) = market.decide(CORRECT)
    assert (answer.price_ticks, answer.corrected_price_ticks) == (100, 98)
    carol, bob = market.carol.reports()[0], market.bob.reports()[0]
    assert isinstance(carol, TradeCorrected)
    assert isinstance(bob, TradeCorrected)
    notional = 98 * 10 * 1000
    assert (carol.price_ticks, carol.previous_price_ticks) == (98, 100)
    assert carol.previous_fee_amount == market.bought.fee_amount
    assert carol.fee_amount == notional * 10_007 // 10**7
    assert bob.fee_amount == notional * -2_503 // 10**7
    now = market.balances()
    assert now[BUYER, "X"] == market.after[BUYER, "X"]
    assert now[BUYER, "USD"] == market.before[BUYER, "USD"] - notional - carol.fee_amount
    assert now[SELLER, "USD"] == market.before[SELLER, "USD"] + notional - bob.fee_amount
    assert market.feed()[-1] == TradeCorrectionPublished("X-USD", 1, 98)
    market.check()


def test_a_corrected_trade_can_be_corrected_again_and_busted(market: Market) -> None:
    market.decide(CORRECT, CorrectTrade("X-USD", 1, 103, "another"), BUST)
    assert market.balances() == market.before
    assert [type(each) for each in market.carol.reports()] == [TradeCorrected, TradeCorrected, TradeBusted]
    market.check()


@pytest.mark.parametrize(
    ("first", "decision", "refusal"),
    [
        ((BUST,), BUST, (Reason.TRADE_BUSTED, 0, 1)),
        ((BUST,), CORRECT, (Reason.TRADE_BUSTED, 0, 1)),
        ((), CorrectTrade("X-USD", 1, 100, "no change"), (Reason.PRICE_SAME, 0, 100)),
        ((CORRECT,), CORRECT, (Reason.PRICE_SAME, 0, 98)),
        ((), CorrectTrade("X-USD", 1, 0, "for nothing"), (Reason.PRICE_LOW, 90, 0)),
        ((), CorrectTrade("X-USD", 1, 2**62, "a fortune"), (Reason.PRICE_HIGH, 110, 2**62)),
        ((), BustTrade("X-USD", 2, "not yet"), (Reason.TRADE_UNKNOWN, 1, 2)),
        ((), BustTrade("X-USD", 0, "none"), (Reason.TRADE_UNKNOWN, 1, 0)),
        ((), BustTrade("Z-USD", 1, "elsewhere"), (Reason.TRADE_UNKNOWN, 0, 1)),
    ],
)
def test_what_cannot_be_undone_is_refused_by_name_and_changes_nothing(
    market: Market, first: Sequence[Any], decision: Any, refusal: tuple[Reason, int, int]
) -> None:
    market.decide(*first)
    before = market.balances()
    answer = market.decide(decision)[-1]
    assert answer == ReversalRefused(OPERATOR, len(first) + 1, 2, *refusal)
    assert market.balances() == before
    market.check()


def test_control_refuses_an_instrument_that_there_is_not(market: Market) -> None:
    refused = market.decide(BustTrade("NONE", 1, "a slip"))
    assert refused == [DecisionRefused(OPERATOR, 1, 2, Reason.INSTRUMENT_UNKNOWN)]


def test_a_trade_that_the_book_no_longer_keeps_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_trades, "TRADES_KEPT", 2)
    market = Market()
    for number in range(2):
        market.say(market.carol, order(BUYER, f"b{number}", Side.BUY, 100, 1))
    (refused,) = market.decide(BUST)
    assert (refused.reason, refused.bound, refused.actual) == (Reason.TRADE_TOO_OLD, 2, 1)
    market.decide(BustTrade("X-USD", 2, "a slip"))
    market.check()


def test_a_trade_is_busted_while_its_instrument_is_closed(market: Market) -> None:
    market.exchange.control(SetPhase("X-USD", Phase.CLOSED))
    market.decide(BUST)
    assert market.balances() == market.before


def without_x() -> Market:
    """carol has only the lots that she has bought."""
    return Market(TEXT.replace('balances: {USD: "5", X: "90", Z: "9"}', 'balances: {USD: "5", Z: "9"}'))


def test_what_was_spent_meanwhile_leaves_a_negative_balance_until_it_is_covered() -> None:
    market = without_x()
    market.say(market.exchange.trader("alice"), order("alice.main", "a", Side.BUY, 99, 10))
    market.say(market.carol, order(BUYER, "on", Side.SELL, 99, 10))
    market.decide(BUST)
    busted, negative = market.carol.reports()
    assert isinstance(busted, TradeBusted)
    assert negative == BalanceNegative(3, BUYER, "X", True, -1000)
    (refused,) = market.say(market.carol, order(BUYER, "more", Side.SELL, 100, 1))
    assert isinstance(refused, OrderRejected)
    assert (refused.reason, refused.bound, refused.actual) == (Reason.BALANCE, -1000, 100)
    assert isinstance(market.say(market.carol, order(BUYER, "other", Side.BUY, 96, 1))[0], OrderAccepted)
    market.exchange.control(Deposit(BUYER, "X", 900))
    market.exchange.settle()
    assert [type(each) for each in market.carol.reports()] == [BalanceCredited]
    market.check({"X": 900})
    market.exchange.control(Deposit(BUYER, "X", 200))
    market.exchange.settle()
    assert market.carol.reports()[-1] == BalanceNegative(5, BUYER, "X", False, 100)
    market.check({"X": 1100})


def test_a_fill_covers_a_negative_balance_too() -> None:
    market = without_x()
    market.say(market.exchange.trader("alice"), order("alice.main", "a", Side.BUY, 99, 10))
    market.say(market.carol, order(BUYER, "on", Side.SELL, 99, 10))
    market.say(market.exchange.trader("flow2"), order("flow2.main", "f", Side.SELL, 100, 15))
    market.decide(BUST)
    told = market.say(market.carol, order(BUYER, "back", Side.BUY, 100, 10))
    signs = [(each.negative, each.balance) for each in told if isinstance(each, BalanceNegative)]
    assert signs == [(True, -1000), (False, 0)]
    market.check()


def test_a_reservation_that_is_no_longer_covered_stays_and_its_order_trades() -> None:
    market = without_x()
    market.say(market.carol, order(BUYER, "s", Side.SELL, 104, 10))
    market.decide(BUST)
    risk = next(each for each in market.exchange.risk_shards() if BUYER in each.accounts)
    balance = risk.accounts[BUYER].balances["X"]
    assert (balance.total, balance.reserved) == (0, 1000)
    market.check()
    market.say(market.exchange.trader("alice"), order("alice.main", "b", Side.BUY, 104, 14))
    assert (balance.total, balance.reserved) == (-1000, 0)
    assert market.carol.reports()[-1] == BalanceNegative(3, BUYER, "X", True, -1000)
    market.check()


def test_later_fills_of_the_order_are_charged_as_if_nothing_had_been_undone(market: Market) -> None:
    market.decide(BUST)
    market.say(market.bob, ReplaceOrder(SELLER, "s", 101, 13))
    market.say(market.carol, order(BUYER, "rest", Side.BUY, 101, 3))
    market.check()


def test_the_view_marks_a_busted_trade_and_corrects_a_corrected_one(market: Market) -> None:
    market.say(market.carol, order(BUYER, "more", Side.BUY, 100, 1))
    market.decide(BustTrade("X-USD", 2, "a slip"), CORRECT)
    view = make_reference_view("view-0/0")
    for frame in market.exchange.frames("market_data/0"):
        view.apply_frame(b"", frame)
    shown = view.domain.trades("X-USD", 9)  # type: ignore[attr-defined]  # a MarketDataView
    told = [(trade["trade_id"], trade["price_ticks"], trade["busted"]) for trade in shown]
    assert told == [(2, 100, True), (1, 98, False)]
    made = [each for each in market.feed() if isinstance(each, TradePublished)]
    assert view.domain.counters("X-USD")["trades"] == len(made)  # type: ignore[attr-defined]


def test_a_kept_trade_is_in_the_snapshot(market: Market) -> None:
    market.exchange.shards["book/0"].snapshot()
    market.exchange.start("book/0")
    market.decide(BUST)
    assert market.balances() == market.before
    market.check()
