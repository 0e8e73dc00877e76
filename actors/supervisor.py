"""The supervisor: starts every shard, restarts what dies within its boundary's budget, halts what has
spent it, and changes what runs when it is ordered to (actors/orders.py).

It decides nothing about orders of participants: the exchange trades on without it, and Ray restarts it.
"""

import os
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import ray
import structlog
from ray.actor import ActorHandle
from ray.exceptions import ActorUnavailableError, RayActorError

from actors.attention import Attention
from actors.book import BookActor
from actors.build import own_build
from actors.clock import ClockActor
from actors.control import ControlActor
from actors.ingress import IngressActor
from actors.launch import Launch
from actors.memory import Memory, remembered
from actors.orders import LAG_MAX, Impossible, Order, Orders, Outcome
from actors.placement import Nodes, options, own_node
from actors.risk import RiskActor
from actors.rooms import Rooms
from actors.settlement import SettlementActor
from actors.shard import ShardActor
from actors.view import ViewActor
from bulkhead.runtime.steps import read_step
from bulkhead.supervision.budget import Budget, Budgets, Decision
from bulkhead.supervision.halting import halted_itself
from bulkhead.topology.rooms import Room

ACTORS: dict[str, type[ShardActor]] = {
    "book": BookActor,
    "clock": ClockActor,
    "control": ControlActor,
    "ingress": IngressActor,
    "risk": RiskActor,
    "settlement": SettlementActor,
    "view": ViewActor,
}
LOOK_EVERY_S = 0.2
"""How often it looks whom to ask: a death on its own machine is seen this late at most, beside the 1.5 s that
a new process takes.
"""
LOOK_OFTEN_S = 0.05
"""while an order is carried out"""
ANSWER_TIMEOUT_S = 5.0

_log = structlog.get_logger()


