"""Mass quotes from participant to book and back: what each quote comes to, and when all are refused."""

from dataclasses import replace
from typing import Any

import pytest

from bulkhead.domain.messages.control import SetOrderRate, SetPhase
from bulkhead.domain.messages.mass import MassCancel, MassCanceled
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.quotes import MassQuote, Quote, QuotesRejected
from bulkhead.domain.messages.reports import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    ReplaceRejected,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.simulation.checks.reservations import check_reservations
from tests.property.exchange_topology import TEXT
from tests.support.both_engines import changed_by_hand
from tests.support.exchange import MemoryExchange, Trader

BUY, SELL = Side.BUY, Side.SELL


def quotes(
    *given: Quote, account: str = "carol.main", group: str = "g", instrument: str = "X-USD"
) -> MassQuote:
    return MassQuote("m", account, instrument, group, given)


def bid(name: str, price: int, lots: int) -> Quote:
    return Quote(name, BUY, price, lots)


def ask(name: str, price: int, lots: int) -> Quote:
    return Quote(name, SELL, price, lots)


def order(
    name: str, side: Side, price: int, lots: int, account: str = "carol.main", **terms: Any
) -> PlaceOrder:
    kind, time = OrderType.LIMIT, TimeInForce.GTC
    made = OrderTerms(**terms) if terms else None
    return PlaceOrder(account, name, "X-USD", side, kind, time, False, price, None, lots, made)


class Market:
    """carol quotes X-USD; bob takes."""

    def __init__(self, text: str = TEXT) -> None:
        self.exchange = MemoryExchange(text)
        self.carol, self.bob = self.exchange.trader("carol"), self.exchange.trader("bob")
        self.carol.reports()

    def say(self, *commands: Any, trader: Trader | None = None) -> list[Any]:
        trader = trader or self.carol
        trader.reports()
        trader.send(*commands)
        self.exchange.settle()
        check_reservations(self.exchange.risk_shards())
        return trader.reports()

    def to_risk(self, *commands: Any) -> list[Any]:
        """As far as risk: no book has read what follows from it."""
        self.carol.send(*commands)
        self.exchange.shards["risk/0"].step(0.0)
        return self.carol.reports()

    def before_carol(self, command: Any) -> None:
        """bob's command is ahead of all that carol's shard sends from now on, which does not know of it."""
        self.bob.send(command)
        self.exchange.shards["risk/1"].step(0.0)

    def restart(self) -> None:
        """Book and risk from their snapshots."""
        for name in ("risk/0", "book/0"):
            self.exchange.shards[name].snapshot()
            self.exchange.start(name)

    def resting(self) -> dict[str, tuple[int, int]]:
        """carol's orders in the book: price and remaining lots."""
        names = {each.order_id: each.client_order_id for each in self.exchange.risk(0).orders.values()}
        book = self.exchange.domain("book/0").partition.instruments["X-USD"].book
        return {
            names[each.order_id]: (each.price_ticks, each.remaining_lots)
            for each in book.orders()
            if each.order_id in names
        }


@pytest.fixture(name="market")
def _market() -> Market:
    return Market()


def kinds(reports: list[Any]) -> list[tuple[type, str]]:
    return [(type(each), each.client_order_id) for each in reports]


def test_quotes_of_both_sides_are_new_then_move_and_one_is_withdrawn(market: Market) -> None:
    told = market.say(quotes(bid("b", 98, 3), ask("a", 102, 4)))
    assert kinds(told) == [(OrderAccepted, "b"), (OrderAccepted, "a")]
    # Both sides move past each other: neither meets the other's old place.
    told = market.say(quotes(bid("b", 103, 3), ask("a", 105, 5)))
    assert kinds(told) == [(OrderReplaced, "b"), (OrderReplaced, "a")]
    assert market.resting() == {"b": (103, 3), "a": (105, 5)}
    told = market.say(quotes(bid("b", 0, 0)))
    assert kinds(told) == [(OrderCanceled, "b")]
    assert told[0].reason is Reason.REQUESTED
    assert market.resting() == {"a": (105, 5)}


def test_a_quote_moved_away_and_filled_from_the_same_place_sets_what_is_open_from_now_on(
    market: Market,
) -> None:
    market.say(quotes(bid("b", 98, 5)))
    market.say(order("t", SELL, 98, 2, "bob.main"), trader=market.bob)
    (replaced,) = market.say(quotes(bid("b", 98, 5)))
    assert (replaced.quantity_lots, replaced.leaves_lots) == (7, 5)
    assert market.resting() == {"b": (98, 5)}


