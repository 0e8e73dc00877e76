"""What can not be is refused in our words: by the API server, or by the operator where no schema says it."""

import pytest
import yaml

from tests.support.kubernetes import INVALID, Namespace, Operator, exchange
from tests.support.refused_cases import SEEN_BY_RULES, SEEN_BY_VALIDATE_ALONE, first_problem


def test_the_api_server_refuses_an_invalid_resource_with_our_words(namespace: Namespace) -> None:
    wrong = exchange("dev", {"clock": {"tick_ms": 0}})
    refused = namespace.try_kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump(wrong))
    assert refused.returncode != 0
    assert "spec.topology.clock.tick_ms" in refused.stderr


@pytest.mark.parametrize("case", SEEN_BY_RULES)
def test_what_the_rules_see_the_api_server_refuses_in_the_words_of_validate(
    namespace: Namespace, case: str
) -> None:
    wrong = exchange("dev", SEEN_BY_RULES[case])
    refused = namespace.try_kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump(wrong))
    assert refused.returncode != 0
    assert first_problem(wrong) in refused.stderr
    assert namespace.all("exchange") == []


def test_what_no_rule_sees_is_in_the_status_in_the_words_of_validate(
    operator: Operator, namespace: Namespace
) -> None:
    wrong = exchange("dev", SEEN_BY_VALIDATE_ALONE)
    namespace.apply(wrong)
    status = namespace.until_state("dev", INVALID)["status"]
    assert first_problem(wrong) in status["message"]
    assert namespace.all("raycluster") == []


def test_a_change_that_would_lose_something_is_refused_and_changes_nothing(
    operator: Operator, namespace: Namespace
) -> None:
    namespace.apply(exchange("dev"))
    namespace.until_state("dev", "Ready")
    before = namespace.get("configmap", "dev-topology")["data"]

    namespace.apply(exchange("dev", {"shards": {"risk": {"count": 3}}}))
    status = namespace.until_state("dev", INVALID)["status"]
    assert "shards.risk.count: 2 -> 3" in status["message"]
    assert "no command moves slots yet" in status["message"]
    assert namespace.get("configmap", "dev-topology")["data"] == before

    namespace.apply(exchange("dev"))
    namespace.until_state("dev", "Ready")


def test_what_is_not_ours_is_left_alone(operator: Operator, namespace: Namespace) -> None:
    namespace.kubectl("create", "configmap", "dev-topology", "--from-literal=theirs=1")
    namespace.apply(exchange("dev"))
    status = namespace.until_state("dev", INVALID)["status"]
    assert "configmap dev-topology: is in namespace" in status["message"]
    assert namespace.get("configmap", "dev-topology")["data"] == {"theirs": "1"}

    # What it says to do helps, and nobody has to tell the operator.
    namespace.kubectl("delete", "configmap", "dev-topology")
    namespace.kubectl("annotate", "exchange", "dev", "looked=again")
    namespace.until_state("dev", "Ready")
