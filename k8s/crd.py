"""The custom resource `Exchange`: a topology file's content, and what Kubernetes has to know beside it.

python -m k8s.crd > k8s/crd.yaml
"""

from typing import Any

import yaml

from bulkhead.topology.load import check
from bulkhead.topology.models import Topology
from k8s.schema.structural import topology_schema
from k8s.written import Written

GROUP = "bulkhead.dev"
VERSION = "v1alpha1"
KIND = "Exchange"
PLURAL = "exchanges"
NAME_MAX = 40
"""characters of a resource's name, with which the names of all that is rendered begin"""

COLUMNS = (
    ("State", "string", ".status.state"),
    ("Shards", "string", ".status.shards.ready"),
    ("Halted", "string", ".status.halted"),
    ("Image", "string", ".spec.image"),
    ("Age", "date", ".metadata.creationTimestamp"),
)
"""of `kubectl get exchange`; those of little interest stand in the wide form only"""
WIDE = ("Image",)


def topology_of(resource: dict[str, Any]) -> Topology:
    """The topology that an Exchange says, checked. TopologyError lists everything that is wrong with it."""
    return check(Written("spec.topology", resource["spec"]["topology"]))


def crd() -> dict[str, Any]:
    """The definition that a cluster is given."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{PLURAL}.{GROUP}",
            "labels": {"app.kubernetes.io/name": "bulkhead", "app.kubernetes.io/component": "definition"},
        },
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": "exchange",
                "shortNames": ["xch"],
                "categories": ["all"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [_column(*column) for column in COLUMNS],
                    "schema": {"openAPIV3Schema": _resource()},
                }
            ],
        },
    }


def _column(name: str, kind: str, path: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "jsonPath": path} | ({"priority": 1} if name in WIDE else {})


def _resource() -> dict[str, Any]:
    return {
        "description": "An exchange, by the topology that describes it.",
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": _spec(),
            "status": _status(),
        },
        "x-kubernetes-validations": [
            {
                "rule": f"self.metadata.name.matches('^[a-z]([-a-z0-9]{{0,{NAME_MAX - 2}}}[a-z0-9])?$')",
                "message": f"an Exchange's name has 1 to {NAME_MAX} lower case letters, digits and dashes,"
                " and begins with a letter",
            }
        ],
    }


def _spec() -> dict[str, Any]:
    return {
        "description": "What the exchange should be.",
        "type": "object",
        "required": ["image", "topology"],
        "properties": {
            "image": {
                "description": "What its pods run, by digest for choice.",
                "type": "string",
                "minLength": 1,
                "maxLength": 512,
            },
            "paused": {
                "description": "true: the operator changes nothing; what runs goes on.",
                "type": "boolean",
            },
            "monitors": {
                "description": "true: Prometheus is told to look at it, where prometheus-operator is.",
                "type": "boolean",
            },
            "topology": topology_schema(),
        },
    }


def _status() -> dict[str, Any]:
    text = {"type": "string", "maxLength": 4_096}
    number = {"type": "integer", "format": "int64"}
    return {
        "description": "What it is.",
        "type": "object",
        "properties": {
            "observedGeneration": {
                "description": "The generation of the resource that this is about.",
                **number,
            },
            "state": {
                "description": "In a word: Ready, Progressing, Degraded, Invalid, Paused.",
                "type": "string",
                "maxLength": 64,
            },
            "message": {"description": "The state, in a sentence.", **text},
            "halted": {"description": "The boundaries that are halted or have no ready pod.", **text},
            "shards": {
                "description": "How many of its shards trade; where it does not tell, have a ready pod.",
                "type": "object",
                "properties": {
                    "ready": {"description": "Such as 12/14.", "type": "string", "maxLength": 32},
                    "not_ready": {
                        "description": "What the exchange says does not trade, by name, and what it does.",
                        "type": "object",
                        "maxProperties": 5_000,
                        "additionalProperties": text,
                    },
                },
            },
            "boundaries": {
                "description": "By name: what its pods do.",
                "type": "object",
                "maxProperties": 500,
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "state": {"description": "ready, degraded: some are missing, or down.", **text},
                        "pods": {"description": "How many are ready, such as 1/2.", **text},
                    },
                },
            },
            "conditions": _conditions(),
            "retries": {"description": "Failed in a row.", **number},
            "touched": {"description": "When the operator asked for a look.", **text},
        },
    }


def _conditions() -> dict[str, Any]:
    return {
        "description": "Ready, Progressing, Degraded, as Kubernetes' own kinds have them.",
        "type": "array",
        "maxItems": 16,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "items": {
            "type": "object",
            "required": ["type", "status", "reason", "message", "lastTransitionTime"],
            "properties": {
                "type": {"type": "string", "maxLength": 64},
                "status": {"type": "string", "enum": ["True", "False", "Unknown"]},
                "observedGeneration": {"type": "integer", "format": "int64"},
                "lastTransitionTime": {"type": "string", "format": "date-time"},
                "reason": {"type": "string", "maxLength": 64},
                "message": {"type": "string", "maxLength": 32_768},
            },
        },
    }


def text() -> str:
    """The definition as a file."""
    head = "# Written by `python -m k8s.crd` from bulkhead/topology/models.py: change that instead.\n"
    return head + yaml.safe_dump(crd(), sort_keys=False, width=110, allow_unicode=True)


if __name__ == "__main__":
    print(text(), end="")
