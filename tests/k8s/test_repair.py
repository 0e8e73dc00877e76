"""What somebody changes or deletes by hand is put back."""

from collections.abc import Iterator

import pytest

from tests.support.controlplane import ControlPlane
from tests.support.kubernetes import Namespace, Operator, exchange
from tests.support.running import until


@pytest.fixture(scope="module")
def ready(control_plane: ControlPlane, session_operator: Operator) -> Iterator[Namespace]:
    """One exchange for all of these."""
    session_operator.ensure()
    namespace = Namespace.make(control_plane)
    namespace.apply(exchange("dev"))
    namespace.until_state("dev", "Ready")
    yield namespace
    namespace.delete()


def test_a_child_that_is_edited_by_hand_is_put_back(operator: Operator, ready: Namespace) -> None:
    budget = ready.all("pdb")[0]["metadata"]["name"]
    wanted = ready.get("pdb", budget)["spec"]
    ready.kubectl("patch", "pdb", budget, "--type=merge", '--patch={"spec":{"minAvailable":0}}')
    until("it is as before", lambda: ready.get("pdb", budget)["spec"] == wanted)
    told = until("an event tells what was put back", lambda: ready.events("Changed"))
    assert any(f"poddisruptionbudget {budget}: spec.minAvailable: 0 -> " in text for text in told)


def test_a_child_that_is_deleted_by_hand_is_made_again(operator: Operator, ready: Namespace) -> None:
    gone = ready.get("networkpolicy", "dev-closed")["metadata"]["uid"]
    ready.kubectl("delete", "networkpolicy", "dev-closed")

    def made() -> bool:
        names = {each["metadata"]["name"]: each["metadata"]["uid"] for each in ready.all("networkpolicy")}
        return bool(names.get("dev-closed", gone) != gone)

    until("there is one again", made)


def test_what_others_write_beside_our_fields_stays(operator: Operator, ready: Namespace) -> None:
    ready.kubectl("annotate", "configmap", "dev-topology", "team=markets")
    ready.kubectl(
        "patch",
        "pdb",
        ready.all("pdb")[0]["metadata"]["name"],
        "--type=merge",
        '--patch={"spec":{"minAvailable":0}}',
    )
    until("a round has been since", lambda: ready.all("pdb")[0]["spec"]["minAvailable"] != 0)
    assert ready.get("configmap", "dev-topology")["metadata"]["annotations"]["team"] == "markets"
