"""An Exchange that is changed while it runs, and that nothing of it is away meanwhile that need not be."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.kubernetes import IMAGE, Manifest, Namespace, Operator, exchange

BOUNDARY, GROUP, ZONE = "bulkhead.dev/boundary", "ray.io/group", "topology.kubernetes.io/zone"


def btc(*zones: str) -> Manifest:
    """With a replica in each of the zones."""
    return exchange("dev", {"boundaries": {"btc": {"replicas": "standby", "zones": [*zones]}}})


def test_an_exchange_is_changed_while_it_runs_and_no_boundary_with_replicas_is_ever_away(
    operator: Operator, namespace: Namespace
) -> None:
    """One exchange for all changes: they are what takes the time here."""
    namespace.apply(exchange("dev"))
    namespace.until_state("dev", "Ready")

    # A boundary gets a standby. Pods whose template is the same stay.
    head = pod_of(namespace, "headgroup")
    with watched(namespace) as least:
        namespace.apply(btc("zone-a", "zone-b"))
        namespace.until_state("dev", "Ready")
    assert groups(namespace) == {"headgroup", "supervisor", "btc-a", "btc-b"}
    assert [zone_of(namespace, group) for group in ("btc-a", "btc-b")] == ["zone-a", "zone-b"]
    assert pod_of(namespace, "headgroup") == head
    assert least["btc"] >= 1

    # One of the replicas is moved to another zone; the other stays where it is.
    second = pod_of(namespace, "btc-b")
    with watched(namespace) as least:
        namespace.apply(btc("zone-c", "zone-b"))
        namespace.until_state("dev", "Ready")
    assert [zone_of(namespace, group) for group in ("btc-a", "btc-b")] == ["zone-c", "zone-b"]
    assert pod_of(namespace, "btc-b") == second
    assert least["btc"] >= 1

    # A new image reaches every pod.
    newer = IMAGE.replace(":1", ":2")
    upgraded = btc("zone-c", "zone-b")
    upgraded["spec"]["image"] = newer
    with watched(namespace) as least:
        namespace.apply(upgraded)
        namespace.until_state("dev", "Ready")
    images = {each["image"] for pod in namespace.pods() for each in pod["spec"]["containers"]}
    assert images == {newer}
    assert least["btc"] >= 1


def groups(namespace: Namespace) -> set[str]:
    return {pod["metadata"]["labels"][GROUP] for pod in namespace.pods()}


def pod_of(namespace: Namespace, group: str) -> str:
    (uid,) = (pod["metadata"]["uid"] for pod in namespace.pods() if pod["metadata"]["labels"][GROUP] == group)
    return str(uid)


def zone_of(namespace: Namespace, group: str) -> str:
    node = namespace.get("node", namespace.node_of(group))
    return str(node["metadata"]["labels"][ZONE])


@contextmanager
def watched(namespace: Namespace) -> Iterator[dict[str, int]]:
    """After the block: for each boundary the fewest pods that were ready at any moment of it, as the API
    server has told of every change.
    """
    least: dict[str, int] = {}
    command = namespace.plane.command("--namespace", namespace.name, "get", "pods", "--output=json")
    with subprocess.Popen(
        [*command, "--watch", "--output-watch-events"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield least
        finally:
            process.terminate()
            text = process.stdout.read() if process.stdout is not None else ""
    known = len(namespace.pods())
    pods: dict[str, dict[str, Any]] = {}
    for event in _documents(text):
        pod = event["object"]
        pods[pod["metadata"]["name"]] = pod
        if event["type"] == "DELETED":
            del pods[pod["metadata"]["name"]]
        if len(pods) < known and not least:
            continue  # it has not told of all that there were yet
        ready = [each for each in pods.values() if _is_ready(each)]
        for boundary in {each["metadata"]["labels"].get(BOUNDARY) for each in pods.values()} - {None}:
            count = sum(_of(each, str(boundary)) for each in ready)
            least[str(boundary)] = min(count, least.get(str(boundary), count))


def _documents(text: str) -> Iterator[dict[str, Any]]:
    decoder, place = json.JSONDecoder(), 0
    while text[place:].strip():
        place += len(text[place:]) - len(text[place:].lstrip())
        try:
            found, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError:
            return  # the last was cut off
        yield found


def _of(pod: dict[str, Any], boundary: str) -> bool:
    return bool(pod["metadata"]["labels"].get(BOUNDARY) == boundary)


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = {each["type"]: each["status"] for each in pod.get("status", {}).get("conditions", ())}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]
