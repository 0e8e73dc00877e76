"""Operators that are killed, that are two, that are none."""

import json
import signal
from typing import Any

from tests.support.controlplane import ControlPlane
from tests.support.kubernetes import DEADLINE_S, Namespace, Operator, exchange
from tests.support.running import until


def test_what_a_killed_operator_has_begun_another_completes(
    session_operator: Operator, control_plane: ControlPlane, namespace: Namespace
) -> None:
    session_operator.stop()
    killed = Operator(control_plane, "killed", "tests.support.killed_operator")
    killed.start()
    namespace.apply(exchange("dev"))
    assert killed.wait() == -signal.SIGKILL
    assert namespace.all("configmaps,persistentvolumeclaims,serviceaccounts")
    assert not namespace.all("rayclusters")

    session_operator.start()
    namespace.until_state("dev", "Ready")


def test_of_two_operators_one_acts_and_the_other_takes_over_when_it_is_killed(
    operator: Operator, control_plane: ControlPlane, namespace: Namespace
) -> None:
    second = Operator(control_plane, "second")
    second.start()
    try:
        peers = until("both are known", lambda: peers_of(control_plane, operator, second), DEADLINE_S)
        acts, waits = sorted((operator, second), key=lambda each: -peers[each.name]["priority"])
        if waits is operator:  # it has acted until now
            pauses = "Pausing operations in favour of"
            until("it pauses", lambda: pauses in waits.said(), DEADLINE_S)
        namespace.apply(exchange("dev"))
        namespace.until_state("dev", "Ready")
        assert f"{namespace.name}/dev" in acts.said()
        assert f"{namespace.name}/dev" not in waits.said()
        acts.kill()
        namespace.kubectl("delete", "networkpolicy", "dev-closed")
        get = "get", "networkpolicy", "dev-closed"
        until("it is made again", lambda: namespace.try_kubectl(*get).returncode == 0, DEADLINE_S)
        # It is there before whoever has made it says so.
        until("it was this one", lambda: "networkpolicy dev-closed" in waits.said(), DEADLINE_S)
    finally:
        second.stop()


def peers_of(plane: ControlPlane, *operators: Operator) -> dict[str, Any] | None:
    """What all of them have written down of themselves."""
    peering = json.loads(plane.kubectl("get", "clusterkopfpeering", "bulkhead", "--output=json"))
    peers: dict[str, Any] = peering.get("status", {})
    return peers if all(each.name in peers for each in operators) else None


def test_a_namespace_can_be_deleted_while_no_operator_runs(
    session_operator: Operator, namespace: Namespace
) -> None:
    session_operator.ensure()
    namespace.apply(exchange("dev"))
    namespace.until_state("dev", "Ready")
    session_operator.kill()
    # What KubeRay waits for: no job that would clean Redis up can start in such a namespace.
    namespace.kubectl("annotate", "raycluster", "dev", "ray.io/gcs-ft-deletion-timeout=1", "--overwrite")
    namespace.plane.kubectl("delete", "namespace", namespace.name, f"--timeout={DEADLINE_S:.0f}s")


def test_of_an_exchange_that_is_deleted_while_no_operator_runs_nothing_is_left(
    session_operator: Operator, namespace: Namespace
) -> None:
    session_operator.ensure()
    namespace.apply(exchange("dev"))
    namespace.until_state("dev", "Ready")
    session_operator.kill()
    namespace.kubectl("delete", "exchange", "dev")
    namespace.until_nothing_is_left()
