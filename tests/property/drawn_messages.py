"""Any message of the wire's table, drawn field by field: what the table gets is drawn from then on."""

import random
from collections.abc import Callable
from typing import Any, Final

from bulkhead.domain.keys import EVERYTHING
from bulkhead.wire.kinds import SEVERAL_MAX, Kind
from bulkhead.wire.table import TABLE

Names = dict[str, Callable[[random.Random], Any]]
"""By the name of a field: what is in it, where any value of its kind would seldom mean something."""

ENTRIES: Final = {entry.message: entry for entry in TABLE}
RANGES: Final = {
    "u8": (0, 2**8 - 1),
    "u16": (0, 2**16 - 1),
    "u32": (0, 2**32 - 1),
    "u63": (0, 2**63 - 1),
    "rate": (-(10**7), 10**7),
    "ticks": (-(2**62), 2**62),
    "lots": (0, 2**62),
    "permissions": (0, int(EVERYTHING)),
    "amount": (0, 2**128 - 1),
    "signed amount": (-(2**127), 2**127 - 1),
}
"""of the kinds that are integers"""
LENGTHS: Final = {
    "id": 32,
    "text": 64,
    "name": 100,
    "note": 80,
    "key": 32,
    "digest": 32,
    "blob": 80,
    "body": 80,
    "part": 80,
}
"""of the others: the most that is drawn; of keys and digests the one that there is"""
_SMALL: Final = 12
_EDGES: Final = (2**31, 2**32, 2**63, 2**127 - 1, 2**127)


def draw_message(chance: random.Random, kind: type, names: Names) -> Any:
    """One of this class that can be encoded; what is in it may be nonsense."""
    entry = ENTRIES[kind]
    return kind(*(_value(chance, name, of, names) for name, of in zip(entry.names, entry.kinds, strict=True)))


def _value(chance: random.Random, name: str, kind: Kind, names: Names) -> Any:
    if kind.nullable and chance.random() < 0.4:
        return None
    if kind.record is not None:
        if not kind.several:
            return _record(chance, kind, names)
        return tuple(_record(chance, kind, names) for _ in range(_how_many(chance)))
    if kind.vocabulary is not None:
        return chance.choice(list(kind.vocabulary))
    if name in names:
        return names[name](chance)
    return _any(chance, kind.name.removesuffix("?"))


def _record(chance: random.Random, kind: Kind, names: Names) -> Any:
    record = kind.record
    assert record is not None
    return record.message(
        *(_value(chance, name, of, names) for name, of in zip(record.names, record.kinds, strict=True))
    )


def _how_many(chance: random.Random) -> int:
    return SEVERAL_MAX if chance.random() < 0.01 else chance.randrange(4)


def _any(chance: random.Random, kind: str) -> Any:
    if kind == "bool":
        return chance.random() < 0.5
    if kind in RANGES:
        return integer(chance, *RANGES[kind])
    length = LENGTHS[kind]
    if kind in ("key", "digest"):
        return chance.randbytes(1) * length
    least = 1 if kind == "id" else 0
    drawn = chance.choice((least, least, 3, length))
    return chance.randbytes(drawn) if kind in ("blob", "body", "part") else chance.choice("aé~ ") * drawn


def integer(chance: random.Random, low: int, high: int) -> int:
    """Small, or now and then at an edge of what it may be."""
    if chance.random() < 0.9:
        return max(low, min(high, chance.randint(-1 if low < 0 else 0, _SMALL)))
    edges = [low, high, *(edge for edge in _EDGES if low <= edge <= high)]
    return chance.choice(edges)
