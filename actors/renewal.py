"""Every process of a running exchange put into the build that is installed, one after another.

Who follows comes before who leads, in all shards: a build that says something else is found before any of
it leads. Interrupted anywhere, what is planned next is the rest.
"""

import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

from actors.attach import NoAnswer, call, call_restarted, restart
from actors.build import own_build
from actors.ordering import carry_out, new_ticket
from actors.orders import Order
from actors.signed import sign
from bulkhead.errors import FatalError
from bulkhead.installation.alone import alone
from bulkhead.installation.changes import write_down
from bulkhead.installation.state import Installation
from bulkhead.topology.plan.effects import Level
from bulkhead.topology.plan.objects import ACTOR, Objects
from bulkhead.topology.plan.steps import Held, Plan, Step, plan

SUPERVISOR = "supervisor"
SETTLED_TIMEOUT_S = 60.0
"""A process that is started answers after 2 s; a machine that does much else takes longer."""
LOOK_EVERY_S = 0.2


def what_runs() -> dict[str, Any]:
    """The supervisor's status, when no process is on its way up: one that was just started is waited for.
    Inside `attached`. NoAnswer: there is no supervisor.
    """
    give_up_at = time.monotonic() + SETTLED_TIMEOUT_S
    while True:
        status: dict[str, Any] = call_restarted(SUPERVISOR, "status")
        starting = any(row["state"] == "starting" for row in status["shards"])
        if not starting or time.monotonic() > give_up_at:
            return status
        time.sleep(LOOK_EVERY_S)


def renewal(status: dict[str, Any]) -> Plan:
    """What is to be replaced for every process to be of the build of this command; changes nothing.

    The supervisor comes first: it carries out the rest.
    """
    rows, build = status["shards"], own_build()
    live: Objects = {
        (ACTOR, SUPERVISOR): {"build": status.get("build")},
        **{(ACTOR, row["shard"]): {"build": row.get("build")} for row in rows},
    }
    leading = {(ACTOR, row["shard"]) for row in rows if row["role"] not in ("standby", "active")}
    held = [(Level.REFUSED, each) for each in _held(rows, build)]
    return plan({ref: {"build": build} for ref in live}, live, held=held, leading=leading)


def _held(rows: list[dict[str, Any]], build: str) -> Iterator[Held]:
    """One that has halted itself, or is down, may be so for the build that it is of."""
    for row in rows:
        of_another = row["state"] in ("halted", "down") and row.get("build") != build
        if row["state"] != "running" and not of_another:
            yield Held(row["shard"], f"is {row['state']}", "see to it first: `bulkhead status` says why")


def renew(installation: Installation, planned: Plan, reason: str, done: Callable[[Step], None]) -> None:
    """Do every step in order, signed in the log with the operator's `reason`; `done` is told of each. Inside
    `attached`.

    FatalError: a step can't be done, and why; what leads the shard goes on. TemporaryError: another process
    changes what runs. NoAnswer, KeyMissing.
    """
    with alone(installation):
        for step in planned.steps:
            sign(installation, step, reason)
            if step.name == SUPERVISOR:
                _renew_supervisor()
            else:
                carry_out(step, Order(new_ticket(), "renew", step.name, None, build=own_build()))
            write_down(installation, step)
            done(step)
        # The process that holds Ray is as it was, and does nothing by any rule: `topology plan` is not to
        # find that all has to begin anew.
        running = installation.running()
        if running is not None:
            settings = {**running.settings, "version": version("bulkhead")}
            installation.write_running(running.model_copy(update={"settings": settings}))


def _renew_supervisor() -> None:
    """Ray starts it again, and it goes on with what it has written down."""
    import actors.supervisor  # noqa: F401  # a build that can't be imported ends none that works

    restart(SUPERVISOR)
    give_up_at = time.monotonic() + SETTLED_TIMEOUT_S
    found = ""
    while found != own_build():
        if time.monotonic() > give_up_at:
            raise FatalError(
                f"the supervisor was started anew and is of build {found or 'unknown'}, not {own_build()}:"
                f" install that one where it runs, too"
            )
        time.sleep(LOOK_EVERY_S)
        try:
            found = call(SUPERVISOR, "status")["build"]
        except NoAnswer:
            continue  # it is on its way