class Supervisor:
    """Named `supervisor` in the exchange's namespace; every shard's actor is named as the shard."""

    def __init__(
        self, launches: list[Launch], budgets: dict[str, Budget], rooms: tuple[Room, ...], state_path: str
    ) -> None:
        """The first three: of its first life; later ones go on with what it has written down."""
        own_build()  # now: what is installed later is not what runs here
        self._state_path = Path(state_path)
        saved = remembered(self._state_path)
        self._lived_before = saved is not None
        if saved is None:
            named = {launch.actor: launch for launch in launches}
            saved = Memory(launches=named, budgets=budgets, rooms=rooms)
        self._memory = saved
        """as it is written down"""
        self._launches = saved.launches
        """replaced whole, never changed: others read it meanwhile"""
        self._policies = saved.budgets
        self._budgets = Budgets(saved.budgets)
        if self._lived_before:
            self._budgets.load(saved.spent)
        self._restarts: dict[str, int] = {name: saved.restarts.get(name, 0) for name in self._launches}
        self._orders = Orders(self)
        self._on_trial = ""
        """an actor whose build is being put in place"""
        self._failed = dict(saved.failed)
        """of which build's process died on trial, and why"""
        self._ending: set[str] = set()
        """actors that were told to end"""
        self._handles: dict[str, Any] = {}
        self._pending: dict[str, tuple[Any, float]] = {}
        """the question that is on its way to each actor, and since when"""
        self._status: dict[str, dict[str, Any]] = {}
        self._attention = Attention()
        self._node = own_node()
        self._nodes = Nodes()
        self._wanted_rooms = saved.rooms
        self._rooms = Rooms(ray.get_runtime_context().namespace)
        self._silent: set[str] = set()
        """shards whose process lives and does not answer: stopped, or stuck"""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return "supervisor"

    def status(self) -> dict[str, Any]:
        """What is known of every shard and boundary."""
        now = time.time()
        nodes = self._nodes.addresses(self._launches.values())
        return {
            "pid": os.getpid(),
            "build": own_build(),
            "shards": [self._shard_status(launch) for launch in self._in_order()],
            "nodes": nodes,
            "rooms": [self._rooms.status(room, nodes) for room in self._wanted_rooms],
            "boundaries": {
                name: {"halted": self._budgets.halted(name), "restarts": self._budgets.spent(name, now)}
                for name in dict.fromkeys(launch.boundary for launch in self._launches.values())
            },
        }

    def _in_order(self) -> list[Launch]:
        """With replicas side by side, also those that were added later."""
        known = list(self._launches.values())
        place = {launch.shard: number for number, launch in reversed(list(enumerate(known)))}
        return sorted(known, key=lambda launch: (place[launch.shard], launch.replica))

    def _shard_status(self, launch: Launch) -> dict[str, Any]:
        known = self._status.get(launch.actor, {"pid": 0, "node": "", "machines": []})
        machines = known["machines"]
        awaited = self._awaits_node(launch)
        states = {machine["state"] for machine in machines} or {"waiting" if awaited else "starting"}
        failed = self._failed.get(launch.actor, "")
        halted = bool(self._budgets.halted(launch.boundary)) and launch.actor not in self._handles
        if failed or halted:
            states = {"down"}
        elif launch.actor in self._silent:
            states = {"silent"}
        order = ("halted", "superseded", "down", "silent", "stopped", "waiting", "starting", "running")
        return {
            "shard": launch.actor,
            "title": launch.title,
            "boundary": launch.boundary,
            "pid": known["pid"],
            "node": known["node"],
            "build": self.build(launch.actor),
            "state": next(state for state in order if state in states),
            "role": self._role(launch.actor),
            "replica_of": launch.shard,
            "step": self._step(launch),
            "restarts": self._restarts[launch.actor],
            "lag": sum(machine["lag"] for machine in machines),
            "events": sum(machine["events"] for machine in machines),
            "refused": sum(machine["refused"] for machine in machines),
            "duplicates": sum(machine["duplicates"] for machine in machines),
            "pending": sum(machine["pending"] for machine in machines),
            "tick": max((machine["tick"] for machine in machines), default=0),
            "rules_known": min((machine["rules_known"] for machine in machines), default=0),
            "quarantined": sorted(subject for machine in machines for subject in machine["quarantined"]),
            "last_error": "; ".join(m["last_error"] for m in machines if m["last_error"])
            or failed
            or awaited,
        }

    def _awaits_node(self, launch: Launch) -> str:
        """Which node an actor that has not started waits for; empty: none."""
        return "" if launch.actor in self._status else self._nodes.awaited(launch)

    def _step(self, launch: Launch) -> str:
        """In which step of its loop each machine is; of a process that is gone, was."""
        told = (read_step(launch.step_path(machine)) for machine in launch.machines)
        return ", ".join("" if step is None else f"{step.value} {step.name.lower()}" for step in told)

    def order(self, order: Order) -> Outcome:
        """Begin to change what runs, or say how far that is: asked again and again, until it is done."""
        return self._orders.give(order)

    def shut_down(self) -> None:
        """Stop every shard between two steps of its loop, then supervise no more."""
        self._stopping.set()
        self._thread.join(10.0)
        # Those that only follow first: they are not to take over from one that was stopped.
        for following in (True, False):
            stops = [
                self._handles[name].stop.remote()
                for name in self._handles
                if following == (self._role(name) in ("standby", "active"))
                and not self._awaits_node(self._launches[name])
            ]
            # Together: one on a node that was just lost does not answer, and must not hold up the others.
            stopped, late = ray.wait(stops, num_returns=len(stops), timeout=15.0) if stops else ([], [])
            for stop in stopped:
                try:
                    ray.get(stop)
                except RayActorError as problem:
                    _log.warning("did not stop cleanly", problem=str(problem))
            if late:
                _log.warning("did not stop cleanly", problem=f"{len(late)} shards did not answer for 15 s")

    def _role(self, name: str) -> str:
        machines = self._status.get(name, {"machines": []})["machines"]
        return str(next((machine["role"] for machine in machines), ""))

    def _run(self) -> None:
        try:
            self._begin()
            while not self._stopping.wait(LOOK_OFTEN_S if self._orders.working else LOOK_EVERY_S):
                for shard in list(self._handles):
                    if shard not in self._ending:
                        self._look(self._launches[shard])
                self._orders.go_on()
                self._keep_rooms()
                self._remember()
        except Exception:  # noqa: BLE001
            # One that no longer looks must not go on saying that all is well: Ray starts another.
            _log.error("the supervisor can't go on", why=traceback.format_exc())
            os._exit(1)

    def _begin(self) -> None:
        """Start every shard; in a later life find them trading, and count those that died unseen."""
        self._keep_rooms()
        for launch in self._launches.values():
            if (living := self._found(launch.actor)) is not None:
                self._handles[launch.actor] = living
        for launch in self._launches.values():
            if launch.actor not in self._handles and launch.actor not in self._failed:
                if self._lived_before:
                    self._died(launch, "found missing by a restarted supervisor")
                else:
                    self._handles[launch.actor] = self._start(launch)
        self._remember()

    def _keep_rooms(self, *, at_once: bool = False) -> None:
        """Where nodes are machines: on a single one, and of pods, there are none, nor were."""
        if any(launch.nodes and not launch.in_pods for launch in self._launches.values()):
            self._rooms.keep(self._wanted_rooms, at_once=at_once)

    def _found(self, shard: str) -> "ActorHandle[Any] | None":
        """The actor, if it lives: a supervisor that was restarted finds its exchange trading."""
        try:
            return ray.get_actor(shard)
        except ValueError:
            return None

    def _start(self, launch: Launch) -> Any:
        _log.info("starting", shard=launch.actor, boundary=launch.boundary)
        actor = ray.remote(ACTORS[launch.kind]).options(
            name=launch.actor,
            lifetime="detached",
            num_cpus=0,
            max_restarts=0,
            max_task_retries=0,
            **options(launch.nodes, shares_node=launch.shares_node),
        )
        try:
            return actor.remote(launch)
        except ValueError:
            # The name is taken: another supervisor, of which one is thought to be gone, has been faster.
            living = self._found(launch.actor)
            if living is None:
                raise
            _log.warning("was started already, by another supervisor", shard=launch.actor)
            return living

    def _look(self, launch: Launch) -> None:
        shard = launch.actor
        if shard not in self._pending:
            if not self._orders.working and not self._attention.is_due(shard):
                return
            self._attention.asks(shard)
            self._pending[shard] = (self._handles[shard].status.remote(), time.monotonic())
        question, asked_at = self._pending[shard]
        ready, _ = ray.wait([question], timeout=0.0)
        if not ready:
            if time.monotonic() - asked_at > ANSWER_TIMEOUT_S and shard in self._status:
                _log.warning("does not answer", shard=shard, for_s=round(time.monotonic() - asked_at))
                self._pending[shard] = (question, time.monotonic())
                self._silent.add(shard)
                self._end_replaced(launch)
            return
        del self._pending[shard]
        self._silent.discard(shard)
        try:
            self._status[shard] = ray.get(question)
        except ActorUnavailableError:
            self._attention.stir()
            return  # cut off for a moment, which is no death: it is asked again
        except RayActorError as problem:
            self._died(launch, str(problem))
            return
        self._hear(launch)
        fatal = [m["last_error"] for m in self._status[shard]["machines"] if m["state"] == "halted"]
        # Of a replica that has halted itself beside one that leads or will, only its row tells.
        if fatal and self._halted_itself(launch.shard) and not self._budgets.halted(launch.boundary):
            self._budgets.gave_up(launch.boundary, shard, fatal[0])
            self._remember()
            _log.error("boundary halted", boundary=launch.boundary, shard=shard, why=fatal[0])
        elif self._works(shard) and self._budgets.recovered(launch.boundary, shard):
            self._remember()
            _log.info("boundary goes on", boundary=launch.boundary, shard=shard)

    def _hear(self, launch: Launch) -> None:
        status = self._status[launch.actor]
        of_itself = [(m["state"], m["role"], m["last_error"], m["quarantined"]) for m in status["machines"]]
        is_here = not launch.nodes or status["node"] == self._node
        said = (status["build"], *of_itself)
        self._attention.hears(launch.actor, said, status["pid"] if is_here else None)

    def _end_replaced(self, launch: Launch) -> None:
        """End a replica that does not answer, where another is the primary: nothing waits for it, and it may
        hold a lock of the log. Should it only be slow, no harm is done. Ray does it, wherever the replica is:
        its node sends kill -9 a second later.
        """
        if self._has_other_primary(launch):
            _log.warning("ends a silent replica", shard=launch.actor, pid=self._status[launch.actor]["pid"])
            ray.kill(self._handles[launch.actor])

    def _halted_itself(self, shard: str) -> bool:
        return halted_itself(self._states(name) for name in self.replicas(shard))

    def _has_other_primary(self, launch: Launch) -> bool:
        """Whether another replica of the shard is the primary, and works."""
        return any(
            self._works(each.actor) and self._role(each.actor) == "primary"
            for each in self._launches.values()
            if each.shard == launch.shard and each.actor != launch.actor
        )

    def _works(self, name: str) -> bool:
        return self._states(name) == {"running"} and name not in self._silent

    def _states(self, name: str) -> set[str]:
        """Of an actor's machines; none of one that has not answered yet."""
        return {machine["state"] for machine in self._status.get(name, {"machines": []})["machines"]}

    def _died(self, launch: Launch, why: str) -> None:
        if launch.actor == self._on_trial:
            # A build that does not come up must not spend the budget: that would end the one that works.
            told = f"its process died, and its log says why (docs/operations.md, Logs): {why.splitlines()[0]}"
            self._failed[launch.actor] = told
            self._handles.pop(launch.actor, None)
            self._forget(launch.actor)
            self._remember()
            _log.error("died on trial", shard=launch.actor, why=why)
            return
        decision = self._budgets.died(launch.boundary, launch.actor, time.time())
        self._restarts[launch.actor] += decision is Decision.RESTART
        self._remember()
        self._forget(launch.actor)
        _log.warning("died", shard=launch.actor, decision=decision.value, why=why.splitlines()[0])
        if decision is Decision.RESTART:
            self._handles[launch.actor] = self._start(launch)
            return
        self._handles.pop(launch.actor, None)
        _log.error("boundary halted", boundary=launch.boundary, why=self._budgets.halted(launch.boundary))
        for other in self._launches.values():
            if other.boundary == launch.boundary and other.actor in self._handles:
                ray.kill(self._handles.pop(other.actor))
                self._forget(other.actor)

    def _forget(self, name: str) -> None:
        """What was known of a process that is gone."""
        self._status.pop(name, None)
        self._pending.pop(name, None)
        self._attention.forget(name)
        self._silent.discard(name)

    def _remember(self) -> None:
        """Write down what has changed. Spent restarts outlive the supervisor: else its own death would give
        every boundary a new budget.
        """
        memory = Memory(
            launches=self._launches,
            roles={name: self._role(name) for name in self._handles},
            budgets=self._policies,
            rooms=self._wanted_rooms,
            failed=self._failed,
            spent=self._budgets.state(),
            restarts=self._restarts,
        )
        if memory != self._memory:
            memory.write(self._state_path)
            self._memory = memory.model_copy(deep=True)

    # -- the hands of who carries out an order (orders.Hands)

    def launch(self, name: str) -> Launch | None:
        return self._launches.get(name)

    def replicas(self, shard: str) -> list[str]:
        return [launch.actor for launch in self._launches.values() if launch.shard == shard]

    def there(self, name: str) -> bool:
        return name in self._handles

    def leads(self, name: str) -> bool:
        return name not in self._status or self._role(name) == "primary"

    def ready(self, name: str) -> bool:
        return self._works(name) and all(each["lag"] <= LAG_MAX for each in self._status[name]["machines"])

    def build(self, name: str) -> str:
        return str(self._status.get(name, {"build": ""})["build"])

    def agrees(self, name: str) -> bool:
        return name in self._status and all(
            each["role"] not in ("standby", "active") or each["agreed_tick"] or not each["tick"]
            for each in self._status[name]["machines"]
        )

    def try_out(self, name: str, on_trial: bool) -> None:
        self._on_trial = name if on_trial else ""

    def save(self, name: str) -> Any:
        return self._handles[name].save.remote()

    def saved(self, name: str, question: Any) -> bool:
        if not self.answered(question):
            return False
        machines = self._status.get(name, {"machines": []})["machines"]
        wanted = ray.get(question)
        return len(machines) == len(wanted) and all(
            each["saved"] >= events for each, events in zip(machines, wanted, strict=True)
        )

    def down(self, name: str) -> str:
        halted = self._budgets.halted(self._launches[name].boundary)
        machines = self._status.get(name, {"machines": []})["machines"]
        told = [each["last_error"] for each in machines if each["state"] in ("halted", "superseded")]
        failed = self._failed.get(name)
        return "; ".join([*([halted] if halted else []), *([failed] if failed else []), *told])

    def keep(self, launch: Launch) -> None:
        self.note(launch)
        self._failed.pop(launch.actor, None)
        if self._budgets.halted(launch.boundary):
            self._budgets.renew(launch.boundary)
        self._remember()
        self._handles[launch.actor] = self._start(launch)

    def note(self, launch: Launch) -> None:
        self._launches = {**self._launches, launch.actor: launch}
        self._restarts.setdefault(launch.actor, 0)
        self._remember()

    def tell(self, launch: Launch) -> Any:
        return self._handles[launch.actor].adapt.remote(launch)

    def answered(self, question: Any) -> bool:
        if not ray.wait([question], timeout=0.0)[0]:
            return False
        try:
            ray.get(question)
        except Exception as problem:  # whatever it is, who gave the order is told
            raise Impossible(f"it could not be told: {problem}") from problem
        return True

    def end(self, name: str) -> None:
        _log.info("ends", shard=name)
        self._ending.add(name)
        self._handles[name].__ray_terminate__.remote()

    def kill(self, name: str) -> None:
        _log.warning("did not end, and is killed", shard=name)
        ray.kill(self._handles[name])

    def ended(self, name: str) -> bool:
        if self._found(name) is not None:
            return False
        self._handles.pop(name)
        self._forget(name)
        self._ending.discard(name)
        return True

    def drop(self, name: str) -> None:
        self._launches = {actor: launch for actor, launch in self._launches.items() if actor != name}
        self._restarts.pop(name, None)
        self._failed.pop(name, None)
        self._remember()

    def budget(self, boundary: str, budget: Budget | None) -> None:
        self._policies = {name: each for name, each in self._policies.items() if name != boundary}
        if budget is None:
            self._budgets.forget(boundary)
        else:
            self._policies[boundary] = budget
            self._budgets.keep(boundary, budget)
        self._remember()

    def reserve(self, rooms: tuple[Room, ...]) -> None:
        self._wanted_rooms = rooms
        self._remember()
        self._keep_rooms(at_once=True)
