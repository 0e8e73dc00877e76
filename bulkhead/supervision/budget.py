"""Restart budgets: how often the shards of a boundary may be restarted before the boundary halts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Budget:
    restarts: int
    within_s: int


class Decision(Enum):
    RESTART = "restart"
    HALT = "halt"
    """its boundary stays down until an operator acts"""


class Budgets:
    """Counts failures per boundary. Pure: the time is handed in, the history can be kept and loaded."""

    def __init__(self, budgets: Mapping[str, Budget]) -> None:
        self._budgets = dict(budgets)
        self._restarts: dict[str, list[float]] = {name: [] for name in budgets}
        self._halted: dict[str, str] = {}

    def died(self, boundary: str, shard: str, now_s: float) -> Decision:
        """A shard's process has ended. What to do."""
        if boundary in self._halted:
            return Decision.HALT
        budget = self._budgets[boundary]
        restarts = [at for at in self._restarts[boundary] if now_s - at < budget.within_s]
        self._restarts[boundary] = restarts
        if len(restarts) >= budget.restarts:
            self._halted[boundary] = (
                f"{shard} died after {budget.restarts} restarts within {budget.within_s} s, all that it had"
            )
            return Decision.HALT
        restarts.append(now_s)
        return Decision.RESTART

    def gave_up(self, boundary: str, shard: str, why: str) -> Decision:
        """A shard halted itself (FATAL): a restart would meet the same input again."""
        self._halted.setdefault(boundary, f"{shard} is FATAL: {why}")
        return Decision.HALT

    def recovered(self, boundary: str, shard: str) -> bool:
        """A shard that had halted itself runs again, repaired by an operator. Whether it was the reason."""
        was = self._halted.get(boundary, "").startswith(f"{shard} is FATAL")
        if was:
            del self._halted[boundary]
        return was

    def keep(self, boundary: str, budget: Budget) -> None:
        """From now on it has this; what it has spent counts on."""
        self._budgets[boundary] = budget
        self._restarts.setdefault(boundary, [])

    def forget(self, boundary: str) -> None:
        """There is no such boundary any more."""
        for known in (self._budgets, self._restarts, self._halted):
            known.pop(boundary, None)

    def renew(self, boundary: str) -> None:
        """An operator has acted: it goes on with all restarts that it may have."""
        self._restarts[boundary] = []
        self._halted.pop(boundary, None)

    def halted(self, boundary: str) -> str | None:
        """Why a boundary is halted; None while it is not."""
        return self._halted.get(boundary)

    def spent(self, boundary: str, now_s: float) -> int:
        """Restarts within the boundary's window."""
        within_s = self._budgets[boundary].within_s
        return sum(now_s - at < within_s for at in self._restarts[boundary])

    def state(self) -> dict[str, object]:
        return {"restarts": self._restarts, "halted": self._halted}

    def load(self, state: Mapping[str, Mapping[str, object]]) -> None:
        """Of boundaries that are still in the topology."""
        for name, times in state["restarts"].items():
            if name in self._budgets and isinstance(times, list):
                self._restarts[name] = [float(at) for at in times]
        for name, why in state["halted"].items():
            if name in self._budgets:
                self._halted[name] = str(why)
