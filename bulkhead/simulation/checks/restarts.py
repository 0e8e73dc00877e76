"""What is restarted and what is left down: each boundary by its own budget, counted apart from the
product.
"""

from collections.abc import Mapping

from bulkhead.simulation.broken import must
from bulkhead.simulation.schedule import S
from bulkhead.supervision.budget import Budget


class Restarts:
    """Hears what the supervisor does, and breaks where that is not what the topology says."""

    def __init__(self, budgets: Mapping[str, Budget]) -> None:
        self._budgets = budgets
        self._at_us: dict[str, list[int]] = {name: [] for name in budgets}
        self._spent: set[str] = set()
        self._fatal: dict[str, str] = {}
        """boundary -> its shard that halted itself first"""
        self.halts = 0
        """how often a budget was spent"""

    def restarts(self, boundary: str, shard: str, now_us: int) -> None:
        """A process that has died is restarted."""
        before = self._recent(boundary, now_us)
        must(not self.is_halted(boundary), f"{shard} is restarted, and {boundary} is halted")
        must(
            before < self._budgets[boundary].restarts,
            f"{shard} is restarted, and {boundary} has had {before} restarts, all that it may have",
        )
        self._at_us[boundary].append(now_us)

    def halts_for(self, boundary: str, shard: str, now_us: int) -> None:
        """A process that has died is not restarted, and all of its boundary ends."""
        before = self._recent(boundary, now_us)
        spent = before >= self._budgets[boundary].restarts
        must(
            spent or self.is_halted(boundary),
            f"{shard} is not restarted, and {boundary} has had {before} restarts only",
        )
        self.halts += boundary not in self._spent
        self._spent.add(boundary)

    def gives_up(self, boundary: str, shard: str) -> None:
        """A shard has halted itself."""
        self._fatal.setdefault(boundary, shard)

    def recovers(self, boundary: str, shard: str) -> None:
        """It goes on."""
        if self._fatal.get(boundary) == shard:
            del self._fatal[boundary]

    def renews(self, boundary: str) -> None:
        """An operator starts it again."""
        self._at_us[boundary].clear()
        self._spent.discard(boundary)
        self._fatal.pop(boundary, None)

    def is_spent(self, boundary: str) -> bool:
        """Whether all of it is down."""
        return boundary in self._spent

    def is_halted(self, boundary: str) -> bool:
        return boundary in self._spent or boundary in self._fatal

    def _recent(self, boundary: str, now_us: int) -> int:
        within_us = self._budgets[boundary].within_s * S
        return sum(now_us - at < within_us for at in self._at_us[boundary])
