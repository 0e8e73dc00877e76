"""Writes the wire's table as the native engine reads it.

python -m bulkhead.wire.rust messages > engine/src/wire/messages.rs
python -m bulkhead.wire.rust vocabulary > engine/src/wire/vocabulary.rs
"""

import sys
from collections.abc import Iterable, Iterator
from enum import IntEnum

from bulkhead.domain.terms import StpMode
from bulkhead.wire.kinds import Kind, Record, records
from bulkhead.wire.table import TABLE

_HEAD = (
    "//! {}\n//!\n//! Written by `python -m bulkhead.wire.rust` from `bulkhead/wire/table`: change that.\n"
)
_WITHIN_BYTES = ("id", "text", "name", "note", "key", "digest", "blob", "body", "part")
"""kinds whose values stay in the event that was read"""


def messages() -> str:
    """The source of messages.rs."""
    found = {entry.message.__name__: list(zip(entry.names, entry.kinds, strict=True)) for entry in TABLE}
    found |= {
        record.message.__name__: list(zip(record.names, record.kinds, strict=True))
        for record in _each_record()
    }
    lines = [
        _HEAD.format("Every message of the wire."),
        "use super::event::{Message, Undecodable, events, messages};",
        "use super::kinds::*;",
        "use super::vocabulary::*;",
        "use crate::msgpack::{Read, Reader, Writer};",
        "",
        "messages! {",
    ]
    for name, fields in found.items():
        lines.append(f"    {name}{_life(kind for _, kind in fields)} {{")
        lines += [f"        {field}: {_kind(kind)}," for field, kind in fields]
        lines.append("    }")
    lines += ["}", "", "events! { 'a:"]
    for entry in sorted(TABLE, key=lambda entry: entry.number):
        lines.append(f"    {entry.number} {entry.message.__name__}{_life(entry.kinds)},")
    return "\n".join([*lines, "}", ""])


def vocabulary() -> str:
    """The source of vocabulary.rs."""
    used: dict[type[IntEnum], None] = {StpMode: None}
    for entry in TABLE:
        for kinds in (entry.kinds, *(record.kinds for record in records(entry.kinds))):
            used |= {kind.vocabulary: None for kind in kinds if kind.vocabulary is not None}
    lines = [_HEAD.format("The closed vocabularies of the wire."), "use super::kinds::{one_of, vocabulary};"]
    for enum in sorted(used, key=lambda enum: enum.__name__):
        lines += ["", f"vocabulary!({enum.__name__} {{"]
        lines += [f"    {_camel(member.name)} = {member.value}," for member in enum]
        lines += ["});", f"one_of!({enum.__name__});"]
    return "\n".join([*lines, ""])


def _each_record() -> Iterator[Record]:
    for entry in TABLE:
        yield from records(entry.kinds)


def _life(kinds: Iterable[Kind]) -> str:
    """The lifetime of what a message's values are borrowed from, where any is."""
    return "<'a>" if any(_borrows(kind) for kind in kinds) else ""


def _borrows(kind: Kind) -> bool:
    if kind.record is not None:
        return any(map(_borrows, kind.record.kinds))
    return kind.name.rstrip("?") in _WITHIN_BYTES


def _kind(kind: Kind) -> str:
    name = kind.name
    if kind.later:
        return f"Later<{_plain(kind, name)}>"
    if name.endswith("?"):
        return f"Nullable<{_plain(kind, name[:-1])}>"
    if name.endswith("[]"):
        return f"Several<{_plain(kind, name[:-2])}>"
    return _plain(kind, name)


def _plain(kind: Kind, name: str) -> str:
    if kind.record is not None:
        return f"{name}<'static>" if _borrows(kind) else name
    return name if kind.vocabulary is not None else _camel(name)


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.replace(" ", "_").split("_"))


if __name__ == "__main__":
    sys.stdout.write({"messages": messages, "vocabulary": vocabulary}[sys.argv[1]]())
