"""Decisions that need more than one operator: what waits, who has approved, how it ended.

Control keeps a decision of such a group until as many operators as it needs have signed for exactly it, its
proposer counted. `digest`: SHA-256 of the event, as docs/wire.md writes its message.
"""

from enum import IntEnum

from bulkhead.domain.message import message


class DecisionGroup(IntEnum):
    """Kinds of decision that may need more than one operator."""

    LIMITS = 1
    ACCOUNTS = 2
    """what an account may do"""
    TRADING = 3
    """phases, bands, collars, mark prices, circuit breakers, timetables"""
    MASS_CANCEL = 4
    TRADES = 5
    """busts and corrections"""
    KEYS = 6
    REPAIRS = 7
    """of shards, books and quarantined events"""
    KILL_SWITCH = 8
    INSTRUMENTS = 9
    """new ones, their assets, and the end of one"""
    PARTICIPANTS = 10
    """new ones, their accounts, which risk shards there are, and to which of them slots move"""
    FEES = 11
    OPERATORS = 12
    """whose decisions are obeyed"""
    BEHAVIOUR = 13
    """the version of the rules"""


class Ending(IntEnum):
    EXECUTED = 1
    WITHDRAWN = 2
    EXPIRED = 3


@message
class RequireApprovals:
    """Genesis: so many operators, the proposer counted, for each decision of the group."""

    group: DecisionGroup
    operators: int
    expire_clock_ticks: int
    """after so many ticks a decision that waits has ended"""


@message
class DecisionProposed:
    """Control -> decisions: the operator's event waits for others."""

    public_key: bytes
    """the proposer's"""
    epoch: int
    sequence: int
    digest: bytes
    operators: int
    """how many it needs in all"""
    expires_tick: int
    event: bytes
    """the operator's, of which the digest is"""


@message
class ApproveDecision:
    """Operator -> control: sign for the decision with this digest. The last one needed executes it."""

    digest: bytes
    reason: str


@message
class WithdrawDecision:
    """Operator -> control: the decision with this digest is not to be taken. Any operator may."""

    digest: bytes
    reason: str


@message
class ProposalEnded:
    """Control -> decisions. Who had proposed it is told what came of it as of any decision, under the number
    of its own event.
    """

    digest: bytes
    ending: Ending
