"""An Exchange that is changed while it runs, and that nothing of it is away meanwhile that need not be."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.kubernetes import IMAGE, Namespace, Operator, exchange

BOUNDARY, GROUP = "bulkhead.dev/boundary", "ray.io/group"


def test_a_new_image_reaches_every_pod_and_no_two_replicas_are_away_at_once(
    operator: Operator, namespace: Namespace
) -> None:
    namespace.apply(exchange("dev", {"boundaries": {"btc": {"replicas": "standby"}}}))
    namespace.until_state("dev", "Ready")
    before = {pod["metadata"]["uid"] for pod in namespace.pods()}
    newer = IMAGE.replace(":1", ":2")
    with watched(namespace) as least:
        namespace.apply(exchange("dev", {"boundaries": {"btc": {"replicas": "standby"}}}, newer))
        namespace.until_state("dev", "Ready")
    pods = namespace.pods()
    assert {pod["spec"]["containers"][0]["image"] for pod in pods} == {newer}
    assert not before & {pod["metadata"]["uid"] for pod in pods}
    assert least["btc"] == 1


def test_a_boundary_gets_a_standby_and_is_never_away(operator: Operator, namespace: Namespace) -> None:
    namespace.apply(exchange("dev"))
    namespace.until_state("dev", "Ready")
    others = {pod["metadata"]["uid"] for pod in namespace.pods() if not _of(pod, "btc")}
    with watched(namespace) as least:
        namespace.apply(exchange("dev", {"boundaries": {"btc": {"replicas": "standby"}}}))
        namespace.until_state("dev", "Ready")
    assert {pod["metadata"]["labels"][GROUP] for pod in namespace.pods() if _of(pod, "btc")} == {
        "btc-a",
        "btc-b",
    }
    assert least["btc"] >= 1
    # Where nothing has changed nothing is replaced, but for the pod that reads the topology.
    assert len(others & {pod["metadata"]["uid"] for pod in namespace.pods()}) >= 1


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
