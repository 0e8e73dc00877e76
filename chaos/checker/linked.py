"""Pairs, brackets and quotes, as the reports of their participant tell of them: what has traded may have.

Of a pair only one order trades, and exits trade at most what their entry has. An order whose price was
changed, as a quote's is again and again, trades at its new price from the report of that on: who has been
told that a quote has gone is never filled on it.
"""

from collections import Counter
from typing import Any, NamedTuple

from chaos.checker.findings import Findings
from chaos.checker.messages import BUY, MAKER
from chaos.checker.participants import Key
from chaos.checker.story import name_of


class _Linked(NamedTuple):
    """Order ids."""

    limit: int
    stop: int
    entry: int | None


class _Told:
    """What one participant has been told so far."""

    def __init__(self) -> None:
        self.newest: dict[Key, int] = {}
        """the order that has a name now"""
        self.links: dict[int, _Linked] = {}
        """by each order of a pair"""
        self.executed: Counter[int] = Counter()
        self.price_ticks: dict[int, int] = {}
        """of orders whose price was told"""

    def linked(self, report: Any) -> None:
        """The first telling counts: in a later one an entry that has ended is not named."""
        account_id = report.account_id
        limit = self.newest.get((account_id, report.limit_client_order_id))
        stop = self.newest.get((account_id, report.stop_client_order_id))
        if limit is None or stop is None or limit in self.links:
            return  # a new session is told of them before their book has taken them, and told again then
        entry = None
        if report.entry_client_order_id is not None:
            entry = self.newest.get((account_id, report.entry_client_order_id))
        self.links[limit] = self.links[stop] = _Linked(limit, stop, entry)


def judge_linked(participant: str, reports: dict[int, Any], findings: Findings) -> None:
    """`reports`: those of one participant, by sequence, in order."""
    told = _Told()
    for sequence, report in reports.items():
        name = name_of(report)
        if name == "OrderAccepted":
            told.newest[report.account_id, report.client_order_id] = report.order_id
        elif name == "OrdersLinked":
            told.linked(report)
        elif name in ("OrderReplaced", "OrderRepriced"):
            told.price_ticks[report.order_id] = report.price_ticks
        elif name == "OrderFilled":
            told.executed[report.order_id] += report.quantity_lots
            what = f"report {sequence} to {participant}"
            _judge_link(told, report, what, findings)
            _judge_price(told, report, what, findings)


def _judge_link(told: _Told, fill: Any, what: str, findings: Findings) -> None:
    link = told.links.get(fill.order_id)
    if link is None:
        return
    other = link.stop if fill.order_id == link.limit else link.limit
    if told.executed[other]:
        findings.fills.is_contradicted(
            f"{what}: order {fill.order_id} has traded, and order {other} had, of one pair"
        )
    if link.entry is not None and told.executed[fill.order_id] > told.executed[link.entry]:
        findings.fills.is_contradicted(
            f"{what}: exit {fill.order_id} has traded {told.executed[fill.order_id]} lots, and its entry"
            f" {link.entry} only {told.executed[link.entry]}"
        )


def _judge_price(told: _Told, fill: Any, what: str, findings: Findings) -> None:
    """One that rested trades at its own price, any other at that or better."""
    price_ticks = told.price_ticks.get(fill.order_id)
    if price_ticks is None:
        return
    worse = fill.price_ticks > price_ticks if fill.side == BUY else fill.price_ticks < price_ticks
    if worse or (fill.role == MAKER and fill.price_ticks != price_ticks):
        findings.fills.is_contradicted(
            f"{what}: order {fill.order_id} is filled at {fill.price_ticks} ticks, when its price had been"
            f" told to be {price_ticks}"
        )
