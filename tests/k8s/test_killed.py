"""Operators that are killed, that are two, that are none."""

import signal

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
    pauses = "Pausing operations in favour of"
    both = (operator, second)
    until("one of them pauses", lambda: any(pauses in each.said() for each in both), DEADLINE_S)
    try:
        namespace.apply(exchange("dev"))
        namespace.until_state("dev", "Ready")
        (acts,) = (each for each in both if f"{namespace.name}/dev" in each.said())
        (waits,) = (each for each in both if each is not acts)
        acts.kill()
        namespace.kubectl("delete", "networkpolicy", "dev-closed")
        until("the other makes it again", lambda: "networkpolicy dev-closed" in waits.said(), DEADLINE_S)
        assert namespace.get("networkpolicy", "dev-closed")
    finally:
        second.stop()


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
