"""The command of a benchmark: its options, its progress, and its findings as the last line."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

S = TypeVar("S")
M = TypeVar("M")


def run(
    sized: Callable[[bool, int], S],
    measure: Callable[[S, Path | None, Callable[[str], None]], M],
    show: Callable[[M, Console], None],
    as_json: Callable[[M], dict[str, Any]],
) -> None:
    """Parse, measure, and show on standard error what was found; one JSON object on standard output.

    `sized`: how much to send, quickly or not, with a seed.
    """

    def main(
        quick: Annotated[bool, typer.Option("--quick", help="Quicker; noisier.")] = False,
        folder: Annotated[
            Path | None, typer.Option(help="Where to put what is started. Default: the temporary folder.")
        ] = None,
        seed: Annotated[int, typer.Option(help="Another seed is another order flow.")] = 1,
    ) -> None:
        console = Console(stderr=True)
        begun = time.monotonic()
        with console.status("") as status:

            def say(what: str) -> None:
                status.update(what)
                if not console.is_terminal:
                    console.print(f"{time.monotonic() - begun:5.1f} s  {what}", highlight=False)

            measured = measure(sized(quick, seed), folder, say)
        show(measured, console)
        print(json.dumps(as_json(measured)), flush=True)

    typer.run(main)
