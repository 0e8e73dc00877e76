"""How long the exchange did not do its work for somebody, after each blow."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderReplaced
from chaos.trader import Trader

_FROM_BOOK = (OrderAccepted, OrderCanceled, OrderReplaced)


@dataclass
class Blow:
    """One kill or pause, and what came of it."""

    kind: str
    victim: str
    """the shard, or the kind of server"""
    at_s: float
    """since the run began"""
    unanswered: int
    """orders without an answer, when it fell"""
    step: str | None = None
    """of the victim's loop, in which it fell; None: it has no such loop"""
    unavailable_ms: float | None = None
    """until the next report of a command that was sent after it and went through that shard. No command
    goes through settlement, clock, control, views and supervisor, and every one through a server: there any
    command's report counts.
    """
    back_ms: float | None = None
    """until the supervisor has seen a new process of it at work, or a server says that it works; of a pause,
    its length
    """


@dataclass
class Outage:
    """A blow whose end is awaited."""

    blow: Blow
    books: Mapping[str, str]
    """instrument_id -> shard of its book"""
    _struck: float = field(default_factory=time.perf_counter)
    _after: dict[str, int] = field(default_factory=dict)

    def sent_before(self, traders: Iterable[Trader]) -> None:
        """Call right after the blow: later commands count."""
        self._after = {trader.client.participant_id: trader.last_sequence for trader in traders}

    def answered(self, trader: Trader, sequence: int, report: Any) -> None:
        if self.blow.unavailable_ms is not None or sequence <= self._after[trader.client.participant_id]:
            return
        kind = self.blow.victim.partition("/")[0]
        if kind == "risk" and trader.risk != self.blow.victim:
            return
        if kind == "book" and not (
            isinstance(report, _FROM_BOOK) and self.books[report.instrument_id] == self.blow.victim
        ):
            return
        self.blow.unavailable_ms = self._ms()

    def is_back(self) -> None:
        if self.blow.back_ms is None:
            self.blow.back_ms = self._ms()

    @property
    def over(self) -> bool:
        return self.blow.unavailable_ms is not None and self.blow.back_ms is not None

    @property
    def lasts_s(self) -> float:
        return time.perf_counter() - self._struck

    def _ms(self) -> float:
        return round((time.perf_counter() - self._struck) * 1000, 1)


def spread(values: Sequence[float]) -> dict[str, float]:
    """p50, p99 (nearest rank) and max; of no values nothing."""
    if not values:
        return {}
    ordered = sorted(values)
    places = {"p50": 0.50, "p99": 0.99}
    found = {name: ordered[max(1, ceil(part * len(ordered))) - 1] for name, part in places.items()}
    return {**found, "max": ordered[-1]}


def by_kind(blows: Iterable[Blow], figure: str) -> dict[str, dict[str, float]]:
    """The spread of one figure of the blows, by kind."""
    values: dict[str, list[float]] = {}
    for blow in blows:
        value = getattr(blow, figure)
        if value is not None:
            values.setdefault(blow.kind, []).append(value)
    return {kind: spread(found) for kind, found in sorted(values.items())}
