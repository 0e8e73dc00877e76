"""Where pods may be: what a topology says of nodes and zones, in the scheduler's words."""

from typing import Any

from k8s.manifests.groups import Group
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
    if group.boundary.replicas != "none" and group.zone is None:
        # Over zones as far as there are: one must be enough where the topology names none.
        result["topologySpreadConstraints"] = [
            {
                "labelSelector": selector(name, **{BOUNDARY: group.label}),
                "maxSkew": 1,
                "topologyKey": ZONE,
                "whenUnsatisfiable": "ScheduleAnyway",
            }
        ]
    return result


def _apart(group: Group, name: str) -> Manifest:
    required, preferred = [], []
    domain = {"node": NODE, "zone": ZONE}.get(group.boundary.isolation)
    if domain is not None:
        # From every other boundary, and from Ray's head. It holds both ways, so that they need no such rule.
        others = {"key": BOUNDARY, "operator": "NotIn", "values": [group.label]}
        mine = {"matchLabels": {INSTANCE: name}, "matchExpressions": [others]}
        required.append({"labelSelector": mine, "topologyKey": domain})
    if group.boundary.replicas != "none":
        # A cluster of one node is enough for what claims no more than processes of its own.
        own = {"labelSelector": selector(name, **{BOUNDARY: group.label}), "topologyKey": NODE}
        preferred.append({"podAffinityTerm": own, "weight": 100})
    rules = {
        "requiredDuringSchedulingIgnoredDuringExecution": required,
        "preferredDuringSchedulingIgnoredDuringExecution": preferred,
    }
    return {rule: terms for rule, terms in rules.items() if terms}
