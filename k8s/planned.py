"""What the operator would do, if the topology of an Exchange became this one: shown, not done."""

from dataclasses import dataclass

from bulkhead.errors import FatalError
from bulkhead.topology.models import Topology
from bulkhead.topology.plan.steps import Plan
from k8s.crd import KIND
from k8s.keeping.api import EXCHANGE, Cluster, Manifest
from k8s.keeping.round import Round


@dataclass(frozen=True)
class Where:
    """`context`: of the kubeconfig, None: the current one. `image`: None: as the resource says."""

    context: str | None
    namespace: str
    name: str
    image: str | None


def planned(topology: Topology, where: Where) -> tuple[Plan, tuple[str, ...]]:
    """By the operator's own code, and with the API server's words on every object (dry-run); and what else
    the operator would tell.

    FatalError: the cluster refuses, or the resource is not there and no image is given. TemporaryError: the
    API server is away.
    """
    cluster = Cluster(where.context)
    exchange = cluster.get(EXCHANGE, where.namespace, where.name)
    told = []
    if exchange is None:
        told.append(f"{_missing(where)}: it is what all this would follow")
        exchange = cluster.apply(_resource(topology, where), dry_run=True)
    if where.image is not None:
        exchange["spec"]["image"] = where.image
    one = Round(cluster, exchange)
    _, found = one.plan(topology)
    return found, (*told, *(note.text for note in one.notes))


def _resource(topology: Topology, where: Where) -> Manifest:
    if where.image is None:
        raise FatalError(f"{_missing(where)}: say with --image what its pods run")
    values = topology.model_dump(mode="json", exclude_unset=True, exclude_none=True, exclude={"extends"})
    return {
        "apiVersion": EXCHANGE[0],
        "kind": KIND,
        "metadata": {"name": where.name, "namespace": where.namespace},
        "spec": {"image": where.image, "topology": values},
    }


def _missing(where: Where) -> str:
    return f"there is no {KIND} {where.namespace}/{where.name} yet"
