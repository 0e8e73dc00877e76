"""Checks that boundaries hold what they claim: each shard in one, replicas and restarts that can be."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from bulkhead.topology.derived import shards
from bulkhead.topology.hints import did_you_mean
from bulkhead.topology.models import Boundary, Topology
from bulkhead.topology.problems import Finding, Path
from bulkhead.topology.radius import SERVER_NAMES

ALONE = ("view/", "supervisor")
"""How the names begin of shards that nobody depends on: one that died is missed by those who look at it."""
RESTART_LEAST_MS = 500
"""No restart was faster: Ray takes 0.3 to 0.6 s to make an actor, and a death is seen within 0.2 s of it. The
shortest median that docs/chaos.md has is 0.79 s."""


def boundaries(topology: Topology) -> Iterator[Finding]:
    """What is wrong with them, in the file's order."""
    names = [shard.name for shard in shards(topology)]
    inside: dict[str, str] = {}
    for boundary_id, boundary in topology.boundaries.items():
        yield from _contents(topology, boundary_id, names, inside)
        own = [name for name, where in inside.items() if where == boundary_id]
        yield from _name(boundary_id)
        yield from _replicas(boundary_id, boundary, own)
        yield from _restarts(boundary_id, boundary, own)
    for name in names:
        if name not in inside:
            own_one = f"{name.replace('/', '-')}: {{contains: [{name}], …}}"
            hint = f"add it to one, or a boundary of its own: {own_one}"
            yield Finding(("boundaries",), f"{name} is in no boundary", hint, at_key=True)


def _contents(
    topology: Topology, boundary_id: str, names: list[str], inside: dict[str, str]
) -> Iterator[Finding]:
    """`inside`, shard -> its boundary, is filled."""
    for item, glob in enumerate(topology.boundaries[boundary_id].contains):
        path: Path = ("boundaries", boundary_id, "contains", item)
        matched = [name for name in names if fnmatchcase(name, glob)]
        if not matched:
            yield Finding(path, f"{glob} matches no shard", did_you_mean(glob, names))
        twice = [name for name in matched if name in inside]
        for name in twice:
            other = "this boundary" if inside[name] == boundary_id else f"boundary {inside[name]}"
            yield Finding(path, f"{name} is in {other} already", "a shard is in one boundary")
        inside |= {name: boundary_id for name in matched if name not in inside}


def _name(boundary_id: str) -> Iterator[Finding]:
    if boundary_id in SERVER_NAMES:
        problem = f"the name {boundary_id} is reserved: it is what a server's failure is called"
        yield Finding(("boundaries", boundary_id), problem, f"such as {boundary_id}-shards", at_key=True)


def _replicas(boundary_id: str, boundary: Boundary, own: list[str]) -> Iterator[Finding]:
    if boundary.replicas == "none":
        if len(boundary.engines or ()) > 1:
            problem = "there is no second replica that the second engine would compute"
            hint = "name one engine, or write replicas: standby"
            yield Finding(("boundaries", boundary_id, "engines"), problem, hint)
        return
    path: Path = ("boundaries", boundary_id, "replicas")
    alone = [name for name in own if name.startswith(ALONE)]
    if alone:
        problem = f"{alone[0]} has no replicas: it sends nothing that another could"
        hint = "write replicas: none, or give it a boundary of its own"
        yield Finding(path, problem, hint)


def _restarts(boundary_id: str, boundary: Boundary, own: list[str]) -> Iterator[Finding]:
    """A budget that can't be spent never halts what dies at once whenever it is started."""
    budget, within_s = boundary.restarts.budget, boundary.restarts.within_s
    processes = len(own) * (1 if boundary.replicas == "none" else 2)
    most = processes * within_s * 1000 // RESTART_LEAST_MS
    if own and budget >= most:
        count = f"{processes} process{'es' if processes > 1 else ''}"
        problem = (
            f"{budget} restarts in {within_s} s can't happen, so it would never halt: {count} can be "
            f"restarted {most} times in that time, {RESTART_LEAST_MS / 1000:g} s each"
        )
        longer_s = budget * RESTART_LEAST_MS // (1000 * processes) + 1
        hint = f"a budget below {most}, or within_s: {longer_s}"
        yield Finding(("boundaries", boundary_id, "restarts"), problem, hint)
