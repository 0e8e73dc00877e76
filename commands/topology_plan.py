"""`bulkhead topology plan`, `apply` and `drift`: what would change, changing it, what somebody changed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from actors.attach import NotRunning
from actors.change import Change
from actors.process import StartFailed
from bulkhead.client.errors import NoExchange
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.applied import applied
from bulkhead.installation.decisions import ApprovalNeeded
from bulkhead.installation.keys import KeyMissing
from bulkhead.installation.machine import this_machine
from bulkhead.installation.state import Installation
from bulkhead.topology.plan.needs import Need, beyond, needs
from bulkhead.topology.plan.objects import DECIDED, RUNNING
from bulkhead.topology.plan.steps import Plan
from bulkhead.topology.problems import TopologyError
from commands.carry_out import carry_out
from commands.decision import REASON_CHARACTERS_MAX, WAITS, tell_of_waiting
from commands.placement_screen import draw_placement, placement
from commands.plan_screen import draw_needs, draw_plan
from commands.topology import JsonOption, TopologyOption, read_topology

NOTHING, ERROR, SOMETHING = 0, 1, 2
"""exit statuses of `plan` and `drift`"""
errors = Console(stderr=True)
PruneOption = Annotated[
    bool, typer.Option("--prune", help="Also delete what carries the exchange's label and is not wanted.")
]


def plan(
    topology: TopologyOption = None,
    prune: PruneOption = False,
    as_json: JsonOption = False,
    kube_context: Annotated[
        str | None, typer.Option("--kube-context", help="On Kubernetes: of kubectl's contexts, which.")
    ] = None,
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", "-n", help="On Kubernetes: there. Left out: the exchange's name."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="On Kubernetes: the resource's. Left out: the exchange's.")
    ] = None,
    image: Annotated[
        str | None, typer.Option("--image", help="On Kubernetes: another one than the resource says.")
    ] = None,
) -> None:
    """Show what `apply` would do, and change nothing.

    With --kube-context or --namespace: what the operator there would do to the objects of the cluster, if
    the Exchange had this topology; what nothing wants any more it always deletes.

    Exit status 0: nothing to do. 2: something. 1: it can't be done, or it can't be seen.
    """
    if kube_context is not None or namespace is not None:
        _plan_on_kubernetes(topology, (kube_context, namespace, name, image), as_json)
    installation = Installation(*read_topology(topology))
    with _told(), Change(installation) as change:
        planned, needed = planned_with_needs(installation, change, prune)
    _show(installation, planned, needed, as_json)
    raise typer.Exit(_status(planned))


def _plan_on_kubernetes(
    topology: Path | None, given: tuple[str | None, str | None, str | None, str | None], as_json: bool
) -> NoReturn:
    # Here, since everything else that is typed would wait for Kubernetes' client to be imported.
    from k8s.planned import Where, planned

    found, _ = read_topology(topology)
    context, namespace, name, image = given
    try:
        where = Where(context, namespace or found.exchange, name or found.exchange, image)
        plan_there, told = planned(found, where)
    except (TopologyError, FatalError, TemporaryError) as problem:
        errors.print(f"[red]{escape(str(problem))}[/red]", soft_wrap=True, highlight=False)
        raise typer.Exit(ERROR) from problem
    for text in told:
        errors.print(text, markup=False, highlight=False, soft_wrap=True)
    if as_json:
        facts = {"exchange": found.exchange, "nothing_to_do": plan_there.empty, **plan_there.to_json()}
        print(json.dumps(facts))
    else:
        draw_plan(plan_there, Console())
    raise typer.Exit(_status(plan_there))


def apply(
    topology: TopologyOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    prune: PruneOption = False,
    reason: Annotated[
        str,
        typer.Option("--reason", help="What is decided is kept in the log with it: at most 64 characters."),
    ] = "",
) -> None:
    """Make what is live what the topology says: the plan, shown, confirmed, carried out in its order.

    What it tells a running exchange (instruments, participants, fees, operators, risk shards and their
    slots), and what it changes of its processes, are decisions that are signed with an operator's key. Killed
    anywhere, run it again. Exit status 0: done, or nothing to do. 1: refused, or it failed. 2: done, but for
    what an operator's command does or nothing does yet. 3: a decision waits for other operators; run it again
    when they have signed.
    """
    installation = Installation(*read_topology(topology), dashboard=True)
    with _told(), Change(installation, reason) as change:
        planned, needed = planned_with_needs(installation, change, prune, closely=True)
        draw_needs(needed, errors)
        draw_plan(planned, errors)
        if planned.refused:
            raise typer.Exit(ERROR)
        signed = any(step.kind in (*DECIDED, *RUNNING) for step in planned.steps)
        if signed and not 0 < len(reason) <= REASON_CHARACTERS_MAX:
            raise FatalError(
                f"some of it an operator decides, for a reason that is kept in the log: --reason, with 1 to"
                f" {REASON_CHARACTERS_MAX} characters"
            )
        if planned.steps and not yes:
            typer.confirm("Carry it out?", abort=True, err=True)
        carry_out(change, planned, errors)
    if planned.steps:
        errors.print(f"Done: {len(planned.steps)} steps.", highlight=False)
    raise typer.Exit(SOMETHING if planned.by_command or planned.kept else NOTHING)


def drift(topology: TopologyOption = None, as_json: JsonOption = False) -> None:
    """Show what is otherwise than it was applied last: what somebody changed by hand, or what has died.

    `apply` puts it back, but for a room on a node that is away, or that others have taken: it is granted when
    they leave. Exit status 0: nothing. 2: something. 1: it can't be seen.
    """
    installation = Installation(*read_topology(topology))
    with _told():
        before = applied(installation)
        if before is None:
            raise FatalError(
                f"nothing was applied from {installation.directory} yet: `bulkhead topology apply`"
            )
        with Change(before) as change:
            planned = replace(change.plan(closely=True), by_command=(), kept=())
    not_granted = _show(before, planned, [], as_json)
    raise typer.Exit(_status(planned) or (SOMETHING if not_granted else NOTHING))


def planned_with_needs(
    installation: Installation, change: Change, prune: bool = False, closely: bool = False
) -> tuple[Plan, list[Need]]:
    """The plan, which is refused where the exchange needs more than there is."""
    needed = needs(installation.topology, this_machine(), change.bounds())
    return change.plan(prune=prune, closely=closely, refused=beyond(needed)), needed


def _show(installation: Installation, planned: Plan, needed: list[Need], as_json: bool) -> list[str]:
    """On the screen; which rooms boundaries do not have."""
    placed = placement(installation)
    if as_json:
        facts = {
            "exchange": installation.topology.exchange,
            "nothing_to_do": planned.empty,
            **planned.to_json(),
            "needs": [{**need._asdict(), "met": need.met} for need in needed],
            "placement": placed.processes,
            "rooms": placed.rooms,
        }
        print(json.dumps(facts))
        return placed.not_granted
    console = Console()
    if needed:
        draw_needs(needed, console)
        draw_placement(placed, console)
    else:
        for each in placed.not_granted:
            console.print(each, style="yellow", markup=False, highlight=False, soft_wrap=True)
    draw_plan(planned, console)
    return placed.not_granted


def _status(planned: Plan) -> int:
    if planned.refused:
        return ERROR
    return NOTHING if planned.empty else SOMETHING


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ApprovalNeeded as waits:
        tell_of_waiting(waits)
        errors.print("The rest: `bulkhead topology apply` again.", highlight=False)
        raise typer.Exit(WAITS) from waits
    except (KeyMissing, StartFailed, NotRunning, FatalError, TemporaryError, NoExchange) as problem:
        errors.print(f"[red]{escape(str(problem))}[/red]", soft_wrap=True, highlight=False)
        raise typer.Exit(ERROR) from problem
