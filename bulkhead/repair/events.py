"""An event as JSON, for a person who looks at it, changes it, and has it applied instead."""

from dataclasses import fields
from typing import Any

import msgspec

from bulkhead.wire.codec import ENCODERS, Malformed, TypeUnknown, decode, encode

KINDS = {kind.__name__: kind for kind in ENCODERS}


def to_json(event: bytes) -> dict[str, Any]:
    """{"type": name, its fields}; bytes in base64. Of what is no message {"bytes": hexadecimal}."""
    try:
        message = decode(event)
    except (Malformed, TypeUnknown):
        return {"bytes": event.hex()}
    return {"type": type(message).__name__, **msgspec.to_builtins(message)}


def from_json(values: Any) -> bytes:
    """The inverse. ValueError says what is wrong with it."""
    if not isinstance(values, dict) or values.get("type") not in KINDS:
        raise ValueError('it is no {"type": name, fields…} with the name of a message in docs/wire.md')
    given = {name: value for name, value in values.items() if name != "type"}
    kind = KINDS[values["type"]]
    unknown = given.keys() - {field.name for field in fields(kind)}
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    try:
        return encode(msgspec.convert(given, kind))
    except OverflowError as problem:
        raise ValueError(f"{kind.__name__}: {problem}") from problem
