"""A Kubernetes cluster as the operator needs it: objects as plain values, its failures in our two kinds."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from bulkhead.errors import FatalError, TemporaryError
from k8s.crd import GROUP, KIND, PLURAL, VERSION

Manifest = dict[str, Any]
Kind = tuple[str, str]
"""(API version, kind), such as ("v1", "Pod")"""

FIELD_MANAGER = "bulkhead"
"""Whose fields they are that server-side apply writes: what others write beside them stays."""
REQUEST_TIMEOUT_S = 30.0
NOT_FOUND, CONFLICT, TOO_MANY = 404, 409, 429

EXCHANGE: Kind = (f"{GROUP}/{VERSION}", KIND)
POD: Kind = ("v1", "Pod")
ACCOUNT: Kind = ("v1", "ServiceAccount")
CLAIM: Kind = ("v1", "PersistentVolumeClaim")
RAY_CLUSTER: Kind = ("ray.io/v1", "RayCluster")
POD_MONITOR: Kind = ("monitoring.coreos.com/v1", "PodMonitor")
PATHS: dict[Kind, str] = {
    EXCHANGE: PLURAL,
    POD: "pods",
    ACCOUNT: "serviceaccounts",
    ("v1", "ConfigMap"): "configmaps",
    CLAIM: "persistentvolumeclaims",
    ("v1", "Service"): "services",
    ("networking.k8s.io/v1", "NetworkPolicy"): "networkpolicies",
    ("policy/v1", "PodDisruptionBudget"): "poddisruptionbudgets",
    POD_MONITOR: "podmonitors",
    RAY_CLUSTER: "rayclusters",
}
"""every kind that the operator has to do with, and how the API's paths call it"""


class Cluster:
    """Reached by the pod's service account, else as the kubeconfig says. May be used by several threads.

    Every call raises TemporaryError where the API server is away or busy or somebody else wrote at the same
    moment, and FatalError where it refuses.
    """

    def __init__(self, context: str | None = None) -> None:
        """`context`: of the kubeconfig; None: the current one. FatalError: there is none."""
        if context is not None or not _in_a_pod():
            _load(context)
        self._api = client.ApiClient()

    def apply(self, manifest: Manifest, *, dry_run: bool = False) -> Manifest:
        """What comes of it. Server-side apply: of our fields ours count, whoever has written them since."""
        query = [("fieldManager", FIELD_MANAGER), ("force", "true"), ("fieldValidation", "Strict")]
        return self._do(
            f"{title(manifest)} can't be applied",
            "PATCH",
            _path_of(manifest),
            body=manifest,
            query=query + [("dryRun", "All")] * dry_run,
            content_type="application/apply-patch+yaml",
        )

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """None: there is no such object."""
        what = f"{kind[1]} {namespace}/{name} can't be read"
        try:
            return self._do(what, "GET", _path(kind, namespace, name))
        except _Gone:
            return None

    def labelled(self, kind: Kind, namespace: str, labels: Mapping[str, str]) -> list[Manifest] | None:
        """All that carry the labels, by name; None: the cluster does not know the kind."""
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        what = f"objects of kind {kind[1]} in {namespace} can't be listed"
        try:
            found = self._do(what, "GET", _path(kind, namespace), query=[("labelSelector", selector)])
        except _Gone:
            return None
        # The items of a list leave out what the list says for all of them.
        items = [{"apiVersion": kind[0], "kind": kind[1]} | item for item in found["items"]]
        return sorted(items, key=lambda item: str(item["metadata"]["name"]))

    def delete(self, manifest: Manifest) -> None:
        """This very object, not one of the same name; gone already is as good."""
        options = {
            "preconditions": {"uid": manifest["metadata"]["uid"]},
            "propagationPolicy": "Background",
        }
        try:
            self._do(f"{title(manifest)} can't be deleted", "DELETE", _path_of(manifest), body=options)
        except _Gone:
            return

    def evict(self, namespace: str, pod: str) -> bool:
        """Ask a pod to leave; False: its disruption budget does not allow it now."""
        metadata = {"name": pod, "namespace": namespace}
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
        path = f"{_path(POD, namespace, pod)}/eviction"
        try:
            self._do(f"pod {namespace}/{pod} can't be evicted", "POST", path, body=eviction)
        except _Gone:
            return True
        except _TooMany:
            return False
        return True

    def write_status(self, manifest: Manifest, status: Mapping[str, Any]) -> str | None:
        """Merge it into the object's, a None takes a field away; the object's version after that, None: it is
        gone.
        """
        try:
            written = self._do(
                f"the status of {title(manifest)} can't be written",
                "PATCH",
                f"{_path_of(manifest)}/status",
                body={"status": dict(status)},
                content_type="application/merge-patch+json",
            )
        except _Gone:
            return None
        return str(written["metadata"]["resourceVersion"])

    def _do(
        self,
        what: str,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: list[tuple[str, str]] | None = None,
        content_type: str = "application/json",
    ) -> Manifest:
        headers = {"Accept": "application/json", "Content-Type": content_type}
        with _told(what):
            asked = self._api.param_serialize(
                method, path, None, query, headers, body, auth_settings=["BearerToken"]
            )
            answer = self._api.call_api(*asked, _request_timeout=REQUEST_TIMEOUT_S)
            body_read: bytes = answer.read()  # type: ignore[no-untyped-call]
            if not 200 <= answer.status <= 299:
                said = body_read.decode(errors="replace")
                raise ApiException.from_response(http_resp=answer, body=said, data=None)
        found: Manifest = json.loads(body_read)
        return found


def _in_a_pod() -> bool:
    try:
        config.load_incluster_config()  # type: ignore[no-untyped-call]
    except config.ConfigException:
        return False
    return True


def _load(context: str | None) -> None:
    try:
        config.load_kube_config(context=context)  # type: ignore[no-untyped-call]
    except config.ConfigException as problem:
        raise FatalError(f"no Kubernetes cluster is known here: {problem}") from problem


class _Gone(FatalError):
    """Nothing of that name or kind."""


class _TooMany(TemporaryError):
    """The API server is busy, or a disruption budget is used up."""


def title(manifest: Manifest) -> str:
    """As people call it."""
    metadata = manifest["metadata"]
    return f"{manifest['kind']} {metadata['namespace']}/{metadata['name']}"


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Failures within, in our two kinds."""
    try:
        yield
    except ApiException as problem:
        said = f"{what}: {_said(problem)}"
        if problem.status == NOT_FOUND:
            raise _Gone(said) from problem
        if problem.status == TOO_MANY:
            raise _TooMany(said) from problem
        if problem.status == CONFLICT or not problem.status or problem.status >= 500:
            raise TemporaryError(said) from problem
        raise FatalError(said) from problem
    except (HTTPError, OSError) as problem:
        raise TemporaryError(f"{what}: the API server does not answer: {problem}") from problem


def _said(problem: ApiException) -> str:
    """The API server's own words, where it has some."""
    try:
        return str(json.loads(problem.body or "")["message"])
    except (ValueError, KeyError, TypeError):
        return f"{problem.status} {problem.reason}"


def _path(kind: Kind, namespace: str, name: str = "") -> str:
    version, _ = kind
    root = "/apis" if "/" in version else "/api"
    return f"{root}/{version}/namespaces/{quote(namespace)}/{PATHS[kind]}" + (name and f"/{quote(name)}")


def _path_of(manifest: Manifest) -> str:
    metadata = manifest["metadata"]
    return _path((manifest["apiVersion"], manifest["kind"]), metadata["namespace"], metadata["name"])
