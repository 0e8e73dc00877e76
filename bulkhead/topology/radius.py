"""The blast radius: what stops, what degrades and what goes on when a boundary fails, whole, with all
replicas of all its shards; and how it comes back.

It follows from the streams (`flows`) and from where processes are placed (`placement`). What can fail is each
boundary of the topology, each server that the exchange depends on, and, with several machines, each node
and each zone: `node west-1`, `zone west`. A node stops the shards of which no process is elsewhere.

What someone outside would miss is a *service*: a way through shards that all have to work, such as an order's
through its risk shard to its book and back.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Literal

from bulkhead.topology.derived import ShardKind, boundary_of, redis_servers, shards
from bulkhead.topology.flows import edges
from bulkhead.topology.models import Boundary, Topology
from bulkhead.topology.placement import Grounds
from bulkhead.topology.placing import HEAD
from bulkhead.topology.processes import Process

BROKER, RAY, REDIS = "broker", "ray", "redis"
SERVER_NAMES = (BROKER, RAY, REDIS, f"{REDIS}-snapshots", f"{REDIS}-views")
"""What may fail beside the boundaries: the log's Pulsar broker, Ray's head, one Redis server or two. No
boundary of a topology may have such a name. SQLite is no process: it fails with the machine."""
NODE, ZONE = "node ", "zone "
"""How the names of nodes and zones begin; no boundary's name has a space."""


AWAY = " away: "


def whose(missed: str) -> str:
    """The shard, server or `own_process` without which something is missed: one of a Radius' `missed`."""
    return missed.partition(AWAY)[0]


def own_process(name: str) -> str:
    """What a shard of several processes lacks without one: the first has the shard's own name."""
    return f"its process {name}"


class Effect(IntEnum):
    """The worse the greater."""

    GOES_ON = 0
    DEGRADES = 1
    STOPS = 2


@dataclass(frozen=True, slots=True)
class Service:
    """What someone outside would miss. `way`: the shards that it goes through, in their order."""

    kind: Literal["commands", "orders", "ledger", "market data", "view", "decisions", "time", "restarts"]
    way: tuple[str, ...]

    @property
    def name(self) -> str:
        """Such as `orders risk/0 book/1`; a gateway on the way is not named."""
        return " ".join((self.kind, *(shard for shard in self.way if not shard.startswith("ingress/"))))


@dataclass(frozen=True, slots=True)
class Recovery:
    """How a boundary comes back.

    `processes` is what it consists of, `failures` how often all of them may die within `within_s` until it
    stays down; None: without limit.
    """

    processes: int
    one_dies: Literal["takeover", "restart", "operator"]
    """when one process dies"""
    all_die: Literal["restart", "operator"]
    """when the whole of it fails"""
    failures: int | None
    within_s: int


@dataclass(frozen=True, slots=True)
class Radius:
    """Of one failure, or of several at once."""

    failed: tuple[str, ...]
    """boundaries, servers, nodes, zones"""
    shards: dict[str, Effect]
    """every shard"""
    missed: dict[str, tuple[str, ...]]
    """shard that degrades -> what it can't do"""
    stopped: tuple[Service, ...]
    going_on: tuple[Service, ...]


