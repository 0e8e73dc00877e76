"""What an exchange was told, message by message: by its genesis, and by what operators have decided since."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bulkhead.domain.messages import control, listing, moving, settlement_shards, shards
from bulkhead.domain.messages.limits import SetLimit
from bulkhead.domain.terms import LimitKind, Phase
from bulkhead.topology.genesis_limits import Bounded
from bulkhead.topology.values import SLOTS


@dataclass
class ShardsTold:
    """Of the risk shards, or the settlement shards."""

    count: int = 0
    """numbers given, with those that are retired"""
    retired: set[int] = field(default_factory=set)
    owners: tuple[int, ...] = (0,) * SLOTS
    """by slot the shard that has it"""

    def has(self, first_slot: int, last_slot: int, shard: int) -> None:
        table = list(self.owners)
        table[first_slot : last_slot + 1] = [shard] * (last_slot + 1 - first_slot)
        self.owners = tuple(table)


UnderWay = (
    moving.MoveSlots
    | shards.AddRiskShard
    | settlement_shards.MoveSettlementSlots
    | settlement_shards.AddSettlementShard
    | settlement_shards.RetireSettlementShard
)
"""what takes time: SlotsMoved says that it is done"""


@dataclass
class Told:
    assets: dict[str, int] = field(default_factory=dict)
    """decimals by asset"""
    books: int = 0
    instruments: dict[str, int] = field(default_factory=dict)
    """its book by instrument"""
    listed: dict[str, listing.ListInstrument] = field(default_factory=dict)
    """those of them that operators have listed"""
    trading: dict[str, list[Any]] = field(default_factory=dict)
    """what operators have decided about how an instrument is traded, in order"""
    retired_instruments: set[str] = field(default_factory=set)
    participants: set[str] = field(default_factory=set)
    added: dict[str, dict[Bounded, int | None]] = field(default_factory=dict)
    """what bounds those of them that operators have added; None: nothing any more"""
    accounts: dict[str, str] = field(default_factory=dict)
    """participant by account"""
    keys: set[bytes] = field(default_factory=set)
    """participants', those that were revoked too"""
    operators: dict[bytes, None] = field(default_factory=dict)
    """in order"""
    fees: tuple[int, int] = (0, 0)
    """the maker's and the taker's rate"""
    risk: ShardsTold = field(default_factory=ShardsTold)
    settlement: ShardsTold = field(default_factory=ShardsTold)
    under_way: UnderWay | None = None
    """what was decided and is not done"""

    def hear(self, genesis: Iterable[Any], decisions: Iterable[Any] = ()) -> "Told":
        """`decisions`: those that were taken, and SlotsMoved where it was told. What a genesis and an
        operator say may be the same message.
        """
        for message in genesis:
            self._founded(message)
        for message in decisions:
            self._decided(message)
        return self

    def _founded(self, message: Any) -> None:
        match message:
            case control.DefineShards():
                self.books = message.book_shards
                self.risk.count = message.risk_shards
                self.settlement.count = message.settlement_shards
            case control.SetSlots():
                self.risk.has(message.first_slot, message.last_slot, message.risk_shard)
                self.settlement.has(message.first_slot, message.last_slot, message.settlement_shard)
            case shards.ShardRetired():
                self.risk.retired.add(message.risk_shard)
            case settlement_shards.SettlementRetired():
                self.settlement.retired.add(message.settlement_shard)
            case control.DefineAsset():
                self.assets[message.asset_id] = message.decimals
            case control.DefineInstrument():
                self.instruments[message.instrument_id] = message.book
                if message.phase is Phase.RETIRED:
                    self.retired_instruments.add(message.instrument_id)
            case control.DefineParticipant():
                self.participants.add(message.participant_id)
                self.fees = message.maker_fee_rate, message.taker_fee_rate
            case control.OpenAccount():
                self.accounts[message.account_id] = message.participant_id
            case control.RegisterKey():
                self.keys.add(message.public_key)
            case control.RegisterOperator():
                self.operators[message.public_key] = None

    def _decided(self, message: Any) -> None:
        match message:
            case listing.AddAsset():
                self.assets[message.asset_id] = message.decimals
            case listing.ListInstrument():
                self.books = max(self.books, message.book + 1)
                self.instruments[message.instrument_id] = message.book
                self.listed[message.instrument_id] = message
            case listing.RetireInstrument():
                self.retired_instruments.add(message.instrument_id)
            case listing.AddParticipant():
                self.participants.add(message.participant_id)
                self.added[message.participant_id] = {
                    (LimitKind.OPEN_ORDERS, None, None): message.open_orders_max,
                    (LimitKind.COMMANDS_IN_FLIGHT, None, None): message.commands_in_flight_max,
                }
            case listing.AddAccount():
                self.accounts[message.account_id] = message.participant_id
            case SetLimit() if message.participant_id in self.added:
                bounded = message.kind, message.account_id, message.asset_id
                self.added[message.participant_id][bounded] = message.bound
            case control.RegisterKey() | control.RevokeKey():
                self.keys.add(message.public_key)
            case listing.AddOperator():
                self.operators[message.public_key] = None
            case listing.RevokeOperator():
                self.operators.pop(message.public_key, None)
            case listing.SetFees():
                self.fees = message.maker_fee_rate, message.taker_fee_rate
            case _ if isinstance(message, UnderWay):
                self.under_way = message
            case moving.SlotsMoved():
                self._moved()
            case shards.RetireRiskShard():
                self.risk.retired.add(message.risk_shard)
            case _ if hasattr(message, "instrument_id"):
                self.trading.setdefault(message.instrument_id, []).append(message)

    def _moved(self) -> None:
        """What was under way is done: one is at a time."""
        match self.under_way:
            case shards.AddRiskShard(risk_shard=number):
                self.risk.count = number + 1
            case moving.MoveSlots() as move:
                self.risk.has(move.first_slot, move.last_slot, move.new)
            case settlement_shards.AddSettlementShard(settlement_shard=number):
                self.settlement.count = number + 1
            case settlement_shards.MoveSettlementSlots() as move:
                self.settlement.has(move.first_slot, move.last_slot, move.new)
            case settlement_shards.RetireSettlementShard(settlement_shard=number):
                self.settlement.retired.add(number)
        self.under_way = None
