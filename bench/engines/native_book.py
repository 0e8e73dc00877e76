"""The native book: commands as bytes in, outcomes as bytes out (docs/engine.md), a frame in one call."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from bench.engines.commands import Cancel, Command, Gather, Place, Script
from bench.engines.prepared import Prepared, Work
from bulkhead.domain.terms import Phase, StpMode

PLACE, CANCEL, PHASE, UNCROSS = 1, 4, 7, 8
REQUESTED: Final = 1
"""The number of the reason for which a participant's cancel ends an order."""
TRADED, UNCROSSED = 3, 4
_OUTCOME_LOTS: Final = 4
"""Where a trade's quantity is in its outcome."""
_ROW_LOTS: Final = 2
"""Where what is left of an order is in its row of the state."""

_pack = msgspec.msgpack.Encoder().encode


def encoded(command: Command) -> bytes:
    """As BookCore takes it."""
    if isinstance(command, Place):
        return _pack([PLACE, _order(command)])
    if isinstance(command, Cancel):
        return _pack([CANCEL, command.order_id, REQUESTED])
    return _pack([PHASE, Phase.AUCTION] if isinstance(command, Gather) else [UNCROSS])


def _order(place: Place) -> list[Any]:
    special = None
    if place.is_special:
        special = [
            place.display_lots,
            None,
            "",
            StpMode.CANCEL_AGGRESSOR,
            place.stop_price_ticks,
            *[None, None, 0, None],
        ]
    return [
        place.order_id,
        place.side,
        place.price_ticks,
        place.quantity_lots,
        place.order_type,
        place.time_in_force,
        int(place.post_only),
        special,
    ]


def prepare(script: Script, frame: int) -> Prepared:
    from bulkhead._engine import BookCore  # absent where the engine is not built

    book = BookCore(None, 0, False)
    book.apply(b"".join(map(encoded, script.before)))
    commands = [encoded(command) for command in script.timed]
    frames = [b"".join(commands[begin : begin + frame]) for begin in range(0, len(commands), frame)]

    def work(answers: Sequence[Any]) -> Work:
        trades = lots = 0
        for outcomes in _decoded(b"".join(answers), len(commands)):
            for outcome in outcomes:
                if outcome[0] in (TRADED, UNCROSSED):
                    trades += 1
                    lots += outcome[_OUTCOME_LOTS]
        return Work(trades, lots, *resting(msgspec.msgpack.decode(book.state())))

    return Prepared([(book.apply, (data,)) for data in frames], work)


def _decoded(answers: bytes, count: int) -> Any:
    """One array of outcomes for each command; they come one after another, with no array around them."""
    return msgspec.msgpack.decode(b"\xdd" + count.to_bytes(4, "big") + answers)


def resting(state: Any) -> tuple[int, int]:
    """(orders, lots) that rest in a book of this state; stops wait, and do not."""
    rows = [*state["bids"], *state["asks"]]
    return len(rows), sum(row[_ROW_LOTS] for row in rows)
