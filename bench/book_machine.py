"""`python -m bench.book_machine`: the machine of a book partition alone, frames in, frames' bodies out.

No log, no authentication, no framing of what goes out: decoding, sequence and CRC-32 of the input, matching,
what risk, settlement and the public feed are told, its numbers, CRC-32 and digest. Both engines have to end
in the same state, or there is no figure. Time is the processor's: a machine alone waits for nothing. The last
line is one JSON object.
"""

import gc
import json
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final

import typer

from bench.book_flow import BookFlow, Command, Place
from bulkhead.domain.messages import control, orders
from bulkhead.domain.terms import OrderType, Phase, TimeInForce
from bulkhead.machines.engines import Engine, NotBuilt
from bulkhead.machines.factory import make_machine
from bulkhead.machines.interface import Machine
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import advance_crc, authenticated_bytes, join_events

BOOK: Final = "book/0"
FRAMES: Final = (1, 16, 256, 4096)
ACCOUNTS: Final = 1000
RATES: Final = (-1_000, 5_000)
POSITION: Final = b"position"


def event(command: Command) -> bytes:
    """As risk/0 says it, for one of a thousand accounts."""
    if not isinstance(command, Place):
        return encode(orders.RemoveOrder("X-USD", command.order_id))
    order_id, side, price_ticks, lots = command
    terms = (side, OrderType.LIMIT, TimeInForce.GTC, False, price_ticks, lots, *RATES, None)
    account = order_id % ACCOUNTS
    return encode(orders.EnterOrder(order_id, "X-USD", f"account-{account}", account, *terms))


def frames(source: str, events: Sequence[bytes], size: int) -> Iterator[bytes]:
    """A stream from its beginning, cut into frames of so many events. Machines check no authentication."""
    crc = 0
    for begin in range(0, len(events), size):
        cut = events[begin : begin + size]
        body = join_events(cut)
        yield bytes(64) + authenticated_bytes(
            "bench", bytes(16), source, "books/0", begin + 1, crc, 0, len(cut), body
        )
        crc = advance_crc(crc, cut)


def genesis() -> list[bytes]:
    range_ticks = (1, 1, 1 << 40)
    lots = (1, 1, 1 << 40)
    instrument = ("X-USD", 0, "X", "USD", 100, 100, *range_ticks, *lots, 1000, Phase.CONTINUOUS, 0, False)
    messages = (
        control.DefineShards(1, 1, 1),
        control.SetSlots(0, 1023, 0, 0),
        control.DefineInstrument(*instrument),
    )
    return [encode(message) for message in messages]


def begun(engine: Engine) -> Machine:
    machine = make_machine(BOOK, engine)
    for frame in frames("control/0", genesis(), 100):
        machine.apply_frame(POSITION, frame)
    return machine


def per_s(machine: Machine, cut: Sequence[bytes], commands: int) -> int:
    """Commands a second of processor time."""
    gc.collect()
    gc.disable()
    begin = time.process_time()
    for frame in cut:
        machine.apply_frame(POSITION, frame)
    taken = time.process_time() - begin
    gc.enable()
    return round(commands / taken)


def measured(events: Sequence[bytes], size: int) -> dict[str, Any]:
    """Both engines, from the same first state, on the same frames."""
    cut = list(frames("risk/0", events, size))
    native, reference = begun(Engine.NATIVE), begun(Engine.REFERENCE)
    row = {
        "frame": size,
        "native_per_s": per_s(native, cut, len(events)),
        "reference_per_s": per_s(reference, cut, len(events)),
    }
    if native.digest() != reference.digest():
        sys.exit("bench.book_machine: the two engines ended in different states: no figure counts")
    return row


def main(
    commands: Annotated[int, typer.Option(min=1, help="Orders and cancels.")] = 200_000,
    seed: Annotated[int, typer.Option(help="Another seed is another order flow.")] = 1,
) -> None:
    """Measure the machine of a book partition alone, native against reference."""
    events = [event(command) for command in BookFlow(seed).commands(commands)]
    try:
        rows = [measured(events, size) for size in FRAMES]
    except NotBuilt as problem:
        sys.exit(f"bench.book_machine: {problem}")
    print(json.dumps({"machines": rows, "commands": commands}), flush=True)


if __name__ == "__main__":
    typer.run(main)
