"""Who may talk to whom. Shards talk through the log alone, so that what one may reach follows from what its
streams are; Ray's own processes talk to each other, and everything else is closed.
"""

import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from bulkhead.topology.access import accesses, shard_role
from bulkhead.topology.models import Topology
from k8s.manifests import ports
from k8s.manifests.cluster import ray_redis
from k8s.manifests.groups import Group
from k8s.names import BOUNDARY, COMPONENT, STATUS_PORT, labels, selector

Manifest = dict[str, Any]

OPERATOR = {"app.kubernetes.io/name": "bulkhead", COMPONENT: "operator"}
"""labels of the operator's pod, in whichever namespace"""
DNS = {"k8s-app": "kube-dns"}
NAMESPACE = "kubernetes.io/metadata.name"
"""the label that every namespace has with its own name"""
SERVICE = re.compile(r"[a-z0-9-]+\.(?P<namespace>[a-z0-9-]+)\.svc(\..*)?")
REDIS = 6_379
DEFAULT_PORTS = {"pulsar": 6_650, "pulsar+ssl": 6_651, "http": 80, "https": 443, "redis": REDIS}


def network_policies(topology: Topology, groups: list[Group], namespace: str, name: str) -> list[Manifest]:
    """`closed` closes everything; each of the others opens one way."""
    everyone = selector(name)
    streams = {access.role for access in accesses(topology)}
    speak = [
        group
        for group in groups
        if group.holds or any(shard_role(topology.exchange, shard) in streams for shard in group.shards)
    ]
    holders = [group for group in groups if group.holds]
    show = [group for group in groups if "view" in group.kinds]
    opened = {
        "closed": {"podSelector": everyone, "policyTypes": ["Ingress", "Egress"]},
        "dns": _out(everyone, [elsewhere(DNS)], [_port(53, protocol="UDP"), _port(53)]),
        "log": _to_server(_pods(name, speak), topology.log.service_url),
        # The broker's topics are made by who founds the exchange, and by nobody else.
        "log-admin": _to_server(_pods(name, holders), topology.log.admin_url),
        "ray": _both(everyone, [{"podSelector": everyone}], [_port(*each) for each in ports.between_pods()]),
        "ray-redis": _out(
            selector(name, **{COMPONENT: "ray"}),
            [{"podSelector": {"matchLabels": {"app.kubernetes.io/instance": ray_redis(name)}}}],
            [_port(REDIS)],
        ),
        "snapshots": _to_server(_pods(name, speak), topology.snapshots.url),
        "status": _in(_pods(name, holders), [elsewhere(OPERATOR)], [_port(STATUS_PORT)]),
    }
    if topology.views.url is not None:
        opened["views"] = _to_server(_pods(name, show), topology.views.url)
    for group in groups:
        if group.replica == "b":
            # Replicas hear each other's hearts, at a port that the kernel gives them.
            own = selector(name, **{BOUNDARY: group.label})
            opened[f"replicas-{group.label}"] = _both(own, [{"podSelector": own}], [_port(1_024, 65_535)])
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {
                "name": f"{name}-{suffix}",
                "namespace": namespace,
                "labels": labels(topology, name, "exchange"),
            },
            "spec": spec,
        }
        for suffix, spec in opened.items()
    ]


def _pods(name: str, groups: list[Group]) -> Manifest:
    """Those of these boundaries."""
    boundaries = sorted({group.label for group in groups})
    return selector(name) | {"matchExpressions": [{"key": BOUNDARY, "operator": "In", "values": boundaries}]}


def _to_server(pods: Manifest, url: str | None) -> Manifest:
    """To a server outside the exchange, by its address.

    A policy can't name a host. An address of a Service means its namespace, any other name the port alone.
    """
    parts = urlsplit(url or "")
    host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
    if _is_address(host):
        length = 128 if ":" in host else 32
        return _out(pods, [{"ipBlock": {"cidr": f"{host}/{length}"}}], [_port(port)])
    service = SERVICE.fullmatch(host)
    if service is None:
        return _out(pods, None, [_port(port)])
    return _out(
        pods, [{"namespaceSelector": {"matchLabels": {NAMESPACE: service["namespace"]}}}], [_port(port)]
    )


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def elsewhere(pod_labels: dict[str, str]) -> Manifest:
    """Pods with these labels in any namespace."""
    return {"namespaceSelector": {}, "podSelector": {"matchLabels": pod_labels}}


def _port(first: int, last: int | None = None, *, protocol: str = "TCP") -> Manifest:
    port = {"port": first, "protocol": protocol}
    return port if last in (None, first) else port | {"endPort": last}


def _out(pods: Manifest, to: list[Manifest] | None, allowed: list[Manifest]) -> Manifest:
    """`to`: None is anybody."""
    rule = {"ports": allowed} | ({} if to is None else {"to": to})
    return {"podSelector": pods, "policyTypes": ["Egress"], "egress": [rule]}


def _in(pods: Manifest, sources: list[Manifest], allowed: list[Manifest]) -> Manifest:
    rule = {"from": sources, "ports": allowed}
    return {"podSelector": pods, "policyTypes": ["Ingress"], "ingress": [rule]}


def let_in(pods: Manifest, sources: list[Manifest], opened: list[int]) -> Manifest:
    """A policy's spec: the `sources` may come to these ports of the `pods`."""
    return _in(pods, sources, [_port(each) for each in opened])


def _both(pods: Manifest, peers: list[Manifest], allowed: list[Manifest]) -> Manifest:
    return _in(pods, peers, allowed) | _out(pods, peers, allowed) | {"policyTypes": ["Ingress", "Egress"]}
