"""A book that is given up: what its orders' participants are told, what is free, and what may still come."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from bulkhead.domain.messages.control import Deposit, ReleaseOrders, ReleaseQuarantine, SetPhase
from bulkhead.domain.messages.orders import BookCleared, ClearBook, PhaseChanged
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    ReplaceRejected,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.model import Balance
from bulkhead.domain.terms import Phase, Role, Side
from bulkhead.simulation.checks.ledger import check_assets
from bulkhead.topology import derived
from bulkhead.wire.codec import decode, encode
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, Trader
from tests.support.operator import Operator
from tests.support.quarantine import Ward
from tests.unit.machines.frames import give, internal

BUY = PlaceOrder("carol.main", "b", "X-USD", Side.BUY, 1, 1, False, 100, None, 5)
SELL = replace(BUY, account_id="flow2.main", client_order_id="s", side=Side.SELL)
OTHER = PlaceOrder("carol.main", "z", "Z-USD", Side.BUY, 1, 1, False, 100, None, 10)
CANCEL = CancelOrder("carol.main", "b")
UP = ReplaceOrder("carol.main", "b", 101, 6)
RELEASE = ReleaseOrders("X-USD", "its disk is gone")
POOR = TEXT.replace('USD: "5"', 'USD: "1.1"')
"""carol has money for one of her orders"""


class Market:
    """carol and flow2 on risk/0. The book of X-USD, book/0, does nothing until it is told to."""

    def __init__(self, text: str = POOR) -> None:
        self.ward = Ward()
        self.exchange = MemoryExchange(text, make=self.ward.make, decides=False)
        self.operator = Operator(self.exchange)
        self.carol = self.exchange.trader("carol")
        self.flow2 = self.exchange.trader("flow2")
        self.carol.reports()

    @property
    def usd(self) -> Balance:
        return self.exchange.risk(0).accounts["carol.main"].balances["USD"]

    def rest(self, trader: Trader, *commands: Any) -> list[Any]:
        trader.send(*commands)
        self.exchange.settle()
        return trader.reports()

    def step(self, *shards: str) -> None:
        for name in shards:
            self.exchange.shards[name].step(0.0)

    def send(self, trader: Trader, *commands: Any) -> list[Any]:
        """As far as risk, and to a book that does not read."""
        trader.send(*commands)
        self.step("risk/0")
        return trader.reports()

    def release(self) -> list[Any]:
        """What carol is told of it at once."""
        self.operator.decide(RELEASE)
        self.step("control/0", "risk/0")
        return self.carol.reports()

    def returns(self) -> list[Any]:
        """The book reads on: what carol is told then. Nothing is left of it, and the sums are right."""
        self.exchange.settle()
        risk = self.exchange.risk(0)
        assert not risk.lost
        assert not any(order.released for order in risk.orders.values())
        assert not any(route.unanswered for route in risk.routes.values())
        assert not any(each.unanswered or each.given_up for each in risk.participants.values())
        deposits: dict[str, int] = {}
        for account in derived.account_terms(self.exchange.topology):
            for asset_id, amount in dict(account.balances).items():
                deposits[asset_id] = deposits.get(asset_id, 0) + amount
        check_assets(self.exchange.evidence(deposits))
        return self.carol.reports()

    def to_books(self) -> list[Any]:
        return [decode(event) for event in self.exchange.said()["risk/0", "books/0"]]


@pytest.fixture(name="market")
def _market() -> Market:
    return Market()


def canceled(lots: int = 5, last_sequence: int = 2) -> OrderCanceled:
    return OrderCanceled(last_sequence, "carol.main", "b", 1, "X-USD", lots, Reason.BOOK_LOST)


def test_an_order_ends_and_what_it_held_can_be_used_elsewhere(market: Market) -> None:
    market.rest(market.carol, BUY)
    assert market.send(market.carol, OTHER)[-1].reason is Reason.BALANCE
    assert market.release() == [canceled(last_sequence=3)]
    assert market.usd.reserved == 0
    assert market.exchange.risk(0).participants["carol"].open_orders == 0
    told = market.send(market.carol, replace(OTHER, client_order_id="z2"), replace(BUY, client_order_id="c"))
    assert told == [OrderRejected(5, "carol.main", "c", Reason.INSTRUMENT_HALTED, 1, Phase.HALTED)]
    assert market.to_books()[-1] == ClearBook("X-USD", 0)
    assert [type(report) for report in market.returns()] == [OrderAccepted]  # of Z-USD


def test_an_order_that_its_book_had_not_read_ends_without_having_been_accepted(market: Market) -> None:
    assert market.send(market.carol, BUY) == []
    assert market.release() == [canceled()]
    assert market.returns() == []
    assert market.exchange.risk(0).orders == {}


def test_commands_that_waited_for_the_book_are_answered(market: Market) -> None:
    market.rest(market.carol, BUY)
    market.send(market.carol, replace(UP, price_ticks=99), CANCEL)
    assert market.release() == [
        CancelRejected(4, "carol.main", "b", Reason.BOOK_LOST, 0, 0),
        ReplaceRejected(4, "carol.main", "b", Reason.BOOK_LOST, 0, 0),
        canceled(last_sequence=4),
    ]
    assert market.send(market.carol, CANCEL) == [
        CancelRejected(5, "carol.main", "b", Reason.ORDER_UNKNOWN, 0, 0)
    ]
    assert market.returns() == []


def test_a_cancel_of_an_order_that_has_been_filled_is_answered(market: Market) -> None:
    market.rest(market.carol, BUY)
    market.send(market.flow2, SELL)
    market.carol.send(CANCEL)
    market.step("book/0", "risk/0")
    assert [type(report) for report in market.carol.reports()] == [OrderFilled]
    assert market.release() == [CancelRejected(3, "carol.main", "b", Reason.BOOK_LOST, 0, 0)]
    assert market.returns() == []


def test_what_the_book_holds_unanswered_is_not_held_against_its_participants() -> None:
    text = TEXT.replace(
        'USD: "5", X: "90", Z: "9"}', 'USD: "5", X: "90", Z: "9"}\n    limits: {commands_in_flight_max: 3}'
    )
    market = Market(text)
    market.rest(market.carol, replace(BUY, client_order_id="rests"))
    small = [replace(BUY, client_order_id=f"b{number}", quantity_lots=1) for number in range(3)]
    market.send(market.carol, *small)
    assert market.send(market.carol, OTHER)[-1].reason is Reason.COMMANDS_IN_FLIGHT_LIMIT
    assert len(market.release()) == 4
    others = [replace(OTHER, client_order_id=f"z{number}", quantity_lots=4) for number in range(4)]
    (refused,) = market.send(market.carol, *others)
    assert refused == OrderRejected(10, "carol.main", "z3", Reason.COMMANDS_IN_FLIGHT_LIMIT, 3, 3)
    market.returns()


def _release_before_a_fill(market: Market, *meanwhile: Any) -> list[Any]:
    """carol's order is filled by the book, which risk hears of after it has released it, and taken what she
    has sent meanwhile.
    """
    market.rest(market.carol, BUY)
    market.send(market.flow2, SELL)
    market.operator.decide(RELEASE)
    market.step("control/0")
    market.carol.send(*meanwhile)
    market.step("book/0", "risk/0")
    return market.carol.reports()


FEE = -500_000 * 2_503 // 10**7


def test_a_fill_that_is_told_late_is_true_and_nothing_is_released_twice(market: Market) -> None:
    before = market.usd.total
    assert _release_before_a_fill(market) == [
        canceled(),
        OrderFilled(2, "carol.main", "b", 1, "X-USD", Side.BUY, 1, 100, 5, 0, Role.MAKER, FEE),
    ]
    assert (market.usd.total, market.usd.reserved) == (before - 500_000 - FEE, 0)
    assert market.returns() == []


def test_a_late_fill_of_a_part_leaves_nothing_that_is_open() -> None:
    market = Market()
    market.rest(market.carol, BUY)
    market.send(market.flow2, replace(SELL, quantity_lots=2))
    market.operator.decide(RELEASE)
    market.step("control/0", "book/0", "risk/0")
    gone, filled = market.carol.reports()
    assert (gone, filled.quantity_lots, filled.leaves_lots) == (canceled(), 2, 0)
    assert market.usd.reserved == 0
    assert market.returns() == []


def test_an_account_that_a_late_fill_leaves_short_can_order_nothing_more_until_that_is_covered(
    market: Market,
) -> None:
    told = _release_before_a_fill(market, OTHER)
    assert [type(report) for report in told] == [OrderCanceled, OrderFilled]
    short = market.usd.total - market.usd.reserved
    assert short < 0
    small = replace(OTHER, client_order_id="y", quantity_lots=4)
    (refused,) = market.send(market.carol, small)
    assert (refused.reason, refused.bound) == (Reason.BALANCE, short)
    market.exchange.settle()
    assert market.rest(market.carol, replace(CANCEL, client_order_id="z"))[-1].reason is Reason.REQUESTED
    assert market.usd.total > market.usd.reserved == 0
    assert isinstance(market.rest(market.carol, replace(small, client_order_id="x"))[-1], OrderAccepted)


def test_a_deposit_covers_what_a_late_fill_left_short(market: Market) -> None:
    _release_before_a_fill(market, OTHER)
    market.exchange.control(Deposit("carol.main", "USD", 5_000_000))
    market.exchange.settle()
    again = replace(OTHER, client_order_id="y")
    assert isinstance(market.rest(market.carol, again)[-1], OrderAccepted)


def test_a_replace_that_the_book_had_taken_counts_for_its_late_fill(market: Market) -> None:
    market.rest(market.carol, BUY)
    market.send(market.carol, replace(UP, quantity_lots=7))
    market.send(market.flow2, replace(SELL, quantity_lots=7))
    market.operator.decide(RELEASE)
    market.step("control/0", "book/0", "risk/0")
    refused, gone, filled = market.carol.reports()
    assert (type(refused), gone) == (ReplaceRejected, canceled(last_sequence=3))
    assert (filled.price_ticks, filled.quantity_lots, filled.leaves_lots) == (101, 7, 0)
    assert market.exchange.risk(0).orders == {}
    assert market.returns() == []


def test_the_phase_follows_the_book_again_when_it_has_said_that_it_is_cleared(market: Market) -> None:
    market.rest(market.carol, BUY)
    market.operator.decide(RELEASE)
    market.exchange.control(SetPhase("X-USD", Phase.CLOSED), SetPhase("X-USD", Phase.CONTINUOUS))
    market.step("control/0", "book/0", "risk/0")
    instrument = market.exchange.risk(0).instruments["X-USD"]
    assert instrument.phase is Phase.HALTED  # not what the book said before it had read ClearBook
    market.returns()
    assert instrument.phase is Phase.HALTED
    market.exchange.control(SetPhase("X-USD", Phase.CONTINUOUS))
    market.exchange.settle()
    assert market.rest(market.carol, replace(BUY, client_order_id="c")) == [
        OrderAccepted(3, "carol.main", "c", 2, "X-USD")
    ]


def test_a_release_that_is_repeated_asks_the_book_again_and_releases_nothing_again(market: Market) -> None:
    market.rest(market.carol, BUY)
    market.release()
    before = market.exchange.domain("risk/0").state()
    assert market.release() == []
    assert market.exchange.domain("risk/0").state() == before
    assert market.to_books()[-2:] == [ClearBook("X-USD", 0)] * 2
    assert market.returns() == []


def test_a_lost_book_is_in_a_snapshot_and_nothing_of_it_once_it_was_cleared(market: Market) -> None:
    machine = market.exchange.shards["risk/0"].machine

    def saved() -> set[str]:
        return set(msgspec.msgpack.decode(machine.snapshot())["domain"])

    usual = saved()
    market.rest(market.carol, BUY)
    market.send(market.carol, UP)
    market.release()
    assert saved() == usual | {"lost", "released"}
    before = machine.snapshot()
    machine.restore(before)
    assert machine.snapshot() == before
    assert market.exchange.risk(0).participants["carol"].given_up == 1
    market.returns()
    assert saved() == usual


def test_what_was_put_aside_for_a_halted_account_is_applied_to_its_released_orders() -> None:
    market = Market()
    market.ward.poison = lambda name, message: isinstance(message, OrderAccepted)
    market.rest(market.carol, BUY)
    assert market.exchange.shards["risk/0"].machine.quarantined().keys() == {"account carol.main"}
    assert market.release() == [canceled()]
    assert market.usd.reserved == 0
    market.exchange.settle()
    assert len(market.exchange.risk(0).orders) == 1  # the book's last word on it is put aside
    market.ward.cure()
    market.operator.decide(ReleaseQuarantine("risk/0", "account carol.main", False, "looked at"))
    assert market.returns() == []
    assert market.exchange.risk(0).orders == {}


def test_a_new_session_is_not_told_of_a_released_order(market: Market) -> None:
    market.rest(market.carol, BUY)
    market.release()
    again = Trader(market.exchange, "carol", epoch=2)
    again.open()
    market.step("risk/0")
    assert market.carol.reports()[-1].open_orders == 0


def test_a_book_that_is_cleared_without_having_been_lost_tells_its_phase(market: Market) -> None:
    stream = internal(market.exchange, "book/0", "orders/0")
    stream.events = list(market.exchange.said()["book/0", "orders/0"])
    frame = stream.next(
        encode(PhaseChanged("X-USD", Phase.CLOSED)), encode(BookCleared("X-USD", Phase.HALTED))
    )
    assert give(market.exchange, "risk/0", frame) == []
    assert market.exchange.risk(0).instruments["X-USD"].phase is Phase.HALTED