def test_a_fill_in_flight_makes_a_quote_trade_less_and_never_more(market: Market) -> None:
    market.say(quotes(bid("b", 98, 5)))
    market.before_carol(order("t", SELL, 98, 2, "bob.main"))
    assert market.to_risk(quotes(bid("b", 99, 4))) == []
    filled, replaced = market.say()
    assert (type(filled), filled.leaves_lots) == (OrderFilled, 3)
    assert (type(replaced), replaced.quantity_lots, replaced.leaves_lots) == (OrderReplaced, 4, 2)
    assert market.resting() == {"b": (99, 2)}


def test_a_quote_that_has_traded_more_in_flight_than_it_is_to_be_ends_as_replaced_to_done(
    market: Market,
) -> None:
    market.say(quotes(bid("b", 98, 5), ask("a", 105, 1)))
    market.before_carol(order("t", SELL, 98, 4, "bob.main"))
    market.to_risk(quotes(bid("b", 98, 3), ask("a", 104, 1)))
    filled, done, moved = market.say()
    assert type(filled) is OrderFilled
    assert (type(done), done.leaves_lots) == (OrderReplaced, 0)
    assert (type(moved), moved.client_order_id) == (OrderReplaced, "a")
    assert market.resting() == {"a": (104, 1)}


def test_a_quote_that_has_ended_meanwhile_is_refused_and_the_others_go_on(market: Market) -> None:
    market.say(quotes(bid("b", 98, 2), bid("c", 97, 2), ask("a", 105, 1)))
    market.before_carol(order("t", SELL, 97, 4, "bob.main"))
    market.to_risk(quotes(bid("b", 97, 3), bid("c", 0, 0), ask("a", 106, 1), ask("n", 107, 1)))
    told = [each for each in market.say() if type(each) is not OrderFilled]
    assert kinds(told) == [
        (ReplaceRejected, "b"),
        (CancelRejected, "c"),
        (OrderReplaced, "a"),
        (OrderAccepted, "n"),
    ]
    assert {each.reason for each in told[:2]} == {Reason.ORDER_UNKNOWN}
    assert market.resting() == {"a": (106, 1), "n": (107, 1)}


def test_a_name_is_free_again_when_its_quote_has_ended_and_an_order_s_is_not(market: Market) -> None:
    market.say(quotes(bid("b", 98, 2)))
    market.say(quotes(bid("b", 98, 0)))
    (again,) = market.say(quotes(bid("b", 98, 2)))
    assert type(again) is OrderAccepted
    market.say(order("o", BUY, 98, 1), CancelOrder("carol.main", "o"))
    (refused,) = market.say(order("o", BUY, 98, 1))
    assert (type(refused), refused.reason) == (OrderRejected, Reason.CLIENT_ORDER_ID_REPEATED)


def test_a_withdrawal_of_nothing_and_one_on_its_way_are_told_and_the_others_go_on(market: Market) -> None:
    market.say(quotes(bid("b", 98, 2), ask("a", 105, 1)))
    (first,) = market.to_risk(quotes(bid("b", 0, 0), bid("none", 0, 0)))
    assert (type(first), first.client_order_id, first.reason) == (
        CancelRejected,
        "none",
        Reason.ORDER_UNKNOWN,
    )
    (second,) = market.to_risk(quotes(bid("b", 0, 0), ask("a", 104, 1)))
    assert (second.client_order_id, second.reason) == ("b", Reason.CANCEL_PENDING)
    assert kinds(market.say()) == [(OrderCanceled, "b"), (OrderReplaced, "a")]


def test_quotes_are_orders_of_their_group_replaced_and_canceled_as_any(market: Market) -> None:
    market.say(order("b", BUY, 98, 2, quote_group="g"))
    (moved,) = market.say(quotes(bid("b", 99, 3)))
    assert (type(moved), moved.price_ticks) == (OrderReplaced, 99)
    (replaced,) = market.say(ReplaceOrder("carol.main", "b", 98, 3))
    assert type(replaced) is OrderReplaced
    counted, canceled = market.say(MassCancel("c", "carol.main", None, None, "g"))
    assert (type(counted), counted.asked) == (MassCanceled, 1)
    assert (type(canceled), canceled.reason) == (OrderCanceled, Reason.MASS_CANCEL)


def test_what_is_on_its_way_survives_a_restart_of_risk_and_book(market: Market) -> None:
    market.say(quotes(bid("b", 98, 3), ask("a", 102, 4)))
    market.to_risk(quotes(bid("b", 97, 2), ask("a", 0, 0), ask("n", 103, 1)))
    market.restart()
    assert kinds(market.say()) == [(OrderReplaced, "b"), (OrderAccepted, "n"), (OrderCanceled, "a")]
    market.restart()
    assert kinds(market.say(quotes(bid("b", 0, 0), ask("n", 104, 1)))) == [
        (OrderReplaced, "n"),
        (OrderCanceled, "b"),
    ]


