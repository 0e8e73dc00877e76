"""The `bulkhead` command: names of commands, and where in commands/ each is; nothing else.

Each module of commands/ has one group of commands: it parses, calls and prints. One is imported when it is
asked for. A command's help names its options; ``docs/operations.md`` tells when to use which.
"""

import importlib.util
import os
import sys
from importlib.metadata import version
from typing import Annotated

import structlog
import typer

from bulkhead.installation.environment import OPERATOR
from commands.late import late

COMMANDS = {
    "up": "commands.exchange:up",
    "down": "commands.exchange:down",
    "status": "commands.exchange:status",
    "hold": "commands.hold:hold",
    "demo": "commands.demo:demo",
    "chaos": "commands.chaos:chaos",
    "replay": "commands.replay:replay",
    "simulate": "commands.simulate:simulation",
    "mass-cancel": "commands.mass_cancel:mass_cancel",
    "balances": "commands.balances:show_balances",
    "history": "commands.history:history",
    "upgrade": "commands.upgrade:upgrade",
    "bust": "commands.bust:bust",
    "correct": "commands.bust:correct",
    **{
        name: f"commands.trading:{name}"
        for name in ("halt", "resume", "phase", "bands", "mark", "collar", "breaker", "timetable")
    },
    "account": "commands.account:app",
    "approvals": "commands.approvals:app",
    "dead-letters": "commands.dead_letters:app",
    "flow": "commands.flow:app",
    "broker": "commands.broker:app",
    "key": "commands.key:app",
    "node": "commands.node:app",
    "limits": "commands.limits:app",
    "kill-switch": "commands.kill_switch:app",
    "order": "commands.order:app",
    "quarantine": "commands.quarantine:app",
    "repair": "commands.repair:app",
    "watch": "commands.watch:watch",
    "candles": "commands.candles:candles",
    "run": "commands.run:app",
    "topology": "commands.topology:app",
}
"""by name: a function that is one command, or the Typer of a group of them"""

app = typer.Typer(
    name="bulkhead",
    help="A trading exchange as log-backed, deterministic actors.",
    no_args_is_help=True,
    # A traceback with the values of local variables can show keys and tokens.
    pretty_exceptions_show_locals=False,
    cls=late(COMMANDS),
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"bulkhead {version('bulkhead')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
    operator: Annotated[
        str | None,
        typer.Option(
            "--operator",
            envvar=OPERATOR,
            metavar="NAME",
            help="Whose key signs decisions. Default: the topology's first operator.",
        ),
    ] = None,
) -> None:
    """Say once, on standard error, that the native engine is missing; standard output stays the command's."""
    if operator is not None:
        os.environ[OPERATOR] = operator
    if importlib.util.find_spec("bulkhead._engine") is None:
        print(
            "bulkhead: the native engine is not built; the reference engine (plain Python, same results, "
            "slower) runs instead. To build it, install a Rust toolchain and run `make venv`.",
            file=sys.stderr,
        )


def main() -> None:
    """Entry point of the console script."""
    # What the client tells of a log that is away is for the person, not part of a command's output.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        app()
    except SystemExit as end:
        opened = sys.modules.get("bulkhead.log.open")
        if opened is not None:  # else the command had no log, and nothing is in the way of the end
            opened.end_process(end.code if isinstance(end.code, int) else bool(end.code))
        raise


if __name__ == "__main__":
    main()
