"""Phases that come by themselves: a timetable, a circuit breaker, and when an operator's word goes first."""

import pytest

from bulkhead.domain.book_partition.timetable import DAY_MS, due
from bulkhead.domain.messages.control import ReleaseOrders, SetPhase
from bulkhead.domain.messages.decisions import ChangeMade, ChangeRefused
from bulkhead.domain.messages.market_data import PhasePublished, TradePublished
from bulkhead.domain.messages.trading import ClearTimetable, SchedulePhase, SetCircuitBreaker
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase, Side
from tests.support.operator import Operator
from tests.unit.book.auction_market import START_MS, Market

BUY, SELL = Side.BUY, Side.SELL
HOUR_MS = 3_600_000
EIGHT = START_MS % DAY_MS


@pytest.fixture(name="market")
def _market() -> Market:
    return Market()


def phases(news: list[object]) -> list[Phase]:
    return [event.phase for event in news if isinstance(event, PhasePublished)]


def test_a_phase_is_due_once_a_day_at_the_first_tick_at_or_past_its_time() -> None:
    day = {8 * HOUR_MS: Phase.AUCTION, 9 * HOUR_MS: Phase.CONTINUOUS, 17 * HOUR_MS: Phase.CLOSED}
    midnight = 20_000 * DAY_MS
    assert due(day, midnight, midnight + 8 * HOUR_MS - 1) == []
    assert due(day, midnight + 8 * HOUR_MS - 1, midnight + 8 * HOUR_MS) == [Phase.AUCTION]
    assert due(day, midnight + 8 * HOUR_MS, midnight + 8 * HOUR_MS + 5) == []
    assert due(day, midnight + 8 * HOUR_MS, midnight + 18 * HOUR_MS) == [Phase.CONTINUOUS, Phase.CLOSED]
    # Without time over a night, and over many days: each once, the last of them last.
    assert due(day, midnight + 10 * HOUR_MS, midnight + DAY_MS + 8 * HOUR_MS) == [Phase.CLOSED, Phase.AUCTION]
    assert due(day, midnight, midnight + 9 * DAY_MS + 10 * HOUR_MS) == [
        Phase.CLOSED,
        Phase.AUCTION,
        Phase.CONTINUOUS,
    ]
    assert due(day, 0, midnight + 10 * HOUR_MS) == [Phase.CONTINUOUS]


def test_a_timetable_opens_auctions_and_closes_day_after_day(market: Market) -> None:
    market.tick()
    market.decide(
        SchedulePhase("X-USD", EIGHT + 10_000, Phase.AUCTION),
        SchedulePhase("X-USD", EIGHT + 20_000, Phase.CONTINUOUS),
        SchedulePhase("X-USD", EIGHT + 30_000, Phase.CLOSING_AUCTION),
        SchedulePhase("X-USD", EIGHT + 40_000, Phase.CLOSED),
    )
    assert phases(market.tick(10)) == [Phase.AUCTION]
    market.place("alice", BUY, 3, 101)
    market.place("bob", SELL, 3, 99)
    opened = market.tick(10)
    assert [event.quantity_lots for event in opened if isinstance(event, TradePublished)] == [3]
    assert phases(opened) == [Phase.CONTINUOUS]
    assert phases(market.tick(20)) == [Phase.CLOSING_AUCTION, Phase.CLOSED]
    market.time_ms += DAY_MS - 60_000
    assert phases(market.tick(60)) == [Phase.AUCTION, Phase.CONTINUOUS, Phase.CLOSING_AUCTION, Phase.CLOSED]


def test_at_the_founding_the_phase_comes_that_the_timetable_has_for_then_whatever_came_first(
    market: Market,
) -> None:
    market.tick()
    opens = SchedulePhase("X-USD", EIGHT - HOUR_MS, Phase.CONTINUOUS, at_once=True)
    closes = SchedulePhase("X-USD", EIGHT - 2 * HOUR_MS, Phase.CLOSED, at_once=True)
    auction = SchedulePhase("X-USD", EIGHT + HOUR_MS, Phase.AUCTION, at_once=True)
    market.decide(auction, closes)
    assert phases(market.tick()) == [Phase.CLOSED]
    market.decide(opens)
    assert phases(market.tick(2)) == [Phase.CONTINUOUS]


