"""The kill switch: an operator stops an account, a participant, an instrument or everything, and lifts it.
A participant stops itself.
"""

from enum import IntEnum

from bulkhead.domain.message import message


class KillScope(IntEnum):
    """What one switch stops."""

    ACCOUNT = 1
    PARTICIPANT = 2
    INSTRUMENT = 3
    EVERYTHING = 4
    OWN = 5
    """a participant, by its own hand: it lifts this switch itself, or an operator does"""


@message
class SetKillSwitch:
    """Operator -> control: stop this or lift it. On: no order and no replace is taken, and every live order
    ends. Each switch is lifted by itself: what two of them stop goes on when both are off.
    """

    scope: KillScope
    name: str
    """the account, participant or instrument; of everything ignored; of OWN the participant"""
    on: bool
    reason: str
    """the operator's words, for who reads the log later"""


@message
class ThrowKillSwitch:
    """Control -> risk: a SetKillSwitch, and whose event it was."""

    public_key: bytes
    """the operator's"""
    epoch: int
    sequence: int
    """of the event in the operator's stream"""
    scope: KillScope
    name: str
    on: bool


@message
class KillSwitchThrown:
    """Risk -> decisions: what came of a ThrowKillSwitch at one shard, which obeys it from here on. The
    participants are told of each order by OrderCanceled (killed) or MassCancelMissed.
    """

    public_key: bytes
    """the operator's"""
    epoch: int
    sequence: int
    """of the event in the operator's stream"""
    risk_shard: int
    scope: KillScope
    name: str
    on: bool
    since_ms: int
    """the exchange's time at which the switch was turned on, milliseconds since 1970; off: 0"""
    asked: int
    """orders whose books are asked to end them"""
    pending: int
    """that a cancel was on its way to already"""
    closed: int
    """that stay until their instruments open, since closed books take no cancels"""


@message
class KillSwitchChanged:
    """Risk -> participant: a switch that concerns it was turned on or off. Its counts are of its own orders,
    each of which is told by OrderCanceled (killed) or MassCancelMissed.

    Sent again where an operator repeats it, and where more orders are asked for, since their book takes
    cancels again.
    """

    last_sequence: int
    scope: KillScope
    name: str
    on: bool
    asked: int
    """as in KillSwitchThrown"""
    pending: int
    closed: int


@message
class KillOwn:
    """Participant -> risk: take no order and no replace of any of my accounts from here on, and end all that
    is live, until I say ReleaseOwn, or an operator lets go. Never refused for load; repeated it asks again
    for what is still live.
    """

    request_id: str


@message
class ReleaseOwn:
    """Participant -> risk: lift what I said by KillOwn. What an operator has stopped stays stopped."""

    request_id: str


@message
class OwnKillSwitchSet:
    """Risk -> participant: what came of a KillOwn or a ReleaseOwn. Each order is told by OrderCanceled
    (killed) or MassCancelMissed. Where an operator turns the switch, and where more orders are asked for,
    since their book takes cancels again, KillSwitchChanged says so.
    """

    last_sequence: int
    request_id: str
    on: bool
    asked: int
    """as in KillSwitchThrown"""
    pending: int
    closed: int
