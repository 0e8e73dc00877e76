"""`bulkhead order quote`: a market maker's quotes of both sides, set at once."""

from typing import Annotated, Any

import typer

from bulkhead.client import Client, Quote
from bulkhead.domain.messages.reports import OrderStatus
from commands.decision import stop
from commands.order import (
    AFTER_S,
    ANSWER_TIMEOUT_S,
    REFUSALS,
    AccountOption,
    JsonOption,
    KeyOption,
    ParticipantArgument,
    print_report,
    session_of,
)
from commands.topology import TopologyOption


def _quotes(name: str, what: str) -> Any:
    return typer.Option(
        name,
        metavar="ID:QUANTITY@PRICE",
        help=f"{what} May be repeated; ID:0 withdraws it.",
        show_default=False,
    )


def quote(
    participant: ParticipantArgument,
    instrument: Annotated[str, typer.Argument(help="Such as BTC-USD.")],
    group: Annotated[str, typer.Argument(help="The quote group, of which no other order is touched.")],
    buy: Annotated[list[str] | None, _quotes("--buy", "A quote that buys.")] = None,
    sell: Annotated[list[str] | None, _quotes("--sell", "A quote that sells.")] = None,
    account: AccountOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    topology: TopologyOption = None,
) -> None:
    """Set quotes of both sides at once, all or none, such as

    bulkhead order quote alice BTC-USD maker --buy b1:0.5@59990 --sell a1:0.5@60010

    A quote that is open gets the price, and the quantity is what is open of it from now on; one that isn't is
    new; what is not named stays. Exit status 1 if one is refused. `bulkhead order list` shows them.
    """
    quotes = [*(_quote("buy", text) for text in buy or ()), *(_quote("sell", text) for text in sell or ())]
    with session_of(participant, key, topology) as client:
        whose = account or client.connection.participant(participant).accounts[0]
        client.mass_quote(whose, instrument, group, quotes)
        _show(client, whose, {each.client_order_id for each in quotes}, as_json)


def _quote(side: str, text: str) -> Quote:
    name, colon, numbers = text.rpartition(":")
    quantity, at, price = numbers.partition("@")
    if not (name and colon and quantity) or bool(at) is not bool(price):
        stop(f"--{side} {text!r} is not ID:QUANTITY@PRICE, such as b1:0.5@59990, or ID:0 to withdraw it")
    return Quote(name, side, quantity, price or None)


def _show(client: Client, account_id: str, names: set[str], as_json: bool) -> None:
    """Print what is told of the quotes until each is answered, and what follows at once."""
    refused = False
    for timeout_s in (ANSWER_TIMEOUT_S, AFTER_S):
        for report in client.reports(timeout_s):
            message = report.message
            about = getattr(message, "account_id", None), getattr(message, "client_order_id", None)
            is_answer = isinstance(message, REFUSALS)
            if is_answer or (
                about[0] == account_id and about[1] in names and type(message) is not OrderStatus
            ):
                print_report(client, message, as_json)
            refused = refused or is_answer
            if timeout_s == ANSWER_TIMEOUT_S and not client.unanswered:
                break
        if client.unanswered:
            stop(f"the exchange has not answered within {ANSWER_TIMEOUT_S:g} s: see `bulkhead status`")
    if refused:
        raise typer.Exit(1)
