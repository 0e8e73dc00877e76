"""Prometheus is told to look at an exchange where that is asked for, and where the cluster knows how."""

from tests.support.kubernetes import Namespace, Operator, exchange


def test_where_there_is_no_such_kind_the_exchange_comes_up_without_and_an_event_says_so(
    operator: Operator, namespace: Namespace
) -> None:
    wanted = exchange("dev")
    wanted["spec"]["monitors"] = True
    namespace.apply(wanted)
    namespace.until_state("dev", "Ready")
    assert "NoMonitors" in {event["reason"] for event in namespace.all("events")}
    assert "dev-metrics" not in {each["metadata"]["name"] for each in namespace.all("networkpolicy")}
