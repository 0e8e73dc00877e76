"""What a boundary's pods are called on Kubernetes, where each is a node of Ray's: one for all shards of a
boundary, or, where they have replicas, one for the first of each and one for the second.
"""

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # else each process of an exchange would have all that reads a topology
    from bulkhead.topology.models import Topology

BOUNDARY = "bulkhead.dev/boundary"
"""the label of a pod with the boundary whose shards it has"""
_LABEL = re.compile(r"[a-z]([-a-z0-9]{0,28}[a-z0-9])?")


def label_of(boundary_id: str) -> str:
    """A boundary's name as a label and as a part of pods' names: itself, where it may be one.

    A boundary's name may have capitals, dots and underscores. What stands for such a name ends with a hash,
    so that no two are the same.
    """
    if _LABEL.fullmatch(boundary_id):
        return boundary_id
    plain = re.sub("[^a-z0-9]+", "-", boundary_id.lower()).strip("-")[:20].strip("-")
    mark = hashlib.sha256(boundary_id.encode()).hexdigest()[:6]
    return f"{plain}-{mark}" if plain[:1].isalpha() else f"x{plain}-{mark}"


def node_of(topology: "Topology", boundary_id: str, replica: str) -> str:
    """The Ray node, which is a pod, that has one replica, a or b, of each of a boundary's shards."""
    label = label_of(boundary_id)
    return label if topology.boundaries[boundary_id].replicas == "none" else f"{label}-{replica}"
