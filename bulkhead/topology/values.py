"""The kinds of values that a topology is written in: names, decimals, slot ranges, choices."""

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, NamedTuple

from pydantic import (
    BeforeValidator,
    PlainSerializer,
    PlainValidator,
    Strict,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

ID_PATTERN = r"^[A-Za-z0-9._-]{1,32}$"
EXCHANGE_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"
# A key's name becomes a file's name, so it cannot begin with a dot.
KEY_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"
SHARD_PATTERN = r"^[a-z_]{1,16}(/[0-9*?]{1,5})?$"
# 40 digits hold 2^127 units of an asset in full, so nothing sensible is longer.
DECIMAL_PATTERN = r"^-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,40})?$"
RANGE_PATTERN = r"^(0|[1-9][0-9]{0,3})(-(0|[1-9][0-9]{0,3}))?$"
# No user or password: secrets do not stand in a topology.
SERVICE_URL_PATTERN = r"^pulsar(\+ssl)?://[A-Za-z0-9.:,\[\]-]{1,1000}$"
ADMIN_URL_PATTERN = r"^https?://[A-Za-z0-9.:\[\]-]{1,1000}$"
_PORT_PATTERN = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
REDIS_URL_PATTERN = (
    rf"^redis://([A-Za-z0-9.-]{{1,255}}|\[[0-9A-Fa-f:.]{{2,45}}\]):{_PORT_PATTERN}(/[0-9]{{1,4}})?$"
)
TIME_OF_DAY_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
TENANT_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
_BYTE_PATTERN = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
ADDRESS_PATTERN = rf"^{_BYTE_PATTERN}(\.{_BYTE_PATTERN}){{3}}$"

SLOTS = 1024
"""How many slots a risk group's hash is reduced to. Never changes: a slot table maps them to shards."""

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
ExchangeId = Annotated[str, StringConstraints(pattern=EXCHANGE_PATTERN)]
KeyName = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
ShardGlob = Annotated[str, StringConstraints(pattern=SHARD_PATTERN)]
ServiceUrl = Annotated[str, StringConstraints(pattern=SERVICE_URL_PATTERN)]
AdminUrl = Annotated[str, StringConstraints(pattern=ADMIN_URL_PATTERN)]
RedisUrl = Annotated[str, StringConstraints(pattern=REDIS_URL_PATTERN)]
Tenant = Annotated[str, StringConstraints(pattern=TENANT_PATTERN)]
NodeName = Annotated[str, StringConstraints(pattern=EXCHANGE_PATTERN)]
"""It is a label's value in Ray and in Kubernetes, so it is written as an exchange's name is."""
Address = Annotated[str, StringConstraints(pattern=ADDRESS_PATTERN)]
TimeOfDay = Annotated[str, StringConstraints(pattern=TIME_OF_DAY_PATTERN)]
WholeNumber = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]


def _decimal(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, float):
        raise PydanticCustomError("decimal_float", "a number with a point is read as a binary float")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise PydanticCustomError("decimal", "is not a decimal number")
    if not re.fullmatch(DECIMAL_PATTERN, str(value), re.ASCII):
        raise PydanticCustomError("decimal", "is not a decimal number")
    return Decimal(value)


DecimalText = Annotated[
    Decimal,
    PlainValidator(_decimal),
    PlainSerializer(lambda value: format(value, "f"), return_type=str),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": DECIMAL_PATTERN}, {"type": "integer"}]}, mode="validation"
    ),
]
"""An exact decimal, written in quotes or as a whole number, never as a YAML float."""


class SlotRange(NamedTuple):
    """The slots from the first to the last, both included; written `64-127`, or `64` for one."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def _slot_range(value: object) -> SlotRange:
    if isinstance(value, SlotRange):
        return value
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if re.fullmatch(RANGE_PATTERN, text, re.ASCII):
        first, _, last = text.partition("-")
        slots = SlotRange(int(first), int(last or first))
        if slots.first <= slots.last < SLOTS:
            return slots
    raise PydanticCustomError("slot_range", "is not a range of slots")


Slots = Annotated[
    SlotRange,
    PlainValidator(_slot_range),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": RANGE_PATTERN}, {"type": "integer"}]}),
]


def later(*values: str) -> BeforeValidator:
    """Refuse the `values` that are planned and do not work yet, with an error that says just that."""

    def check(value: object) -> object:
        if value in values:
            raise PydanticCustomError("not_supported_yet", "{value} is not supported yet", {"value": value})
        return value

    return BeforeValidator(check)


def shape(list_tag: str, dict_tag: str) -> Callable[[Any], str | None]:
    """Choose between a list and a mapping by what was written, so that errors speak of that one only."""

    def choose(value: Any) -> str | None:
        if isinstance(value, list | tuple):
            return list_tag
        return None if isinstance(value, str | int | float | bool | None) else dict_tag

    return choose


def time_of_day_ms(text: str) -> int:
    """Milliseconds since midnight. ValueError where `text` is no time of day, such as 08:00 or 08:05:30."""
    if not re.fullmatch(TIME_OF_DAY_PATTERN, text, re.ASCII):
        raise ValueError(f"{text!r} is no time of day, such as 08:00 or 08:05:30")
    hours, minutes, seconds = (int(part) for part in (text + ":00").split(":")[:3])
    return ((hours * 60 + minutes) * 60 + seconds) * 1000


def whole(number: Fraction) -> int:
    """Return a fraction that is a whole number as one. ValueError when it is not."""
    if number.denominator != 1:
        raise ValueError(f"{number} is not a whole number")
    return number.numerator


def is_loopback(host: str) -> bool:
    """Whether a host's name or address means the machine itself that uses it."""
    return host == "localhost" or host == "::1" or host.startswith("127.")


def to_units(amount: Decimal, decimals: int) -> int:
    """Return `amount` in smallest units of 10^-`decimals`. ValueError when that is not whole."""
    return whole(Fraction(amount) * 10**decimals)


def decimals_needed(amount: Fraction) -> int | None:
    """Return how many decimals write `amount` exactly, None when no number of them does."""
    denominator, twos, fives = amount.denominator, 0, 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    return max(twos, fives) if denominator == 1 else None
