"""Carrying a plan out with progress: what `up` and `topology apply` both do."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from actors.change import Change
from bulkhead.installation.state import Running
from bulkhead.topology.plan.steps import Plan, Step


def carry_out(change: Change, planned: Plan, console: Console) -> None:
    """Every step in its order. Refused, KeyMissing, StartFailed, FatalError, TemporaryError: what went wrong;
    what was done until then stays, and the next plan has the rest.
    """
    with _progress(console) as progress:
        task = progress.add_task("steps", total=len(planned.steps))
        processes = progress.add_task("processes", total=None, visible=False)

        def done(step: Step) -> None:
            progress.update(task, advance=1, description=f"{step.action} {step.kind} {step.name}")

        def starting(running: Running) -> None:
            progress.update(task, description="starting the processes")
            if running.shards:
                ready = sum(state == "ready" for state in running.shards.values())
                progress.update(
                    processes,
                    visible=True,
                    description="shards ready",
                    completed=ready,
                    total=len(running.shards),
                )

        change.carry_out(planned, done, starting)


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
    )
