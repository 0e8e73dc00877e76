"""`python -m bench.engines.risk ORDERS [--standing ORDERS]`: a risk shard alone, frames of 256 in, its output
streams out.

Participants place orders; books answer, half of the orders trade, as many are canceled: the others, or any
that stand. Frames are as received, their signatures unchecked: that is done outside of the machine. The last
line is one JSON object.
"""

import json
import random
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


def main(
    orders: Annotated[int, typer.Argument(min=FRAME)],
    standing: Annotated[
        int, typer.Option(help="Orders that stand when it begins, and of which any are canceled.")
    ] = 0,
) -> None:
    """Measure both engines: events a second, by what they are; of the reference fewer orders."""
    found = {}
    for engine in Engine:
        if engine is Engine.NATIVE and not native_is_built():
            continue
        part = 1 if engine is Engine.NATIVE else REFERENCE_PART
        found[engine.value] = _measured(engine, orders // part, standing // part)
    print(json.dumps(found))


def _measured(engine: Engine, orders: int, standing: int) -> dict[str, object]:
    machine, framing = make_machine(RISK, engine), Framing(RISK)
    for source, messages in _genesis():
        machine.apply_frame(b"", framing.frame(source, [encode(message) for message in messages]))
    flow = _Flow(framing)
    for frame in flow.standing(standing):
        machine.apply_frame(b"", frame)
    spent: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for kind, events, frame in list(flow.frames(orders)):
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
        name, account = f"p{number:03}", _account(number)
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


class _Flow:
    """Each participant in turn sends a frame of orders, and then cancels."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._turn = 0
        self._standing: list[list[tuple[int, str]]] = [[] for _ in range(PARTICIPANTS)]
        """orders that stay, by participant: number and name"""
        self._chance = random.Random(1)

    def standing(self, orders: int) -> Iterator[bytes]:
        """The frames by which so many orders come to stay."""
        for _ in range(orders // FRAME):
            number, named = self._next()
            self._standing[number] += named
            for _, who, events in self._entered(number, named):
                yield self._framing.frame(who, [encode(event) for event in events])

    def frames(self, orders: int) -> Iterator[Timed]:
        """Half of the orders trade; as many are canceled: the rest, or any of those that stay."""
        for _ in range(-(-orders // FRAME)):
            number, named = self._next()
            account, traded, canceled = _account(number), named[::2], named[1::2]
            if stay := self._standing[number]:
                stay += canceled
                self._chance.shuffle(stay)
                canceled, stay[-len(canceled) :] = stay[-len(canceled) :], []
            said: tuple[tuple[str, str, list[object]], ...] = (
                *self._entered(number, named),
                ("executed", BOOK, [_executed(counter) for counter, _ in traded]),
                ("cancel", _source(number), [CancelOrder(account, name) for _, name in canceled]),
                ("removed", BOOK, [_removed(counter) for counter, _ in canceled]),
            )
            for kind, who, events in said:
                yield kind, len(events), self._framing.frame(who, [encode(event) for event in events])

    def _next(self) -> tuple[int, list[tuple[int, str]]]:
        first = self._turn * FRAME + 1
        number = self._turn % PARTICIPANTS
        self._turn += 1
        return number, [(counter, f"order-{counter:012}") for counter in range(first, first + FRAME)]

    def _entered(
        self, number: int, named: Sequence[tuple[int, str]]
    ) -> tuple[tuple[str, str, list[object]], ...]:
        account = _account(number)
        return (
            ("place", _source(number), [_order(account, counter, name) for counter, name in named]),
            ("entered", BOOK, [OrderEntered(order_id(0, counter)) for counter, _ in named]),
        )


def _account(number: int) -> str:
    return f"p{number:03}.main"


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
