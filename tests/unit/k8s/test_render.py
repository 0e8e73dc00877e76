"""What is rendered: who may reach whom, which secrets a pod has, what can't be on Kubernetes."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bulkhead.topology.layers import read
from bulkhead.topology.load import check, load, loads
from bulkhead.topology.models import Topology
from bulkhead.topology.pods import label_of
from bulkhead.topology.problems import TopologyError
from k8s.manifests.files import write_files
from k8s.manifests.mounted import as_read_in_pods, topology_text
from k8s.render import render
from k8s.written import Written

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "tests/golden/k8s/replicas/topology.yaml"
SHIPPED = ROOT / "tests/golden/k8s/shipped/topology.yaml"

Manifest = dict[str, Any]


def rendered(topology: Topology, name: str = "venue") -> list[Manifest]:
    return render(topology, namespace="trading", name=name, image="bulkhead:test")


def cluster_of(manifests: list[Manifest]) -> Manifest:
    (cluster,) = [manifest for manifest in manifests if manifest["kind"] == "RayCluster"]
    spec: Manifest = cluster["spec"]
    return spec


def pods(manifests: list[Manifest]) -> dict[str, Manifest]:
    spec = cluster_of(manifests)
    workers = {group["groupName"]: group["template"]["spec"] for group in spec["workerGroupSpecs"]}
    return {"head": spec["headGroupSpec"]["template"]["spec"]} | workers


def changed(**sections: Any) -> Topology:
    """The shipped one on a cluster, with other sections."""
    return check(Written("test", read(SHIPPED).values | sections))


def test_every_boundary_has_a_pod_and_with_replicas_two() -> None:
    assert list(pods(rendered(load(EXAMPLE)))) == [
        "head",
        "book-1-main-30fe90-a",
        "book-1-main-30fe90-b",
        "accounts-a",
        "accounts-b",
        "time-and-control-a",
        "time-and-control-b",
        "views",
    ]


@pytest.mark.parametrize("file", [EXAMPLE, SHIPPED])
def test_no_container_may_do_more_than_run(file: Path) -> None:
    for pod in pods(rendered(load(file))).values():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights["readOnlyRootFilesystem"] is True
            assert rights["allowPrivilegeEscalation"] is False
            assert rights["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]


def test_a_pod_has_the_tokens_of_its_own_shards_only() -> None:
    found = {
        name: [
            item["path"]
            for volume in pod["volumes"]
            if volume["name"] == "tokens"
            for item in volume["secret"]["items"]
        ]
        for name, pod in pods(rendered(load(EXAMPLE))).items()
    }
    assert found["head"] == []
    assert found["book-1-main-30fe90-b"] == ["book.0@venue.bulkhead.jwt"]
    assert found["accounts-a"] == [
        "settlement.0@venue.bulkhead.jwt",
        "risk.0@venue.bulkhead.jwt",
        "ingress.0@venue.bulkhead.jwt",
    ]
    assert "admin.jwt" in found["views"]


def test_only_who_founds_the_exchange_has_more_than_the_key_of_internal_frames() -> None:
    for name, pod in pods(rendered(load(EXAMPLE))).items():
        for volume in pod["volumes"]:
            if volume["name"] == "keys" and name != "views":
                assert [item["path"] for item in volume["secret"]["items"]] == ["internal.key"]


def policies(manifests: list[Manifest]) -> dict[str, Manifest]:
    found = [manifest for manifest in manifests if manifest["kind"] == "NetworkPolicy"]
    return {manifest["metadata"]["name"]: manifest["spec"] for manifest in found}


def test_a_servers_address_is_opened_as_far_as_a_policy_can_name_it() -> None:
    inside = policies(rendered(load(SHIPPED)))
    assert inside["venue-log"]["egress"] == [
        {
            "ports": [{"port": 6650, "protocol": "TCP"}],
            "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "pulsar"}}}],
        }
    ]
    outside = policies(rendered(load(EXAMPLE)))
    assert outside["venue-log"]["egress"] == [{"ports": [{"port": 6651, "protocol": "TCP"}]}]
    assert outside["venue-views"]["egress"][0]["to"] == [{"ipBlock": {"cidr": "10.20.30.50/32"}}]


def reached(spec: Manifest) -> list[str]:
    (expression,) = spec["podSelector"]["matchExpressions"]
    found: list[str] = expression["values"]
    return found


def test_who_reaches_a_server_is_who_has_something_there() -> None:
    opened = policies(rendered(load(SHIPPED)))
    assert "supervisor" in reached(opened["venue-log"])  # it founds the exchange
    assert reached(opened["venue-log-admin"]) == ["supervisor"]
    assert "views" in reached(opened["venue-log"])
    assert reached(policies(rendered(load(EXAMPLE)))["venue-views"]) == ["views"]


def test_where_a_boundary_is_is_where_its_pods_may_be() -> None:
    found = pods(rendered(load(EXAMPLE)))
    assert [found[f"book-1-main-30fe90-{replica}"]["nodeSelector"] for replica in "ab"] == [
        {"topology.kubernetes.io/zone": "a"},
        {"topology.kubernetes.io/zone": "b"},
    ]
    assert "nodeSelector" not in found["accounts-a"]
    apart = found["accounts-a"]["affinity"]["podAntiAffinity"]
    assert list(apart) == ["preferredDuringSchedulingIgnoredDuringExecution"]
    assert found["accounts-a"]["topologySpreadConstraints"][0]["whenUnsatisfiable"] == "ScheduleAnyway"


def test_a_boundary_with_a_node_for_itself_has_no_pod_of_another_beside_it() -> None:
    values = read(SHIPPED).values
    placement = {"address": "10.0.0.1", "nodes": {"node-1": {}}}
    btc = values["boundaries"]["btc"] | {"isolation": "node", "nodes": ["node-1"]}
    pod = pods(rendered(changed(placement=placement, boundaries=values["boundaries"] | {"btc": btc})))["btc"]
    assert pod["nodeSelector"] == {"kubernetes.io/hostname": "node-1"}
    (rule,) = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert rule["topologyKey"] == "kubernetes.io/hostname"
    assert rule["labelSelector"]["matchExpressions"] == [
        {"key": "bulkhead.dev/boundary", "operator": "NotIn", "values": ["btc"]}
    ]


def test_budgets_keep_one_of_two_replicas_and_take_others_one_by_one() -> None:
    budgets = {
        manifest["metadata"]["name"]: manifest["spec"]["minAvailable"]
        for topology in (load(EXAMPLE), load(SHIPPED))
        for manifest in rendered(topology, topology.exchange)
        if manifest["kind"] == "PodDisruptionBudget"
    }
    assert budgets == {
        "dev-single-pods": 8,
        "venue-accounts": 1,
        "venue-book-1-main-30fe90": 1,
        "venue-time-and-control": 1,
    }


def test_what_pods_read_is_the_topology_with_its_secrets_where_they_are_mounted() -> None:
    topology = load(EXAMPLE)
    read = loads(topology_text(as_read_in_pods(topology)))
    assert read.model_copy(
        update={"log": topology.log, "snapshots": topology.snapshots, "views": topology.views}
    ) == (topology)
    assert read.log.tokens == "tokens"
    assert read.snapshots.password_file == "redis-snapshots/password"
    mounts = {
        mount["mountPath"] for mount in pods(rendered(topology))["views"]["containers"][1]["volumeMounts"]
    }
    assert {"/exchange/tokens", "/exchange/redis-snapshots", "/exchange/ca"} <= mounts


def test_what_pods_can_not_share_is_refused() -> None:
    log = {"adapter": "pulsar", "service_url": "pulsar://localhost:6650"}
    with pytest.raises(TopologyError) as refused:
        rendered(changed(log=log, snapshots={"adapter": "files"}))
    assert str(refused.value).splitlines() == [
        (
            "on Kubernetes: log.service_url: pulsar://localhost:6650 is each pod itself;"
            " such as pulsar://pulsar-proxy.pulsar.svc:6650"
        ),
        (
            "on Kubernetes: log.admin_url: left out it means 127.0.0.1, which is each pod itself;"
            " such as http://pulsar-proxy.pulsar.svc:8080"
        ),
        (
            "on Kubernetes: snapshots.adapter: are files on one machine, and pods share none;"
            " write snapshots: {adapter: redis, url: …}"
        ),
    ]


def test_the_embedded_log_is_refused() -> None:
    with pytest.raises(TopologyError) as refused:
        rendered(load(ROOT / "topology.yaml"))
    assert "log.adapter: is files on one machine" in str(refused.value)


@pytest.mark.parametrize("name", ["", "9lives", "Venue", "v" * 41, "venue-"])
def test_a_name_that_pods_can_not_have_is_refused(name: str) -> None:
    with pytest.raises(TopologyError, match="can't begin the names of pods"):
        rendered(load(EXAMPLE), name)


def test_names_that_are_no_labels_stay_different() -> None:
    names = ["a.b", "a_b", "A.B", "a-b", "-", "9", "x" * 32]
    labels = [label_of(name) for name in names]
    assert len(set(labels)) == len(names)
    assert labels[3] == "a-b"
    assert all(len(label) <= 30 and label[0].isalpha() and label == label.lower() for label in labels)


def test_a_folder_is_written_the_same_again_and_keeps_what_is_anybody_elses(tmp_path: Path) -> None:
    manifests = rendered(load(EXAMPLE))
    write_files(tmp_path, manifests)
    first = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert set(yaml.safe_load(first["kustomization.yaml"])["resources"]) == set(first) - {
        "kustomization.yaml"
    }
    (tmp_path / "mine.yaml").write_text("kind: Secret\n")
    write_files(tmp_path, manifests[:-1])
    left = {file.name for file in tmp_path.iterdir()}
    assert left == set(first) - {"raycluster-venue.yaml"} | {"mine.yaml"}
    write_files(tmp_path, manifests)
    assert {name: (tmp_path / name).read_bytes() for name in first} == first


def test_prometheus_is_told_and_let_in_only_where_that_is_asked_for() -> None:
    plain = rendered(load(EXAMPLE))
    watched = render(load(EXAMPLE), namespace="trading", name="venue", image="bulkhead:test", monitors=True)
    more = {(each["kind"], each["metadata"]["name"]): each["spec"] for each in watched if each not in plain}
    assert list(more) == [("NetworkPolicy", "venue-metrics"), ("PodMonitor", "venue")]
    policy = more["NetworkPolicy", "venue-metrics"]
    assert policy["podSelector"] == more["PodMonitor", "venue"]["selector"]
    assert policy["policyTypes"] == ["Ingress"]
    (opened,) = policy["ingress"]
    assert [port["port"] for port in opened["ports"]] == [8080, 8081]
    (who,) = opened["from"]
    assert who["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}
