"""What a supervisor that lives keeps running, made what the topology says now, as `bulkhead topology apply`
makes it: for the process that holds an exchange on a Ray cluster of somebody else's.
"""

import threading
from collections.abc import Iterable

import structlog

from actors.attach import NotRunning
from actors.health import Health
from actors.launch import Launch
from actors.memory import remembered
from actors.objects import objects_of, policies
from actors.ordering import give_order
from bulkhead.errors import FatalError
from bulkhead.installation.changes import write_down
from bulkhead.installation.state import Installation
from bulkhead.topology.plan.objects import ACTOR
from bulkhead.topology.plan.steps import Step, plan

TRY_AGAIN_S = 1.0

_log = structlog.get_logger()


class _Stopped(Exception):
    """Whoever holds it is to end; the next one goes on."""


def make_so(installation: Installation, wanted: list[Launch], health: Health, stop: threading.Event) -> None:
    """Until everything runs as `wanted` says, or `stop`. What can't be done now is tried again, and `health`
    says why: a pod may come later.
    """
    launches = {launch.actor: launch for launch in wanted}

    def waiting() -> None:
        health.went_round()
        if stop.is_set():
            raise _Stopped

    while not stop.is_set() and (steps := steps_to(installation, wanted)):
        try:
            for step in steps:
                _log.info(
                    "changes what runs", action=step.action, kind=step.kind, name=step.name, why=step.why
                )
                health.tell({f"{step.kind} {step.name}": f"{step.action}: {step.why}"})
                give_order(step, launches, installation.topology, waiting)
                write_down(installation, step)
        except _Stopped:
            return
        except (FatalError, NotRunning) as problem:
            _log.warning("not changed yet", why=str(problem))
            health.tell({"change": str(problem)})
            stop.wait(TRY_AGAIN_S)


def steps_to(installation: Installation, wanted: Iterable[Launch]) -> tuple[Step, ...]:
    """From what the supervisor has written down that it keeps running. A supervisor that has written nothing
    yet begins with what is wanted.
    """
    memory = remembered(installation.supervisor_path)
    if memory is None:
        return ()
    leading = {(ACTOR, name) for name, role in memory.roles.items() if role not in ("standby", "active")}
    live = objects_of(memory.launches.values(), memory.budgets)
    return plan(objects_of(wanted, policies(installation.topology)), live, leading=leading).steps
