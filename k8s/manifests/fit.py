"""Whether a topology can be on Kubernetes, where a boundary is a pod and pods share no files."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from bulkhead.topology.models import SnapshotSettings, Topology, ViewSettings
from bulkhead.topology.problems import Finding, Problem, TopologyError, field_text
from bulkhead.topology.values import is_loopback

ON_KUBERNETES = "on Kubernetes"
"""what stands for the file in what is said of a topology"""
NO_FILES = "is files on one machine, and pods share none; write log: {adapter: pulsar, service_url: …}"
NO_SNAPSHOT_FILES = "are files on one machine, and pods share none; write snapshots: {adapter: redis, url: …}"
NO_TOKEN_KEY = "makes tokens on one machine; remove it, and put tokens into the Secret NAME-tokens"


def fit(topology: Topology) -> None:
    """TopologyError: what of it can't be on Kubernetes, with all that is wrong."""
    problems = [
        Problem(ON_KUBERNETES, 0, 0, field_text(found.path), found.problem, found.hint)
        for found in findings(topology)
    ]
    if problems:
        raise TopologyError(problems)


def findings(topology: Topology) -> Iterator[Finding]:
    """In the order of a topology's fields."""
    log = topology.log
    if log.adapter != "pulsar":
        yield _finding(("log", "adapter"), NO_FILES)
    else:
        yield from _place(("log", "service_url"), log.service_url, "pulsar://pulsar-proxy.pulsar.svc:6650")
        yield from _place(("log", "admin_url"), log.admin_url, "http://pulsar-proxy.pulsar.svc:8080")
    if log.token_key is not None:
        yield _finding(("log", "token_key"), NO_TOKEN_KEY)
    if topology.snapshots.adapter != "redis":
        yield _finding(("snapshots", "adapter"), NO_SNAPSHOT_FILES)
    sections: dict[str, SnapshotSettings | ViewSettings] = {
        "snapshots": topology.snapshots,
        "views": topology.views,
    }
    for name, settings in sections.items():
        if settings.adapter == "redis":
            yield from _place((name, "url"), settings.url, "redis://redis.redis.svc:6379/0")


def _finding(path: tuple[str, ...], text: str) -> Finding:
    problem, _, hint = text.partition("; ")
    return Finding(path, problem, hint)


def _place(path: tuple[str, ...], url: str | None, example: str) -> Iterator[Finding]:
    """A server's address that every pod understands in the same way."""
    if url is None:
        yield Finding(path, "left out it means 127.0.0.1, which is each pod itself", f"such as {example}")
    elif is_loopback(urlsplit(url).hostname or ""):
        yield Finding(path, f"{url} is each pod itself", f"such as {example}")
