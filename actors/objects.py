"""Actors and boundaries as objects of a plan: what each is to be started with, and what it runs with."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from actors.launch import Launch
from actors.launches import launches
from actors.memory import Memory, remembered
from bulkhead.installation.founding import genesis_record
from bulkhead.installation.state import Installation
from bulkhead.machines.engines import NATIVE_KINDS
from bulkhead.supervision.budget import Budget
from bulkhead.topology.models import Topology
from bulkhead.topology.plan.objects import ACTOR, BOUNDARY, ROOMS, Attributes, Objects, Ref, Value
from bulkhead.topology.rooms import Room, rooms

_NAMES = {
    "partitions": "reads",
    "snapshots_address": "snapshots",
    "suspect_after_s": "suspected_after_s",
    "views_address": "pages",
}
"""of a launch's fields that people know by another one"""
_SAME_FOR_ALL = ("exchange_id", "genesis_id", "mac_key_path", "log_address", "steps_folder")
"""They follow from what the head process holds: with another one the whole exchange is another."""
_NO_MATTER = ("shard", "replica", "title", "in_pods")
_ONLY_OF = {
    "partitions": ("ingress", "view"),
    "views_address": ("view",),
    "engine": NATIVE_KINDS,
    "tick_ms": ("clock",),
}
"""the kinds of actors for which a field makes a difference"""


def policies(topology: Topology) -> dict[str, Budget]:
    return {
        name: Budget(boundary.restarts.budget, boundary.restarts.within_s)
        for name, boundary in topology.boundaries.items()
    }


def wanted_launches(installation: Installation) -> dict[str, Launch]:
    """By actor; none of an exchange that was not founded."""
    record = genesis_record(installation)
    if record is None:
        return {}
    return {each.actor: each for each in launches(installation, bytes.fromhex(record["genesis_id"]))}


def wanted_objects(installation: Installation) -> Objects:
    topology = installation.topology
    return objects_of(wanted_launches(installation).values(), policies(topology), rooms(topology))


def live_objects(installation: Installation) -> tuple[Objects, set[Ref]]:
    """What runs, as the supervisor has written it down, and which of the actors lead their shards."""
    memory = remembered(installation.supervisor_path) or Memory()
    there = (launch for name, launch in memory.launches.items() if name in memory.roles)
    leading = {(ACTOR, name) for name, role in memory.roles.items() if role not in ("standby", "active")}
    return objects_of(there, memory.budgets, memory.rooms), leading


def engines_in(started: Iterable[Launch]) -> str:
    """What computes books, risk, settlement and views: native, reference, or both."""
    return ", ".join(sorted({str(launch.engine) for launch in started if launch.kind in NATIVE_KINDS}))


def objects_of(started: Iterable[Launch], budgets: dict[str, Budget], rooms: Iterable[Room] = ()) -> Objects:
    """What a plan compares of what is to run, or runs."""
    return {
        **{
            (BOUNDARY, name): {"restarts": f"{budget.restarts} in {budget.within_s} s"}
            for name, budget in budgets.items()
        },
        ROOMS: {f"{room.boundary} on {room.node}": room.has for room in rooms},
        **{(ACTOR, launch.actor): _attributes(launch) for launch in started},
    }


def _attributes(launch: Launch) -> Attributes:
    """What makes a difference to how it runs."""
    found: dict[str, Value] = {}
    for field in fields(launch):
        name = field.name
        if name in (*_SAME_FOR_ALL, *_NO_MATTER) or launch.kind not in _ONLY_OF.get(name, (launch.kind,)):
            continue
        if name == "suspect_after_s" and launch.replicas == "none":
            continue
        if name == "first_cpu" and launch.cpus is None:
            continue
        found[_NAMES.get(name, name)] = _value(getattr(launch, name))
    return found


def _value(value: Any) -> Value:
    return value if isinstance(value, int | tuple | None) else str(value)
