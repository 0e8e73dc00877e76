"""`bulkhead run`: one machine on a file of JSON lines, with no log and no Ray."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import Annotated, BinaryIO, Final, NoReturn

import typer
from rich.console import Console
from rich.progress import wrap_file

from bulkhead.runner.book import run_book
from bulkhead.runner.ledger import run_ledger
from commands.engine import EngineOption, engine_or_stop

app = typer.Typer(
    name="run",
    help="Run one machine on a file of JSON lines: no log, no Ray, one line of JSON per output.",
    no_args_is_help=True,
)


_Source = Annotated[
    str, typer.Option("--in", metavar="FILE", help="Commands, one JSON object a line; - for stdin.")
]
_Target = Annotated[str, typer.Option("--out", metavar="FILE", help="Where outputs go; - for stdout.")]

_STATUS_INPUT_ERRORS: Final = 1
_STATUS_NOT_RUN: Final = 2


@app.command()
def book(source: _Source = "-", target: _Target = "-", engine: EngineOption = None) -> None:
    """Run the book of one instrument.

    Exit status: 0; 1 if a line was ill-formed (its answer says which and why, the rest was run); 2 if
    nothing was run.
    """
    _run(partial(run_book, engine=engine_or_stop(engine)), source, target)


@app.command()
def ledger(source: _Source = "-", target: _Target = "-", engine: EngineOption = None) -> None:
    """Run the double-entry ledger; it has one engine, so --engine makes no difference.

    Exit status as of `run book`.
    """
    _run(run_ledger, source, target)


def _run(run: Callable[[BufferedIOBase, BinaryIO], int], source: str, target: str) -> None:
    with ExitStack() as stack:
        try:
            lines = _standard_input() if source == "-" else stack.enter_context(Path(source).open("rb"))
        except OSError as error:
            _stop(f"cannot read --in {source}: {error.strerror}; give a file of JSON lines, or - for stdin")
        if "-" not in (source, target) and Path(target).exists() and Path(target).samefile(source):
            _stop(f"--in and --out are the same file, {source}; give --out another name")
        try:
            sink = sys.stdout.buffer if target == "-" else stack.enter_context(Path(target).open("wb"))
        except OSError as error:
            _stop(f"cannot write --out {target}: {error.strerror}; give another file, or - for stdout")
        if source != "-" and target != "-":
            lines = _watched(lines, Path(source).stat().st_size, stack)
        errors = run(lines, sink)
    if errors:
        raise typer.Exit(_STATUS_INPUT_ERRORS)


def _watched(lines: BufferedIOBase, size: int, stack: ExitStack) -> BufferedIOBase:
    """The same, with a bar on standard error that shows how much was read; on a terminal only."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return lines
    bar = wrap_file(lines, size, description="running", console=console, transient=True)  # type: ignore[arg-type]
    return BufferedReader(stack.enter_context(bar))  # type: ignore[type-var]  # what rich gives is raw


def _standard_input() -> BufferedIOBase:
    buffer = sys.stdin.buffer
    assert isinstance(buffer, BufferedIOBase)  # it is; its declared type promises less
    return buffer


def _stop(message: str) -> NoReturn:
    typer.echo(f"bulkhead run: {message}", err=True)
    raise typer.Exit(_STATUS_NOT_RUN)
