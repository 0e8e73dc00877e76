"""The machine of a book partition: frames of the wire in, its output streams out.

What it does beside the book: it decodes the wire, follows the streams and their CRC-32, charges fees, and
tells risk, settlement and market data, each encoded, numbered and digested. The frames have no
authentication: that is checked outside of the machine.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec

from bench.engines.commands import Cancel, Command, Gather, Place, Script
from bench.engines.native_book import resting
from bench.engines.prepared import Prepared, Work
from bulkhead.domain.messages.control import DefineInstrument, DefineShards, SetPhase, SetSlots
from bulkhead.domain.messages.market_data import TradePublished
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.orders import EnterOrder, RemoveOrder
from bulkhead.domain.terms import Phase
from bulkhead.machines.engines import Engine
from bulkhead.machines.factory import input_partition, make_machine
from bulkhead.machines.interface import Machine, Output
from bulkhead.wire.codec import decode, encode, type_number
from bulkhead.wire.frame import (
    AUTHENTICATION_BYTES,
    advance_crc,
    authenticated_bytes,
    join_events,
    split_body,
)

SHARD: Final = "book/0"
INSTRUMENT_ID: Final = "BTC-USD"
ACCOUNTS: Final = 100
MAKER_FEE_RATE, TAKER_FEE_RATE = 1_000, 2_000
"""1e-7: 1 and 2 basis points"""
PRICE_MAX_TICKS, QUANTITY_MAX_LOTS = 2**40, 2**50
GENESIS: Final = (
    DefineShards(1, 1, 1),
    SetSlots(0, 1023, 0, 0),
    DefineInstrument(
        *(INSTRUMENT_ID, 0, "BTC", "USD"),
        *(1, 1),
        *(1, 0, PRICE_MAX_TICKS),
        *(1, 1, QUANTITY_MAX_LOTS),
        window=1_000_000,
        phase=Phase.CONTINUOUS,
    ),
)
CONTROL, RISK = "control/0", "risk/0"
_TRADE = type_number(encode(TradePublished(INSTRUMENT_ID, 1, 1, 1, None, None, 0)))


class Framing:
    """Cuts the events of each source into frames, as their streams to one shard go on."""

    def __init__(self, shard: str = SHARD) -> None:
        self._partition = input_partition(shard)
        self._sent: dict[str, tuple[int, int]] = {}
        """by source: last sequence, running CRC-32"""

    def frame(self, source: str, events: Sequence[bytes]) -> bytes:
        last, crc = self._sent.get(source, (0, 0))
        self._sent[source] = last + len(events), advance_crc(crc, events)
        return bytes(AUTHENTICATION_BYTES) + authenticated_bytes(
            *("bench", bytes(16), source, self._partition, last + 1, crc, 0),
            len(events),
            join_events(events),
        )

    def frames(self, commands: Sequence[Command], size: int) -> Iterator[bytes]:
        """Of at most `size` events; another source begins another frame."""
        events = [(source(command), encode(message(command))) for command in commands]
        for who, group in groupby(events, key=lambda event: event[0]):
            theirs = [event for _, event in group]
            for begin in range(0, len(theirs), size):
                yield self.frame(who, theirs[begin : begin + size])


def source(command: Command) -> str:
    return RISK if isinstance(command, Place | Cancel) else CONTROL


def message(command: Command) -> EnterOrder | RemoveOrder | SetPhase:
    """What risk or control says to the book."""
    if isinstance(command, Cancel):
        return RemoveOrder(INSTRUMENT_ID, command.order_id)
    if not isinstance(command, Place):
        return SetPhase(INSTRUMENT_ID, Phase.AUCTION if isinstance(command, Gather) else Phase.CONTINUOUS)
    terms = None
    if command.is_special:
        terms = OrderTerms(stop_price_ticks=command.stop_price_ticks, display_lots=command.display_lots)
    number = command.order_id % ACCOUNTS
    return EnterOrder(
        command.order_id,
        INSTRUMENT_ID,
        f"flow{number:02d}",
        number,
        command.side,
        command.order_type,
        command.time_in_force,
        command.post_only,
        command.price_ticks,
        command.quantity_lots,
        MAKER_FEE_RATE,
        TAKER_FEE_RATE,
        terms,
    )


def prepare_reference(script: Script, frame: int) -> Prepared:
    return _prepare(lambda: make_machine(SHARD, Engine.REFERENCE), script, frame)


def prepare_native(script: Script, frame: int) -> Prepared:
    return _prepare(lambda: make_machine(SHARD, Engine.NATIVE), script, frame)


def _prepare(make: Callable[[], Machine], script: Script, frame: int) -> Prepared:
    machine, framing = make(), Framing()
    machine.apply_frame(b"genesis", framing.frame(CONTROL, [encode(event) for event in GENESIS]))
    for data in framing.frames(script.before, 1024):
        machine.apply_frame(b"before", data)

    def work(answers: Sequence[Any]) -> Work:
        traded = [trade.quantity_lots for outputs in answers for trade in _trades(outputs)]
        (instrument,) = msgspec.msgpack.decode(machine.snapshot())["domain"]["instruments"]
        return Work(len(traded), sum(traded), *resting(instrument[4]))

    steps = [(machine.apply_frame, (b"timed", data)) for data in framing.frames(script.timed, frame)]
    return Prepared(steps, work)


def _trades(outputs: Sequence[Output]) -> Iterator[TradePublished]:
    for output in outputs:
        if output.destination.startswith("market_data/"):
            for event in split_body(output.body, output.events):
                if type_number(event) == _TRADE:
                    yield decode(event)
