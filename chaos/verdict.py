"""Whether a failure stopped what its blast radius says: declared beside observed, and each difference.

Everything that a failure does not stop has to move before the first part of what failed is back. What stands
still until then has stopped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bulkhead.topology.radius import Effect, Radius, own_process, whose


@dataclass(frozen=True)
class Observed:
    """One failure. Times are in ms from it to when something was first seen to work; None: it was not."""

    back_ms: float
    """when the first part of what failed was back"""
    shards: Mapping[str, float | None]
    services: Mapping[str, float | None]
    """as participants see them; those that are probed"""
    unobserved: Mapping[str, str] = field(default_factory=dict)
    """shard or service -> why nothing can be said of it"""
    processes: Mapping[str, float | None] = field(default_factory=dict)
    """of shards that have several"""

    def stopped(self, ms: float | None) -> bool:
        return ms is None or ms >= self.back_ms


def differences(radius: Radius, observed: Observed) -> list[str]:
    """What was declared otherwise than it was observed; [] where both are the same."""
    services = {service.name: Effect.STOPS for service in radius.stopped}
    services |= {service.name: Effect.GOES_ON for service in radius.going_on}
    found = []
    for declared, seen in ((radius.shards, observed.shards), (services, observed.services)):
        for name, ms in seen.items():
            if name not in observed.unobserved and (said := _difference(name, declared[name], ms, observed)):
                found.append(said)
    return found


def _difference(name: str, declared: Effect, ms: float | None, observed: Observed) -> str:
    """Empty: none."""
    back = f"what failed was back after {observed.back_ms:,.0f} ms"
    if declared is Effect.STOPS and not observed.stopped(ms):
        return f"{name} was declared to stop, and worked after {ms:,.0f} ms; {back}"
    if declared is not Effect.STOPS and observed.stopped(ms):
        how = "degrade" if declared is Effect.DEGRADES else "go on"
        for_how_long = "was not seen to work again" if ms is None else f"stood still for {ms:,.0f} ms"
        return f"{name} was declared to {how}, and {for_how_long}; {back}"
    return ""


def degraded(radius: Radius, observed: Observed) -> list[str]:
    """Shards that were seen to go on while something that they then lack was seen to stand still."""
    away = {name for name, ms in observed.shards.items() if observed.stopped(ms)} - {*observed.unobserved}
    away |= {*radius.failed}  # a server has no position: it was killed, and is kept away
    away |= {own_process(name) for name, ms in observed.processes.items() if observed.stopped(ms)}
    return [
        reader
        for reader, lacks in radius.missed.items()
        if reader not in observed.unobserved
        and not observed.stopped(observed.shards[reader])
        and any(whose(what) in away for what in lacks)
    ]


def compared(radius: Radius, observed: Observed) -> dict[str, Any]:
    """For JSON: `declared` and `observed` by effect, `unavailable_ms` of each shard and service."""
    seen = {**observed.shards, **observed.services}
    stopped = [name for name, ms in seen.items() if name not in observed.unobserved and observed.stopped(ms)]
    return {
        "declared": {
            "stops": [
                *(shard for shard, effect in radius.shards.items() if effect is Effect.STOPS),
                *(service.name for service in radius.stopped if service.name in observed.services),
            ],
            "degrades": list(radius.missed),
        },
        "observed": {
            "stops": stopped,
            "degrades": degraded(radius, observed),
            "unobserved": dict(observed.unobserved),
        },
        "back_ms": observed.back_ms,
        "unavailable_ms": {
            name: ms if name in stopped else 0.0
            for name, ms in seen.items()
            if name not in observed.unobserved
        },
        "first_seen_ms": seen,
        "differences": differences(radius, observed),
    }
