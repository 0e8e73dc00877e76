"""What a participant's events ask for: as many commands as orders, replaces and cancels come of them."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from bulkhead.domain.messages.linked import PlaceBracket, PlacePair
from bulkhead.domain.messages.quotes import MassQuote
from bulkhead.wire.codec import Malformed, decode, type_number
from bulkhead.wire.table import TABLE

_CARRIED: Final[dict[type, Callable[[Any], int]]] = {
    MassQuote: lambda command: len(command.quotes),
    PlacePair: lambda command: len(command.legs),
    PlaceBracket: lambda command: len(command.legs),
}
"""by command; any other is one"""
_NUMBERS: Final = frozenset(entry.number for entry in TABLE if entry.message in _CARRIED)


def commands_in(events: Iterable[bytes]) -> int:
    """Of one frame; an event that can't be read, or that carries nothing, is one."""
    return sum(map(_carried, events))


def _carried(event: bytes) -> int:
    """Only what may carry several is decoded: 6 us for 32 quotes, and 0.1 us for the number of any other."""
    try:
        if type_number(event) not in _NUMBERS:
            return 1
        command = decode(event)
    except Malformed:
        return 1
    return max(_CARRIED[type(command)](command), 1)
