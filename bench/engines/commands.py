"""The commands that every engine is given, and the two files by which a process gets them.

`.commands` is MessagePack and has all of them. `.longs` is for an engine that isn't Python: signed 64-bit
integers, little endian: how many commands come before the clock starts, how many behind that; then five for
each: kind (1 buy, 2 sell, 3 cancel), order id, price in ticks, quantity in lots, 1 for immediate or cancel.
It can't say what only some books know: `PLAIN`.
"""

import sys
from array import array
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import msgspec

from bulkhead.domain.terms import OrderType, Side, TimeInForce

CANCEL: Final = 3
"""Among the kinds of `.longs`; a new order's is its side."""

IMMEDIATE: Final = "orders that are immediate or cancel"
LARGE: Final = "quantities beyond 32 bits"
POST_ONLY: Final = "post-only orders"
ICEBERGS: Final = "icebergs"
STOPS: Final = "stops"
AUCTIONS: Final = "auctions"
PLAIN: Final = frozenset({IMMEDIATE, LARGE})
"""What the format without names can say."""


class Place(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """A new order. `price_ticks`: the worst price that it may trade at, also of a market order or a stop."""

    order_id: int
    side: Side
    price_ticks: int
    quantity_lots: int
    order_type: OrderType = OrderType.LIMIT
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    display_lots: int | None = None
    """an iceberg's slice"""
    stop_price_ticks: int | None = None
    """what a stop waits for"""

    @property
    def is_special(self) -> bool:
        """Whether it has terms that a plain order has not."""
        return self.display_lots is not None or self.stop_price_ticks is not None

    @property
    def needs(self) -> Iterator[str]:
        """What a book has to know for it, beyond limit orders."""
        if self.time_in_force is TimeInForce.IOC:
            yield IMMEDIATE
        if self.quantity_lots >= 2**32:
            yield LARGE
        if self.post_only:
            yield POST_ONLY
        if self.display_lots is not None:
            yield ICEBERGS
        if self.stop_price_ticks is not None:
            yield STOPS


class Cancel(msgspec.Struct, frozen=True, array_like=True, tag=2, gc=False):
    """The end of an order that is live."""

    order_id: int


class Gather(msgspec.Struct, frozen=True, array_like=True, tag=3, gc=False):
    """An auction begins: orders gather and do not match."""


class Uncross(msgspec.Struct, frozen=True, array_like=True, tag=4, gc=False):
    """The auction ends at one price, and the book trades on."""


Command = Place | Cancel | Gather | Uncross


class Script(msgspec.Struct, frozen=True):
    """What fills a book, untimed, and what is timed on it."""

    before: list[Command]
    timed: list[Command]

    @property
    def needs(self) -> frozenset[str]:
        """What a book has to know for it, beyond limit orders and cancels."""
        found: set[str] = set()
        for command in chain(self.before, self.timed):
            if isinstance(command, Place):
                found.update(command.needs)
            elif not isinstance(command, Cancel):
                found.add(AUCTIONS)
        return frozenset(found)

    def save(self, path: Path) -> None:
        path.write_bytes(msgspec.msgpack.encode(self))

    def save_longs(self, path: Path) -> None:
        """For a script that needs no more than PLAIN."""
        longs = array("q", [len(self.before), len(self.timed)])
        for command in chain(self.before, self.timed):
            longs.extend(_longs(command))
        if sys.byteorder != "little":
            longs.byteswap()
        path.write_bytes(longs.tobytes())


def load(path: Path) -> Script:
    return msgspec.msgpack.decode(path.read_bytes(), type=Script)


def _longs(command: Command) -> Iterator[int]:
    if isinstance(command, Cancel):
        yield from (CANCEL, command.order_id, 0, 0, 0)
        return
    assert isinstance(command, Place), "a plain script has nothing else"
    assert PLAIN.issuperset(command.needs), "a plain script has nothing else"
    takes = command.time_in_force is TimeInForce.IOC
    yield from (command.side, command.order_id, command.price_ticks, command.quantity_lots, takes)
