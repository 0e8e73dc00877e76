"""`bulkhead order place-pair` and `place-bracket`: orders of which one cancels the other."""

from typing import Annotated, Any

import typer

from bulkhead.client import Leg
from bulkhead.domain.messages.reports import OrderAccepted
from commands.decision import stop as stop_with
from commands.order import (
    AccountOption,
    JsonOption,
    KeyOption,
    ParticipantArgument,
    session_of,
    show,
)
from commands.topology import TopologyOption

InstrumentArgument = Annotated[str, typer.Argument(help="Such as BTC-USD.")]
QuantityArgument = Annotated[str, typer.Argument(help="In the base asset.")]
LimitOption = Annotated[str, typer.Option("--limit", help="The price of the limit order.")]
StopOption = Annotated[str, typer.Option("--stop", help="What the stop waits for.")]
StopLimitOption = Annotated[
    str | None, typer.Option("--stop-limit", help="Its limit, once triggered.", show_default=False)
]
StopProtectionOption = Annotated[
    str | None,
    typer.Option(
        "--stop-protection",
        help="Or the worst price that it may trade at, as a market order.",
        show_default=False,
    ),
]
OnMarkOption = Annotated[
    bool, typer.Option("--on-mark", help="The stop waits for the mark price, not for the last trade's.")
]
TraderOption = Annotated[
    str | None, typer.Option("--trader", help="Who sent them, for audit.", show_default=False)
]
IdOption = Annotated[
    str | None,
    typer.Option(
        "--id",
        help="Their client_order_ids: this one with -entry, -limit and -stop. Default: new ones.",
        show_default=False,
    ),
]


def place_pair(
    participant: ParticipantArgument,
    instrument: InstrumentArgument,
    side: Annotated[str, typer.Argument(help="buy or sell")],
    quantity: QuantityArgument,
    limit: LimitOption,
    stop: StopOption,
    stop_limit: StopLimitOption = None,
    stop_protection: StopProtectionOption = None,
    on_mark: OnMarkOption = False,
    trader_id: TraderOption = None,
    name: IdOption = None,
    account: AccountOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    topology: TopologyOption = None,
) -> None:
    """Send a limit order and a stop of one side: as soon as one trades, is triggered or ends, the other is
    canceled. Exit status 1 if they are refused.
    """
    exits = _exits(limit, stop, stop_limit, stop_protection, on_mark)
    with session_of(participant, key, topology) as client:
        whose = account or client.connection.participant(participant).accounts[0]
        placed = client.place_pair(whose, instrument, side, quantity, **_named(exits, name, trader_id))
        show(client, whose, (placed.limit, placed.stop), (OrderAccepted,), as_json)


def place_bracket(
    participant: ParticipantArgument,
    instrument: InstrumentArgument,
    side: Annotated[str, typer.Argument(help="Of the entry: buy or sell. The exits are of the other.")],
    quantity: QuantityArgument,
    limit: LimitOption,
    stop: StopOption,
    price: Annotated[str | None, typer.Option("--price", help="Of an entry that is a limit order.")] = None,
    protection_price: Annotated[
        str | None,
        typer.Option("--protection-price", help="Of a market order: the worst price that it may trade at."),
    ] = None,
    stop_limit: StopLimitOption = None,
    stop_protection: StopProtectionOption = None,
    on_mark: OnMarkOption = False,
    trader_id: TraderOption = None,
    name: IdOption = None,
    account: AccountOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    topology: TopologyOption = None,
) -> None:
    """Send an order, the entry, and the pair that ends what it trades: exits of the other side, which wait
    until the entry has ended. Exit status 1 if they are refused.
    """
    legs = {"entry": _leg(price=price, protection_price=protection_price)}
    legs |= _exits(limit, stop, stop_limit, stop_protection, on_mark)
    with session_of(participant, key, topology) as client:
        whose = account or client.connection.participant(participant).accounts[0]
        placed = client.place_bracket(whose, instrument, side, quantity, **_named(legs, name, trader_id))
        assert placed.entry is not None  # a bracket has one
        show(client, whose, (placed.entry, placed.limit, placed.stop), (OrderAccepted,), as_json)


def _exits(
    limit: str, stop: str, stop_limit: str | None, stop_protection: str | None, on_mark: bool
) -> dict[str, Leg]:
    if (stop_limit is None) == (stop_protection is None):
        stop_with("give either --stop-limit or --stop-protection: how far the stop may trade")
    waiting = _leg(
        stop_price=stop, price=stop_limit, protection_price=stop_protection, on_mark=on_mark or None
    )
    return {"limit": _leg(price=limit), "stop": waiting}


def _leg(**given: Any) -> Leg:
    """What was given."""
    return {name: value for name, value in given.items() if value is not None}  # type: ignore[return-value]  # the fields of one


def _named(legs: dict[str, Leg], name: str | None, trader_id: str | None) -> dict[str, Any]:
    """With what they have in common."""
    return {
        which: leg
        | ({} if name is None else {"client_order_id": f"{name}-{which}"})
        | ({} if trader_id is None else {"trader_id": trader_id})
        for which, leg in legs.items()
    }
