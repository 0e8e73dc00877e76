"""Says in words what pydantic found: what is wrong with one value, and what would be right."""

from collections.abc import Iterator
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from bulkhead.topology.hints import did_you_mean
from bulkhead.topology.layers import Read
from bulkhead.topology.models import Topology
from bulkhead.topology.problems import Finding, Path
from bulkhead.topology.values import (
    ADDRESS_PATTERN,
    ADMIN_URL_PATTERN,
    DECIMAL_PATTERN,
    EXCHANGE_PATTERN,
    ID_PATTERN,
    KEY_PATTERN,
    RANGE_PATTERN,
    REDIS_URL_PATTERN,
    SERVICE_URL_PATTERN,
    SHARD_PATTERN,
    SLOTS,
    TENANT_PATTERN,
    TIME_OF_DAY_PATTERN,
)

_PATTERNS = {
    ID_PATTERN: ("is not a name", "1 to 32 letters, digits, dots, dashes and underscores"),
    EXCHANGE_PATTERN: ("is not a name", "1 to 32 lower case letters, digits and dashes, no dash at the ends"),
    KEY_PATTERN: (
        "is not a key's name",
        "a name of 1 to 32 letters and digits; its bytes are kept elsewhere",
    ),
    SHARD_PATTERN: ("names no shard", "such as risk/0, book/*, supervisor"),
    DECIMAL_PATTERN: ("is not a decimal number", 'such as "0.01"'),
    RANGE_PATTERN: ("is not a range of slots", "such as 64-127"),
    SERVICE_URL_PATTERN: (
        "is not where Pulsar's clients connect",
        "such as pulsar://127.0.0.1:6650, with TLS pulsar+ssl://127.0.0.1:6651",
    ),
    ADMIN_URL_PATTERN: ("is not the address of a REST API", "such as http://127.0.0.1:8080"),
    REDIS_URL_PATTERN: (
        "is not where a Redis server is",
        "such as redis://127.0.0.1:6379/0; its password stands in the file that password_file names",
    ),
    TIME_OF_DAY_PATTERN: ("is not a time of day", 'in quotes, such as "08:00" or "08:05:30", in UTC'),
    ADDRESS_PATTERN: ("is not an IPv4 address", "such as 10.0.0.1"),
    TENANT_PATTERN: ("is not a tenant's name", "1 to 64 letters, digits, dots, dashes and underscores"),
}
_KINDS = {
    "int_type": "a whole number, without quotes",
    "string_type": "text",
    "bool_type": "true or false, without quotes",
    "tuple_type": "a list: [one, two]",
    "model_type": "fields of its own, indented below it",
    "model_attributes_type": "fields of its own, indented below it",
    "dict_type": "names with values, indented below it",
    "keys_type": "a list: [one, two], or what each may do: {one: [trade], two: [read]}",
    "union_tag_not_found": "a list of ids, or {prefix: NAME., count: NUMBER}",
}
_LIMITS = {
    "greater_than_equal": ("is too small", "at least {ge}"),
    "less_than_equal": ("is too large", "at most {le}"),
    "too_short": ("is empty", "at least {min_length}"),
    "too_long": ("is too long", "at most {max_length}"),
    "string_too_short": ("is empty", "at least {min_length} character"),
}


