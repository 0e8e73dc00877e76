"""Settlement shards that are added and ended, and slots that move between them."""

from bulkhead.domain.messages import settlement_shards
from bulkhead.wire.kinds import AMOUNT, ID, TEXT, U16, U63
from bulkhead.wire.table.entry import entry

SETTLEMENT_SHARDS = (
    entry(
        98,
        settlement_shards.MoveSettlementSlots,
        first_slot=U16,
        last_slot=U16,
        old=U16,
        new=U16,
        reason=TEXT,
    ),
    entry(99, settlement_shards.AddSettlementShard, settlement_shard=U16, reason=TEXT),
    entry(119, settlement_shards.RetireSettlementShard, settlement_shard=U16, reason=TEXT),
    entry(
        126, settlement_shards.SettleElsewhere, move_id=U63, first_slot=U16, last_slot=U16, old=U16, new=U16
    ),
    entry(149, settlement_shards.DefineSlot, participant_id=ID, slot=U16),
    entry(
        128,
        settlement_shards.GiveAccounts,
        move_id=U63,
        first_slot=U16,
        last_slot=U16,
        new=U16,
        book_shards=U16,
    ),
    entry(129, settlement_shards.GiveRest, move_id=U63, new=U16),
    entry(
        159,
        settlement_shards.BalanceComes,
        account_id=ID,
        asset_id=ID,
        debit_amount=AMOUNT,
        credit_amount=AMOUNT,
    ),
    entry(143, settlement_shards.SettlementRetired, settlement_shard=U16),
    entry(144, settlement_shards.DefineSettlement, instrument_id=ID, base_asset_id=ID, quote_asset_id=ID),
)
