"""What the control machine must know to distribute."""

from enum import StrEnum
from typing import NamedTuple

from bulkhead.domain.messages.approvals import DecisionGroup
from bulkhead.domain.messages.kill_switch import ThrowKillSwitch
from bulkhead.domain.messages.moving import MoveSlots
from bulkhead.domain.messages.settlement_shards import MoveSettlementSlots
from bulkhead.domain.reasons import Reason
from bulkhead.domain.sessions import Session

SLOTS = 1024


class Rule(NamedTuple):
    operators: int
    """that a decision needs, its proposer counted"""
    expire_clock_ticks: int


class Kind(StrEnum):
    """Of the shards that slots move between, and that are added and ended."""

    RISK = "risk"
    SETTLEMENT = "settlement"


class Move(NamedTuple):
    """Of slots to another shard; of no slots where what is left of a settlement shard goes. Of a move in
    parts the part that is under way.
    """

    number: int
    first_slot: int
    last_slot: int
    old: int
    new: int
    kind: Kind
    end_slot: int
    """the last of all parts; those behind `last_slot` are on the old shard still"""
    slots_at_once: int
    """of a part; 0: there are no parts"""

    @property
    def slots(self) -> range:
        return range(self.first_slot, self.last_slot + 1)


class Founding:
    """Of a shard that is told what the others of its kind know."""

    __slots__ = ("kind", "new", "number", "switches")

    def __init__(self, number: int, new: int, kind: Kind) -> None:
        self.number = number
        """as a move's"""
        self.new = new
        self.kind = kind
        self.switches: list[ThrowKillSwitch] = []
        """thrown meanwhile: it is told these last"""


class Proposal:
    """A decision that waits for more operators."""

    __slots__ = ("approved", "epoch", "event", "expires_tick", "operators", "public_key", "sequence")

    def __init__(
        self, public_key: bytes, epoch: int, sequence: int, event: bytes, operators: int, expires_tick: int
    ) -> None:
        self.public_key = public_key
        """the proposer's; with the two next its event's place in the operator's stream"""
        self.epoch = epoch
        self.sequence = sequence
        self.event = event
        self.operators = operators
        """that it needs, the proposer counted: the rule as it was then"""
        self.expires_tick = expires_tick
        self.approved = [public_key]


class BehaviourChange:
    """A change of the rules' version that is going on."""

    __slots__ = ("back", "number", "told", "version", "waiting")

    def __init__(self, number: int, version: int, back: bool, told: int = 0) -> None:
        self.number = number
        self.version = version
        self.back = back
        """to a version that was in force before"""
        self.told = told
        """how many kinds of shards have taken it"""
        self.waiting: set[str] = set()
        """shards of the next kind that have not"""


class Control:
    def __init__(self) -> None:
        self.tick = 0
        self.time_ms = 0
        self.behaviour_version = 0
        """in force everywhere, or, while a change is going on, before it"""
        self.behaviour_changes = 0
        """that were decided"""
        self.behaviour_change: BehaviourChange | None = None
        """the one that is going on"""
        self.risk_shards = 0
        """numbers given: with those that are retired"""
        self.retired: set[int] = set()
        """risk shards that nobody speaks to any more"""
        self.retired_settlement: set[int] = set()
        self.book_shards = 0
        self.settlement_shards = 0
        """numbers given, as `risk_shards`"""
        self.risk = [0] * SLOTS
        """risk shard by slot"""
        self.settlement = [0] * SLOTS
        """settlement shard by slot"""
        self.participants: dict[str, int] = {}
        """slot by participant"""
        self.accounts: dict[str, str] = {}
        """participant by account"""
        self.keys: dict[bytes, str] = {}
        """participant by public key; nobody ("") for one that was revoked"""
        self.ingress: set[str] = set()
        """participants whose frames come through a gateway"""
        self.operators: dict[bytes, Session] = {}
        """by public key: what it has decided so far"""
        self.instruments: dict[str, int] = {}
        """book partition by instrument"""
        self.added_assets: set[str] = set()
        """by operators, since the genesis"""
        self.approvals: dict[DecisionGroup, Rule] = {}
        """of groups whose decisions need more than one operator"""
        self.proposals: dict[bytes, Proposal] = {}
        """by digest, oldest first"""
        self.moves = 0
        """moves of slots, each part of one, and new and ended shards, that have begun"""
        self.move: Move | None = None
        """the one that is under way"""
        self.lanes: dict[str, bool] = {}
        """of participants whose slots the move takes, until their risk shard is the new one: whether the new
        gateway has them. All that concerns them is told to that one from the beginning"""
        self.founding: Founding | None = None
        """the one that is under way; never beside a move"""

    @property
    def rules_version(self) -> int:
        """By which control itself goes, changed by what it reads: a higher one from when all others have it,
        a lower one from when an operator has decided so, before any of them.
        """
        change = self.behaviour_change
        return change.version if change is not None and change.back else self.behaviour_version

    def risk_numbers(self) -> list[int]:
        """Of the risk shards that there are."""
        return [number for number in range(self.risk_shards) if number not in self.retired]

    def settlement_numbers(self) -> list[int]:
        """Of the settlement shards that there are."""
        return [number for number in range(self.settlement_shards) if number not in self.retired_settlement]

    @property
    def is_moving(self) -> bool:
        """One move, or new shard, is under way at a time."""
        return self.move is not None or self.founding is not None

    def why_no_move(
        self, wanted: MoveSlots | MoveSettlementSlots, owners: list[int], numbers: list[int]
    ) -> Reason | None:
        """Why slots can't move, if so. `owners`: by slot; `numbers`: of the shards of that kind."""
        if self.is_moving:
            return Reason.SLOT_MOVING
        count = self.risk_shards if owners is self.risk else self.settlement_shards
        if max(wanted.old, wanted.new) >= count:
            return Reason.SHARD_UNKNOWN
        if wanted.new not in numbers:
            return Reason.SHARD_RETIRED
        slots = range(wanted.first_slot, wanted.last_slot + 1)
        if not slots or wanted.last_slot >= SLOTS or wanted.old == wanted.new:
            return Reason.SLOTS_ELSEWHERE
        if any(owners[slot] != wanted.old for slot in slots):
            return Reason.SLOTS_ELSEWHERE
        return None

    def begin_move(
        self, first_slot: int, last_slot: int, old: int, new: int, kind: Kind, slots_at_once: int = 0
    ) -> Move:
        """Of all these slots, or of the first part of them. Each part has a number: no two say the same to
        any shard.
        """
        self.moves += 1
        part_last = min(first_slot + slots_at_once - 1, last_slot) if slots_at_once else last_slot
        self.move = Move(self.moves, first_slot, part_last, old, new, kind, last_slot, slots_at_once)
        return self.move
