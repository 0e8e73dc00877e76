"""Positions on Pulsar: serialized message ids, compared by the ledger and the entry that they name."""

from collections.abc import Sequence
from typing import NamedTuple

from pulsar import MessageId

from bulkhead.errors import FatalError
from bulkhead.log.port import Position


class Place(NamedTuple):
    """Where a message stands. Places of one partition are ordered as their messages are."""

    ledger: int
    entry: int

    def __str__(self) -> str:
        return f"{self.ledger}:{self.entry}"


class Ledger(NamedTuple):
    """A run of messages, numbered from 0; its number is unique in the whole cluster."""

    number: int
    entries: int


class Extent(NamedTuple):
    """What a partition holds: its ledgers in order. The last may be empty, and is the one that grows."""

    ledgers: Sequence[Ledger]

    def before_last(self, count: int) -> Place | None:
        """The message after which the `count` newest stand; None where there are no more than those."""
        for each in reversed(self.ledgers):
            if each.entries > count:
                return Place(each.number, each.entries - count - 1)
            count -= each.entries
        return None

    def after(self, place: Place | None) -> int:
        """How many messages stand after `place`; all of them for None."""
        if place is None:
            return sum(each.entries for each in self.ledgers)
        within = sum(each.entries - place.entry - 1 for each in self.ledgers if each.number == place.ledger)
        return within + sum(each.entries for each in self.ledgers if each.number > place.ledger)


def message_id(number: int, place: Place) -> MessageId:
    """The id of a message in partition `number`, equal to the one that the broker gives it."""
    # With another partition than its own the client finds messages where there are none any more (tried).
    return MessageId(number, place.ledger, place.entry, -1)


def encode(number: int, place: Place) -> Position:
    """A position in partition `number`."""
    position: bytes = message_id(number, place).serialize()
    return position


def decode(position: Position, name: str) -> Place:
    """The place that `encode` made a position of. FatalError, naming `name`, for bytes that are no position.

    The place may be in another partition: no two have a ledger in common, so it is not found in this one.
    """
    try:
        found = MessageId.deserialize(position)
        place = Place(found.ledger_id(), found.entry_id())
        known = place >= (0, 0) and encode(found.partition(), place) == position
    except ValueError:
        known = False
    if not known:
        raise FatalError(
            f"{position.hex() or 'an empty position'} is no position in {name}: it takes a serialized message"
            f" id; was it saved with another kind of log?"
        )
    return place


def nothing_there(name: str, place: Place, end: Place | None) -> FatalError:
    """`place` names a message that its partition does not hold."""
    return FatalError(
        f"{name}: no frame at position {place}, which is beyond the log's end at {end or 'the beginning'} or"
        f" in a ledger that is not there: the log lost a part, or this is another log than the one that the"
        f" snapshot was taken from; put the right log back, or restore another snapshot"
    )
