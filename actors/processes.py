"""The exchange's processes as one object of a plan: what they should be started with, what they were."""

from collections.abc import Callable
from importlib.metadata import version

from actors.attach import attached, call
from actors.launch import REPLICAS
from actors.process import start, stop_process, sweep
from bulkhead.installation.state import Installation, Running
from bulkhead.machines.engines import NATIVE_KINDS, chosen
from bulkhead.topology import derived
from bulkhead.topology.models import Boundary
from bulkhead.topology.plan.objects import Attributes, Ref

INTERRUPTION = (
    "all trading, while every process is stopped and started again: 15 s with seven participants and three"
    " books (docs/operations.md, Changing things); what participants send meanwhile waits in the log"
)


def ref(installation: Installation) -> Ref:
    return "exchange", installation.topology.exchange


def wanted_settings(installation: Installation) -> dict[str, int | str | tuple[str, ...]]:
    """What its processes are started with, as far as it follows from topology and version."""
    topology = installation.topology
    boundary_of = derived.boundary_of(topology)
    shards = derived.shards(topology)
    replicas = {name: REPLICAS[boundary.replicas] for name, boundary in topology.boundaries.items()}
    return {
        "version": version("bulkhead"),
        "engines": _engines(installation),
        "actors": tuple(
            shard.name if replica == "a" else f"{shard.name}.{replica}"
            for shard in shards
            for replica in (replicas[boundary_of[shard.name]] if shard.kind != "supervisor" else ("a",))
        ),
        "boundaries": tuple(_policy(name, boundary) for name, boundary in topology.boundaries.items()),
        "contained": tuple(f"{shard} in {name}" for shard, name in boundary_of.items()),
        "views": _reads(shards, "view"),
        **({"gateways": _reads(shards, "ingress")} if topology.has_gateways else {}),
        "log": installation.log_address.partition("&")[0],
        "snapshots": installation.snapshots_address,
        "pages": installation.views_address,
        "every_events": topology.snapshots.every_events,
        "every_ticks": topology.snapshots.every_ticks,
        "tick_ms": topology.clock.tick_ms,
    }


def live_settings(installation: Installation) -> Attributes | None:
    """What the processes that run were started with; None where none run."""
    running = installation.running()
    if running is None:
        return None
    return running.settings if running.state == "ready" else {**running.settings, "state": running.state}


def bring(installation: Installation, action: str, show: Callable[[Running], None]) -> Running:
    """Have the processes run as they should be. StartFailed says why they do not."""
    if action == "replace":
        stop(installation)
    return start(installation, show)


def stop(installation: Installation) -> str:
    """Stop what runs, every shard between two steps if it can be asked; nothing of it is left when this
    returns. Empty, or why the shards were not asked.
    """
    running = installation.running()
    if running is None:
        sweep(installation)
        return ""
    problem = ""
    try:
        with attached(installation):
            call("supervisor", "shut_down")
    except Exception as error:  # noqa: BLE001  # whatever ails Ray, what was started must still end
        problem = str(error) or type(error).__name__
    stop_process(installation, running.pid)
    return problem


def _engines(installation: Installation) -> tuple[str, ...]:
    """What computes each replica of a shard that there is a choice for."""
    topology = installation.topology
    boundary_of = derived.boundary_of(topology)

    def asked(shard: str, replica: str) -> str | None:
        return installation.engine or derived.engine_of(topology, shard, replica)

    return tuple(
        f"{shard.name}.{replica}: {asked(shard.name, replica) or chosen(None)}"
        for shard in derived.shards(topology)
        if shard.kind in NATIVE_KINDS
        for replica in REPLICAS[topology.boundaries[boundary_of[shard.name]].replicas]
    )


def _reads(shards: list[derived.Shard], kind: derived.ShardKind) -> tuple[str, ...]:
    """What shards of a kind that read several partitions are to read."""
    return tuple(f"{shard.name} of {', '.join(shard.reads)}" for shard in shards if shard.kind == kind)


def _policy(name: str, boundary: Boundary) -> str:
    restarts = boundary.restarts
    suspicion = f", suspected after {boundary.suspect_after_ms} ms" if boundary.replicas != "none" else ""
    return (
        f"{name}: {boundary.isolation}, {restarts.budget} restarts in {restarts.within_s} s, then"
        f" {boundary.then}, replicas {boundary.replicas}{suspicion}"
    )
