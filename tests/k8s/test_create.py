"""An Exchange is made: what there is of it, where it is, what it says, and what is left when it goes."""

from typing import Any

from tests.support.kubernetes import Namespace, Operator, exchange
from tests.support.running import until


def condition(resource: dict[str, Any], kind: str) -> tuple[str, str]:
    (found,) = (each for each in resource["status"]["conditions"] if each["type"] == kind)
    return found["status"], found["reason"]


def test_an_exchange_becomes_ready_and_says_so_at_a_glance(operator: Operator, namespace: Namespace) -> None:
    namespace.apply(exchange("dev", small=False))
    resource = namespace.until_state("dev", "Ready")

    assert namespace.get("raycluster", "dev")["status"]["state"] == "ready"
    assert resource["status"]["shards"]["ready"] == "11/11"
    assert set(resource["status"]["boundaries"]) == set(resource["spec"]["topology"]["boundaries"])
    assert condition(resource, "Ready") == ("True", "EveryBoundaryIsUp")
    assert condition(resource, "Progressing") == ("False", "Done")
    assert condition(resource, "Degraded") == ("False", "AsExpected")
    # Nothing answers at the log's address here; in a cluster the exchange's own pod makes the topics then.
    assert condition(resource, "LogAdministered") == ("Unknown", "NotReachedFromHere")

    _, line = namespace.kubectl("get", "exchange", "dev").splitlines()
    assert line.split()[:3] == ["dev", "Ready", "11/11"]
    created = until("an event tells of it", lambda: namespace.events("Created"))
    assert any("raycluster dev" in text for text in created)
    assert until("another tells that it is ready", lambda: namespace.events("Ready"))


def test_two_exchanges_are_apart_and_of_one_that_is_deleted_only_its_claim_is_left(
    operator: Operator, namespace: Namespace
) -> None:
    other = Namespace.make(namespace.plane)
    for each in (namespace, other):
        each.apply(exchange("dev"))
    for each in (namespace, other):
        each.until_state("dev", "Ready")
    pods = {pod["metadata"]["uid"] for pod in other.pods()}

    namespace.kubectl("delete", "exchange", "dev")
    namespace.until_nothing_is_left()
    assert [each["metadata"]["name"] for each in namespace.all("pvc")] == ["dev-state"]
    assert {pod["metadata"]["uid"] for pod in other.pods()} == pods
    other.delete()


def test_an_exchange_goes_on_with_its_claim_when_it_is_made_again(
    operator: Operator, namespace: Namespace
) -> None:
    namespace.apply(exchange("dev"))
    namespace.until_state("dev", "Ready")
    (claim,) = namespace.all("pvc")
    namespace.kubectl("delete", "exchange", "dev")
    namespace.apply(exchange("dev"))
    namespace.until_state("dev", "Ready")
    assert [each["metadata"]["uid"] for each in namespace.all("pvc")] == [claim["metadata"]["uid"]]
