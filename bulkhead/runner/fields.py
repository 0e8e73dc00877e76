"""What fields a command has, and the check of a decoded line against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from bulkhead.runner.lines import Command, InputError

T = TypeVar("T")

_NAMES: Final[Mapping[type, str]] = {
    int: "an integer",
    str: "a text",
    bool: "true or false",
    list: "a list",
    dict: "an object",
    float: "a number with a fraction or exponent",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of one type of command, by name, with the exact type of each (bool is not an integer).

    `later`: fields of the contract that this version refuses, as not supported yet.
    """

    required: Mapping[str, type]
    optional: Mapping[str, type] = field(default_factory=dict)
    later: frozenset[str] = frozenset()


def check(command: Command, shape: Shape) -> None:
    """Raise InputError where the command has an unknown, missing, ill-typed or not yet supported field."""
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
        if type(value) is not kind:
            raise InputError(f"{command['type']}: {name} must be {_NAMES[kind]}, not {_NAMES[type(value)]}")
    if missing:
        absent = ", ".join(name for name in required if name not in command)
        raise InputError(f"{command['type']}: missing {absent}")


def choose(command: Command, name: str, choices: Mapping[str, T], later: frozenset[str] = frozenset()) -> T:
    """What the text in the field `name` stands for. Raises InputError where it stands for nothing."""
    text = command[name]
    try:
        return choices[text]
    except KeyError:
        if text in later:
            raise unsupported(f"{command['type']}: {name} {text}") from None
        raise InputError(f"{command['type']}: {name} must be one of {', '.join(choices)}") from None


def command_type(command: Command, known: Mapping[str, Any]) -> str:
    """The type of a command, one of `known`. Raises InputError."""
    name = command.get("type")
    if type(name) is not str:
        raise InputError("missing type, a text; one of " + ", ".join(known))
    if name not in known:
        raise InputError(f"unknown type {name}; one of " + ", ".join(known))
    return name


def unsupported(what: str) -> InputError:
    """The refusal of what the contract has and this version hasn't."""
    return InputError(f"{what} is not supported yet by this version")


def _unexpected(command: Command, name: str, shape: Shape) -> str:
    if name in shape.later:
        return str(unsupported(f"{command['type']}: {name}"))
    known = ", ".join([*shape.required, *shape.optional])
    return f"{command['type']}: unknown field {name}; " + (f"it has {known}" if known else "it has none")
