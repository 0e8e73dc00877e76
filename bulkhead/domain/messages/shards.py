"""Risk shards that are added, and ended, while the exchange trades: an operator's decision, and what shards
say to each other about it.

A new risk shard has no slots: MoveSlots gives it some. Before, in order: books and the clock are told of it
(DefineShards), and books tell it how each instrument is traded; another risk shard tells it what control has
told all of them (GiveDefinitions, answered by these definitions and DefinitionsGiven); it says that it is
there (SlotsMoved, with a number of a move). One that has no slots any more can be ended: control, books and
the clock say nothing to it any more (ShardRetired), and no other shard gets its number, which is in the ids
of its orders.
"""

from bulkhead.domain.message import message
from bulkhead.domain.messages.kill_switch import KillScope


@message
class AddRiskShard:
    """Operator -> control: there is one more, without slots, when `decisions` is told so (SlotsMoved)."""

    risk_shard: int
    """the next number: as many as there are, retired ones counted"""
    reason: str = ""
    """the operator's words, for who reads the log later"""


@message
class RetireRiskShard:
    """Operator -> control: a risk shard that has no slots ends, for ever."""

    risk_shard: int
    reason: str = ""


@message
class GiveDefinitions:
    """Control -> a risk shard: tell the new one what control has told all of them up to here."""

    move_id: int
    new: int


@message
class SwitchStands:
    """A risk shard -> the new one: this kill switch is on."""

    scope: KillScope
    name: str
    since_ms: int
    """the exchange's time at which it was turned on, milliseconds since 1970"""


@message
class DefinitionsGiven:
    """A risk shard -> the new one: that was all."""

    move_id: int


@message
class ShardRetired:
    """Control -> books and the clock: nothing is said to this risk shard any more."""

    risk_shard: int
