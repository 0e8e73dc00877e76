"""The options that choose the engine, of every command that runs a machine or an exchange."""

from typing import Annotated

import typer
from rich.console import Console

from bulkhead.machines.engines import Engine, NotBuilt, chosen

EngineOption = Annotated[
    Engine | None,
    typer.Option(
        "--engine",
        help="What computes books, risk and settlement; results are the same. Default: native where it is "
        "built.",
        show_default=False,
    ),
]
UpEngine = Annotated[
    Engine | None,
    typer.Option(
        help="What computes books, risk and settlement, whatever the topology says. Default: what that says.",
        show_default=False,
    ),
]
STATUS_NOT_BUILT = 2


def engine_or_stop(engine: str | None) -> Engine:
    """What was chosen; ends with status 2 where it is not built, saying how to build it."""
    try:
        return chosen(engine)
    except NotBuilt as problem:
        Console(stderr=True).print(f"bulkhead: {problem}", highlight=False, soft_wrap=True)
        raise typer.Exit(STATUS_NOT_BUILT) from problem
