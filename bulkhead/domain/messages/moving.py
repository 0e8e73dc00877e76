"""Slots that move to another risk shard: an operator's decision, and what shards say to each other about it.

One move is under way at a time. In order: control has the new shard keep what it will hear of strangers
(ExpectSlots, answered by SlotsExpected); has the old one give the slots away (LeaveSlots), which asks every
book and settlement shard to switch (SlotsLeaving, answered by SlotsSwitched); behind the last answer the old
one says all it knows of them (SlotsState, SlotsGiven); and the new one, having taken that, that it has them
(SlotsMoved). `move_id`: the number of the move, from 1; no two have the same. Of a move in parts each part is
a move with a number of its own, and control begins the next one when the last has come.
"""

from bulkhead.domain.message import message


@message
class MoveSlots:
    """Operator -> control: the slots' participants, with all that risk knows of them, go to another shard."""

    first_slot: int
    last_slot: int
    """included; all of them are on the shard `old`"""
    old: int
    new: int
    reason: str = ""
    """the operator's words, for who reads the log later"""
    slots_at_once: int = 0
    """so many go at a time, the lowest first, and wait only for their own part; 0: all together"""


@message
class ExpectSlots:
    """Control -> the new shard."""

    move_id: int
    first_slot: int
    last_slot: int
    old: int


@message
class SlotsExpected:
    """The new shard -> control: from here on it keeps what it hears of participants that it does not know."""

    move_id: int


@message
class LeaveSlots:
    """Control -> the old shard: control itself says all that follows about these slots to the new one."""

    move_id: int
    first_slot: int
    last_slot: int
    new: int
    book_shards: int
    settlement_shards: int
    """how many there are, which all have to switch"""


@message
class SlotsLeaving:
    """The old shard -> every book and settlement shard, behind its last word about these slots."""

    move_id: int
    first_slot: int
    last_slot: int
    old: int
    new: int


@message
class SlotsSwitched:
    """A book or settlement shard -> the old shard: it says everything that follows to the new one."""

    move_id: int
    shard: str


@message
class SlotsState:
    """The old shard -> the new one: some of what it knows of the slots' participants."""

    move_id: int
    section: str
    """of a risk shard's snapshot"""
    rows: bytes
    """an array of the section's rows, as the snapshot has them"""


@message
class SlotsGiven:
    """The old shard -> the new one: that was all, and the old one has forgotten it."""

    move_id: int


@message
class SlotsMoved:
    """The new shard -> control, and control -> `decisions`: the new shard has the slots; of a move in parts
    the last of them, and the number is that one's.
    """

    move_id: int


@message
class MovedAway:
    """Report: the last that this shard says to the participant. The next is another one's MovedHere, which
    may stand before this in the partition: who reads it keeps that one's reports until this has come.
    """

    last_sequence: int
    risk_shard: int
    """the new one"""
    move_id: int


@message
class MovedHere:
    """Report, for each key: commands behind `last` were not taken and are to be sent, with the same numbers,
    to this shard.
    """

    last_sequence: int
    risk_shard: int
    public_key: bytes
    epoch: int
    """0: the key has opened no session"""
    last: int
    """sequence of the last event taken from the session"""
    move_id: int
    """Of moves that are told in one partition the highest is the newest: a shard that was restarted says
    again what it has said.
    """
