"""Events to bytes and back, from the table.

An event is one MessagePack array: its type's number, then its fields, everything in its shortest form.
Decoding is strict, since both engines must agree on what is malformed: a bool, float or ext where an
integer is meant, a longer form than needed, a value out of its kind's range, a missing field. Fields after
the last known are ignored. A field that came later (kinds.py) is left out where it says nothing, and only
there.
"""

from collections.abc import Callable
from itertools import groupby
from typing import Any, Literal, cast

import msgspec

from bulkhead.wire.kinds import AS_IT_IS, records
from bulkhead.wire.skip import skip
from bulkhead.wire.table import TABLE, Entry

Decode = Callable[[bytes], Any]
Encode = Callable[[Any], bytes]


class Malformed(ValueError):
    """The bytes are not an event of their type; the text says what is wrong."""


class TypeUnknown(ValueError):
    """No message has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"no message has the type number {number}")
        self.number = number


_pack = msgspec.msgpack.Encoder().encode


def type_number(event: bytes) -> int:
    """The number that an event begins with. Malformed where there is none to read."""
    try:
        first = event[0]
        at = 1 if 0x91 <= first <= 0x9F else 3 if first == 0xDC else len(event)
        number = event[at]
        if number <= 0x7F:
            return number
        if number == 0xCC and event[at + 1] > 0x7F:
            return event[at + 1]
    except IndexError:
        pass
    raise Malformed("an event is a MessagePack array that begins with its type's number, 0 to 255")


def decode(event: bytes) -> Any:
    """The message in `event`. Raises Malformed or TypeUnknown."""
    number = type_number(event)
    decoder = _DECODERS[number]
    if decoder is None:
        raise TypeUnknown(number)
    return decoder(event)


def describe(event: bytes) -> str:
    """An event for a person: its message, or its bytes in hexadecimal where they are none."""
    try:
        return str(decode(event))
    except (Malformed, TypeUnknown):
        return event.hex()


def encode(message: Any) -> bytes:
    """The event that says `message`. OverflowError where a field does not fit its kind."""
    return ENCODERS[type(message)](message)


def _compile(source: str, names: dict[str, Any], what: str) -> Any:
    exec(compile(source, f"<wire codec of {what}>", "exec"), names)
    return names["function"]


def _encoder(entry: Entry) -> Encode:
    values = [kind.to_wire.format(f"m.{name}") for name, kind in zip(entry.names, entry.kinds, strict=True)]
    source = f"def function(m): return pack(({', '.join([str(entry.number), *values])},))"
    names: dict[str, Any] = {"pack": _pack}
    if entry.before is not None:
        source += f" if m.{entry.names[-1]} else before(m)"
        names["before"] = _encoder(entry.before)
    return cast(Encode, _compile(source, names, entry.message.__name__))


def _arguments(entry: Entry) -> str:
    """What the message is made of, from the decoded tuple `t`: as few expressions as there can be."""
    arguments: list[str] = []
    for as_it_is, fields in groupby(enumerate(entry.kinds, 1), lambda field: field[1].from_wire == AS_IT_IS):
        places = list(fields)
        if as_it_is:
            arguments.append(f"*t[{places[0][0]}:{places[-1][0] + 1}]")
        else:
            arguments += [kind.from_wire.format(f"t[{place}]") for place, kind in places]
    return ", ".join(arguments)


def _length(event: bytes) -> tuple[int, int]:
    """Of its array, as it says; and where the first value is."""
    return (event[0] & 0x0F, 1) if event[0] != 0xDC else (int.from_bytes(event[1:3], "big"), 3)


def _known_part(event: bytes, known: int) -> bytes:
    """`event` without what follows the `known` first fields, its number counted. ValueError: that is not of
    values.
    """
    count, begin = _length(event)
    if count <= known or (begin == 3 and count < 16):
        return event
    end = begin
    for _ in range(known):
        end = skip(event, end)
    behind = end
    for _ in range(known, count):
        behind = skip(event, behind)
    if behind != len(event):
        raise ValueError("bytes behind the event")
    header = bytes((0x90 | known,)) if known < 16 else b"\xdc" + known.to_bytes(2, "big")
    return header + event[begin:end]


def _decoder(entry: Entry) -> Decode:
    """Decode and check with msgspec, then pack what was read again: other bytes were not the shortest form.

    That costs 0.11 us an event beside 0.25 us for decoding; checking each value in Python costs 2 us.
    """
    wire_types = [Literal[entry.number], *(kind.wire_type for kind in entry.kinds)]
    exactly = msgspec.msgpack.Decoder(tuple[tuple(wire_types)]).decode  # type: ignore[misc]

    def longer(event: bytes) -> Any:
        """The rare event that has fields after those we know, or is malformed."""
        try:
            known = _known_part(event, len(wire_types))
            values = exactly(known)
            if _pack(values) != known:
                raise ValueError("not in its shortest form")
        except (ValueError, msgspec.DecodeError) as problem:
            raise Malformed(f"{entry.message.__name__}: {problem}") from problem
        return values

    source = (
        "def function(event):\n"
        "    try:\n"
        "        t = exactly(event)\n"
        "        if pack(t) != event:\n"
        "            t = longer(event)\n"
        "    except DecodeError:\n"
        "        t = longer(event)\n"
        f"    return message({_arguments(entry)})\n"
    )
    names = {
        "exactly": exactly,
        "pack": _pack,
        "longer": longer,
        "message": entry.message,
        "DecodeError": (msgspec.DecodeError, UnicodeDecodeError),
        "from_bytes": int.from_bytes,
        **{each.message.__name__: each.message for each in records(entry.kinds)},
    }
    whole = cast(Decode, _compile(source, names, entry.message.__name__))
    return whole if entry.before is None else _grown(entry, whole, _decoder(entry.before))


def _grown(entry: Entry, whole: Decode, before: Decode) -> Decode:
    """Of an entry that got its last field later. `before`: of events without it."""
    last, known = entry.names[-1], 1 + len(entry.kinds)

    def decode_grown(event: bytes) -> Any:
        length, _ = _length(event)
        if length < known:
            return before(event)
        message = whole(event)
        if length == known and not getattr(message, last):
            raise Malformed(f"{entry.message.__name__}: {last} is there, and says nothing")
        return message

    return decode_grown


def _first_encoder(entry: Entry) -> Encode:
    """Compiled when it is first used: a program says and hears few of all messages."""

    def encode_first(message: Any) -> bytes:
        encoder = ENCODERS[entry.message] = _encoder(entry)
        return encoder(message)

    return encode_first


def _first_decoder(entry: Entry) -> Decode:
    def decode_first(event: bytes) -> Any:
        decoder = _DECODERS[entry.number] = _decoder(entry)
        return decoder(event)

    return decode_first


ENCODERS: dict[type, Encode] = {entry.message: _first_encoder(entry) for entry in TABLE}
"""by message; look a message's up each time: the first use puts another in its place"""
_DECODERS: list[Decode | None] = [None] * 256
for _entry in TABLE:
    _DECODERS[_entry.number] = _first_decoder(_entry)
