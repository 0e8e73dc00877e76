"""What a message is: an immutable record with named integer, text or byte fields."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def message(cls: type[T]) -> type[T]:
    """Make `cls` a message: a slotted dataclass, compared and hashed by value.

    It is frozen for the type checker and not at run time: a message of eleven fields takes 0.19 us to
    make this way and 1.5 us with ``frozen=True`` (CPython 3.11), and an order makes eight on its way.
    mypy --strict, which gates every change, refuses the assignment that ``frozen=True`` would catch later.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
