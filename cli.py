"""The `bulkhead` command: registers what commands/ holds, and nothing else.

Each module of commands/ has one group of commands: it parses, calls and prints. This file only says
under which names they are reached. A command's help names its options; ``docs/operations.md`` tells
when to use which.
"""

import importlib.util
import os
import sys
from importlib.metadata import version
from typing import Annotated

import structlog
import typer

import commands.account
import commands.approvals
import commands.balances
import commands.blast_radius
import commands.broker
import commands.bust
import commands.chaos
import commands.dead_letters
import commands.demo
import commands.exchange
import commands.flow
import commands.history
import commands.hold
import commands.instruments
import commands.key
import commands.kill_switch
import commands.limits
import commands.linked_order
import commands.mass_cancel
import commands.node
import commands.order
import commands.own_kill_switch
import commands.quarantine
import commands.quote
import commands.repair
import commands.replay
import commands.run
import commands.simulate
import commands.topology
import commands.topology_explain
import commands.topology_init
import commands.topology_plan
import commands.topology_render
import commands.trading
import commands.upgrade
import commands.watch
from bulkhead.installation.decisions import OPERATOR
from bulkhead.log.open import end_process

app = typer.Typer(
    name="bulkhead",
    help="A trading exchange as log-backed, deterministic actors.",
    no_args_is_help=True,
    # A traceback with the values of local variables can show keys and tokens.
    pretty_exceptions_show_locals=False,
)
app.command()(commands.exchange.up)
app.command()(commands.exchange.down)
app.command()(commands.exchange.status)
app.command()(commands.hold.hold)
app.command()(commands.demo.demo)
app.command()(commands.chaos.chaos)
app.command()(commands.replay.replay)
app.command("simulate")(commands.simulate.simulation)
app.command("mass-cancel")(commands.mass_cancel.mass_cancel)
app.command("balances")(commands.balances.show_balances)
app.command()(commands.history.history)
app.command()(commands.upgrade.upgrade)
app.command()(commands.bust.bust)
app.command()(commands.bust.correct)
for command in commands.trading.COMMANDS:
    app.command()(command)
app.add_typer(commands.account.app, name="account")
app.add_typer(commands.approvals.app, name="approvals")
app.add_typer(commands.dead_letters.app, name="dead-letters")
app.add_typer(commands.flow.app, name="flow")
app.add_typer(commands.broker.app, name="broker")
app.add_typer(commands.key.app, name="key")
app.add_typer(commands.node.app, name="node")
commands.order.app.command("quote")(commands.quote.quote)
commands.order.app.command("kill")(commands.own_kill_switch.kill)
commands.order.app.command("release")(commands.own_kill_switch.release)
app.add_typer(commands.limits.app, name="limits")
app.add_typer(commands.kill_switch.app, name="kill-switch")
app.add_typer(commands.order.app, name="order")
commands.order.app.command("place-pair")(commands.linked_order.place_pair)
commands.order.app.command("place-bracket")(commands.linked_order.place_bracket)
app.add_typer(commands.quarantine.app, name="quarantine")
app.add_typer(commands.repair.app, name="repair")
app.add_typer(commands.watch.app)
app.add_typer(commands.run.app, name="run")
commands.topology.app.command()(commands.instruments.status)
for command in (
    commands.topology_plan.plan,
    commands.topology_plan.apply,
    commands.topology_plan.drift,
    commands.topology_explain.diff,
    commands.topology_explain.explain,
    commands.topology_init.init,
    commands.topology_render.render,
    commands.blast_radius.blast_radius,
):
    commands.topology.app.command()(command)
app.add_typer(commands.topology.app, name="topology")


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
        end_process(end.code if isinstance(end.code, int) else bool(end.code))
        raise


if __name__ == "__main__":
    main()
