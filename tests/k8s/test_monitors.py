"""Prometheus is told to look at an exchange where that is asked for, and where the cluster knows how."""

from collections.abc import Iterator

import pytest
import yaml

from k8s.manifests.ports import METRICS
from k8s.names import METRICS_PORT
from tests.support.controlplane import ControlPlane
from tests.support.kubernetes import Namespace, Operator, exchange

PLURAL = "podmonitors.monitoring.coreos.com"


@pytest.fixture
def pod_monitors(control_plane: ControlPlane) -> Iterator[None]:
    """The kind alone: prometheus-operator itself does not run here."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": anything}}
    names = {"kind": "PodMonitor", "plural": "podmonitors", "singular": "podmonitor"}
    spec = {"group": "monitoring.coreos.com", "scope": "Namespaced", "names": names, "versions": [version]}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": PLURAL},
        "spec": spec,
    }
    control_plane.kubectl("create", "-f", "-", stdin=yaml.safe_dump(definition))
    control_plane.kubectl("wait", "--for=condition=Established", "crd", PLURAL, "--timeout=60s")
    yield
    control_plane.kubectl("delete", "crd", PLURAL)


def test_where_there_is_no_such_kind_the_exchange_comes_up_without_and_an_event_says_so(
    operator: Operator, namespace: Namespace
) -> None:
    wanted = exchange("dev")
    wanted["spec"]["monitors"] = True
    namespace.apply(wanted)
    namespace.until_state("dev", "Ready")
    assert "NoMonitors" in {event["reason"] for event in namespace.all("events")}
    assert "dev-metrics" not in {each["metadata"]["name"] for each in namespace.all("networkpolicy")}


def test_a_monitor_finds_the_ports_that_pods_have(
    pod_monitors: None, operator: Operator, namespace: Namespace
) -> None:
    wanted = exchange("dev")
    wanted["spec"]["monitors"] = True
    namespace.apply(wanted)
    namespace.until_state("dev", "Ready")
    spec = namespace.get("podmonitor", "dev")["spec"]
    assert [each["port"] for each in spec["podMetricsEndpoints"]] == ["status", METRICS_PORT]
    labels = ",".join(f"{name}={value}" for name, value in spec["selector"]["matchLabels"].items())
    pods = yaml.safe_load(namespace.kubectl("get", "pods", "-l", labels, "--output=yaml"))["items"]
    assert pods
    for pod in pods:
        ports = [port for container in pod["spec"]["containers"] for port in container.get("ports", ())]
        assert {"name": METRICS_PORT, "containerPort": METRICS, "protocol": "TCP"} in ports