def test_an_instrument_that_an_operator_halted_is_not_opened_by_its_timetable(market: Market) -> None:
    market.tick()
    market.decide(SchedulePhase("X-USD", EIGHT + 10_000, Phase.AUCTION), SetPhase("X-USD", Phase.HALTED))
    assert phases(market.tick(20)) == []
    market.decide(SetPhase("X-USD", Phase.CONTINUOUS))
    market.time_ms += DAY_MS - 30_000
    assert phases(market.tick(30)) == [Phase.AUCTION]


def test_an_instrument_whose_orders_were_released_in_a_call_is_halted_until_an_operator_opens_it(
    market: Market,
) -> None:
    market.tick()
    market.decide(SetPhase("X-USD", Phase.AUCTION), SchedulePhase("X-USD", EIGHT + 9_000, Phase.CONTINUOUS))
    market.place("alice", BUY, 3, 101)
    market.news()
    Operator(market.exchange).decide(ReleaseOrders("X-USD", "lost"))
    market.exchange.settle()
    assert phases(market.news()) == [Phase.HALTED]
    assert phases(market.tick(20)) == []


def test_a_timetable_has_no_halt_and_no_time_beyond_the_day_and_can_be_cleared(market: Market) -> None:
    market.tick()
    market.decide(
        SchedulePhase("X-USD", 0, Phase.HALTED, "a slip", 1),
        SchedulePhase("X-USD", DAY_MS, Phase.CLOSED, "a slip", 2),
        SchedulePhase("X-USD", EIGHT + 5_000, Phase.CLOSED, "early", 3),
        ClearTimetable("X-USD", "not today", 4),
        SetCircuitBreaker("X-USD", 1, 1, 1, Phase.CLOSED, "a slip", 5),
    )
    assert market.answers() == [
        ChangeRefused("X-USD", 1, Reason.PHASE_UNSUITABLE, 0, Phase.HALTED),
        ChangeRefused("X-USD", 2, Reason.TIME_OF_DAY, DAY_MS, DAY_MS),
        ChangeMade("X-USD", 3, Phase.CONTINUOUS),
        ChangeMade("X-USD", 4, Phase.CONTINUOUS),
        ChangeRefused("X-USD", 5, Reason.PHASE_UNSUITABLE, 0, Phase.CLOSED),
    ]
    assert phases(market.tick(10)) == []


def trade(market: Market, price_ticks: int) -> None:
    market.place("alice", SELL, 1, price_ticks)
    market.place("bob", BUY, 1, price_ticks)


def test_trades_too_far_apart_within_the_window_pause_the_market_until_ticks_end_it(market: Market) -> None:
    market.decide(SetCircuitBreaker("X-USD", 3, 2, 4, Phase.HALTED))
    market.tick()
    trade(market, 100)
    market.tick(2)
    trade(market, 103)
    assert phases(market.news()) == []
    market.tick()  # the trade at 100 is out of the window
    trade(market, 106)
    assert phases(market.news()) == []
    trade(market, 102)
    news = market.news()
    assert type(news[-1]) is PhasePublished
    assert phases(news) == [Phase.HALTED]
    machine = market.exchange.shards["book/0"].machine
    before = machine.snapshot()
    machine.restore(before)
    assert machine.snapshot() == before
    assert phases(market.tick(3)) == []
    assert phases(market.tick()) == [Phase.CONTINUOUS]
    trade(market, 109)  # the window has begun anew
    assert phases(market.news()) == []


def test_a_circuit_breaker_may_bring_a_call_and_none_trips_at_an_auction_s_price(market: Market) -> None:
    market.decide(SetCircuitBreaker("X-USD", 3, 100, 4, Phase.AUCTION))
    market.tick()
    trade(market, 100)
    trade(market, 104)
    assert phases(market.news()) == [Phase.AUCTION]
    market.place("alice", SELL, 1, 109)
    market.place("bob", BUY, 1, 109)
    news = market.tick(4)
    assert [event.price_ticks for event in news if isinstance(event, TradePublished)] == [109]
    assert phases(news) == [Phase.CONTINUOUS]


def test_a_pause_that_an_operator_confirms_lasts_until_an_operator_ends_it(market: Market) -> None:
    market.decide(SetCircuitBreaker("X-USD", 3, 100, 4, Phase.HALTED))
    market.tick()
    trade(market, 100)
    trade(market, 104)
    market.decide(SetPhase("X-USD", Phase.HALTED))
    assert phases(market.tick(9)) == []
    assert phases(market.decide(SetPhase("X-USD", Phase.CONTINUOUS))) == [Phase.CONTINUOUS]
