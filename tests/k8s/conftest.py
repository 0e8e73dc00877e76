"""One control plane and one operator for all tests here, and a fresh namespace for each."""

from collections.abc import Iterator

import pytest

from tests.support.controlplane import ControlPlane, running_control_plane
from tests.support.kubernetes import K8S, Namespace, Operator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/k8s/" in str(item.path):
            item.add_marker("k8s")


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """With all that a cluster needs once."""
    with running_control_plane(tmp_path_factory.mktemp("plane")) as plane:
        plane.until_applied("-f", K8S / "crd.yaml", "-f", K8S / "base/peering-kind.yaml")
        plane.until_applied("-k", K8S)
        yield plane


@pytest.fixture(scope="session")
def session_operator(control_plane: ControlPlane) -> Iterator[Operator]:
    operator = Operator(control_plane, "operator")
    yield operator
    operator.stop()


@pytest.fixture
def operator(session_operator: Operator) -> Operator:
    """It runs; a test may kill it."""
    session_operator.ensure()
    return session_operator


@pytest.fixture
def namespace(control_plane: ControlPlane) -> Iterator[Namespace]:
    """Deleted afterwards; nobody waits for it."""
    made = Namespace.make(control_plane)
    yield made
    made.delete()
