"""`bulkhead account`: what an account of a running exchange may do."""

import json
from typing import Annotated

import typer
from rich.console import Console

from bulkhead.domain.messages.limits import AccountStateChanged, SetAccountState
from bulkhead.domain.terms import AccountState
from commands.decision import ReasonOption, errors, stop, take_answered
from commands.opened import open_installation
from commands.shown_limits import show_limits
from commands.topology import TopologyOption

app = typer.Typer(help="What an account may do: all, only cancel, nothing.", no_args_is_help=True)

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Such as alice.main.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command()
def show(account: AccountArgument, as_json: JsonOption = False, topology: TopologyOption = None) -> None:
    """Whether the account is active, close_only or suspended, as its risk shard knows it now."""
    installation = open_installation(topology)
    participants = installation.topology.participants
    owner = next((name for name, each in participants.items() if account in each.account_ids), None)
    if owner is None:
        stop(f"the topology has no account {account!r}")
    _, told = show_limits(installation, owner)
    state = next((each.state for each in told if each.account_id == account), None)
    if state is None:
        stop(f"the risk shard of {owner} knows no account {account!r}")
    if as_json:
        print(json.dumps({"account": account, "participant": owner, "state": state.name.lower()}))
        return
    Console().print(f"{account} of {owner}: {state.name.lower()}", highlight=False)


@app.command()
def suspend(account: AccountArgument, reason: ReasonOption, topology: TopologyOption = None) -> None:
    """Take nothing from the account, cancels neither. Its orders stay: `bulkhead mass-cancel` ends them."""
    _set(topology, account, AccountState.SUSPENDED, reason)


@app.command()
def close(account: AccountArgument, reason: ReasonOption, topology: TopologyOption = None) -> None:
    """Take only cancels from the account."""
    _set(topology, account, AccountState.CLOSE_ONLY, reason)


@app.command()
def resume(account: AccountArgument, reason: ReasonOption, topology: TopologyOption = None) -> None:
    """Let the account trade again."""
    _set(topology, account, AccountState.ACTIVE, reason)


def _set(topology: TopologyOption, account: str, state: AccountState, reason: str) -> None:
    """Exit status 1 if it is refused, 3 if it waits for other operators."""
    installation = open_installation(topology)
    for answer in take_answered(reason, installation, SetAccountState(account, state, reason), 1):
        if isinstance(answer, AccountStateChanged):
            before, after = (each.name.lower() for each in (answer.before, answer.after))
            errors.print(f"{account} was {before} and is {after}; its participant is told.", highlight=False)
