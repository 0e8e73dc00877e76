"""Restarts processes by the product's budgets. It may be away, or be there twice."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from bulkhead.simulation.broken import must
from bulkhead.simulation.checks.restarts import Restarts
from bulkhead.simulation.processes import Process
from bulkhead.simulation.schedule import MS, S, Schedule
from bulkhead.supervision.budget import Budget, Budgets, Decision
from bulkhead.supervision.halting import halted_itself

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
        self._unseen: Counter[tuple[str, str]] = Counter()
        """deaths and halts that it has not looked at yet, by shard and replica"""
        self._replaced: set[str] = set()
        """parties that were told to end: that is no death"""
        self._not_before_us: dict[str, int] = {}
        """by shard"""
        self.away_until_us = 0
        self.counted = Restarts(budgets)

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
            if not self.counted.is_spent(self._boundaries[process.name]):
                self._begin(process.name, process.replica)
            return
        self._unseen[process.name, process.replica] += 1
        self._schedule.at(
            max(self._schedule.now_us + LOOK_US, self.away_until_us), lambda: self._see(process)
        )

    def recovered(self, process: Process) -> None:
        """A process that had halted itself goes on."""
        boundary = self._boundaries[process.name]
        self._budgets.recovered(boundary, process.name)
        self.counted.recovers(boundary, process.name)

    def renew(self, boundary: str) -> None:
        """An operator has looked, and starts what is down of it: as actors/supervisor.py."""
        self._budgets.renew(boundary)
        self.counted.renews(boundary)

    def check_down(self, actors: Iterable[tuple[str, str]]) -> None:
        """That whatever has no process is about to have one again, or in a boundary that is halted."""
        living = {(process.name, process.replica) for process in self._processes()}
        for actor in actors:
            shard, replica = actor
            must(
                actor in living
                or actor in self._starting
                or self._unseen[actor] > 0
                or self.counted.is_halted(self._boundaries[shard]),
                f"{shard} ({replica}) is down, and its boundary {self._boundaries[shard]} is not halted",
            )

    def _see(self, process: Process) -> None:
        which = process.name, process.replica
        self._unseen[which] -= 1
        if self._schedule.now_us < self.away_until_us:
            self.ended(process)
            return
        boundary, shard = self._boundaries[process.name], process.name
        if process.state == "halted":
            self._give_up(process)
            return
        if which in self._starting or any(
            (other.name, other.replica) == which and other.state != "dead" for other in self._processes()
        ):
            return
        if self._budgets.died(boundary, shard, self._schedule.now_us / S) is Decision.HALT:
            self.counted.halts_for(boundary, shard, self._schedule.now_us)
            self._starting = {each for each in self._starting if self._boundaries[each[0]] != boundary}
            for other in list(self._processes()):
                if self._boundaries[other.name] == boundary:
                    other.kill()
            return
        self.counted.restarts(boundary, shard, self._schedule.now_us)
        self._begin(*which)

    def _give_up(self, process: Process) -> None:
        """If it was the last of its shard's replicas; one that has died is started anew."""
        shard, boundary = process.name, self._boundaries[process.name]
        mine = [each for each in self._processes() if each.name == shard]
        starting = [each for each in (*self._starting, *+self._unseen) if each[0] == shard]
        if halted_itself([*({each.state} for each in mine), *(() for _ in starting)]):
            self._budgets.gave_up(boundary, shard, process.why)
            self.counted.gives_up(boundary, shard)

    def _begin(self, shard: str, replica: str) -> None:
        self._starting.add((shard, replica))
        there_us = max(self._schedule.now_us + START_US, self._not_before_us.get(shard, 0))
        self._schedule.at(there_us, lambda: self._started(shard, replica))

    def _started(self, shard: str, replica: str) -> None:
        """Unless its boundary was halted meanwhile."""
        if (shard, replica) in self._starting:
            self._starting.discard((shard, replica))
            self._start(shard, replica)
