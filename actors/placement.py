"""Puts an actor's process on a node of the exchange, and holds it to its limits there.

A node is known to Ray by its label, and has resources that boundaries divide among themselves. Ray waits for
what no node has, and says nothing: `Nodes` does.
"""

import os
import resource
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from actors.launch import Launch
from bulkhead.topology.placing import Node
from bulkhead.topology.pods import BOUNDARY, label_of

LABEL = "bulkhead-node"
"""Its value is the node's name in the topology."""
NODE_UNIT = LABEL
"""A resource, of which every node has one. A boundary whose node it is has all of that; processes of others
take a share each. So Ray lets no boundary onto the node of another one.
"""
MEMORY, CPUS = "bulkhead-memory-mib", "bulkhead-cpus"
"""Resources of a node of which the topology says what it has. Ray's own, memory and CPU, say what Ray has
found on the machine, and how many workers it starts at once depends on them.
"""
SHARE = 0.0001
"""of NODE_UNIT: the least that Ray counts, so that 10,000 processes have room on a node"""
LOOK_EVERY_S = 1.0
KIB, MIB = 1024, 1024 * 1024


def resources(node: Node) -> dict[str, float]:
    """What Ray is told that a node has, when it is started."""
    has: dict[str, float] = {NODE_UNIT: 1}
    if node.memory_mib is not None:
        has[MEMORY] = node.memory_mib
    if node.cpus is not None:
        has[CPUS] = node.cpus
    return has


def options(nodes: tuple[str, ...], *, shares_node: bool = False) -> dict[str, Any]:
    """What Ray is told of where an actor is to be: on the first of `nodes`, on another while that one is
    away. Empty: wherever there is room. `shares_node`: on none that a boundary has for itself.
    """
    if not nodes:
        return {}
    first, *others = nodes
    found: dict[str, Any] = {"label_selector": {LABEL: first}}
    if others:
        found["fallback_strategy"] = [{"label_selector": {LABEL: other}} for other in others]
    if shares_node:
        found["resources"] = {NODE_UNIT: SHARE}
    return found


def hold(launch: Launch) -> None:
    """Hold this process to its limits, whatever it has started by now.

    Of memory it is those of data (RLIMIT_DATA): beyond, an allocation fails, which ends the process. They
    count what is mapped, so what is mapped and not used yet comes on top of the limit. Of cores it is the
    affinity of every thread: which ones it may run on, not how much of them.
    """
    if launch.memory_mib is not None:
        status = _status_kib()
        room = launch.memory_mib * MIB - status["VmRSS"] * KIB
        if room <= 0:
            takes = status["VmRSS"] * KIB // MIB
            raise MemoryError(
                f"{launch.actor} may have {launch.memory_mib} MiB and takes {takes} MiB before it begins:"
                f" raise memory_mib of the boundary {launch.boundary}"
            )
        most = status["VmData"] * KIB + room
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    if launch.cpus is not None:
        cores = _cores(sorted(os.sched_getaffinity(0)), launch.first_cpu, launch.cpus)
        for thread in Path("/proc/self/task").iterdir():
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.sched_setaffinity(int(thread.name), cores)


def _cores(there: list[int], first: int, count: int) -> set[int]:
    """So many of the node's cores, beginning behind those that were given to others: all of them, if it has
    fewer.
    """
    return {there[(first + number) % len(there)] for number in range(min(count, len(there)))}


def _status_kib() -> dict[str, int]:
    """What the kernel says that this process has, in KiB."""
    lines = (line.partition(":") for line in Path("/proc/self/status").read_text().splitlines())
    return {name: int(value.removesuffix("kB")) for name, _, value in lines if value.endswith("kB")}


def own_node() -> str:
    """The name of the node that this process is on; empty: it has none, being the only one."""
    import ray  # reads its environment when it is imported

    return str(ray.get_runtime_context().get_node_labels().get(LABEL, ""))


def own_address() -> str:
    """Of the node that this process is on, as others reach it."""
    import ray

    return str(ray.util.get_node_ip_address())  # type: ignore[no-untyped-call]


class Nodes:
    """Which nodes of the exchange are there, as it was a second ago at most."""

    def __init__(self) -> None:
        self._addresses: dict[str, str] = {}
        self._looked_at = 0.0

    def addresses(self, launches: Iterable[Launch]) -> dict[str, str]:
        """Every node that one of these is placed on, with its address; empty: it is away."""
        import ray

        started = [launch for launch in launches if launch.nodes]
        names = {name for launch in started for name in launch.nodes}
        if names and time.monotonic() - self._looked_at > LOOK_EVERY_S:
            nodes = ray.nodes()  # type: ignore[no-untyped-call]
            # A machine that was made a node by other means, and lacks the unit, is none: nothing can start.
            pods = any(launch.in_pods for launch in started)
            found = (each for each in nodes if each["Alive"] and (pods or NODE_UNIT in each["Resources"]))
            self._addresses = {each["Labels"].get(LABEL, ""): each["NodeManagerAddress"] for each in found}
            self._looked_at = time.monotonic()
        return {name: self._addresses.get(name, "") for name in sorted(names)}

    def awaited(self, launch: Launch) -> str:
        """What an actor that does not start waits for; empty: nothing that is known."""
        addresses = self.addresses([launch])
        if not addresses or any(addresses.values()):
            return ""
        first = launch.nodes[0]
        if launch.in_pods:
            pods = f"`kubectl get pods -l {BOUNDARY}={label_of(launch.boundary)}`"
            return f"waits for the pod {' or '.join(launch.nodes)}: {pods} says what it does"
        return f"waits for the node {' or '.join(launch.nodes)}: `bulkhead node join {first}`, typed there"
