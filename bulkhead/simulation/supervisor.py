"""Restarts processes by the product's budgets. It may be away, or be there twice."""

from collections.abc import Callable, Iterable, Mapping

from bulkhead.simulation.processes import Process
from bulkhead.simulation.schedule import MS, S, Schedule
from bulkhead.supervision.budget import Budget, Budgets, Decision

LOOK_US = 200 * MS
START_US = 1_500 * MS
"""a new process takes so long"""


class Supervisor:
    """`start` makes a process of a shard's replica. `boundaries`: by shard."""

    def __init__(
        self,
        schedule: Schedule,
        boundaries: Mapping[str, str],
        budgets: Mapping[str, Budget],
        start: Callable[[str, str], Process],
        processes: Callable[[], Iterable[Process]],
    ) -> None:
        self._schedule = schedule
        self._boundaries = boundaries
        self._budgets = Budgets(budgets)
        self._start = start
        self._processes = processes
        self._starting: set[tuple[str, str]] = set()
        self._replaced: set[str] = set()
        """parties that were told to end: that is no death"""
        self._not_before_us: dict[str, int] = {}
        """by shard"""
        self.away_until_us = 0

    def go_away(self, for_us: int) -> None:
        """It dies, and another one is there later: it knows the budgets, and looks who lives."""
        self.away_until_us = max(self.away_until_us, self._schedule.now_us + for_us)

    def hold_back(self, shard: str, for_us: int) -> None:
        """Its processes take longer than others to be there again."""
        self._not_before_us[shard] = self._schedule.now_us + for_us

    def replace(self, process: Process) -> None:
        """As actors/orders.py: it is told to end, and another one is started."""
        self._replaced.add(process.party)
        process.leave()

    def ended(self, process: Process) -> None:
        """A process has died or halted itself: seen at the next look."""
        if process.party in self._replaced and process.state == "dead":
            self._replaced.discard(process.party)
            self._begin(process.name, process.replica)
            return
        self._schedule.at(
            max(self._schedule.now_us + LOOK_US, self.away_until_us), lambda: self._see(process)
        )

    def recovered(self, process: Process) -> None:
        """A process that had halted itself goes on."""
        self._budgets.recovered(self._boundaries[process.name], process.name)

    def _see(self, process: Process) -> None:
        if self._schedule.now_us < self.away_until_us:
            self.ended(process)
            return
        boundary, shard = self._boundaries[process.name], process.name
        if process.state == "halted":
            self._budgets.gave_up(boundary, shard, process.why)
            return
        which = shard, process.replica
        if which in self._starting or any(
            (other.name, other.replica) == which and other.state != "dead" for other in self._processes()
        ):
            return
        if self._budgets.died(boundary, shard, self._schedule.now_us / S) is Decision.HALT:
            for other in list(self._processes()):
                if self._boundaries[other.name] == boundary:
                    other.kill()
            return
        self._begin(*which)

    def _begin(self, shard: str, replica: str) -> None:
        self._starting.add((shard, replica))
        there_us = max(self._schedule.now_us + START_US, self._not_before_us.get(shard, 0))
        self._schedule.at(there_us, lambda: self._started(shard, replica))

    def _started(self, shard: str, replica: str) -> None:
        self._starting.discard((shard, replica))
        if self._budgets.halted(self._boundaries[shard]) is None:
            self._start(shard, replica)
