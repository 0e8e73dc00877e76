"""Checks that what is to be placed can be: nodes and zones that there are, claims that hold, limits that fit.

All of it is known before anything starts. Ray would wait for a node that nobody has, for ever, and say
nothing.
"""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from bulkhead.topology.derived import public_log_address, redis_servers
from bulkhead.topology.hints import did_you_mean
from bulkhead.topology.models import Boundary, Topology
from bulkhead.topology.placement import REPLICAS, Grounds, named
from bulkhead.topology.placing import HEAD
from bulkhead.topology.problems import Finding, Path
from bulkhead.topology.values import is_loopback

SUPERVISOR = "supervisor"


def placement(topology: Topology) -> Iterator[Finding]:
    """What is wrong with where boundaries are, in the file's order."""
    grounds = Grounds(topology)
    # Each needs what the one before has found to be right.
    for check in (_where, _claims, _sums):
        found = list(check(grounds))
        yield from found
        if found:
            break
    yield from _reach(topology)


def _where(grounds: Grounds) -> Iterator[Finding]:
    """Names of nodes and zones, and how many."""
    for name, boundary in grounds.topology.boundaries.items():
        path: Path = ("boundaries", name)
        if boundary.nodes and boundary.zones:
            yield Finding((*path, "zones"), "its nodes are named already", "write nodes or zones, not both")
            continue
        if boundary.nodes is not None:
            yield from _written(grounds, name, "nodes", boundary.nodes, list(grounds.nodes))
        if boundary.zones is not None:
            yield from _written(grounds, name, "zones", boundary.zones, list(grounds.zones))
        if boundary.isolation != "process":
            yield from _own_domain(grounds, name, boundary)


def _written(
    grounds: Grounds, name: str, field: str, written: tuple[str, ...], there: list[str]
) -> Iterator[Finding]:
    path: Path = ("boundaries", name, field)
    for item, each in enumerate(written):
        if each not in there:
            hint = f"{did_you_mean(each, there)}; placement.nodes lists them"
            yield Finding((*path, item), f"no {field[:-1]} has the name {each}", hint)
    if len(written) > 1 and grounds.topology.boundaries[name].replicas == "none":
        hint = "name one, or write replicas: standby"
        yield Finding(path, "there is no second replica that the second one is for", hint)
    if written != (HEAD,) and SUPERVISOR in grounds.inside[name]:
        hint = f"remove {field}: `up` starts it there"
        yield Finding(path, "the supervisor is on the head, always", hint)


def _own_domain(grounds: Grounds, name: str, boundary: Boundary) -> Iterator[Finding]:
    """One that claims a domain for itself says which."""
    path: Path = ("boundaries", name)
    isolation = boundary.isolation
    if getattr(boundary, f"{isolation}s") is not None:
        return
    if grounds.topology.placement is not None:
        problem = f"it claims a {isolation} of its own and does not say which"
        yield Finding((*path, "isolation"), problem, f"write {isolation}s: [NAME]")
        return
    others = [f"the boundary {other}" for other in grounds.topology.boundaries if other != name]
    joined = ", ".join([*others, *_on_this_machine(grounds.topology)])
    problem = f"it claims a {isolation} of its own, and this machine, the only one, joins it to {joined}"
    hint = "write isolation: process, which is what holds on one machine, or list more machines in placement"
    yield Finding((*path, "isolation"), problem, hint)
    if boundary.replicas != "none" and grounds.inside[name]:
        problem = (
            f"both replicas of {grounds.inside[name][0]} are in one failure domain: on this machine, the only"
            f" one, whose failure takes both, whatever isolation: {isolation} says"
        )
        hint = "write isolation: process: on one machine two replicas hold against the death of a process"
        yield Finding((*path, "replicas"), problem, hint)


def _claims(grounds: Grounds) -> Iterator[Finding]:
    """Nobody else is where one is alone, and replicas are where one failure does not take both."""
    for name, boundary in grounds.topology.boundaries.items():
        yield from _claim(grounds, name, boundary)
        if boundary.isolation != "process":
            yield from _replicas_apart(grounds, name, boundary)


