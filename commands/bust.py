"""`bulkhead bust` and `bulkhead correct`: a trade is void, or was at another price."""

from typing import Annotated

import typer

from bulkhead.client.connection import Connection
from bulkhead.client.errors import ClientError
from bulkhead.client.report import InstrumentScales
from bulkhead.domain.messages.reversal import BustTrade, CorrectTrade, ReversalRefused, TradeReversed
from bulkhead.installation.state import Installation
from commands.decision import ReasonOption, errors, stop, take_answered
from commands.opened import open_installation
from commands.topology import TopologyOption

InstrumentArgument = Annotated[str, typer.Argument(metavar="INSTRUMENT", help="Such as BTC-USD.")]
TradeArgument = Annotated[
    int, typer.Argument(metavar="TRADE_ID", help="As market data and fills name it.", min=1)
]


def bust(
    instrument: InstrumentArgument,
    trade_id: TradeArgument,
    reason: ReasonOption,
    topology: TopologyOption = None,
) -> None:
    """Undo a trade: what it moved is moved back, fees too, and both sides and the public are told.

    Orders stay as they are after the trade. Of the last 10,000 trades of the instrument; exit status 1 if it
    is refused.
    """
    installation = open_installation(topology)
    scales = _scales_of(installation, instrument)
    _show(scales, _decide(installation, BustTrade(instrument, trade_id, reason)))


def correct(
    instrument: InstrumentArgument,
    trade_id: TradeArgument,
    price: Annotated[str, typer.Option(help="What it should have been, as a decimal.")],
    reason: ReasonOption,
    topology: TopologyOption = None,
) -> None:
    """Give a trade another price: it is undone and done again, with the fees of that price.

    Otherwise as bust.
    """
    installation = open_installation(topology)
    scales = _scales_of(installation, instrument)
    try:
        price_ticks = scales.price.to_units(price)
    except ValueError as problem:
        stop(str(problem))
    _show(scales, _decide(installation, CorrectTrade(instrument, trade_id, price_ticks, reason)))


def _scales_of(installation: Installation, instrument: str) -> InstrumentScales:
    instruments = installation.topology.instruments
    if instrument not in instruments:
        stop(f"no such instrument: {instrument}; there are {', '.join(instruments)}")
    try:
        return InstrumentScales(Connection.load(installation.connection_path), instrument)
    except ClientError as problem:
        stop(str(problem))


def _decide(installation: Installation, decision: BustTrade | CorrectTrade) -> TradeReversed:
    (answer,) = take_answered(decision.reason, installation, decision, 1)
    if isinstance(answer, ReversalRefused):
        numbers = f"bound {answer.bound}, actual {answer.actual}"
        stop(f"the book refuses: {answer.reason.name.lower()} ({numbers}); nothing has changed")
    assert isinstance(answer, TradeReversed)  # a book says one of the two
    return answer


def _show(scales: InstrumentScales, done: TradeReversed) -> None:
    price, quantity, fee = scales.price, scales.quantity, scales.fee
    what = f"{quantity.to_decimal(done.quantity_lots):f} at {price.to_decimal(done.price_ticks):f}"
    if done.corrected_price_ticks is None:
        became = "is void"
    else:
        became = f"is one at {price.to_decimal(done.corrected_price_ticks):f}"
    errors.print(f"Trade {done.trade_id} of {done.instrument_id}, {what}, {became}. Undone:", soft_wrap=True)
    for account, verb, amount in (
        (done.buyer, "had bought", done.buyer_fee_amount),
        (done.seller, "had sold", done.seller_fee_amount),
    ):
        errors.print(f"  {account} {verb}, for a fee of {fee.to_decimal(amount):f}", soft_wrap=True)
