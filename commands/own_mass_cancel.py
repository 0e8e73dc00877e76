"""`bulkhead order mass-cancel`: a participant ends many of its orders at once."""

from typing import Annotated

import typer

from bulkhead.client import Client
from bulkhead.domain.messages.mass import MassCanceled, MassCancelMissed, RequestRejected
from bulkhead.domain.messages.reports import CommandRefused, OrderCanceled
from bulkhead.domain.reasons import Reason
from commands.decision import stop
from commands.order import (
    AFTER_S,
    ANSWER_TIMEOUT_S,
    AccountOption,
    JsonOption,
    KeyOption,
    ParticipantArgument,
    print_report,
    session_of,
)
from commands.topology import TopologyOption


def mass_cancel(
    participant: ParticipantArgument,
    instrument: Annotated[
        str | None, typer.Option(help="Of this instrument only, such as BTC-USD.", show_default=False)
    ] = None,
    side: Annotated[str | None, typer.Option(help="buy or sell. Default: both.", show_default=False)] = None,
    quote_group: Annotated[
        str | None,
        typer.Option(help='Of this quote group only; "": of none.', show_default=False),
    ] = None,
    account: AccountOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    topology: TopologyOption = None,
) -> None:
    """Cancel every live order of an account, or those that fit all that is said, and show the end of each.

    Nothing keeps new orders away: `bulkhead order kill` does. Orders of closed instruments stay and are
    counted. Exit status 1 if it is refused, or the end of one was not told.
    """
    with session_of(participant, key, topology) as client:
        whose = account or client.connection.participant(participant).accounts[0]
        request_id = client.mass_cancel(whose, instrument_id=instrument, side=side, quote_group=quote_group)
        _show(client, request_id, as_json)


def _show(client: Client, request_id: str, as_json: bool) -> None:
    """Print the answer and the end of each order that was asked for, and what follows at once."""
    asked: int | None = None
    told = 0
    for timeout_s in (ANSWER_TIMEOUT_S, AFTER_S):
        for report in client.reports(timeout_s):
            message = report.message
            if isinstance(message, RequestRejected | CommandRefused):
                print_report(client, message, as_json)
                raise typer.Exit(1)
            if isinstance(message, MassCanceled) and message.request_id == request_id:
                asked = message.asked
            elif isinstance(message, OrderCanceled | MassCancelMissed):
                # Each that was asked for has one such end; others may end beside them (linked).
                told += isinstance(message, MassCancelMissed) or message.reason is Reason.MASS_CANCEL
            else:
                continue
            print_report(client, message, as_json)
            if timeout_s == ANSWER_TIMEOUT_S and told == asked:
                break
    if asked is None:
        stop(f"the exchange has not answered within {ANSWER_TIMEOUT_S:g} s: see `bulkhead status`")
    if told < asked:
        stop(f"of {asked} orders the end of {asked - told} was not told: see `bulkhead order list`")
