"""`bulkhead topology init`: a topology file to begin with."""

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.prompt import IntPrompt, Prompt

from bulkhead.topology.load import loads
from bulkhead.topology.problems import TopologyError
from bulkhead.topology.starter import Start, starter

errors = Console(stderr=True)
DEFAULTS = Start("dev", ("BTC-USD",), ("alice", "bob"), 2, "sqlite")


def init(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there.")] = Path(
        "topology.yaml"
    ),
    defaults: Annotated[bool, typer.Option("--defaults", help="Ask nothing.")] = False,
) -> None:
    """Write a commented topology file to begin with, after a few questions.

    Exit status 1 if the file is there already, or an answer makes no valid topology.
    """
    start = DEFAULTS if defaults else _asked()
    try:
        text = starter(start)
        loads(text, str(file))
    except ValueError as problem:
        _stop(str(problem))
    except TopologyError as error:
        _stop("\n".join(f"{problem.field}: {problem.problem}; {problem.hint}" for problem in error.problems))
    try:
        # Created here and by nobody else: an exchange's file is never overwritten.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except OSError as problem:
        _stop(f"{file} can't be made: {problem.strerror}; name another file")
    with open(descriptor, "w") as output:
        output.write(text)
    errors.print(
        f"{file} is written. Next: `bulkhead topology plan`, `bulkhead topology apply`.", highlight=False
    )


def _asked() -> Start:
    def ask(question: str, default: str) -> str:
        return str(Prompt.ask(question, default=default, console=errors)).strip()

    return Start(
        exchange=ask("The exchange's name", DEFAULTS.exchange),
        instruments=tuple(
            ask("Instruments, BASE-QUOTE each, a space between", " ".join(DEFAULTS.instruments)).split()
        ),
        participants=tuple(ask("Participants, a space between", " ".join(DEFAULTS.participants)).split()),
        account_shards=IntPrompt.ask(
            "Risk and settlement shards", default=DEFAULTS.account_shards, console=errors
        ),
        log=str(Prompt.ask("Log", choices=["sqlite", "pulsar"], default=DEFAULTS.log, console=errors)),
    )


def _stop(problem: str) -> NoReturn:
    errors.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1)
