"""Flows that auction again and again: market data alone rebuild the crossed book while it gathers, and the
checks that say so can fail.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.domain.book import uncross
from bulkhead.domain.book_partition import auctions, fill
from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.market_data import PhasePublished, TradePublished
from bulkhead.domain.terms import Phase, Side
from bulkhead.machines.factory import make_reference
from bulkhead.simulation.broken import Broken
from bulkhead.simulation.checks.books import check_books, public_books
from bulkhead.simulation.checks.together import check_everything
from bulkhead.simulation.evidence import messages
from tests.property.exchange_flow import Flow, fixed_seeds
from tests.support import both_engines

flows = st.lists(st.integers(0, 2**32 - 1), min_size=40, max_size=120)


class AuctionFlow(Flow):
    """Every book is in a call most of the time; what else operators decide comes as ever."""

    def __init__(self, say: Callable[[str], object] = lambda text: None) -> None:
        super().__init__(say)
        self._kinds += [(12, self._call), (5, self._uncross)]
        for instrument_id in self.exchange.topology.instruments:
            self.exchange.control(SetPhase(instrument_id, Phase.AUCTION))
        self.exchange.settle()

    def _call(self, chance: random.Random) -> str:
        return self._enter(chance, Phase.AUCTION)

    def _uncross(self, chance: random.Random) -> str:
        return self._enter(chance, Phase.CONTINUOUS)

    def _enter(self, chance: random.Random, phase: Phase) -> str:
        message = SetPhase(chance.choice(list(self.exchange.topology.instruments)), phase)
        self.exchange.control(message)
        return f"control: {message}"


def played(seeds: list[int], say: Callable[[str], object] = lambda text: None) -> AuctionFlow:
    flow = AuctionFlow(say)
    for seed in seeds:
        flow.act(seed)
    flow.finish()
    return flow


@settings(max_examples=25)
@given(flows)
def test_market_data_alone_rebuild_the_crossed_book_that_gathers_and_the_one_that_is_uncrossed(
    seeds: list[int],
) -> None:
    flow = played(seeds, note)
    check_books(flow.evidence(), flow.exchange.said())
    for instrument_id in flow.exchange.topology.instruments:
        flow.exchange.control(
            SetPhase(instrument_id, Phase.HALTED), SetPhase(instrument_id, Phase.CONTINUOUS)
        )
    flow.exchange.settle()
    check_books(flow.evidence(), flow.exchange.said())


@settings(max_examples=25)
@given(flows)
def test_every_promise_holds_through_auctions(seeds: list[int]) -> None:
    flow = played(seeds, note)
    check_everything(flow.evidence(), flow.exchange.said(), make_reference)


def test_such_flows_have_crossed_books_and_auctions_trades() -> None:
    flow = played(fixed_seeds("auctions", 1_200))
    said = flow.exchange.said()
    books = public_books(flow.evidence(), said)
    trades, crossed = 0, 0
    for number in range(3):
        for event in messages(said, f"market_data/{number}"):
            book = books[event.instrument_id]
            book.hear(event)
            trades += isinstance(event, TradePublished) and event.aggressor_side is None
            bids, asks = ([row[1] for row in book.ranked(side) if row[1] is not None] for side in Side)
            crossed += bool(bids and asks and bids[0] >= asks[0])
    assert trades > 20
    assert crossed > 100


def _tells_the_public_only(partition: Any, instrument_id: str, phase: Phase, out: Any) -> None:
    out.send(partition.market_data, PhasePublished(instrument_id, phase))


def _ranks_the_last_first(side: Any) -> Any:
    return iter(sorted(side, key=lambda order: (-side.step * order.price_ticks, -order.order_id)))


BUGS: dict[str, tuple[Any, str, Any]] = {
    "risk is told no phase": (auctions, "tell_phase", _tells_the_public_only),
    "the youngest trades first": (uncross, "_ranked", _ranks_the_last_first),
    "auctions cost nothing": (fill, "charged", lambda basis: 0),
    "what has traded still shows": (auctions, "shrunk", lambda *_: None),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_planted_in_auctions_is_caught(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(both_engines, "KINDS", ())  # on both, the native one would say at once what is wrong
    monkeypatch.setattr(*BUGS[bug])
    caught = False
    for number in range(10):
        flow = played(fixed_seeds(f"planted {number}", 200))
        try:
            check_everything(flow.evidence(), flow.exchange.said(), make_reference)
        except Broken:
            caught = True
            break
    assert caught
