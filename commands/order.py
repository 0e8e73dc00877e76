"""`bulkhead order`: a participant's orders, with the keys that `up` has made beside the exchange."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from enum import IntEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from bulkhead.client import Client, ClientError, connect
from bulkhead.client.decimals import Scale
from bulkhead.client.report import InstrumentScales
from bulkhead.client.terms import Terms
from bulkhead.domain.messages.order_terms import NO_TERMS
from bulkhead.domain.messages.quotes import QuotesRejected
from bulkhead.domain.messages.reports import (
    CancelRejected,
    CommandRefused,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderReplaced,
    ReplaceRejected,
)
from bulkhead.domain.terms import StpMode
from bulkhead.errors import FatalError, TemporaryError
from commands.decision import stop
from commands.late import late
from commands.opened import open_installation
from commands.topology import TopologyOption

app = typer.Typer(
    help="Place, cancel, replace and list a participant's orders. Each opens a session of its key, which ends"
    " that of a program that uses the same key: give programs another (--key).",
    no_args_is_help=True,
    cls=late(
        {
            "list": "commands.order_list:list_all",
            "quote": "commands.quote:quote",
            "mass-cancel": "commands.own_mass_cancel:mass_cancel",
            "kill": "commands.own_kill_switch:kill",
            "release": "commands.own_kill_switch:release",
            "place-pair": "commands.linked_order:place_pair",
            "place-bracket": "commands.linked_order:place_bracket",
        }
    ),
)

ANSWER_TIMEOUT_S = 30.0
"""A shard that was killed is back in 2 s; a broker in up to 50 s, but then its log is away too."""
AFTER_S = 0.3
"""What an order causes at once comes with its answer; what comes later, `list` and the next session tell."""

ParticipantArgument = Annotated[str, typer.Argument(help="Whose order it is.")]
OrderArgument = Annotated[str, typer.Argument(metavar="ORDER", help="Its client_order_id.")]
AccountOption = Annotated[
    str | None, typer.Option("--account", help="Default: the participant's first.", show_default=False)
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", help="One of the participant's keys. Default: the first.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object for each report, a line each.")]
REFUSALS = (OrderRejected, CancelRejected, ReplaceRejected, QuotesRejected, CommandRefused)


def _term(name: str, what: str) -> Any:
    return typer.Option(name, help=what, show_default=False)


@app.command()
def place(
    participant: ParticipantArgument,
    instrument: Annotated[str, typer.Argument(help="Such as BTC-USD.")],
    side: Annotated[str, typer.Argument(help="buy or sell")],
    quantity: Annotated[str, typer.Argument(help="In the base asset.")],
    price: Annotated[str | None, _term("--price", "Of a limit or stop_limit order.")] = None,
    protection_price: Annotated[
        str | None, _term("--protection-price", "Of any other: the worst price that it may trade at.")
    ] = None,
    order_type: Annotated[
        str | None,
        _term(
            "--type",
            "limit, market, market_to_limit, stop, stop_limit or trailing_stop. Default: limit with --price,"
            " market without.",
        ),
    ] = None,
    time_in_force: Annotated[
        str, typer.Option("--time-in-force", help="gtc, ioc, fok, day, gtd, at_open or at_close")
    ] = "gtc",
    post_only: Annotated[bool, typer.Option("--post-only", help="Never trade on arrival.")] = False,
    stop_price: Annotated[str | None, _term("--stop-price", "What a stop waits for.")] = None,
    trail: Annotated[str | None, _term("--trail", "The distance that a trailing stop keeps.")] = None,
    on_mark: Annotated[
        bool, typer.Option("--on-mark", help="Wait for the mark price, not for the last trade's.")
    ] = False,
    display: Annotated[str | None, _term("--display", "An iceberg's slice; 0: hidden.")] = None,
    min_quantity: Annotated[str | None, _term("--min-quantity", "What it trades at least.")] = None,
    expires_at: Annotated[
        str | None, _term("--expires-at", "When a gtd order ends, such as 2027-01-31T17:00:00+00:00.")
    ] = None,
    slide: Annotated[
        str | None, _term("--slide", "How far a post-only order goes from the other side's best price.")
    ] = None,
    stp_group: Annotated[
        str | None, _term("--stp-group", "Orders of one group never trade with each other.")
    ] = None,
    stp_mode: Annotated[
        str | None,
        _term("--stp-mode", "cancel_aggressor (default), cancel_resting, cancel_both or decrement"),
    ] = None,
    quote_group: Annotated[str | None, _term("--quote-group", "To cancel orders together by.")] = None,
    trader_id: Annotated[str | None, _term("--trader", "Who sent it, for audit.")] = None,
    client_order_id: Annotated[str | None, _term("--id", "Its client_order_id. Default: a new one.")] = None,
    account: AccountOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    topology: TopologyOption = None,
) -> None:
    """Send an order, and show what comes of it at once. Exit status 1 if it is refused.

    Which options go with which type: docs/rules.md.
    """
    if stp_group is not None and stp_mode is None:
        stp_mode = "cancel_aggressor"
    given = {
        "stop_price": stop_price,
        "trail": trail,
        "on_mark": on_mark or None,
        "display": display,
        "min_quantity": min_quantity,
        "expires_at": None if expires_at is None else _time(expires_at),
        "slide": slide,
        "stp_group": stp_group,
        "stp_mode": stp_mode,
        "quote_group": quote_group,
        "trader_id": trader_id,
    }
    terms: Terms = {name: value for name, value in given.items() if value is not None}  # type: ignore[assignment]
    with session_of(participant, key, topology) as client:
        whose = account or client.connection.participant(participant).accounts[0]
        name = client.place(
            whose,
            instrument,
            side,
            quantity,
            price,
            protection_price=protection_price,
            time_in_force=time_in_force,
            order_type=order_type,
            post_only=post_only,
            client_order_id=client_order_id,
            **terms,
        )
        show(client, whose, (name,), (OrderAccepted,), as_json)


@app.command()
def cancel(
    participant: ParticipantArgument,
    order: OrderArgument,
    account: AccountOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    topology: TopologyOption = None,
) -> None:
    """End an order. Exit status 1 if that is refused."""
    with session_of(participant, key, topology) as client:
        whose = account or client.connection.participant(participant).accounts[0]
        client.cancel(whose, order)
        show(client, whose, (order,), (OrderCanceled,), as_json)


@app.command()
def replace(
    participant: ParticipantArgument,
    order: OrderArgument,
    quantity: Annotated[str, typer.Argument(help="The new total, what has been executed included.")],
    price: Annotated[str, typer.Argument(help="The new limit, or protection price where it has one.")],
    stop_price: Annotated[str | None, _term("--stop-price", "A new one for an order that waits.")] = None,
    account: AccountOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    topology: TopologyOption = None,
) -> None:
    """Give an order another price and total. Exit status 1 if that is refused."""
    with session_of(participant, key, topology) as client:
        whose = account or client.connection.participant(participant).accounts[0]
        client.replace(whose, order, quantity, price, stop_price=stop_price)
        show(client, whose, (order,), (OrderReplaced,), as_json)


@contextmanager
def session_of(participant: str, key: str | None, topology: TopologyOption) -> Iterator[Client]:
    """A session of the participant. Exits with what is wrong."""
    try:
        with connect(open_installation(topology).connection_path, participant, key=key) as client:
            yield client
    except (ClientError, FatalError, TemporaryError, ValueError, FileNotFoundError) as problem:
        stop(str(problem))


def show(
    client: Client, account_id: str, names: Sequence[str], answers: tuple[type, ...], as_json: bool
) -> None:
    """Print the reports of orders until their command is answered for each, and what follows at once."""
    answered: list[Any] = []
    for report in client.reports(ANSWER_TIMEOUT_S):
        answer = _print_one(client, report.message, account_id, names, answers, as_json)
        if answer is not None:
            answered.append(answer)
            if len(answered) == len(names) or isinstance(answer, CommandRefused):
                break
    else:
        stop(f"the exchange has not answered within {ANSWER_TIMEOUT_S:g} s: see `bulkhead status`")
    for report in client.reports(AFTER_S):
        _print_one(client, report.message, account_id, names, (), as_json)
    if any(isinstance(answer, REFUSALS) for answer in answered):
        raise typer.Exit(1)


def _print_one(
    client: Client,
    message: Any,
    account_id: str,
    names: Sequence[str],
    answers: tuple[type, ...],
    as_json: bool,
) -> Any:
    """Print a report that is about one of the orders; the report, where it is an answer."""
    name = getattr(message, "limit_client_order_id", getattr(message, "client_order_id", None))
    is_about = name in names and message.account_id == account_id
    if not is_about and not isinstance(message, CommandRefused):
        return None
    print_report(client, message, as_json)
    return message if isinstance(message, (*REFUSALS, *answers)) else None


def print_report(client: Client, message: Any, as_json: bool) -> None:
    """A report on a line."""
    told = told_of(client, message)
    if as_json:
        print(json.dumps(told))
        return
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in told.items() if name != "report")
    Console().print(f"[bold]{told['report']}[/bold] {escape(facts)}", highlight=False, soft_wrap=True)


def told_of(client: Client, message: Any) -> dict[str, Any]:
    """A report with its numbers as decimals, and names for numbers of a vocabulary."""
    instrument_id = getattr(message, "instrument_id", None)
    scales = None if instrument_id is None else InstrumentScales(client.connection, instrument_id)
    told: dict[str, Any] = {"report": type(message).__name__}
    for name, value in asdict(message).items():
        if name != "last_sequence":
            told |= _decimals(name, value, scales)
    return told


def _decimals(name: str, value: Any, scales: InstrumentScales | None) -> dict[str, Any]:
    """One field under the name that it has for a person."""
    if isinstance(value, dict):  # an order's terms: what was not given is not shown
        terms: dict[str, Any] = {}
        for term, given in value.items():
            if given != getattr(NO_TERMS, term):
                terms |= _decimals(term, StpMode(given) if term == "stp_mode" else given, scales)
        return {name: terms}
    if isinstance(value, IntEnum):
        return {name: value.name.lower()}
    if value is not None and scales is not None:
        units: tuple[tuple[str, Scale], ...] = (
            ("_ticks", scales.price),
            ("_lots", scales.quantity),
            ("_amount", scales.fee),
        )
        for ending, scale in units:
            if name.endswith(ending):
                return {name.removesuffix(ending): f"{scale.to_decimal(value):f}"}
    return {name: value}


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        stop(f"--expires-at {text!r} is no time such as 2027-01-31T17:00:00+00:00")
    if time.tzinfo is None:
        stop(f"--expires-at {text!r} says no time zone: end it with +00:00, or with yours")
    return time