def explain(error: ErrorDetails, source: Read) -> Finding:
    """Turn one of pydantic's errors into what a person needs to know."""
    at_key = error["loc"][-1] == "[key]"
    path = _path(error["loc"])
    kind, context = error["type"], error.get("ctx", {})
    written = source.written(path)
    shown = str(path[-1]) if at_key else _shown(error["input"], written)
    if kind == "extra_forbidden":
        known = sorted(_fields(path[:-1]))
        owner = f"{path[-2]} has" if len(path) > 1 else "a topology has"
        return Finding(path, f"{owner} no field {path[-1]}", did_you_mean(str(path[-1]), known), at_key=True)
    if kind == "missing":
        description = _fields(path[:-1]).get(str(path[-1]), "")
        return Finding(path, "is missing", _first_sentence(description), at_key=True)
    if kind == "decimal_float":
        return Finding(
            path, f"{shown} without quotes is a float, which is not exact", f'write "{_plain(shown)}"'
        )
    if kind == "decimal":
        return Finding(path, f"{shown} is not a decimal number", 'such as "0.01"')
    if kind == "slot_range":
        return Finding(path, f"{shown} is not a range of slots", f"such as 64-127, within 0-{SLOTS - 1}")
    if kind in ("literal_error", "not_supported_yet"):
        allowed = _allowed(path)
        problem = error["msg"] if kind == "not_supported_yet" else f"{shown} is not known here"
        near = get_close_matches(shown, allowed, n=1)
        hint = f"did you mean {near[0]}? " if near and kind == "literal_error" else ""
        choices = f"one of {', '.join(allowed)}" if len(allowed) > 1 else f"only {allowed[0]} works now"
        return Finding(path, problem, hint + choices)
    if kind == "string_pattern_mismatch":
        problem, hint = _PATTERNS.get(str(context.get("pattern")), ("has not the right form", error["msg"]))
        return Finding(path, f"{shown} {problem}", hint, at_key)
    if kind in _LIMITS:
        problem, hint = _LIMITS[kind]
        subject = f"{shown} " if not isinstance(error["input"], list | dict | tuple) else ""
        return Finding(path, f"{subject}{problem}", hint.format(**context), at_key)
    if kind == "string_type" and not isinstance(error["input"], list | dict | None):
        return Finding(path, f"{shown} is not text", f'write "{shown}"', at_key)
    if kind in ("int_parsing", "int_type") and at_key:
        return Finding(path, f"{shown} is not a number", "the number of a shard, such as 0", at_key)
    if kind in _KINDS:
        problem = f"{shown} is not right here" if error["input"] is not None else "has no value"
        return Finding(path, problem, f"write {_KINDS[kind]}", at_key)
    return Finding(path, f"{shown}: {error['msg']}", "", at_key)


def _path(location: tuple[str | int, ...]) -> Path:
    # "<list>" and "<range>" are the tags of a choice by shape, "[key]" marks a name: none is in the file.
    return tuple(step for step in location if not (isinstance(step, str) and step[:1] in ("<", "[")))


def _shown(value: object, written: str | None) -> str:
    if isinstance(value, dict):
        return "a mapping of fields"
    if isinstance(value, list | tuple):
        return "a list"
    if written is not None and value is not None:
        return written if written else "empty text"
    return "nothing" if value is None else str(value)


def _plain(number: str) -> str:
    """A float as exact decimal text, as it was meant as far as one can tell."""
    return format(Decimal(number), "f")


def _first_sentence(description: str) -> str:
    sentence = description.split(". ")[0].replace("\n", " ").rstrip(".")
    return f"add it: {sentence[:1].lower()}{sentence[1:]}" if sentence else "add it"


def _annotation(path: Path) -> Any:
    """The type of the value at `path`, as the models declare it; None where there is none."""
    found: Any = Topology
    for step in path:
        found = next((inner for kind in _kinds(found) if (inner := _inside(kind, step)) is not None), None)
    return found


def _inside(kind: Any, step: str | int) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(str(step))
        return None if field is None else field.annotation
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return arguments[1]
    return arguments[0] if get_origin(kind) is tuple and isinstance(step, int) else None


def _kinds(annotation: Any) -> Iterator[Any]:
    """The type itself, or each of several, without what annotates it."""
    if hasattr(annotation, "__metadata__"):
        yield from _kinds(annotation.__origin__)
    elif get_origin(annotation) in (None, dict, tuple) or not get_args(annotation):
        yield annotation
    else:
        for argument in get_args(annotation):
            yield from _kinds(argument)


def _fields(path: Path) -> dict[str, str]:
    fields: dict[str, str] = {}
    for kind in _kinds(_annotation(path)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            fields |= {name: field.description or "" for name, field in kind.model_fields.items()}
    return fields


def _allowed(path: Path) -> list[str]:
    return [str(value) for value in _kinds(_annotation(path)) if isinstance(value, str)]
