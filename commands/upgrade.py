"""`bulkhead upgrade`: a newer build and its version of the rules, while the exchange trades, and back."""

import json
from typing import Annotated, Any

import typer
from rich.markup import escape

from actors.attach import NotRunning, attached
from actors.build import own_build
from actors.renewal import renew, renewal, what_runs
from bulkhead.domain.behaviour import NEWEST
from bulkhead.domain.reasons import Reason
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.keys import KeyMissing
from bulkhead.installation.rules import Rules, change_rules, rules_in_force
from bulkhead.installation.state import Installation
from bulkhead.topology.plan.steps import Plan, Step
from commands.decision import check, errors, stop, take
from commands.opened import open_installation
from commands.topology import TopologyOption

KINDS = ("control/", "risk/", "book/", "settlement/", "view/")
"""shards that go by the rules; a view may mirror a risk shard"""
HINTS = {
    Reason.BEHAVIOUR_CHANGING: "another change is going on: `bulkhead upgrade` shows it",
    Reason.BEHAVIOUR_STEP: "one version at a time",
}


def upgrade(
    to: Annotated[
        int | None, typer.Option("--to", metavar="VERSION", help="Have the rules of this version.")
    ] = None,
    undo: Annotated[
        bool,
        typer.Option("--undo", help="Have those of the version before, or take back a change that goes on."),
    ] = False,
    build: Annotated[
        bool,
        typer.Option("--build", help="Have all processes be of the build that is installed, newer or older."),
    ] = False,
    reason: Annotated[
        str, typer.Option("--reason", help="For who reads the log later: at most 64 characters.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before processes are replaced.")] = False,
    unseen: Annotated[
        bool,
        typer.Option("--unseen", help="Though what runs can't be asked which versions it knows."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    topology: TopologyOption = None,
) -> None:
    """Show the version of the rules; change it while the exchange trades, for everybody; and undo that.

    Shard by shard takes it from a message in its log. Where a process is of a build that does not know the
    version, the installed build is put in the place of all others first, one process after another: with a
    standby by a hand-over, else by a restart; which, is shown and asked before. Killed anywhere, type it
    again. docs/rules.md says what each version is.

    Exit status 1 if it is refused or not every shard has it in time; 3 if it waits for other operators.
    """
    installation = open_installation(topology)
    try:
        rules = rules_in_force(installation)
    except (FatalError, TemporaryError, FileNotFoundError) as problem:
        stop(str(problem))
    if (to is not None) + undo + build > 1:
        stop("say --to, --undo or --build, not two of them")
    if build:
        _have_this_build(installation, rules, reason, yes, as_json)
        return
    if undo:
        to = rules.before
        if to is None:
            going_on = rules.to is not None
            stop("they are going back already" if going_on else "there is no version before 1 to go back to")
    if to is None:
        _show(rules, as_json)
        return
    if to > NEWEST:
        stop(f"this build knows no version above {NEWEST}: run this command with one that does")
    check(reason)
    replaced = [] if undo else _have_known(installation, to, reason, yes, unseen)
    said = _change(installation, to, reason)
    if as_json:
        print(json.dumps({"version": to, "shards": said, "replaced": replaced}))
    else:
        print(f"The rules are those of version {to}. `bulkhead upgrade --undo` goes back.")


def _change(installation: Installation, to: int, reason: str) -> list[str]:
    """Send the message; which shards have taken it."""
    said: list[str] = []

    def tell(shard: str) -> None:
        said.append(shard)
        errors.print(f"{shard} has version {to}", highlight=False)

    def send() -> Reason | None:
        refusal = change_rules(installation, to, reason, tell)
        if refusal in HINTS:
            stop(f"control refuses: {refusal.name.lower()} ({HINTS[refusal]})")
        return refusal

    take(reason, send)
    return said


def _have_this_build(installation: Installation, rules: Rules, reason: str, yes: bool, as_json: bool) -> None:
    needed = max(rules.version, rules.to or 0)
    if needed > NEWEST:
        stop(
            f"this build knows no version above {NEWEST}, and the rules are of version {needed}: with the"
            f" build that runs, `bulkhead upgrade --undo` first"
        )
    check(reason)
    try:
        with attached(installation):
            replaced = _replace(installation, what_runs(), reason, yes)
    except NotRunning as problem:
        stop(str(problem))
    if as_json:
        print(json.dumps({"build": own_build(), "replaced": replaced}))
    else:
        print(f"All processes are of build {own_build()}.")


def _have_known(installation: Installation, to: int, reason: str, yes: bool, unseen: bool) -> list[str]:
    """See to it that no process would halt itself at the message; stop where one can't be asked. Which were
    replaced.
    """
    try:
        with attached(installation):
            status = what_runs()
            if any(0 < row["rules_known"] < to for row in status["shards"]):
                return _replace(installation, status, reason, yes)
    except NotRunning as problem:
        if unseen:
            return []
        stop(f"{problem}. With --unseen the message is sent all the same; who does not know it halts itself")
    rows = [row for row in status["shards"] if row["replica_of"].startswith(KINDS)]
    away = [row for row in rows if row["state"] != "running"]
    for row in away:
        text = f"{row['shard']} is {row['state']}: whether it knows version {to} can't be asked"
        errors.print(f"[red]{escape(text)}[/red]", soft_wrap=True, highlight=False)
    if away:
        stop("Nothing was changed: docs/operations.md, 'Changing the rules'")
    return []


def _replace(installation: Installation, status: dict[str, Any], reason: str, yes: bool) -> list[str]:
    """Have all processes be of this build; which were replaced. Stops where one can't be."""
    planned = renewal(status)
    if planned.empty:
        return []
    for held in planned.refused:
        errors.print(f"[red]{escape(str(held))}[/red]", soft_wrap=True, highlight=False)
    if planned.refused:
        stop("Nothing was changed: docs/operations.md, 'Changing the rules'")
    _tell(planned)
    if not yes:
        typer.confirm("Replace them?", abort=True, err=True)

    def done(step: Step) -> None:
        errors.print(f"{step.name} is of build {own_build()}", highlight=False)

    try:
        with errors.status("replacing processes, one after another"):
            renew(installation, planned, reason, done)
    except (FatalError, TemporaryError, NotRunning, KeyMissing) as problem:
        stop(
            f"{problem}\nWhat was replaced stays so. To go on, type it again; to go back, install the build"
            f" before, and `bulkhead upgrade --build`: docs/operations.md, 'Changing the rules'"
        )
    return [step.name for step in planned.steps]


def _tell(planned: Plan) -> None:
    """What is replaced, and what that interrupts: those of which it is the same in one line."""
    errors.print(f"{len(planned.steps)} processes are to be of build {own_build()}. Nothing stops but:")
    interrupted: dict[str, list[str]] = {}
    for step in planned.steps:
        if step.interrupts:
            interrupted.setdefault(step.interrupts, []).append(step.name)
    for interrupts, names in interrupted.items():
        errors.print(f"{', '.join(names)}: {interrupts}", soft_wrap=True, highlight=False)


def _show(rules: Rules, as_json: bool) -> None:
    if as_json:
        print(
            json.dumps(
                {
                    "version": rules.version,
                    "to": rules.to,
                    "confirmed": list(rules.confirmed),
                    "known": NEWEST,
                    "build": own_build(),
                }
            )
        )
        return
    print(
        f"The rules are those of version {rules.version}; this build, {own_build()}, knows those up to"
        f" {NEWEST}."
    )
    if rules.to is not None:
        confirmed = ", ".join(rules.confirmed) or "none yet"
        print(f"They are changing to version {rules.to}; these shards have it: {confirmed}.")