def test_quotes_that_arrive_trade_after_all_are_answered_and_pay_the_taker_s_fee(market: Market) -> None:
    market.say(order("t", SELL, 100, 2, "bob.main"), trader=market.bob)
    told = market.say(quotes(bid("b", 100, 5), ask("a", 101, 1)))
    assert kinds(told) == [(OrderAccepted, "b"), (OrderAccepted, "a"), (OrderFilled, "b")]
    assert told[2].fee_amount == 200_000 * 10_007 // 10**7
    assert market.resting() == {"b": (100, 3), "a": (101, 1)}


def state(market: Market) -> Any:
    saved = market.exchange.domain("risk/0").state()
    del saved["sessions"]
    saved.pop("breaches", None)  # what the risk desk will be told
    saved.pop("breaches_second", None)
    for participant in saved["participants"]:
        participant[0].pop()  # last_sequence
    return saved


LIVE = quotes(bid("b", 95, 1), ask("a", 105, 1))
MANY = tuple(bid(f"q{number}", 90, 1) for number in range(33))


@pytest.mark.parametrize(
    ("command", "name", "refusal"),
    [
        (quotes(bid("n", 98, 1), account="bob.main"), None, (Reason.ACCOUNT_UNKNOWN, 0, 0)),
        (quotes(bid("n", 98, 1), instrument="NONE"), None, (Reason.INSTRUMENT_UNKNOWN, 0, 0)),
        (quotes(), None, (Reason.QUOTE_COUNT, 32, 0)),
        (quotes(*MANY), None, (Reason.QUOTE_COUNT, 32, 33)),
        (quotes(bid("n", 98, 1), bid("b", 96, 1), group="h"), "b", (Reason.QUOTE_OTHER, 0, 0)),
        (quotes(ask("b", 99, 1)), "b", (Reason.QUOTE_OTHER, 0, 0)),
        (quotes(bid("plain", 0, 0)), "plain", (Reason.QUOTE_OTHER, 0, 0)),
        (quotes(bid("posted", 96, 1)), "posted", (Reason.QUOTE_OTHER, 0, 0)),
        (quotes(bid("n", 98, 1), Quote("s", 3, 98, 1)), "s", (Reason.SIDE, 0, 3)),
        (quotes(bid("", 98, 1)), "", (Reason.CLIENT_ORDER_ID, 36, 0)),
        (quotes(bid("n", 98, 16), bid("low", 89, 1)), "low", (Reason.PRICE_LOW, 90, 89)),
        (quotes(bid("b", 98, 16)), "b", (Reason.QUANTITY_HIGH, 15, 16)),
        (quotes(bid("n", 98, 1), bid("n", 97, 1)), "n", (Reason.CLIENT_ORDER_ID_REPEATED, 0, 0)),
        (quotes(bid("b", 0, 0), bid("b", 0, 0)), "b", (Reason.CLIENT_ORDER_ID_REPEATED, 0, 0)),
        (quotes(bid("n", 98, 1), group=""), None, (Reason.GROUP, 32, 0)),
        (quotes(bid("n", 98, 1), group="x" * 33), None, (Reason.GROUP, 32, 33)),
        (quotes(bid("n", 98, 1), bid("m", 101, 1), ask("s", 101, 1)), "m", (Reason.QUOTES_CROSSED, 101, 101)),
    ],
)
def test_a_refusal_names_the_quote_and_the_numbers_and_changes_nothing(
    market: Market, command: MassQuote, name: str | None, refusal: tuple[Reason, int, int]
) -> None:
    posted = replace(order("posted", BUY, 94, 1, quote_group="g"), post_only=True)
    market.say(LIVE, order("plain", BUY, 94, 1), posted)
    before = state(market)
    (told,) = market.to_risk(command)
    last = market.carol.source.last
    assert told == QuotesRejected(last, "m", command.account_id, name, *refusal)
    assert state(market) == before


def test_the_balance_is_looked_at_over_all_quotes_of_a_side_together(market: Market) -> None:
    """carol has 5 USD: a lot at 1.00 costs 0.1 and 0.10007 with the fee."""
    told = market.say(quotes(*(bid(f"q{number}", 100, 12) for number in range(4))))
    assert kinds(told) == [(OrderAccepted, f"q{number}") for number in range(4)]
    one = 1_200_000 + 1_200_000 * 10_007 // 10**7
    (refused,) = market.say(quotes(bid("q0", 100, 13), bid("q1", 100, 13), ask("a", 105, 15)))
    more = 1_300_000 + 1_300_000 * 10_007 // 10**7
    assert (refused.reason, refused.bound, refused.actual) == (
        Reason.BALANCE,
        5_000_000 - 4 * one + 2 * one,
        2 * more,
    )