@dataclass(frozen=True)
class Exchange:
    """What the radius of any failure of one topology is derived from."""

    topology: Topology

    @cached_property
    def boundaries(self) -> dict[str, tuple[str, ...]]:
        """Boundary -> its shards."""
        found: dict[str, list[str]] = {name: [] for name in self.topology.boundaries}
        for shard, boundary in boundary_of(self.topology).items():
            found[boundary].append(shard)
        return {name: tuple(inside) for name, inside in found.items()}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All that can fail: the boundaries in the file's order, then servers, nodes and zones."""
        return (*self.boundaries, *servers(self.topology), *self._domains)

    @cached_property
    def _domains(self) -> dict[str, tuple[str, ...]]:
        """What may fail as a machine does -> its nodes; none where there is only one machine."""
        if self.topology.placement is None:
            return {}
        return {
            **{f"{NODE}{name}": (name,) for name in self._grounds.nodes},
            **{f"{ZONE}{name}": nodes for name, nodes in self._grounds.zones.items()},
        }

    @cached_property
    def _grounds(self) -> Grounds:
        return Grounds(self.topology)

    def nodes_of(self, *failed: str) -> frozenset[str]:
        """The nodes that are lost with these, of which any may be boundaries or servers."""
        return frozenset(node for name in failed for node in self._domains.get(name, ()))

    def lost(self, *failed: str) -> dict[str, tuple[Process, ...]]:
        """Shard -> its processes that are lost with these nodes and zones."""
        nodes = self.nodes_of(*failed)
        found: dict[str, list[Process]] = {}
        for process, place in self._grounds.places.items():
            if place.node in nodes:
                found.setdefault(process.shard, []).append(process)
        return {shard: tuple(each) for shard, each in found.items()}

    @cached_property
    def services(self) -> tuple[Service, ...]:
        return tuple(_services(self.topology))

    @cached_property
    def _missed(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """Shard -> what others miss without it: (reader, what)."""
        found: dict[str, dict[tuple[str, str], None]] = {}
        for edge in edges(self.topology):
            if edge.flow.missed:
                what = f"{edge.source.name}{AWAY}{edge.flow.missed}"
                found.setdefault(edge.source.name, {})[edge.reader.name, what] = None
        return {source: tuple(each) for source, each in found.items()}

    def radius(self, *failed: str) -> Radius:
        """Of the failure of all these at once. KeyError: there is no such boundary, server, node or zone."""
        stops: set[str] = set()
        lacks: dict[str, dict[str, None]] = {}
        for inside, misses in (
            *(self._of(name) for name in failed if name not in self._domains),
            self._of_nodes(*failed),
        ):
            stops |= set(inside)
            for reader, what in misses:
                lacks.setdefault(reader, {})[what] = None
        missed = {reader: tuple(what) for reader, what in lacks.items() if reader not in stops}
        effects = {}
        for shard in shards(self.topology):
            degraded = Effect.DEGRADES if shard.name in missed else Effect.GOES_ON
            effects[shard.name] = Effect.STOPS if shard.name in stops else degraded
        stopped = tuple(each for each in self.services if not stops.isdisjoint(each.way))
        going_on = tuple(each for each in self.services if stops.isdisjoint(each.way))
        return Radius(failed, effects, missed, stopped, going_on)

    def _of(self, name: str) -> tuple[Collection[str], list[tuple[str, str]]]:
        """Which shards one failure stops, and (reader, what it can't do) of others."""
        every = shards(self.topology)
        if name == BROKER:
            return [shard.name for shard in every if shard.kind != "supervisor"], []
        if name == RAY:
            return [shard.name for shard in every], []
        if name in redis_servers(self.topology):
            return [], list(_without_redis(self.topology, name))
        inside = self.boundaries[name]
        return inside, [miss for shard in inside for miss in self._missed.get(shard, ())]

    def _of_nodes(self, *failed: str) -> tuple[Collection[str], list[tuple[str, str]]]:
        """The same of all the nodes that are lost at once. What has a process elsewhere goes on there."""
        nodes = self.nodes_of(*failed)
        if not nodes:
            return [], []
        if HEAD in nodes:
            return self._of(RAY)
        lost = self.lost(*failed)
        replicas = Counter(process.shard for process in self._grounds.places)
        inside = [shard for shard, processes in lost.items() if len(processes) == replicas[shard]]
        alone = [
            (shard, f"{own_process(processes[0].name)}{AWAY}none takes over from the other one")
            for shard, processes in lost.items()
            if shard not in inside
        ]
        return inside, [*(miss for shard in inside for miss in self._missed.get(shard, ())), *alone]

    def recovery(self, name: str) -> Recovery:
        """Of a boundary, a server, a node or a zone. KeyError: there is none of that name."""
        if name in self._domains:
            return self._recovery_of_nodes(name)
        if name in servers(self.topology):
            return Recovery(1, "operator", "operator", None, 0)
        return recovery(self.topology.boundaries[name], self.boundaries[name])

    def _recovery_of_nodes(self, name: str) -> Recovery:
        """What is lost is started at once elsewhere, if for all of it another node stands in."""
        nodes = self.nodes_of(name)
        lost = [place for place in self._grounds.places.values() if place.node in nodes]
        elsewhere = HEAD not in nodes and all({*place.others} - nodes for place in lost)
        how: Literal["restart", "operator"] = "restart" if elsewhere else "operator"
        return Recovery(len(lost), how, how, None, 0)


def servers(topology: Topology) -> tuple[str, ...]:
    """The servers that this exchange depends on. Two Redis servers are redis-snapshots and redis-views."""
    broker = (BROKER,) if topology.log.adapter == "pulsar" else ()
    return (*broker, *redis_servers(topology), RAY)


def recovery(boundary: Boundary, inside: Collection[str]) -> Recovery:
    """`inside`: its shards."""
    replicas = 1 if boundary.replicas == "none" else 2
    processes = replicas * len(inside)
    one_dies: Literal["takeover", "restart"] = "restart" if replicas == 1 else "takeover"
    if set(inside) == {"supervisor"}:
        return Recovery(processes, "restart", "restart", None, 0)  # Ray's doing, which counts nothing
    # The supervisor's own death costs none of the budget.
    counted = replicas * sum(shard != "supervisor" for shard in inside)
    failures = boundary.restarts.budget // counted
    within_s = boundary.restarts.within_s
    if boundary.restarts.budget == 0:
        return Recovery(processes, "operator", "operator", 0, within_s)
    return Recovery(processes, one_dies, "restart" if failures else "operator", failures, within_s)


def _services(topology: Topology) -> Iterator[Service]:
    by_kind: dict[ShardKind, list[str]] = {}
    for shard in shards(topology):
        by_kind.setdefault(shard.kind, []).append(shard.name)
    for risk in by_kind["risk"]:
        entry = (risk.replace("risk/", "ingress/"), risk) if topology.has_gateways else (risk,)
        yield Service("commands", entry)
        for book in by_kind["book"]:
            yield Service("orders", (*entry, book))
    for book in by_kind["book"]:
        yield Service("market data", (book,))
    for settlement in by_kind["settlement"]:
        yield Service("ledger", (settlement,))
    for view in by_kind.get("view", ()):
        yield Service("view", (view,))
    yield Service("decisions", ("control/0",))
    yield Service("time", ("clock/0",))
    yield Service("restarts", ("supervisor",))


def _without_redis(topology: Topology, name: str) -> Iterator[tuple[str, str]]:
    keeps = redis_servers(topology)[name]
    for shard in shards(topology):
        if "snapshots" in keeps and shard.speaks:
            yield shard.name, f"{name}{AWAY}its snapshots wait, a restart reads its whole log"
        if "views" in keeps and shard.kind == "view":
            yield shard.name, f"{name}{AWAY}its pages in Redis stand still"
