"""`bulkhead mass-cancel`: an operator ends many orders at once."""

from typing import Annotated

import typer

from bulkhead.domain.messages.mass import OperatorMassCancel, OrdersAsked
from bulkhead.domain.terms import Side
from commands.decision import ReasonOption, errors, stop, take_answered
from commands.opened import open_installation
from commands.topology import TopologyOption


def mass_cancel(
    reason: ReasonOption,
    participant: Annotated[str | None, typer.Option(help="Of this participant only.")] = None,
    account: Annotated[str | None, typer.Option(help="Of this account only.")] = None,
    instrument: Annotated[str | None, typer.Option(help="Of this instrument only.")] = None,
    side: Annotated[str | None, typer.Option(help="buy or sell. Default: both.")] = None,
    topology: TopologyOption = None,
) -> None:
    """Cancel every live order of a participant, an account or an instrument, or of what they have in common.

    Their participants are told operator_cancel. In a halted instrument too; not while it is closed. Nothing
    keeps anybody from sending new orders: revoke a key, or halt the instrument, for that.

    Exit status 1 if it is refused, or a shard has not answered.
    """
    if side is not None and side not in ("buy", "sell"):
        stop(f"--side is buy or sell, not {side!r}")
    installation = open_installation(topology)
    shards = 1 if participant or account else len(installation.topology.shards.risk.numbers)
    wanted = None if side is None else int(Side[side.upper()])
    decision = OperatorMassCancel(participant, account, instrument, wanted, reason)
    answers = take_answered(reason, installation, decision, shards)
    told = [answer for answer in answers if isinstance(answer, OrdersAsked)]
    asked, pending, closed = (
        sum(getattr(answer, name) for answer in told) for name in ("asked", "pending", "closed")
    )
    errors.print(
        f"{asked} orders are being canceled, {pending} were already, "
        f"{closed} stay: their instruments are closed."
    )
