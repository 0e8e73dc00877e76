"""How a decision is shown to people and programs."""

from dataclasses import fields
from enum import IntEnum
from typing import Any

from bulkhead.domain.terms import AccountState, LimitKind, Side
from bulkhead.installation.keys import KeyMissing
from bulkhead.installation.state import Installation

_WORDS = "reason"
_OWN = frozenset((_WORDS, "reference"))
"""shown apart, or of no interest"""
_VOCABULARIES: dict[str, type[IntEnum]] = {"kind": LimitKind, "state": AccountState, "side": Side}
"""of fields that are plain numbers in an operator's decision, since it may hold any"""


def key_names(installation: Installation) -> dict[bytes, str]:
    """Whose public key is whose, of operators, as far as the keys are here."""
    names = {}
    for name in installation.topology.keys.operators:
        try:
            names[installation.keys.public_key(name)] = name
        except KeyMissing:
            continue  # it is another operator's, and stays on another machine: shown as it is
    return names


def fields_of(message: Any) -> dict[str, Any]:
    """By name, as JSON has values; bytes as hexadecimal digits."""
    values = {each.name: getattr(message, each.name) for each in fields(message)}
    for name, vocabulary in _VOCABULARIES.items():
        if values.get(name) in frozenset(vocabulary):
            values[name] = vocabulary(values[name])
    return {name: _shown(value) for name, value in values.items()}


def words_of(message: Any) -> str:
    """The operator's own, where the decision has some."""
    return getattr(message, _WORDS, "")


def sentence(message: Any) -> str:
    """Such as SetLimit participant_id=alice kind=orders_per_s bound=100."""
    told = [
        f"{name}={value}"
        for name, value in fields_of(message).items()
        if name not in _OWN and value is not None
    ]
    return " ".join([type(message).__name__, *told])


def _shown(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [fields_of(each) for each in value]
    return value.name.lower() if isinstance(value, IntEnum) else value
