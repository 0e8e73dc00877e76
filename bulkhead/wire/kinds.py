"""The kinds of field that a message may have: how each looks in MessagePack and what it may hold."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Annotated, Any, Final

from msgspec import Meta

from bulkhead.domain.keys import EVERYTHING, Permission

AS_IT_IS: Final = "{0}"


@dataclass(frozen=True)
class Kind:
    name: str
    """as docs/wire.md calls it"""
    layout: str
    """for a person: MessagePack form and range"""
    wire_type: Any
    """what msgspec decodes and checks"""
    to_wire: str = AS_IT_IS
    """expression that turns a field, {0}, into its wire value"""
    from_wire: str = AS_IT_IS
    vocabulary: type[IntEnum] | None = None
    nullable: bool = False
    record: "Record | None" = None
    several: bool = False
    """an array of the record"""
    later: bool = False
    """a field of this kind came when its message was in use already: see `later`"""


@dataclass(frozen=True)
class Record:
    """Fields that travel together: the message that they make, and the kind of each, in order."""

    message: type
    kinds: tuple[Kind, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in fields(self.message))


def records(kinds: Iterable[Kind]) -> Iterator[Record]:
    """Those among the kinds, each before those that are within it."""
    for kind in kinds:
        if kind.record is not None:
            yield kind.record
            yield from records(kind.record.kinds)


def _integer(name: str, low: int, high: int, what: str) -> Kind:
    return Kind(name, f"int, {what}", Annotated[int, Meta(ge=low, le=high)])


def _bytes(name: str, length: int, what: str) -> Kind:
    return Kind(name, what, Annotated[bytes, Meta(min_length=length, max_length=length)])


def optional(kind: Kind) -> Kind:
    return Kind(
        f"{kind.name}?",
        f"nil or {kind.layout}",
        kind.wire_type | None,
        _unless_nil(kind.to_wire),
        _unless_nil(kind.from_wire),
        kind.vocabulary,
        nullable=True,
        record=kind.record,
    )


def _unless_nil(expression: str) -> str:
    return expression if expression == AS_IT_IS else f"None if {AS_IT_IS} is None else {expression}"


def later(kind: Kind) -> Kind:
    """A whole number that a message got when logs had it already: an event without it was written before, and
    means 0. One that means 0 is written without it still, so that a message has one encoding.
    """
    return replace(kind, later=True)


def record(message: type, /, **kinds: Kind) -> Kind:
    """A nested array of exactly these fields. Unlike an event's, its fields are never ignored: a record that
    is longer than the reader knows is malformed, since what it qualifies would mean something else without.
    """
    made = Record(message, tuple(kinds.values()))
    if made.names != tuple(kinds):
        raise TypeError(f"wire kinds: {message.__name__} has {made.names}, the record {tuple(kinds)}")
    values = ", ".join(
        kind.to_wire.format(f"{{0}}.{name}") for name, kind in zip(made.names, made.kinds, strict=True)
    )
    return Kind(
        message.__name__,
        f"array of {len(made.kinds)}: see its own table",
        tuple[tuple(kind.wire_type for kind in made.kinds)],  # type: ignore[misc]  # made from a table
        f"({values},)",
        f"{message.__name__}({_arguments(made)})",
        record=made,
    )


def _arguments(made: Record) -> str:
    """What the message is made of, from its array {0}."""
    if all(kind.from_wire == AS_IT_IS for kind in made.kinds):
        return "*{0}"
    return ", ".join(kind.from_wire.format(f"{{0}}[{place}]") for place, kind in enumerate(made.kinds))


SEVERAL_MAX: Final = 255


def several(one: Kind) -> Kind:
    """An array of records of one kind, in order."""
    assert one.record is not None  # nothing else is sent in numbers
    each = one.to_wire.format("each"), one.from_wire.format("each")
    return Kind(
        f"{one.name}[]",
        f"array of at most {SEVERAL_MAX} {one.name}",
        Annotated[tuple[one.wire_type, ...], Meta(max_length=SEVERAL_MAX)],  # type: ignore[name-defined]  # made from a table
        f"tuple([{each[0]} for each in {AS_IT_IS}])",
        f"tuple([{each[1]} for each in {AS_IT_IS}])",
        record=one.record,
        several=True,
    )


def one_of(vocabulary: type[IntEnum]) -> Kind:
    return Kind(
        vocabulary.__name__,
        "int, " + ", ".join(f"{member.value} {member.name.lower()}" for member in vocabulary)
        if len(vocabulary) <= 4
        else f"int, one of the {vocabulary.__name__} numbers",
        vocabulary,
        vocabulary=vocabulary,
    )


U8 = _integer("u8", 0, 2**8 - 1, "0 to 255")
U16 = _integer("u16", 0, 2**16 - 1, "0 to 65,535")
U32 = _integer("u32", 0, 2**32 - 1, "0 to 2^32-1")
U63 = _integer("u63", 0, 2**63 - 1, "0 to 2^63-1")
RATE = _integer("rate", -(10**7), 10**7, "in 1e-7, -10,000,000 to 10,000,000")
TICKS = _integer("ticks", -(2**62), 2**62, "-2^62 to 2^62")
LOTS = _integer("lots", 0, 2**62, "0 to 2^62")
PERMISSIONS = _integer(
    "permissions",
    0,
    int(EVERYTHING),
    "a sum of " + ", ".join(f"{each.value} {str(each.name).lower()}" for each in Permission),
)
BOOL = Kind("bool", "bool", bool)
ID = Kind(
    "id",
    "str, 1 to 32 characters; those given out are of A-Z a-z 0-9 . _ -",
    Annotated[str, Meta(min_length=1, max_length=32)],
)
TEXT = Kind("text", "str, at most 64 characters", Annotated[str, Meta(max_length=64)])
NAME = Kind("name", "str, at most 100 characters", Annotated[str, Meta(max_length=100)])
NOTE = Kind("note", "str, at most 4,096 characters", Annotated[str, Meta(max_length=4096)])
KEY = _bytes("key", 32, "bin, 32 bytes: an Ed25519 public key")
DIGEST = _bytes("digest", 32, "bin, 32 bytes: SHA-256")
BLOB = Kind("blob", "bin, at most 4,096 bytes", Annotated[bytes, Meta(max_length=4096)])
BODY = Kind("body", "bin, at most 65,536 bytes", Annotated[bytes, Meta(max_length=65536)])
PART = Kind("part", "bin, at most 1,000,000 bytes", Annotated[bytes, Meta(max_length=1_000_000)])
AMOUNT = Kind(
    "amount",
    "bin, 16 bytes: big-endian, 0 to 2^128-1",
    Annotated[bytes, Meta(min_length=16, max_length=16)],
    '{0}.to_bytes(16, "big")',
    'from_bytes({0}, "big")',
)
SIGNED_AMOUNT = Kind(
    "signed amount",
    "bin, 16 bytes: big-endian two's complement, -2^127 to 2^127-1",
    Annotated[bytes, Meta(min_length=16, max_length=16)],
    '{0}.to_bytes(16, "big", signed=True)',
    'from_bytes({0}, "big", signed=True)',
)
