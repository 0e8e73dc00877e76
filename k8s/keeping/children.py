"""The objects of one exchange in Kubernetes, as objects of a plan: what should be, what is, and each step."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from bulkhead.errors import TemporaryError
from bulkhead.topology.plan.objects import Objects, Ref
from bulkhead.topology.plan.steps import Held, Step
from k8s.keeping.api import ACCOUNT, CLAIM, EXCHANGE, PATHS, POD, RAY_CLUSTER, Cluster, Kind, Manifest
from k8s.keeping.attributes import attributes, ref_of

OURS = {"app.kubernetes.io/managed-by": "bulkhead"}
INSTANCE = "app.kubernetes.io/instance"
KINDS: dict[str, Kind] = {kind[1].lower(): kind for kind in PATHS if kind not in (EXCHANGE, POD)}
"""What an exchange may have, by how a plan calls it. Pods are KubeRay's to make."""


class Children:
    """Of one resource `Exchange`. Errors are the cluster's."""

    def __init__(self, cluster: Cluster, exchange: Manifest, manifests: Iterable[Manifest]) -> None:
        self._cluster = cluster
        self._exchange = exchange
        self._namespace: str = exchange["metadata"]["namespace"]
        self._rendered = list(manifests)

    def wanted(self) -> Objects:
        """With everything that the API server adds, so that it can be compared with what is live."""
        return {
            ref: attributes(self._cluster.apply(manifest, dry_run=True))
            for ref, manifest in self._manifests.items()
        }

    def live(self) -> Objects:
        """What is of the exchange. A claim that nobody wants is not among it: nothing takes a claim back."""
        return {
            ref: attributes(manifest)
            for ref, manifest in self.manifests.items()
            if ref in self._manifests or ref[0] != CLAIM[1].lower()
        }

    def refused(self) -> Iterator[Held]:
        """What is in the way, and not ours to change. TemporaryError: it is about to go."""
        for ref in self._manifests:
            if ref in self.manifests:
                continue
            kind, name = ref
            there = self._cluster.get(KINDS[kind], self._namespace, name)
            if there is None:
                continue
            if OURS.items() <= there["metadata"].get("labels", {}).items():
                raise TemporaryError(f"{kind} {name} of an earlier exchange is still there")
            yield Held(
                " ".join(ref),
                f"is in namespace {self._namespace} already and does not carry this exchange's labels",
                "delete it, or give the exchange another name",
            )

    def perform(self, step: Step) -> None:
        """Do one step. Repeated, or after an interrupted try, it completes it."""
        if step.action == "delete":
            self._cluster.delete(self.manifests[step.ref])
            return
        done = self._cluster.apply(self._manifests[step.ref])
        if done["kind"] == RAY_CLUSTER[1]:
            # At once: from now on it may be deleted while no operator runs.
            for each in self._rendered:
                if each["kind"] == ACCOUNT[1]:
                    self._cluster.apply(owned(each, self._exchange, done))

    @cached_property
    def _manifests(self) -> dict[Ref, Manifest]:
        """What should be, as it is applied."""
        rayclusters = (each for each in self.manifests.values() if each["kind"] == RAY_CLUSTER[1])
        raycluster = next(rayclusters, None)
        return {ref_of(each): owned(each, self._exchange, raycluster) for each in self._rendered}

    @cached_property
    def manifests(self) -> dict[Ref, Manifest]:
        """What is live, whole. TemporaryError: an exchange of the same name is being deleted."""
        metadata = self._exchange["metadata"]
        labels = {**OURS, INSTANCE: metadata["name"]}
        found: dict[Ref, Manifest] = {}
        for kind in KINDS.values():
            for manifest in self._cluster.labelled(kind, self._namespace, labels) or ():
                if self._is_ours(manifest):
                    found[ref_of(manifest)] = manifest
        return found

    def _is_ours(self, manifest: Manifest) -> bool:
        """By its owner, or by its labels where it has none: somebody has applied what `render` writes."""
        metadata = manifest["metadata"]
        owners = {each["kind"]: each["uid"] for each in metadata.get("ownerReferences", ())}
        earlier = owners.get(EXCHANGE[1]) not in (None, self._exchange["metadata"]["uid"])
        if earlier or "deletionTimestamp" in metadata:
            raise TemporaryError(f"{' '.join(ref_of(manifest))} is still being deleted")
        return not owners or EXCHANGE[1] in owners


def owned(manifest: Manifest, exchange: Manifest, raycluster: Manifest | None) -> Manifest:
    """It goes when the exchange goes, whether or not the operator runs then: Kubernetes' own garbage
    collector sees to it, and no finalizer is needed that could keep a namespace from being deleted. A claim
    stays: what is in it tells whose the log is, and an exchange of the same name goes on with both.

    The account of the pods waits for the RayCluster too: KubeRay's last pod, which cleans Redis up, has it.
    """
    if manifest["kind"] == CLAIM[1]:
        return manifest
    owners = [_owner(exchange) | {"controller": True, "blockOwnerDeletion": True}]
    if manifest["kind"] == ACCOUNT[1] and raycluster is not None:
        owners.append(_owner(raycluster))
    return manifest | {"metadata": manifest["metadata"] | {"ownerReferences": owners}}


def _owner(manifest: Manifest) -> Manifest:
    return {
        "apiVersion": manifest["apiVersion"],
        "kind": manifest["kind"],
        "name": manifest["metadata"]["name"],
        "uid": manifest["metadata"]["uid"],
    }
