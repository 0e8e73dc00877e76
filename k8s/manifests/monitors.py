"""Who measures an exchange: Prometheus, told of by prometheus-operator's kind, and let in."""

from typing import Any

from bulkhead.topology.models import Topology
from k8s.manifests.network import elsewhere, let_in
from k8s.manifests.ports import METRICS
from k8s.names import METRICS_PORT, STATUS, STATUS_PORT, labels, selector

Manifest = dict[str, Any]

PROMETHEUS = {"app.kubernetes.io/name": "prometheus"}
"""labels that prometheus-operator gives the pods that scrape, in whichever namespace"""


def monitoring(topology: Topology, namespace: str, name: str) -> list[Manifest]:
    """Two things of every pod that has them: what the exchange tells of its shards, and what Ray tells of its
    node.
    """
    metadata = {"namespace": namespace, "labels": labels(topology, name, "exchange")}
    everyone = selector(name)
    return [
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PodMonitor",
            "metadata": {"name": name, **metadata},
            "spec": {
                "podMetricsEndpoints": [
                    {"path": "/metrics", "port": STATUS},
                    {"path": "/metrics", "port": METRICS_PORT},
                ],
                "selector": everyone,
            },
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": f"{name}-metrics", **metadata},
            "spec": let_in(everyone, [elsewhere(PROMETHEUS)], [METRICS, STATUS_PORT]),
        },
    ]
