"""`bulkhead approvals`: decisions that wait for more operators."""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bulkhead.domain.messages.approvals import WithdrawDecision
from bulkhead.domain.messages.control import RegisterKey, RevokeKey
from bulkhead.domain.reasons import Reason
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.approvals import Approved, Waiting, approve, waiting
from bulkhead.installation.decisions import decide
from bulkhead.installation.registration import let_in
from bulkhead.installation.revocation import participants_key, shut_out
from bulkhead.installation.state import Installation
from commands.decided import fields_of, key_names, sentence
from commands.decision import ReasonOption, errors, stop, take
from commands.opened import open_installation
from commands.topology import TopologyOption

app = typer.Typer(help="Decisions that wait for more operators.", no_args_is_help=True)

DigestArgument = Annotated[
    str, typer.Argument(metavar="DIGEST", help="As the list has it, or how it begins: 8 digits at least.")
]
DIGITS_MIN = 8


@app.command("list")
def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each, a line each.")] = False,
    topology: TopologyOption = None,
) -> None:
    """What waits, oldest first. Reads the log only: no shard has to run."""
    installation = open_installation(topology)
    names = key_names(installation)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("digest", "by", "needs", "ends at tick"):
        table.add_column(name, no_wrap=True)
    table.add_column("what", overflow="fold")
    for each in _waiting(installation):
        told = _facts(each, names)
        if as_json:
            print(json.dumps(told))
            continue
        digest = told["digest"][: 2 * DIGITS_MIN]
        rest = (told["by"], str(told["operators"]), str(told["expires_tick"]), sentence(each.message))
        table.add_row(digest, *map(escape, rest))
    if not as_json:
        Console().print(table if table.row_count else "Nothing waits.")


@app.command("approve")
def approve_one(digest: DigestArgument, reason: ReasonOption, topology: TopologyOption = None) -> None:
    """Sign for a decision that another operator has proposed. BULKHEAD_OPERATOR names whose key signs.

    The last signature that it needs executes it. Exit status 1 if it is refused.
    """
    installation = open_installation(topology)
    proposed = _find(installation, digest)
    outcome: list[Approved] = []

    def send() -> Reason | None:
        answer = approve(installation, proposed, reason)
        if isinstance(answer, Reason):
            return answer
        outcome.append(answer)
        return None

    take(reason, send)
    if not outcome[0].executed:
        errors.print("Approved. It waits for others still.")
    elif outcome[0].refusal is None:
        errors.print("Approved, and done.")
        if isinstance(proposed.message, RevokeKey):
            _shut_out(installation, proposed.message)
        elif isinstance(proposed.message, RegisterKey):
            let_in(installation, proposed.message)
    else:
        stop(f"approved, and control refuses to do it: {outcome[0].refusal.name.lower()}")


@app.command()
def withdraw(digest: DigestArgument, reason: ReasonOption, topology: TopologyOption = None) -> None:
    """Let a decision that waits not be taken. Any operator may. Exit status 1 if it is refused."""
    installation = open_installation(topology)
    message = WithdrawDecision(_find(installation, digest).digest, reason)
    take(reason, lambda: decide(installation, message))
    errors.print("Withdrawn.")


def _shut_out(installation: Installation, revoked: RevokeKey) -> None:
    """As `bulkhead key revoke` does when no other operator is needed."""
    key = participants_key(installation, revoked.public_key)
    if key is None:
        stop(
            "the exchange takes nothing more of that key. On a secured log its owner may still connect, since"
            " the key is not on this machine: end that by the log's own administration"
        )
    shut_out(installation, key, revoked.reason)


def _waiting(installation: Installation) -> list[Waiting]:
    return _read(lambda: waiting(installation))


def _read(read: Callable[[], list[Waiting]]) -> list[Waiting]:
    try:
        return read()
    except (FatalError, TemporaryError, FileNotFoundError) as problem:
        stop(str(problem))


def _find(installation: Installation, digest: str) -> Waiting:
    if len(digest) < DIGITS_MIN:
        stop(f"{digest} has {len(digest)} digits: {DIGITS_MIN} at least")
    found = [each for each in _waiting(installation) if each.digest.hex().startswith(digest.lower())]
    if len(found) != 1:
        stop(f"{len(found)} decisions that wait begin with {digest}: see `bulkhead approvals list`")
    return found[0]


def _facts(each: Waiting, names: Mapping[bytes, str]) -> dict[str, Any]:
    proposal = each.proposal
    return {
        "digest": each.digest.hex(),
        "by": names.get(proposal.public_key, proposal.public_key.hex()),
        "operators": proposal.operators,
        "expires_tick": proposal.expires_tick,
        "what": type(each.message).__name__,
        "fields": fields_of(each.message),
    }
