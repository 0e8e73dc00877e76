"""`bulkhead simulate`: the whole exchange in one thread, from seeds, under virtual time and every fault."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bulkhead.machines.engines import Engine
from bulkhead.simulation.mutants import MUTANTS, Mutant
from bulkhead.simulation.run import Outcome, Setup, simulate
from bulkhead.simulation.shrink import shrunk
from bulkhead.simulation.world import Engines
from commands.engine import engine_or_stop
from commands.flow_run import commit

FLIPS_EACH = 5
"""Of so many seeds one makes a replica differ: where that one takes over before it is compared, nothing more
can be judged.
"""
POWER_LOSS_EACH = 4
"""Of so many seeds one has a power cut: what it loses ends most of its run, so the others have none."""
POISON_AT = 2
"""The seeds that leave this over, divided by POWER_LOSS_EACH, have machines that raise; every second of them
also processes that alone do.
"""
POISON_AND_LOSS_EACH = 8
"""Of so many seeds one with a power cut has them too."""
REPAIRS_AT, REPAIRS_EACH = 3, 8
"""In the seeds that leave the first over, divided by the second, an operator repairs what was lost."""
MUTANT_SEEDS_MAX = 200
MUTANT_HOURS = 0.25
SHRINK_RUNS_MAX = 300
FULL_LOAD = Setup(hours=0.01, tick_ms=100, orders_scale=250, frame_scale=32, gateways=False)
"""about 150,000 commands in 36 s of virtual time: far more than one thread can do. No gateways: they
would let in no more than participants' rates.
"""


def simulation(
    seeds: Annotated[int, typer.Option(min=0, help="How many seeds.")] = 20,
    hours: Annotated[
        float, typer.Option(min=0.01, help="Virtual hours of each, before it comes to rest.")
    ] = 0.25,
    first: Annotated[int, typer.Option(help="The first seed.")] = 1,
    only: Annotated[
        int | None, typer.Option("--seed", help="This seed alone, with what happened.", show_default=False)
    ] = None,
    power_loss: Annotated[
        bool | None,
        typer.Option(help="With or without a power cut. Default: in each fourth seed.", show_default=False),
    ] = None,
    mutant: Annotated[
        str | None,
        typer.Option(help=f"With --seed: a deliberate bug, of {', '.join(MUTANTS)}.", show_default=False),
    ] = None,
    mutants: Annotated[bool, typer.Option(help="Then look whether each deliberate bug is caught.")] = True,
    engine: Annotated[
        Engines,
        typer.Option(
            help="What computes books, risk and settlement. mixed: replicas of both, and a restart changes "
            "engines. The deliberate bugs, and machines that raise, are the reference engine's."
        ),
    ] = "reference",
    as_json: Annotated[bool, typer.Option("--json", help="Only the JSON object.")] = False,
) -> None:
    """Simulate the exchange: its real machines, streams and loops, in one thread, under virtual time.

    A seed decides everything: who trades and who misbehaves, what crashes between which two steps, what the
    log and the snapshots do. Afterwards all that was promised is checked. A seed that fails is shrunk to few
    events. The last line on standard output is one JSON object; exit status 1 where a promise was broken or
    a deliberate bug was not caught.
    """
    console = Console(stderr=True, quiet=as_json)
    if mutant is not None and (mutant not in MUTANTS or only is None):
        Console(stderr=True).print(f"--mutant goes with --seed and is one of {', '.join(MUTANTS)}")
        raise typer.Exit(2)
    if engine != "reference":
        engine_or_stop(Engine.NATIVE)
    if only is not None:
        bug = MUTANTS.get(mutant or "")
        setup = _setup(only, hours, bool(power_loss), engine) if bug is None else _mutated(bug)
        raise typer.Exit(_one(only, setup, console))
    begun = time.process_time()
    outcomes = _all(range(first, first + seeds), hours, power_loss, engine, console)
    cpu_s = time.process_time() - begun
    failures = [outcome for outcome in outcomes if outcome.failure]
    for outcome in failures:
        _tell_failure(outcome, _setup(outcome.seed, hours, power_loss, engine), console)
    caught = (
        {name: _caught(each, console) for name, each in MUTANTS.items()}
        if mutants and engine == "reference"
        else {}
    )
    full_load = _full_load(console)
    summary: dict[str, Any] = {
        "seeds": seeds,
        "failures": len(failures),
        "mutants": len(caught),
        "mutants_caught": sum(seed is not None for seed in caught.values()),
        "exchange_hours_per_minute": round(seeds * hours / cpu_s * 60, 1) if seeds else None,
        "full_load_commands_per_s": full_load,
        "hours": hours,
        "failing_seeds": [outcome.seed for outcome in failures],
        "caught_at_seed": caught,
        "named_losses": sum(bool(outcome.named) for outcome in outcomes),
        "found_out": sum(len(outcome.found_out) for outcome in outcomes),
        **{
            name: sum(getattr(outcome, name) for outcome in outcomes)
            for name in ("commands", "orders", "trades", "frames", "crashes", "skipped", "repaired")
        },
        "path": {
            "log": "memory",
            "engine": engine,
            "signed": True,
            "replicas": "as each seed says",
            "durability": "simulated",
            "time": "virtual, one thread, by CPU",
            "commit": commit(),
        },
    }
    print(json.dumps(summary), flush=True)
    raise typer.Exit(1 if failures or summary["mutants_caught"] < summary["mutants"] else 0)


def _setup(seed: int, hours: float, power_loss: bool | None, engine: Engines) -> Setup:
    lossy = seed % POWER_LOSS_EACH == 0 if power_loss is None else power_loss
    poison = seed % POISON_AND_LOSS_EACH == 0 if lossy else seed % POWER_LOSS_EACH == POISON_AT
    repairs = seed % REPAIRS_EACH == REPAIRS_AT and not lossy
    flips = seed % FLIPS_EACH == 0 and not (lossy or poison or repairs)
    return Setup(
        hours,
        power_loss=lossy,
        flips=flips,
        poison=poison,
        sick=poison and not lossy and seed % 8 == POISON_AT,
        repairs=repairs,
        engines=engine,
    )


def _mutated(mutant: Mutant) -> Setup:
    return Setup(
        MUTANT_HOURS,
        power_loss=mutant.power_loss,
        flips=mutant.flips,
        poison=mutant.poison,
        sick=mutant.poison,
        repairs=mutant.repairs,
        replicas=mutant.replicas,
        mutant=mutant.put_in,
    )


def _all(
    seeds: range, hours: float, power_loss: bool | None, engine: Engines, console: Console
) -> list[Outcome]:
    outcomes = []
    with _progress(console) as progress:
        task = progress.add_task("seeds", total=len(seeds))
        for seed in seeds:
            outcomes.append(simulate(seed, _setup(seed, hours, power_loss, engine)))
            failed = sum(bool(outcome.failure) for outcome in outcomes)
            progress.update(task, advance=1, description=f"seeds, {failed} failed")
    return outcomes


def _one(seed: int, setup: Setup, console: Console) -> int:
    outcome = simulate(seed, setup)
    if outcome.failure:
        _tell_failure(outcome, setup, console)
        return 1
    for line in outcome.trace:
        console.print(escape(line), highlight=False, soft_wrap=True)
    what = f"the loss was named by {escape(outcome.named)}" if outcome.named else "every promise was kept"
    console.print(
        f"[bold]seed {seed}[/bold]: {outcome.commands} commands, {outcome.trades} trades, {outcome.crashes}"
        f" crashes; {what}",
        soft_wrap=True,
    )
    return 0


def _tell_failure(outcome: Outcome, setup: Setup, console: Console) -> None:
    console.print(f"[red]seed {outcome.seed} fails:[/red] {escape(outcome.failure)}", soft_wrap=True)
    with _progress(console) as progress:
        task = progress.add_task("shrinking", total=SHRINK_RUNS_MAX)

        def look(runs: int, events: int) -> None:
            progress.update(task, completed=runs, description=f"shrinking, {events} events left")

        small, smallest = shrunk(outcome.seed, setup, SHRINK_RUNS_MAX, look)
    console.print(f"It still fails with {len(small.events(outcome.seed))} events: {escape(smallest.failure)}")
    for line in smallest.trace:
        console.print(escape(line), highlight=False, soft_wrap=True)


def _caught(mutant: Mutant, console: Console) -> int | None:
    """A seed that shows a deliberate bug: the one that did before, else the first; None: none did."""
    setup = _mutated(mutant)
    with console.status(f"looking for a seed that shows: {mutant.does}"):
        first = mutant.shown_by
        others = (seed for seed in range(1, MUTANT_SEEDS_MAX + 1) if seed != first)
        for seed in (first, *others):
            outcome = simulate(seed, setup)
            if outcome.failure:
                reason = outcome.failure.strip().splitlines()[-1]
                console.print(
                    f"caught at seed {seed}: {mutant.does}: {escape(reason[:120])}", highlight=False
                )
                return seed
    console.print(f"[red]NOT caught in {MUTANT_SEEDS_MAX} seeds:[/red] {mutant.does}")
    return None


def _full_load(console: Console) -> int:
    """Commands a second of CPU time, with everything that the simulation does around the exchange."""
    with console.status("under full load"):
        begun = time.process_time()
        outcome = simulate(1, FULL_LOAD)
        seconds = time.process_time() - begun
    if outcome.failure:
        console.print(f"[red]under full load:[/red] {escape(outcome.failure)}")
    return round(outcome.commands / seconds)


@contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield progress
