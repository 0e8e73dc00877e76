"""What fields a command has, and the check of a decoded line against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Final, TypeVar

from bulkhead.runner.lines import Command, InputError

T = TypeVar("T")

Kind = type | UnionType
"""The exact type of a field's value (bool is not an integer), or several that it may have."""

_NAMES: Final[Mapping[Kind, str]] = {
    int: "an integer",
    str: "a text",
    str | int: "a text or an integer",
    bool: "true or false",
    list: "a list",
    dict: "an object",
    float: "a number with a fraction or exponent",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of one type of command, by name."""

    required: Mapping[str, Kind]
    optional: Mapping[str, Kind] = field(default_factory=dict)


def check(command: Command, shape: Shape) -> None:
    """Raise InputError where the command has an unknown, missing or ill-typed field."""
    required, optional = shape.required, shape.optional
    missing = len(required)
    for name, value in command.items():
        kind = required.get(name)
        if kind is not None:
            missing -= 1
        elif name != "type":
            kind = optional.get(name)
            if kind is None:
                raise InputError(_unexpected(command, name, shape))
        else:
            continue
        if type(value) is not kind and not (type(kind) is UnionType and type(value) in kind.__args__):
            raise InputError(f"{command['type']}: {name} must be {_NAMES[kind]}, not {_NAMES[type(value)]}")
    if missing:
        absent = ", ".join(name for name in required if name not in command)
        raise InputError(f"{command['type']}: missing {absent}")


def need(command: Command, name: str, who: str) -> Any:
    """The value of a field that `who` needs. Raises InputError where it is missing."""
    try:
        return command[name]
    except KeyError:
        raise InputError(f"{command['type']}: missing {name}, which {who} needs") from None


def choose(command: Command, name: str, choices: Mapping[str, T]) -> T:
    """What the text in the field `name` stands for. Raises InputError where it stands for nothing."""
    try:
        return choices[command[name]]
    except KeyError:
        raise InputError(f"{command['type']}: {name} must be one of {', '.join(choices)}") from None


def command_type(command: Command, known: Mapping[str, Any]) -> str:
    """The type of a command, one of `known`. Raises InputError."""
    name = command.get("type")
    if type(name) is not str:
        raise InputError("missing type, a text; one of " + ", ".join(known))
    if name not in known:
        raise InputError(f"unknown type {name}; one of " + ", ".join(known))
    return name


def _unexpected(command: Command, name: str, shape: Shape) -> str:
    known = ", ".join([*shape.required, *shape.optional])
    return f"{command['type']}: unknown field {name}; " + (f"it has {known}" if known else "it has none")
