"""How a plan is drawn for a person."""

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bulkhead.topology.plan.needs import Need
from bulkhead.topology.plan.steps import Held, Plan, Step

ROWS_MAX = 12
"""Of one kind and action; the rest is counted: --json has every one."""
_SIGNS = {
    "create": "[green]+ create[/]",
    "change": "[yellow]~ change[/]",
    "replace": "[yellow]± replace[/]",
    "delete": "[red]- delete[/]",
}


def draw_plan(planned: Plan, console: Console) -> None:
    """All of it: steps in their order, then what is not done, each with why."""
    if planned.steps:
        console.print(_steps(planned.steps))
    _draw_held("Refused, so nothing is applied", "red", planned.refused, console)
    _draw_held("For an operator's command, not done here", "yellow", planned.by_command, console)
    _draw_held("Not done: the exchange goes on with what it was told", "yellow", planned.kept, console)
    if planned.left:
        console.print(
            f"Nothing wants these any more; --prune deletes them: {', '.join(planned.left)}", highlight=False
        )
    console.print(_counted(planned), highlight=False)


def draw_needs(found: Iterable[Need], console: Console) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("the exchange needs")
    table.add_column("", justify="right")
    table.add_column("of at most", justify="right")
    table.add_column("which is", overflow="fold")
    for need in found:
        limit = "" if need.limit is None else f"{need.limit:,}"
        colour = "" if need.met else "[red]"
        table.add_row(need.name, f"{colour}{need.needed:,}", limit, need.source)
    console.print(table)


def _steps(steps: tuple[Step, ...]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("what", no_wrap=True)
    table.add_column("why", overflow="fold")
    table.add_column("interrupts", overflow="fold")
    for group in _grouped(steps):
        for step in group[:ROWS_MAX]:
            table.add_row(
                _SIGNS[step.action],
                f"{step.kind} {step.name}",
                escape(step.why),
                step.interrupts or "nothing",
            )
        if len(group) > ROWS_MAX:
            table.add_row("", f"and {len(group) - ROWS_MAX} more of kind {group[0].kind}")
    return table


def _grouped(steps: tuple[Step, ...]) -> list[list[Step]]:
    """Neighbours of one kind and action."""
    groups: list[list[Step]] = []
    for step in steps:
        if groups and (groups[-1][0].kind, groups[-1][0].action) == (step.kind, step.action):
            groups[-1].append(step)
        else:
            groups.append([step])
    return groups


def _draw_held(title: str, style: str, held: tuple[Held, ...], console: Console) -> None:
    if held:
        console.print(f"{title}:", style=style)
    for each in held:
        console.print(f"  {each}", markup=False, highlight=False, soft_wrap=True)


def _counted(planned: Plan) -> str:
    if planned.empty:
        return "Nothing to do: what is live is what the topology says."
    kinds = ("create", "change", "replace", "delete")
    counts = [sum(step.action == kind for step in planned.steps) for kind in kinds]
    text = ", ".join(f"{count} to {kind}" for kind, count in zip(kinds, counts, strict=True))
    refused = f"; {len(planned.refused)} refused" if planned.refused else ""
    return f"Plan: {text}{refused}."