def test_windows_rate_and_open_orders_have_to_fit_all_quotes_that_are_new_or_changed() -> None:
    limits = 'balances: {USD: "5", X: "90", Z: "9"}\n    limits: {open_orders_max: 3}'
    market = Market(TEXT.replace('balances: {USD: "5", X: "90", Z: "9"}', limits))
    (refused,) = market.say(quotes(*(bid(f"q{number}", 90, 1) for number in range(4))))
    assert (refused.reason, refused.bound, refused.actual) == (Reason.OPEN_ORDERS_LIMIT, 3, 0)

    market = Market()
    live = tuple(bid(f"q{number}", 90, 1) for number in range(8))
    market.say(quotes(*live))
    market.to_risk(quotes(*(bid(each.client_order_id, 91, 1) for each in live)))
    (refused,) = market.to_risk(quotes(bid("q0", 92, 1), bid("q1", 92, 1)))
    assert (refused.reason, refused.bound, refused.actual) == (Reason.INSTRUMENT_BUSY, 9, 8)
    # Withdrawals are never refused for load, as cancels are not.
    assert market.to_risk(quotes(*(bid(each.client_order_id, 0, 0) for each in live))) == []
    assert kinds(market.say()) == [
        *((OrderReplaced, each.client_order_id) for each in live),
        *((OrderCanceled, each.client_order_id) for each in live),
    ]

    market = Market()
    market.exchange.control(SetOrderRate("carol", 3))
    market.exchange.settle()
    market.say(quotes(bid("q0", 90, 1), bid("q1", 90, 1)))
    (refused,) = market.say(quotes(bid("q0", 91, 1), bid("q1", 91, 1)))
    assert (refused.reason, refused.bound, refused.actual) == (Reason.ORDER_RATE_LIMIT, 3, 2)
    told = market.say(quotes(bid("q0", 91, 1), bid("q1", 0, 0)))
    assert kinds(told) == [(OrderReplaced, "q0"), (OrderCanceled, "q1")]


def test_while_it_is_halted_only_withdrawals_are_taken_while_it_is_closed_nothing(market: Market) -> None:
    market.say(quotes(bid("b", 98, 2), ask("a", 105, 1)))
    market.exchange.control(SetPhase("X-USD", Phase.HALTED))
    market.exchange.settle()
    (refused,) = market.say(quotes(bid("b", 0, 0), ask("a", 104, 1)))
    halted = Reason.INSTRUMENT_HALTED, Phase.CONTINUOUS, Phase.HALTED
    assert (refused.reason, refused.bound, refused.actual) == halted
    assert kinds(market.say(quotes(bid("b", 0, 0)))) == [(OrderCanceled, "b")]
    market.exchange.control(SetPhase("X-USD", Phase.CLOSED))
    market.exchange.settle()
    (refused,) = market.say(quotes(ask("a", 0, 0)))
    assert (type(refused), refused.reason) == (QuotesRejected, Reason.INSTRUMENT_HALTED)


def test_what_its_book_refuses_all_quotes_are_told_each_by_the_answer_of_its_kind(market: Market) -> None:
    market.say(quotes(bid("b", 98, 2), ask("a", 105, 1)))
    market.exchange.control(SetPhase("X-USD", Phase.HALTED))
    market.exchange.shards["control/0"].step(0.0)  # the book is told, and risk by the book
    market.to_risk(quotes(bid("b", 97, 2), ask("a", 0, 0), ask("n", 106, 1)))
    told = market.say()
    assert kinds(told) == [(ReplaceRejected, "b"), (CancelRejected, "a"), (OrderRejected, "n")]
    halted = Reason.INSTRUMENT_HALTED, Phase.CONTINUOUS, Phase.HALTED
    assert {(each.reason, each.bound, each.actual) for each in (told[0], told[2])} == {halted}
    assert market.resting() == {"b": (98, 2), "a": (105, 1)}


def test_a_quote_filled_up_again_and_again_is_refused_before_its_total_overflows(market: Market) -> None:
    market.say(quotes(bid("b", 98, 2)))
    (live,) = market.exchange.risk(0).orders.values()
    live.executed_lots, live.quantity_lots = 2**101 // (110 * 1000), 2**101 // (110 * 1000) + 2
    changed_by_hand(market.exchange.shards["risk/0"].machine)
    (refused,) = market.to_risk(quotes(bid("b", 98, 2)))
    assert refused.reason is Reason.OVERFLOW
