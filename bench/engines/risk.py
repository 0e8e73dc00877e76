"""`python -m bench.engines.risk ORDERS`: a risk shard alone, frames of 256 in, its output streams out.

Participants place orders; books answer, half of the orders trade, the others are canceled. Frames are as
received, their signatures unchecked: that is done outside of the machine. The last line is one JSON object.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer

from bench.engines.machine import CONTROL, Framing
from bulkhead.domain.keys import EVERYTHING
from bulkhead.domain.messages.control import (
    DefineAsset,
    DefineInstrument,
    DefineParticipant,
    OpenAccount,
    RegisterKey,
)
from bulkhead.domain.messages.orders import OrderEntered, OrderExecuted, OrderRemoved
from bulkhead.domain.messages.participant import CancelOrder, OpenSession, PlaceOrder
from bulkhead.domain.messages.settlement import DepositSettled
from bulkhead.domain.order_ids import order_id
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Role, Side, TimeInForce
from bulkhead.machines.engines import Engine, native_is_built
from bulkhead.machines.factory import make_machine
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import signer_source

RISK, BOOK, SETTLEMENT = "risk/0", "book/0", "settlement/0"
PARTICIPANTS: Final = 100
FRAME: Final = 256
LOTS, PRICE_TICKS = 10, 1000
REFERENCE_PART: Final = 20
"""The reference is given this part of the orders."""

Timed = tuple[str, int, bytes]
"""what a frame is of, its events, the frame"""


def main(orders: Annotated[int, typer.Argument(min=FRAME)]) -> None:
    """Measure both engines: events a second, by what they are; of the reference fewer orders."""
    found = {}
    for engine in Engine:
        if engine is Engine.NATIVE and not native_is_built():
            continue
        part = 1 if engine is Engine.NATIVE else REFERENCE_PART
        found[engine.value] = _measured(engine, orders // part)
    print(json.dumps(found))


def _measured(engine: Engine, orders: int) -> dict[str, object]:
    machine, framing = make_machine(RISK, engine), Framing(RISK)
    for source, messages in _genesis():
        machine.apply_frame(b"", framing.frame(source, [encode(message) for message in messages]))
    spent: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for kind, events, frame in list(_frames(framing, orders)):
        begun = time.perf_counter_ns()
        machine.apply_frame(b"", frame)
        spent[kind] += time.perf_counter_ns() - begun
        taken[kind] += events
    commands = taken["place"] + taken["cancel"]
    return {
        "commands": commands,
        "commands_per_s": round(commands * 1e9 / spent.total()),
        "events_per_s": round(taken.total() * 1e9 / spent.total()),
        "per_s": {kind: round(taken[kind] * 1e9 / spent[kind]) for kind in spent},
    }


def _genesis() -> Iterator[tuple[str, Sequence[object]]]:
    market = DefineInstrument(
        *("BTC-USD", 0, "BTC", "USD", 1, 1), *(1, 1, 2**40), *(1, 1, 2**50), 10**6, Phase.CONTINUOUS
    )
    yield CONTROL, [DefineAsset("BTC", 8), DefineAsset("USD", 2), market]
    for number in range(PARTICIPANTS):
        name, account = f"p{number:03}", f"p{number:03}.main"
        yield (
            CONTROL,
            [
                DefineParticipant(name, number, 1000, 2000, 10**6, 10**6),
                RegisterKey(name, _key(number), int(EVERYTHING), ""),
                OpenAccount(account, name),
            ],
        )
        yield SETTLEMENT, [DepositSettled(account, asset_id, 10**30) for asset_id in ("BTC", "USD")]
        yield _source(number), [OpenSession()]


def _key(number: int) -> bytes:
    return bytes([number + 1]) * 32


def _source(number: int) -> str:
    return signer_source(_key(number), 1)


def _frames(framing: Framing, orders: int) -> Iterator[Timed]:
    """Each participant in turn: a frame of orders, and what becomes of them."""
    for first in range(1, orders + 1, FRAME):
        number = first // FRAME % PARTICIPANTS
        source, account = _source(number), f"p{number:03}.main"
        named = [(counter, f"order-{counter:012}") for counter in range(first, first + FRAME)]
        traded, canceled = named[::2], named[1::2]
        said: tuple[tuple[str, str, list[object]], ...] = (
            ("place", source, [_order(account, counter, name) for counter, name in named]),
            ("entered", BOOK, [OrderEntered(order_id(0, counter)) for counter, _ in named]),
            ("executed", BOOK, [_executed(counter) for counter, _ in traded]),
            ("cancel", source, [CancelOrder(account, name) for _, name in canceled]),
            ("removed", BOOK, [_removed(counter) for counter, _ in canceled]),
        )
        for kind, who, events in said:
            yield kind, len(events), framing.frame(who, [encode(event) for event in events])


def _order(account: str, counter: int, name: str) -> PlaceOrder:
    side = Side.BUY if counter % 2 else Side.SELL
    priced = False, PRICE_TICKS + counter % 50, None, LOTS
    return PlaceOrder(account, name, "BTC-USD", side, OrderType.LIMIT, TimeInForce.GTC, *priced)


def _executed(counter: int) -> OrderExecuted:
    return OrderExecuted(order_id(0, counter), counter, PRICE_TICKS, LOTS, Role.MAKER, 1)


def _removed(counter: int) -> OrderRemoved:
    return OrderRemoved(order_id(0, counter), LOTS, Reason.REQUESTED)


if __name__ == "__main__":
    typer.run(main)
