"""`bulkhead upgrade`: the version of the rules, changed while the exchange trades, and back."""

import json
from typing import Annotated, Any

import typer
from rich.markup import escape

from actors.attach import NotRunning, attached, call_restarted
from bulkhead.domain.behaviour import NEWEST
from bulkhead.domain.reasons import Reason
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.rules import Rules, change_rules, rules_in_force
from bulkhead.installation.state import Installation
from commands.decision import errors, stop, take
from commands.opened import open_installation
from commands.topology import TopologyOption

KINDS = ("risk/", "book/", "settlement/", "view/")
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
    reason: Annotated[
        str, typer.Option("--reason", help="For who reads the log later: at most 64 characters.")
    ] = "",
    unseen: Annotated[
        bool,
        typer.Option("--unseen", help="Though what runs can't be asked which versions it knows."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    topology: TopologyOption = None,
) -> None:
    """Show the version of the rules; change it while the exchange trades, for everybody; and undo that.

    Nothing is stopped: shard by shard takes it from a message in its log. docs/rules.md says what each
    version is. Refused, with nothing changed, where a process runs that does not know the version.

    Exit status 1 if it is refused or not every shard has it in time; 3 if it waits for other operators.
    """
    installation = open_installation(topology)
    try:
        rules = rules_in_force(installation)
    except (FatalError, TemporaryError, FileNotFoundError) as problem:
        stop(str(problem))
    if to is None and not undo:
        _show(rules, as_json)
        return
    if to is not None and undo:
        stop("say --to or --undo, not both")
    if undo:
        to = rules.before
        if to is None:
            going_on = rules.to is not None
            stop("they are going back already" if going_on else "there is no version before 1 to go back to")
    assert to is not None
    if to > NEWEST:
        stop(f"this build knows no version above {NEWEST}: run this command with one that does")
    if not undo:
        _check_processes(installation, to, unseen)
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
    if as_json:
        print(json.dumps({"version": to, "shards": said}))
    else:
        print(f"The rules are those of version {to}. `bulkhead upgrade --undo` goes back.")


def _check_processes(installation: Installation, to: int, unseen: bool) -> None:
    """Stop where a process would halt itself at the message, or can't be asked."""
    try:
        with attached(installation):
            rows = call_restarted("supervisor", "status")["shards"]
    except NotRunning as problem:
        if unseen:
            return
        stop(f"{problem}. With --unseen the message is sent all the same; who does not know it halts itself")
    found = [_problem(row, to) for row in rows if row["replica_of"].startswith(KINDS)]
    for each in filter(None, found):
        errors.print(f"[red]{escape(each)}[/red]", soft_wrap=True, highlight=False)
    if any(found):
        stop("Nothing was changed: docs/operations.md, 'Changing the rules'")


def _problem(row: dict[str, Any], to: int) -> str:
    if row["state"] != "running":
        return f"{row['shard']} is {row['state']}: whether it knows version {to} can't be asked"
    if row["rules_known"] < to:
        known = row["rules_known"]
        return f"{row['shard']} runs a build that knows none above {known}: put a newer one in its place"
    return ""


def _show(rules: Rules, as_json: bool) -> None:
    if as_json:
        print(
            json.dumps(
                {
                    "version": rules.version,
                    "to": rules.to,
                    "confirmed": list(rules.confirmed),
                    "known": NEWEST,
                }
            )
        )
        return
    print(f"The rules are those of version {rules.version}; this build knows those up to {NEWEST}.")
    if rules.to is not None:
        confirmed = ", ".join(rules.confirmed) or "none yet"
        print(f"They are changing to version {rules.to}; these shards have it: {confirmed}.")
