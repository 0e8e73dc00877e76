"""Where pods may be: what a topology says of nodes and zones, in the scheduler's words."""

from typing import Any

from k8s.groups import Group
from k8s.names import BOUNDARY, INSTANCE, NODE, ZONE, selector

Manifest = dict[str, Any]


def placed(group: Group, name: str) -> Manifest:
    """Fields of a pod: which nodes it may be on, and which pods' neighbour it must not be."""
    result: Manifest = {}
    where = {NODE: group.node, ZONE: group.zone}
    wanted = {label: value for label, value in where.items() if value is not None}
    if wanted:
        result["nodeSelector"] = wanted
    apart = _apart(group, name)
    if apart:
        result["affinity"] = {"podAntiAffinity": apart}
    if group.boundary.replicas != "none":
        # Over zones as far as there are: one zone must be enough where the topology asks for none.
        strict = group.boundary.isolation == "zone"
        result["topologySpreadConstraints"] = [
            {
                "labelSelector": selector(name, **{BOUNDARY: group.label}),
                "maxSkew": 1,
                "topologyKey": ZONE,
                "whenUnsatisfiable": "DoNotSchedule" if strict else "ScheduleAnyway",
            }
        ]
    return result


def _apart(group: Group, name: str) -> Manifest:
    isolation, replicated = group.boundary.isolation, group.boundary.replicas != "none"
    own = selector(name, **{BOUNDARY: group.label})
    required, preferred = [], []
    if isolation == "node":
        # From every other boundary too; the rule holds both ways, so that they need none.
        others = {"key": BOUNDARY, "operator": "NotIn", "values": [group.label]}
        mine = {"matchLabels": {INSTANCE: name}, "matchExpressions": [others]}
        required.append({"labelSelector": mine, "topologyKey": NODE})
    if replicated and isolation != "process":
        required.append({"labelSelector": own, "topologyKey": NODE if isolation == "node" else ZONE})
    elif replicated:
        # A cluster of one node is enough for what claims no more than processes of its own.
        preferred.append({"weight": 100, "podAffinityTerm": {"labelSelector": own, "topologyKey": NODE}})
    rules = {
        "requiredDuringSchedulingIgnoredDuringExecution": required,
        "preferredDuringSchedulingIgnoredDuringExecution": preferred,
    }
    return {rule: terms for rule, terms in rules.items() if terms}
