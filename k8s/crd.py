"""The custom resource `Exchange`: a topology file's content, and what Kubernetes has to know beside it."""

from typing import Any

from bulkhead.topology.load import check
from bulkhead.topology.models import Topology
from k8s.written import Written

GROUP = "bulkhead.dev"
VERSION = "v1alpha1"
KIND = "Exchange"
PLURAL = "exchanges"


def topology_of(resource: dict[str, Any]) -> Topology:
    """The topology that an Exchange says, checked. TopologyError lists everything that is wrong with it."""
    return check(Written("spec.topology", resource["spec"]["topology"]))


def crd() -> dict[str, Any]:
    """The definition that a cluster is given."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"kind": KIND, "listKind": f"{KIND}List", "plural": PLURAL, "singular": "exchange"},
            "versions": [],
        },
    }
