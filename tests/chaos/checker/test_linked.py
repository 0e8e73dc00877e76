"""Pairs and quotes: the judge believes what a real exchange tells of them, and finds what can't have been."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from bulkhead.domain.messages.quotes import MassQuote, Quote
from bulkhead.domain.terms import Side
from bulkhead.wire.codec import encode
from chaos.checker.findings import Findings
from chaos.checker.linked import judge_linked
from chaos.checker.messages import decode
from chaos.checker.participants import Sent, judge_reports
from chaos.checker.story import name_of
from tests.property.exchange_flow import fixed_seeds
from tests.property.test_linked_flows import run
from tests.unit.risk.market import Market, order

Told = dict[int, Any]
"""the reports of one participant, by sequence"""


@cache
def _recorded() -> dict[str, Told]:
    """Of a long random flow of pairs, brackets and mass quotes, with crashes; by participant."""
    streams = run(fixed_seeds("linked", 1500)).exchange.said()
    return {
        to.removeprefix("reports.").partition("/")[0]: dict(enumerate(map(decode, events), 1))
        for (_, to), events in streams.items()
        if to.startswith("reports.")
    }


def fills() -> Iterator[tuple[str, int, Any]]:
    """Participant, sequence and report of each."""
    for participant, told in _recorded().items():
        for sequence, report in told.items():
            if name_of(report) == "OrderFilled":
                yield participant, sequence, report


def pairs() -> Iterator[tuple[str, int, Any, int]]:
    """A fill of one order of a pair, or of two exits, and the other order's id."""
    for participant, told in _recorded().items():
        newest: dict[tuple[str, str], int] = {}
        others: dict[int | None, int | None] = {}
        for sequence, report in told.items():
            if name_of(report) == "OrderAccepted":
                newest[report.account_id, report.client_order_id] = report.order_id
            elif name_of(report) == "OrdersLinked":
                names = report.limit_client_order_id, report.stop_client_order_id
                ids = [newest.get((report.account_id, name)) for name in names]
                if None not in ids:
                    others |= dict(zip(ids, reversed(ids), strict=True))
            elif name_of(report) == "OrderFilled" and report.order_id in others:
                yield participant, sequence, report, int(others[report.order_id] or 0)


def quoted() -> Told:
    """alice moves a quote, a part of it trades, and she withdraws it."""
    market = Market()
    reports = []
    for ticks, lots in ((105, 4), (104, 4), (104, 0)):
        quote = Quote("q", Side.SELL, ticks, lots)
        reports += market.say(market.alice, MassQuote("m", "alice.main", "X-USD", "g", (quote,)))
        if ticks == 104 and lots:
            market.say(market.bob, replace(order("b", "X-USD", Side.BUY, 110, "bob.main"), quantity_lots=2))
            reports += market.alice.reports()
    return dict(enumerate(map(decode, map(encode, reports)), 1))


def judged(participant: str, told: Told) -> Findings:
    findings = Findings()
    judge_linked(participant, told, findings)
    return findings


def with_report(told: Told, after: int, report: Any) -> Told:
    """And the later ones one number on."""
    moved = {sequence + (sequence > after): each for sequence, each in told.items()}
    return dict(sorted((moved | {after + 1: report}).items()))


def test_of_a_real_flow_nothing_is_found() -> None:
    assert len(list(pairs())) > 20
    for participant, told in _recorded().items():
        assert judged(participant, told).fills.problems == []


def test_a_pair_of_which_both_trade_is_found() -> None:
    participant, sequence, fill, other = next(pairs())
    both = with_report(_recorded()[participant], sequence, fill._replace(order_id=other))
    (problem,) = judged(participant, both).fills.problems
    assert f"order {other} has traded, and order {fill.order_id} had, of one pair" in problem


def test_an_exit_that_trades_more_than_its_entry_is_found() -> None:
    found = [
        (participant, sequence, fill)
        for participant, sequence, fill, _ in pairs()
        if judged(
            participant,
            _recorded()[participant] | {sequence: fill._replace(quantity_lots=fill.quantity_lots + 1000)},
        ).fills.contradicted
    ]
    assert found  # those of brackets


def the_fill(told: Told) -> tuple[int, Any]:
    (found,) = ((place, report) for place, report in told.items() if name_of(report) == "OrderFilled")
    return found


def test_a_quote_that_is_filled_at_the_price_that_it_had_before_it_was_replaced_is_found() -> None:
    told = quoted()
    assert judged("alice", told).fills.problems == []
    place, fill = the_fill(told)
    findings = judged("alice", told | {place: fill._replace(price_ticks=105)})
    (problem,) = findings.fills.problems
    assert f"order {fill.order_id} is filled at 105 ticks" in problem


def test_a_quote_that_is_filled_after_it_was_told_to_have_gone_is_found() -> None:
    told = quoted()
    _, fill = the_fill(told)
    last = max(told)
    assert (name_of(told[last]), told[last].order_id) == ("OrderCanceled", fill.order_id)
    before, after = Findings(), Findings()
    judge_reports("alice", Sent("alice"), told, before)
    judge_reports("alice", Sent("alice"), with_report(told, last, fill), after)
    assert (before.reports.misordered, after.reports.misordered) == (0, 1)
