"""The exchange's definition, operators' decisions, time."""

from bulkhead.domain.messages import control, decisions
from bulkhead.wire.kinds import AMOUNT, BOOL, ID, KEY, LOTS, RATE, TEXT, TICKS, U8, U16, U32, U63
from bulkhead.wire.table.entry import PHASE, REASON, entry

CONTROL = (
    entry(70, control.Tick, number=U63, time_ms=U63),
    entry(71, control.ClockRead, time_ms=U63),
    entry(72, control.DefineShards, risk_shards=U16, book_shards=U16, settlement_shards=U16),
    entry(73, control.SetBehaviour, version=U16),
    entry(74, control.SetSlots, first_slot=U16, last_slot=U16, risk_shard=U16, settlement_shard=U16),
    entry(75, control.DefineAsset, asset_id=ID, decimals=U8),
    entry(
        76,
        control.DefineInstrument,
        instrument_id=ID,
        book=U16,
        base_asset_id=ID,
        quote_asset_id=ID,
        lot_units=AMOUNT,
        tick_lot_units=AMOUNT,
        price_increment_ticks=TICKS,
        price_min_ticks=TICKS,
        price_max_ticks=TICKS,
        quantity_increment_lots=LOTS,
        quantity_min_lots=LOTS,
        quantity_max_lots=LOTS,
        window=U32,
        phase=PHASE,
    ),
    entry(
        77,
        control.DefineParticipant,
        participant_id=ID,
        slot=U16,
        maker_fee_rate=RATE,
        taker_fee_rate=RATE,
        open_orders_max=U32,
        commands_in_flight_max=U32,
    ),
    entry(78, control.RegisterKey, participant_id=ID, public_key=KEY),
    entry(79, control.RevokeKey, public_key=KEY, reason=TEXT),
    entry(80, control.OpenAccount, account_id=ID, participant_id=ID),
    entry(81, control.Deposit, account_id=ID, asset_id=ID, amount=AMOUNT),
    entry(82, control.SetPhase, instrument_id=ID, phase=PHASE),
    entry(83, control.SetNotionalLimit, participant_id=ID, asset_id=ID, amount=AMOUNT),
    entry(84, control.RegisterOperator, public_key=KEY),
    entry(85, control.OpenIngress, participant_id=ID, commands_per_s_max=U32),
    entry(89, control.SetOrderRate, participant_id=ID, orders_per_s_max=U32),
    entry(86, control.ReleaseQuarantine, shard=TEXT, subject=TEXT, discard=BOOL, reason=TEXT),
    entry(87, control.ReleaseOrders, instrument_id=ID, reason=TEXT),
)

DECISIONS = (
    entry(60, decisions.DecisionTaken, public_key=KEY, epoch=U63, sequence=U63),
    entry(61, decisions.DecisionRefused, public_key=KEY, epoch=U63, sequence=U63, reason=REASON),
)