def _claim(grounds: Grounds, name: str, boundary: Boundary) -> Iterator[Finding]:
    field = "nodes" if boundary.nodes else "zones" if boundary.zones else "isolation"
    path: Path = ("boundaries", name, field)
    for replica in REPLICAS[boundary.replicas]:
        there = grounds.candidates(name, replica)
        if not there:
            zone = named(boundary.zones or (), replica)
            owned = ", ".join(f"{node} to {grounds.owners[node]}" for node in grounds.zones[zone])
            problem = f"every node of the zone {zone} belongs to another boundary: {owned}"
            yield Finding(path, problem, "name another zone, or list one more node there")
            return
        owner = next((grounds.owners[node] for node in there if node in grounds.owners), name)
        if owner != name:
            isolation = grounds.topology.boundaries[owner].isolation
            problem = f"{there[0]} joins it to the boundary {owner}, which claims a {isolation} of its own"
            hint = (
                f"name other {field}" if field != "isolation" else "name its nodes: left out, it is the head"
            )
            yield Finding(path, problem, f"{hint}, or write isolation: process in {owner}", at_key=True)
            return
        if HEAD in there and boundary.isolation != "process" and SUPERVISOR not in grounds.inside[name]:
            isolation = boundary.isolation
            problem = f"it claims a {isolation} of its own, and the head joins it to Ray and the supervisor"
            yield Finding(path, problem, f"name other {field}")
            return


def _replicas_apart(grounds: Grounds, name: str, boundary: Boundary) -> Iterator[Finding]:
    written = getattr(boundary, f"{boundary.isolation}s")
    if boundary.replicas != "none" and len({*written}) == 1 and grounds.inside[name]:
        problem = (
            f"both replicas of {grounds.inside[name][0]} are in one failure domain: the"
            f" {boundary.isolation} {written[0]}, whose failure takes both"
        )
        hint = f"name two {boundary.isolation}s, one for each replica"
        yield Finding(("boundaries", name, "replicas"), problem, hint)


def _sums(grounds: Grounds) -> Iterator[Finding]:
    """What limits add up to on each node that says what it has."""
    memory: Counter[str] = Counter()
    cpus: Counter[str] = Counter()
    for place in grounds.places.values():
        memory[place.node] += place.memory_mib or 0
        cpus[place.node] += place.cpus or 0
    for name, node in grounds.nodes.items():
        for field, unit, given in (("memory_mib", " MiB", memory[name]), ("cpus", " cores", cpus[name])):
            there = getattr(node, field)
            if there is not None and given > there:
                problem = f"what is placed there may use {given:,}{unit} together, and it has {there:,}"
                hint = "lower the limits of boundaries there, or place some of them elsewhere"
                yield Finding(("placement", "nodes", name, field), problem, hint)


def _reach(topology: Topology) -> Iterator[Finding]:
    """In production what all nodes need is not on one of them; in development they may be one machine."""
    joined = ", ".join(_on_this_machine(topology))
    if topology.placement is None:
        return
    if topology.placement.address == "127.0.0.1":
        problem = "Ray would take another address for 127.0.0.1"
        hint = "a private network's, or, to try several nodes on one machine, 127.0.0.2"
        yield Finding(("placement", "address"), problem, hint)
    if not topology.development and joined:
        problem = f"there are several nodes, and one machine has {joined}: the others can't reach that"
        hint = "keep it where all nodes reach it: log.adapter: pulsar, snapshots.adapter: redis, with a url"
        yield Finding(("placement",), problem, hint, at_key=True)


def _on_this_machine(topology: Topology) -> Iterator[str]:
    """What all boundaries depend on, and where it is, as far as that is this machine."""
    if topology.log.adapter == "sqlite":
        yield "the log's files"
    elif is_loopback((broker := urlsplit(public_log_address(topology))).hostname or ""):
        yield f"the one broker, {broker.netloc}"
    if topology.placement is not None and topology.snapshots.adapter == "files":
        yield "the snapshots' files"
    for server, kept in redis_servers(topology).items():
        settings = topology.snapshots if "snapshots" in kept else topology.views
        if settings.url is None or is_loopback(urlsplit(settings.url).hostname or ""):
            yield f"the one {server} of {' and '.join(kept)}"
