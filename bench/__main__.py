"""`python -m bench [--quick] [--folder FOLDER]`: the last line on standard output is one JSON object."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.measurement import FULL, QUICK, measure
from bench.results import as_json, show


def main(
    quick: Annotated[bool, typer.Option("--quick", help="Under a minute; noisier.")] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Where to put the exchange. Default: the temporary folder.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another order flow.")] = 1,
) -> None:
    """Measure the exchange, its runtime, a bare relay and the machines alone, in one run."""
    console = Console(stderr=True)
    begun = time.monotonic()
    size = replace(QUICK if quick else FULL, seed=seed)
    with console.status("") as status:

        def say(what: str) -> None:
            status.update(what)
            if not console.is_terminal:
                console.print(f"{time.monotonic() - begun:5.1f} s  {what}", highlight=False)

        measured = measure(size, folder, say)
    show(measured, console)
    print(json.dumps(as_json(measured)), flush=True)


if __name__ == "__main__":
    typer.run(main)
