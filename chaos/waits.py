"""How long answers take, from a command's sending to the reading, by the shards that it goes through."""

import time
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderReplaced
from chaos.trader import Trader

FROM_BOOK = (OrderAccepted, OrderCanceled, OrderReplaced)
"""what is answered by a book"""


class Wait(NamedTuple):
    sent_at: float
    """seconds of time.perf_counter"""
    ms: float
    risk: str
    book: str | None
    """None: its answer was the risk shard's own"""


class Waits:
    """`books`: instrument_id -> shard of its book."""

    def __init__(self, books: Mapping[str, str]) -> None:
        self._books = books
        self._sent: dict[tuple[str, int], float] = {}
        self.answered: list[Wait] = []

    def on_sent(self, trader: Trader, sequences: range) -> None:
        now = time.perf_counter()
        self._sent |= {(trader.client.participant_id, sequence): now for sequence in sequences}

    def on_answer(self, trader: Trader, sequence: int, report: Any) -> None:
        sent_at = self._sent.pop((trader.client.participant_id, sequence), None)
        if sent_at is None:
            return  # an answer that was read again
        book = self._books[report.instrument_id] if isinstance(report, FROM_BOOK) else None
        ms = round((time.perf_counter() - sent_at) * 1000, 1)
        self.answered.append(Wait(sent_at, ms, trader.risk, book))

    @property
    def oldest(self) -> float:
        """When the longest unanswered command was sent; infinite: all are answered."""
        return min(self._sent.values(), default=float("inf"))

    def between(self, begin: float, end: float, shards: Collection[str]) -> tuple[list[float], list[float]]:
        """Of commands sent then: ms of those that go through one of `shards`, and of the others."""
        these: tuple[list[float], list[float]] = [], []
        for wait in self.answered:
            if begin <= wait.sent_at <= end:
                these[wait.risk not in shards and wait.book not in shards].append(wait.ms)
        return these
