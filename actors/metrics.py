"""What the supervisor says of an exchange, as Prometheus reads it (text format 0.0.4)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

CONTENT_TYPE = "text/plain; version=0.0.4"


class _Metric(NamedTuple):
    field: str
    """of a process, in the supervisor's status"""
    name: str
    kind: str
    help: str


_OF_PROCESSES = (
    _Metric("lag", "bulkhead_lag_frames", "gauge", "Frames that wait in the log for this process."),
    _Metric(
        "pending", "bulkhead_pending_frames", "gauge", "Frames that it has sent and the log not confirmed."
    ),
    _Metric("events", "bulkhead_events_total", "counter", "Events applied since the process began."),
    _Metric("refused", "bulkhead_refused_total", "counter", "Frames refused since the process began."),
    _Metric("duplicates", "bulkhead_duplicates_total", "counter", "Events dropped that were seen before."),
    _Metric("restarts", "bulkhead_restarts_total", "counter", "Restarts of the process by the supervisor."),
    _Metric("tick", "bulkhead_tick", "gauge", "The newest tick that it has seen."),
)


def exposition(missing: dict[str, str], status: dict[str, Any], age_s: float | None) -> str:
    """`missing`: what does not trade. `status`: the supervisor's newest answer, `age_s` old; empty, None:
    there was none yet.
    """
    return "".join(f"{line}\n" for line in _lines(missing, status, age_s))


def _lines(missing: dict[str, str], status: dict[str, Any], age_s: float | None) -> Iterator[str]:
    yield from _head("bulkhead_ready", "gauge", "1 while every shard trades.")
    yield f"bulkhead_ready {int(not missing)}"
    if age_s is not None:
        # What follows is as old: a supervisor that is silent leaves it as it was.
        yield from _head("bulkhead_status_age_seconds", "gauge", "Since the supervisor has answered.")
        yield f"bulkhead_status_age_seconds {age_s:.3f}"
    processes = [(_labels(process), process) for process in status.get("shards", ())]
    if processes:
        yield from _head("bulkhead_running", "gauge", "1 while the process of a shard runs.")
        for labels, process in processes:
            yield f"bulkhead_running{labels} {int(process['state'] == 'running')}"
    for metric in _OF_PROCESSES if processes else ():
        yield from _head(metric.name, metric.kind, metric.help)
        for labels, process in processes:
            yield f"{metric.name}{labels} {process[metric.field]}"
    boundaries = status.get("boundaries", {})
    if boundaries:
        yield from _head("bulkhead_halted", "gauge", "1 while a boundary is halted.")
        for name, boundary in boundaries.items():
            yield f"bulkhead_halted{{boundary={_quoted(name)}}} {int(bool(boundary['halted']))}"


def _head(name: str, kind: str, what: str) -> Iterator[str]:
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} {kind}"


def _labels(process: dict[str, Any]) -> str:
    """Which process; its role is left out: it changes, and would make another series of each."""
    named = {
        "boundary": process["boundary"],
        "shard": process["replica_of"],
        "process": process["shard"],
    }
    return "{" + ",".join(f"{name}={_quoted(value)}" for name, value in named.items()) + "}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
