"""Random histories and flows have had all that the rule book has: what is never drawn is proved by nobody."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, get_args

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from bulkhead.domain.book import match, place, plan
from bulkhead.domain.book.bands import inside_bands
from bulkhead.domain.book.book import Book
from bulkhead.domain.book.book_rules import BookRules
from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.outcomes import Canceled, CancelReason, Outcome, Rejected, RejectReason
from bulkhead.domain.book.plan import Deed, Step
from bulkhead.domain.book.pro_rata import ProRata, shares
from bulkhead.domain.book.self_trade import prevent
from bulkhead.domain.book_partition.breaker import CircuitBreaker
from bulkhead.domain.terms import OrderType, Phase, TimeInForce
from bulkhead.machines.factory import make_reference
from bulkhead.simulation.checks.together import check_everything
from tests.property.book_commands import histories
from tests.property.book_histories import apply
from tests.property.exchange_flow import Flow, fixed_seeds, run
from tests.property.exchange_topology import TEXT
from tests.support.reached import RULES, reached

EXAMPLES = 400
FLOWS, ACTIONS = 20, 1_500
ELSEWHERE = {"TradeBusted", "TradeCorrected"}
"""tests/property/test_reversals.py draws them"""


def test_histories_of_a_book_have_every_type_time_mode_phase_outcome_and_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: Counter[Any] = Counter()

    def counted(book: Any, aggressor: Any, resting: Any, lots: Any, deed: Deed, *more: Any) -> bool:
        found[deed] += 1
        return prevent(book, aggressor, resting, lots, deed, *more)

    monkeypatch.setattr(match, "prevent", counted)

    @seed(6)
    @settings(max_examples=EXAMPLES, database=None)
    @given(histories, st.booleans())
    def play(history: list[Any], early: bool) -> None:
        book = Book(None, BookRules(0, early))
        for command in history:
            outcomes = apply(book, command)
            found[book.phase] += 1
            for outcome in outcomes:
                found[type(outcome)] += 1
                if isinstance(outcome, Rejected | Canceled):
                    found[outcome.reason] += 1
            found.update(_placed(command) if outcomes and not isinstance(outcomes[0], Rejected) else ())

    play()
    expected = {
        *(f"{each.name} was taken" for each in (*OrderType, *TimeInForce)),
        *(f"{name} was taken" for name in ("pair", "bracket", "mass_quote")),
        *(set(Phase) - {Phase.RETIRED}),  # an operator's decision, and the end of everything
        *get_args(Outcome),
        *RejectReason,
        *(set(CancelReason) - {CancelReason.BOOK_LOST, CancelReason.REPLACED_TO_DONE}),  # the exchange's
        *(set(Deed) - {Deed.TRADE}),
    }
    assert [each for each in expected if not found[each]] == []


def _placed(command: dict[str, Any]) -> list[str]:
    """What kinds of orders, or of several, it places."""
    if command["type"] in ("pair", "bracket", "mass_quote"):
        return [f"{command['type']} was taken"]
    if command["type"] != "place":
        return []
    kinds = command.get("order_type", "limit"), command.get("time_in_force", "gtc")
    return [f"{kind.upper()} was taken" for kind in kinds]


def test_flows_have_every_type_time_term_mode_phase_command_and_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_itself: Counter[str] = Counter()
    trips = CircuitBreaker.trips

    def counted_trips(self: CircuitBreaker, tick: int, outcomes: Iterable[Outcome]) -> bool:
        found = trips(self, tick, outcomes)
        by_itself["a circuit breaker has tripped"] += found
        return found

    def counted_inside(book: Contents, steps: Sequence[Step]) -> Sequence[Step]:
        found = inside_bands(book, steps)
        by_itself["an order would have left the price bands"] += len(found) < len(steps)
        return found

    monkeypatch.setattr(CircuitBreaker, "trips", counted_trips)
    monkeypatch.setattr(place, "inside_bands", counted_inside)
    found = reached(run(fixed_seeds(f"reached {n}", ACTIONS)).exchange.said() for n in range(FLOWS))
    assert sorted(RULES - ELSEWHERE - found.keys()) == []
    assert len(+by_itself) == 2, by_itself


def test_every_promise_holds_where_orders_share_pro_rata(monkeypatch: pytest.MonkeyPatch) -> None:
    """And they have shared: by time the first would have had more."""
    text = TEXT.replace("  X-USD:\n    {", "  X-USD:\n    {matching: pro-rata, pro_rata: {top_order: true}, ")
    shared = 0

    def counted(rule: ProRata, lots: int, shown: Sequence[int], top: int | None) -> list[int]:
        nonlocal shared
        found = shares(rule, lots, shown, top)
        shared += found[0] < min(lots, shown[0])
        return found

    monkeypatch.setattr(plan, "shares", counted)
    for number in range(3):
        flow = Flow(text=text)
        for action in fixed_seeds(f"pro rata {number}", ACTIONS):
            flow.act(action)
        flow.finish()
        check_everything(flow.evidence(), flow.exchange.said(), make_reference)
    assert shared
