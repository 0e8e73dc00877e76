"""A blast radius as plain values, for JSON, and what has been seen of how long a recovery takes."""

from typing import Any

from bulkhead.topology.placing import HEAD
from bulkhead.topology.radius import (
    BROKER,
    NODE,
    RAY,
    SERVER_NAMES,
    ZONE,
    Effect,
    Exchange,
    Radius,
    Recovery,
)

SEEN_MS = {
    "takeover": {"sqlite": (4, 142), "pulsar": (12, 745)},
    "restart": {"sqlite": (788, 1574), "pulsar": (1444, 9156)},
}
"""From the shortest median to the longest of the runs that docs/chaos.md lists with their commands, on two
cores: how long somebody waited for a killed primary, and how long a killed process was away. A machine that
does much else takes longer: 3.0 and 4.6 s, instead of 1.6, where 27 processes waited for them."""


def told(exchange: Exchange, name: str) -> dict[str, Any]:
    """All about the failure of one boundary, server, node or zone."""
    radius = exchange.radius(name)
    return {
        "boundary": name,
        "server": name in SERVER_NAMES,
        "nodes": sorted(exchange.nodes_of(name)),
        "stops": {
            "shards": of_effect(radius, Effect.STOPS),
            "services": [service.name for service in radius.stopped],
        },
        "degrades": {shard: list(what) for shard, what in radius.missed.items()},
        "goes_on": {
            "shards": of_effect(radius, Effect.GOES_ON),
            "services": [service.name for service in radius.going_on],
        },
        "back": _back(exchange, name),
    }


def of_effect(radius: Radius, effect: Effect) -> list[str]:
    """The shards that it has upon."""
    return [shard for shard, its in radius.shards.items() if its is effect]


def _back(exchange: Exchange, name: str) -> dict[str, Any]:
    recovery = exchange.recovery(name)
    log = exchange.topology.log.adapter
    return {
        "processes": recovery.processes,
        "when_one_dies": recovery.one_dies,
        "when_all_die": recovery.all_die,
        "failures_until_halted": recovery.failures,
        "within_s": recovery.within_s or None,
        "seen_ms_when_one_dies": _seen(recovery.one_dies, log),
        "seen_ms_when_all_die": _seen(recovery.all_die, log),
        "said": back_text(name, recovery, log),
    }


def _seen(by: str, log: str) -> list[int] | None:
    return list(SEEN_MS[by][log]) if by in SEEN_MS else None


def back_text(name: str, recovery: Recovery, log: str) -> str:
    """For people."""
    if name == RAY:
        return "when an operator types `bulkhead up`"
    if name == BROKER:
        return "when an operator starts it; everybody reconnects by themselves"
    if name in SERVER_NAMES:
        return "when an operator starts it; nothing waits for it"
    if name == f"{NODE}{HEAD}":
        return "when an operator types `bulkhead up`"
    if name.startswith((NODE, ZONE)):
        again = "when it is back (`bulkhead node join`)"
        return f"{_range('restart', log)} by restart elsewhere" if recovery.all_die == "restart" else again
    if recovery.one_dies == "operator":
        return "when an operator types `bulkhead topology apply`: its budget is 0"
    text = f"{_range('takeover', log)} by takeover where one process dies; " if _takes_over(recovery) else ""
    if recovery.all_die == "operator":
        return f"{text}when all {recovery.processes} die an operator: its budget has fewer restarts"
    often = (
        "without limit, Ray restarts it"
        if recovery.failures is None
        else f"{recovery.failures} times in {recovery.within_s} s"
    )
    return f"{text}{_range('restart', log)} by restart, {often}"


def _takes_over(recovery: Recovery) -> bool:
    return recovery.one_dies == "takeover"


def _range(by: str, log: str) -> str:
    least, most = SEEN_MS[by][log]
    return f"{least / 1000:.2g} to {most / 1000:.2g} s"
