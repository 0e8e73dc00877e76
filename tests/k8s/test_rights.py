"""The operator may do what it does and no more."""

import pytest

from tests.support.controlplane import ControlPlane
from tests.support.kubernetes import OPERATOR, SYSTEM

NEEDED = [
    "list exchanges.bulkhead.dev",
    "watch exchanges.bulkhead.dev",
    "patch exchanges.bulkhead.dev --subresource=status",
    "patch rayclusters.ray.io",
    "create rayclusters.ray.io",
    "delete rayclusters.ray.io",
    "patch configmaps",
    "patch networkpolicies.networking.k8s.io",
    "patch poddisruptionbudgets.policy",
    "list pods",
    "create pods --subresource=eviction",
    "create events",
    "patch clusterkopfpeerings.kopf.dev/bulkhead",
]
FORBIDDEN = [
    "get secrets",
    "list secrets",
    "create secrets",
    "create pods",
    "delete pods",
    "create pods --subresource=exec",
    "get pods --subresource=log",
    "patch exchanges.bulkhead.dev",
    "delete exchanges.bulkhead.dev",
    "delete namespaces",
    "get nodes",
    "create clusterrolebindings.rbac.authorization.k8s.io",
    "escalate clusterroles.rbac.authorization.k8s.io",
    "impersonate users",
    "create serviceaccounts --subresource=token",
    "patch customresourcedefinitions.apiextensions.k8s.io",
    "create jobs.batch",
    "patch clusterkopfpeerings.kopf.dev/another",
    "patch deployments.apps",
]


@pytest.mark.parametrize(
    ("asked", "allowed"), [*((each, "yes") for each in NEEDED), *((each, "no") for each in FORBIDDEN)]
)
def test_the_operator_may_do_what_it_does_and_no_more(
    control_plane: ControlPlane, asked: str, allowed: str
) -> None:
    who = f"--as=system:serviceaccount:{SYSTEM}:{OPERATOR}"
    answer = control_plane.try_kubectl("auth", "can-i", *asked.split(), who, "--namespace=default")
    assert answer.stdout.strip() == allowed, answer.stderr
