"""Fails one boundary or server of a running exchange, whole, and observes what that stops.

In this order: every way is answered, every shard moves; the blow; from then on shards and ways are asked
without end, until all that the failure stopped works again. A server is started again when everything that
was declared to go on was seen to do so, or has not for long.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from actors.attach import attached, call
from bulkhead.client.connection import Connection
from bulkhead.installation.state import Installation
from bulkhead.topology.radius import Effect, Exchange, Radius
from chaos.failures import Failure, NotWhole, RayFailure, of_boundary
from chaos.kinds import SUPERVISOR
from chaos.operator import Knocking
from chaos.positions import Positions, actors_of
from chaos.probes import Probes
from chaos.verdict import Observed

WARM_TIMEOUT_S = 60.0
SETTLE_S = 1.0
"""What a server had delivered when it was killed is worked off meanwhile: that is no sign of life."""
HOLD_S = (4.0, 15.0)
"""A server is away so long at least: who goes on without it would have moved 30 times. And at most."""
BACK_TIMEOUT_S = 240.0
"""A shard is back in 2 to 4 s, a broker in 10 to 20; a machine that does other work takes many times that."""


@dataclass
class BoundaryRun:
    """`name` fails; `server`: how, where it is no boundary of shards. `say`: for people."""

    installation: Installation
    name: str
    server: Failure | None
    say: Callable[[str], object]
    radius: Radius = field(init=False)
    _exchange: Exchange = field(init=False)
    _probes: Probes = field(init=False)
    _operator: Knocking = field(init=False)
    _positions: Positions = field(init=False)
    _began: float = 0.0

    def __post_init__(self) -> None:
        self._exchange = Exchange(self.installation.topology)
        self.radius = self._exchange.radius(self.name)

    def observe(self) -> Observed:
        """NotWhole: it is not failed, since not all works or its budget is spent. TimeoutError: it did not
        come back.
        """
        with ExitStack() as stack:
            ray = stack.enter_context(ExitStack())
            ray.enter_context(attached(self.installation))
            if self.server is None:
                self._of_shards(call(SUPERVISOR, "status"))  # refuses before anybody's session ends
            connection = Connection.load(self.installation.connection_path)
            self._probes = stack.enter_context(Probes(self.installation.topology, connection))
            self._operator = stack.enter_context(Knocking(self.installation))
            self._positions = Positions(actors_of(call(SUPERVISOR, "status")))
            self._warm()
            failure = self.server or self._of_shards(call(SUPERVISOR, "status"))
            unobserved = self._unobserved()
            if isinstance(failure, RayFailure):
                ray.close()  # who is attached would die with it
                back_ms = self._outlast_ray(failure)
                stack.enter_context(attached(self.installation))
                self._positions.begin(self._began)
                self._until("everything works again", self._all_work)
            else:
                back_ms = self._outlast(failure, unobserved)
            self._probes.clear()
            moved, answered = self._positions.moved_ms, self._probes.answered_ms
            several = [names for names in self._positions.actors.values() if len(names) > 1]
            of_processes = self._positions.processes_ms
            return Observed(
                back_ms,
                {shard: moved.get(shard) for shard in self.radius.shards},
                {service: answered.get(service) for service in sorted(self._probes.services)},
                unobserved,
                {name: of_processes.get(name) for names in several for name in names},
            )

    def _of_shards(self, status: dict[str, Any]) -> Failure:
        """All of it, if its budget has a restart for each process: else it would stay down."""
        failure = of_boundary(status, self.name, SUPERVISOR in self._exchange.boundaries[self.name])
        needed = sum(process.shard != SUPERVISOR for process in failure.processes)
        restarts = self.installation.topology.boundaries[self.name].restarts
        left = restarts.budget - int(status["boundaries"].get(self.name, {"restarts": 0})["restarts"])
        if needed > left:
            raise NotWhole(
                f"{self.name} would stay down: its {needed} processes need as many restarts, and {left} of "
                f"{restarts.budget} in {restarts.within_s} s are left. Wait, or raise restarts.budget"
            )
        return failure

    def _strike(self, failure: Failure) -> None:
        self.say(f"{self.name} fails")
        self._began = time.perf_counter()
        failure.strike()
        self._probes.begin(self._began)

    def _outlast(self, failure: Failure, unobserved: dict[str, str]) -> float:
        """From the blow until everything works; when the first part of what failed was back, in ms."""
        self._strike(failure)
        self._positions.begin(self._began)
        if failure.victims:
            self._until("all of it is back", lambda: self._are_back(failure) and self._all_work())
            return self._first_back(failure)
        self._until("what it had delivered is done", lambda: self._ms() >= SETTLE_S * 1000)
        self._positions.begin(self._began)
        self._probes.begin(self._began)
        self._until("the others go on", partial(self._is_held_long_enough, unobserved))
        self.say(f"{self.name} is started again")
        back_ms = self._ms()
        failure.restore()
        self._until("everything works again", lambda: self._check(failure) and self._all_work())
        return back_ms

    def _first_back(self, failure: Failure) -> float:
        """When the first of the killed shards moved or answered: an answer may be seen before a position."""
        killed = {*failure.victims}
        through = {each.name for each in self._exchange.services if killed & {*each.way}}
        moved = [ms for shard, ms in self._positions.moved_ms.items() if shard in killed]
        answered = [ms for name, ms in self._probes.answered_ms.items() if name in through]
        return min([*moved, *answered])

    def _outlast_ray(self, failure: RayFailure) -> float:
        self._strike(failure)
        deadline = time.monotonic() + BACK_TIMEOUT_S
        while not failure.gone:
            self._probes.turn()
            if time.monotonic() > deadline:
                raise TimeoutError(f"processes of session {failure.session} are left {BACK_TIMEOUT_S:g} s on")
        self.say("everything has ended, and is started again")
        back_ms = self._ms()
        failure.restore()
        return back_ms

    def _ms(self) -> float:
        return round((time.perf_counter() - self._began) * 1000, 1)

    def _turn(self) -> None:
        self._positions.look()
        self._probes.turn()
        self._operator.turn()

    def _until(self, what: str, look: Callable[[], bool]) -> None:
        deadline = time.monotonic() + BACK_TIMEOUT_S
        while not look():
            self._turn()
            if time.monotonic() > deadline:
                waits = ", ".join(self._missing()) or self.name
                raise TimeoutError(f"not within {BACK_TIMEOUT_S:g} s: {what}. These don't work: {waits}")

    def _warm(self) -> None:
        """Until everything that can be observed was seen to work."""
        self.say("every shard is asked, every way is probed")
        self._positions.begin(time.perf_counter())
        self._probes.begin(time.perf_counter())
        deadline = time.monotonic() + WARM_TIMEOUT_S
        while waits := self._missing():
            self._turn()
            if time.monotonic() > deadline:
                raise NotWhole(f"nothing is failed, for these do not work: {', '.join(waits)}")

    def _missing(self) -> list[str]:
        """What was not seen to work yet: shards that time or probes move, and ways."""
        moved = self._positions.moved_ms
        shards = [each for each in self._positions.actors if each not in moved and self._is_moved(each)]
        return shards + sorted(self._probes.services - self._probes.answered_ms.keys())

    def _is_moved(self, shard: str) -> bool:
        """By ticks, which views and gateways have none of, or by probes."""
        return not _is_timeless(shard) or shard in self._probes.touched()

    def _unobserved(self) -> dict[str, str]:
        """What can't be seen while what fails is away, and why: shards that nothing moves, ways refused."""
        stops = self._with(lambda effect: effect is Effect.STOPS)
        stopped = {service.name for service in self.radius.stopped}
        moved = self._probes.touched(stopped) | {"control/0", SUPERVISOR}
        timeless = "clock/0" in stops
        found = {
            shard: "no order comes that far" + (", and time stands still" if timeless else "")
            for shard in self._positions.actors
            if shard not in moved and shard not in stops and (timeless or _is_timeless(shard))
        }
        return found | {way.service: way.refused for way in self._probes.ways if way.refused}

    def _is_held_long_enough(self, unobserved: Iterable[str]) -> bool:
        """Whether everything that is declared to go on was seen to do so, or has not for long."""
        goes_on = self._with(lambda effect: effect is not Effect.STOPS) - {*unobserved}
        services = {service.name for service in self.radius.going_on} & self._probes.services
        seen = goes_on <= self._positions.moved_ms.keys() and services <= self._probes.answered_ms.keys()
        least_s, most_s = HOLD_S
        return self._ms() >= (least_s if seen else most_s) * 1000

    def _with(self, has: Callable[[Effect], bool]) -> set[str]:
        return {shard for shard, effect in self.radius.shards.items() if has(effect)}

    def _are_back(self, failure: Failure) -> bool:
        return {*failure.victims} <= self._positions.moved_ms.keys()

    def _all_work(self) -> bool:
        return not self._missing()

    def _check(self, failure: Failure) -> bool:
        """True; NotWhole: it can't be started again."""
        if failure.problem:
            raise NotWhole(f"{self.name} does not start again: {failure.problem}")
        return True


def _is_timeless(shard: str) -> bool:
    return shard.startswith(("view/", "ingress/"))
