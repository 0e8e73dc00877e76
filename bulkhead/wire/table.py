"""The one table of the wire: every message's number, who says it, and its fields in order with their kinds.

The codec is built from it, docs/wire.md is written from it, and the native engine's codec will be. Numbers
are below 128 (one byte) and never reused; fields are only ever added at the end.
"""

from dataclasses import dataclass, fields

from bulkhead.domain.messages import (
    control,
    dead_letters,
    decisions,
    ingress,
    market_data,
    orders,
    participant,
    quarantine,
    reports,
    settlement,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Role, Side, TimeInForce
from bulkhead.wire.kinds import (
    AMOUNT,
    BLOB,
    BODY,
    BOOL,
    ID,
    KEY,
    LOTS,
    NAME,
    NOTE,
    RATE,
    SIGNED_AMOUNT,
    TEXT,
    TICKS,
    U8,
    U16,
    U32,
    U63,
    Kind,
    one_of,
    optional,
)


@dataclass(frozen=True)
class Entry:
    number: int
    message: type
    kinds: tuple[Kind, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in fields(self.message))


def _entry(number: int, message: type, /, **kinds: Kind) -> Entry:
    names = tuple(field.name for field in fields(message))
    if names != tuple(kinds):
        raise TypeError(
            f"wire table, type {number}: {message.__name__} has {names}, the table {tuple(kinds)}"
        )
    return Entry(number, message, tuple(kinds.values()))


_SIDE, _TYPE, _TIF, _ROLE, _PHASE, _REASON = (
    one_of(vocabulary) for vocabulary in (Side, OrderType, TimeInForce, Role, Phase, Reason)
)

# A participant's own words are decoded loosely (text, small integers) so that risk can refuse each with
# its reason.
PARTICIPANT = (
    _entry(1, participant.OpenSession),
    _entry(
        2,
        participant.PlaceOrder,
        account_id=TEXT,
        client_order_id=TEXT,
        instrument_id=TEXT,
        side=U8,
        order_type=U8,
        time_in_force=U8,
        post_only=BOOL,
        price_ticks=optional(TICKS),
        protection_price_ticks=optional(TICKS),
        quantity_lots=LOTS,
    ),
    _entry(3, participant.CancelOrder, account_id=TEXT, client_order_id=TEXT),
    _entry(
        4,
        participant.ReplaceOrder,
        account_id=TEXT,
        client_order_id=TEXT,
        price_ticks=TICKS,
        quantity_lots=LOTS,
    ),
)

ORDERS = (
    _entry(
        20,
        orders.EnterOrder,
        order_id=U63,
        instrument_id=ID,
        account_id=ID,
        slot=U16,
        side=_SIDE,
        order_type=_TYPE,
        time_in_force=_TIF,
        post_only=BOOL,
        price_ticks=TICKS,
        quantity_lots=LOTS,
        maker_fee_rate=RATE,
        taker_fee_rate=RATE,
    ),
    _entry(21, orders.RemoveOrder, instrument_id=ID, order_id=U63),
    _entry(
        22,
        orders.AmendOrder,
        instrument_id=ID,
        order_id=U63,
        price_ticks=TICKS,
        quantity_lots=LOTS,
        maker_fee_rate=RATE,
        taker_fee_rate=RATE,
    ),
    _entry(68, orders.ClearBook, instrument_id=ID, risk_shard=U16),
)

ANSWERS = (
    _entry(30, orders.OrderEntered, order_id=U63),
    _entry(31, orders.EntryRefused, order_id=U63, reason=_REASON, bound=SIGNED_AMOUNT, actual=SIGNED_AMOUNT),
    _entry(
        32,
        orders.OrderExecuted,
        order_id=U63,
        trade_id=U63,
        price_ticks=TICKS,
        quantity_lots=LOTS,
        role=_ROLE,
        fee_amount=SIGNED_AMOUNT,
    ),
    _entry(33, orders.OrderRemoved, order_id=U63, quantity_lots=LOTS, reason=_REASON),
    _entry(34, orders.RemovalRefused, order_id=U63, reason=_REASON),
    _entry(35, orders.OrderAmended, order_id=U63, price_ticks=TICKS, quantity_lots=LOTS, leaves_lots=LOTS),
    _entry(
        36,
        orders.AmendmentRefused,
        order_id=U63,
        price_ticks=TICKS,
        quantity_lots=LOTS,
        reason=_REASON,
        bound=SIGNED_AMOUNT,
        actual=SIGNED_AMOUNT,
    ),
    _entry(37, orders.PhaseChanged, instrument_id=ID, phase=_PHASE),
    _entry(69, orders.BookCleared, instrument_id=ID, phase=_PHASE),
)

SETTLEMENT = (
    _entry(
        40,
        settlement.SettleLeg,
        instrument_id=ID,
        trade_id=U63,
        account_id=ID,
        side=_SIDE,
        base_amount=AMOUNT,
        quote_amount=SIGNED_AMOUNT,
        fee_amount=SIGNED_AMOUNT,
    ),
    _entry(41, settlement.DepositSettled, account_id=ID, asset_id=ID, amount=AMOUNT),
)

MARKET_DATA = (
    _entry(
        50,
        market_data.DepthAdded,
        instrument_id=ID,
        order_id=U63,
        side=_SIDE,
        price_ticks=TICKS,
        quantity_lots=LOTS,
    ),
    _entry(51, market_data.DepthReduced, instrument_id=ID, order_id=U63, quantity_lots=LOTS),
    _entry(52, market_data.DepthRemoved, instrument_id=ID, order_id=U63),
    _entry(
        53,
        market_data.TradePublished,
        instrument_id=ID,
        trade_id=U63,
        price_ticks=TICKS,
        quantity_lots=LOTS,
        aggressor_side=_SIDE,
        resting_order_id=U63,
    ),
    _entry(54, market_data.PhasePublished, instrument_id=ID, phase=_PHASE),
)

CONTROL = (
    _entry(70, control.Tick, number=U63, time_ms=U63),
    _entry(71, control.ClockRead, time_ms=U63),
    _entry(72, control.DefineShards, risk_shards=U16, book_shards=U16, settlement_shards=U16),
    _entry(73, control.SetBehaviour, version=U16),
    _entry(74, control.SetSlots, first_slot=U16, last_slot=U16, risk_shard=U16, settlement_shard=U16),
    _entry(75, control.DefineAsset, asset_id=ID, decimals=U8),
    _entry(
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
        phase=_PHASE,
    ),
    _entry(
        77,
        control.DefineParticipant,
        participant_id=ID,
        slot=U16,
        maker_fee_rate=RATE,
        taker_fee_rate=RATE,
        open_orders_max=U32,
        commands_in_flight_max=U32,
    ),
    _entry(78, control.RegisterKey, participant_id=ID, public_key=KEY),
    _entry(79, control.RevokeKey, public_key=KEY, reason=TEXT),
    _entry(80, control.OpenAccount, account_id=ID, participant_id=ID),
    _entry(81, control.Deposit, account_id=ID, asset_id=ID, amount=AMOUNT),
    _entry(82, control.SetPhase, instrument_id=ID, phase=_PHASE),
    _entry(83, control.SetNotionalLimit, participant_id=ID, asset_id=ID, amount=AMOUNT),
    _entry(84, control.RegisterOperator, public_key=KEY),
    _entry(85, control.OpenIngress, participant_id=ID, commands_per_s_max=U32),
    _entry(89, control.SetOrderRate, participant_id=ID, orders_per_s_max=U32),
    _entry(86, control.ReleaseQuarantine, shard=TEXT, subject=TEXT, discard=BOOL, reason=TEXT),
    _entry(87, control.ReleaseOrders, instrument_id=ID, reason=TEXT),
)

INGRESS = (
    _entry(90, ingress.FramesForwarded, participant_id=ID, ordinal=U63, position=BLOB),
    _entry(
        91,
        ingress.FrameRefused,
        participant_id=ID,
        ordinal=U63,
        position=BLOB,
        reason=_REASON,
        frame=BLOB,
        frame_bytes=U32,
    ),
)

DECISIONS = (
    _entry(60, decisions.DecisionTaken, public_key=KEY, epoch=U63, sequence=U63),
    _entry(61, decisions.DecisionRefused, public_key=KEY, epoch=U63, sequence=U63, reason=_REASON),
)

QUARANTINE = (
    _entry(62, quarantine.PrimaryClaimed, claimant=BLOB),
    _entry(
        63,
        quarantine.EventSkipped,
        claimant=BLOB,
        position=BLOB,
        source=NAME,
        sequence=U63,
        events_applied=U63,
        subject=TEXT,
        event=BLOB,
        why=NOTE,
        decided_at_us=U63,
    ),
    _entry(
        64,
        quarantine.FrameResent,
        shard=TEXT,
        position=BLOB,
        source=NAME,
        first=U63,
        crc=U32,
        events=U32,
        body=BODY,
        reason=TEXT,
    ),
    _entry(
        65,
        quarantine.LossAccepted,
        shard=TEXT,
        position=BLOB,
        source=NAME,
        last=U63,
        crc=U32,
        cost=NOTE,
        reason=TEXT,
    ),
    _entry(
        66,
        quarantine.EventReplaced,
        shard=TEXT,
        position=BLOB,
        source=NAME,
        sequence=U63,
        instead=BLOB,
        cost=NOTE,
        reason=TEXT,
    ),
    _entry(67, quarantine.FrameDropped, shard=TEXT, position=BLOB, cost=NOTE, reason=TEXT),
)

_REFUSAL = {
    "last_sequence": U63,
    "account_id": TEXT,
    "client_order_id": TEXT,
    "reason": _REASON,
    "bound": SIGNED_AMOUNT,
    "actual": SIGNED_AMOUNT,
}

REPORTS = (
    _entry(
        100,
        reports.SessionOpened,
        last_sequence=U63,
        public_key=KEY,
        epoch=U63,
        previous_epoch=U63,
        previous_last_sequence=U63,
        open_orders=U32,
    ),
    _entry(101, reports.StaleSession, last_sequence=U63, public_key=KEY, epoch=U63, current_epoch=U63),
    _entry(
        102,
        reports.GapDetected,
        last_sequence=U63,
        public_key=KEY,
        expected_sequence=U63,
        received_sequence=U63,
    ),
    _entry(
        103, reports.StreamMismatch, last_sequence=U63, public_key=KEY, expected_crc=U32, received_crc=U32
    ),
    _entry(
        104,
        reports.CommandRefused,
        last_sequence=U63,
        reason=_REASON,
        bound=SIGNED_AMOUNT,
        actual=SIGNED_AMOUNT,
    ),
    _entry(
        105,
        reports.OrderAccepted,
        last_sequence=U63,
        account_id=ID,
        client_order_id=TEXT,
        order_id=U63,
        instrument_id=ID,
    ),
    _entry(106, reports.OrderRejected, **_REFUSAL),
    _entry(
        107,
        reports.OrderFilled,
        last_sequence=U63,
        account_id=ID,
        client_order_id=TEXT,
        order_id=U63,
        instrument_id=ID,
        side=_SIDE,
        trade_id=U63,
        price_ticks=TICKS,
        quantity_lots=LOTS,
        leaves_lots=LOTS,
        role=_ROLE,
        fee_amount=SIGNED_AMOUNT,
    ),
    _entry(
        108,
        reports.OrderCanceled,
        last_sequence=U63,
        account_id=ID,
        client_order_id=TEXT,
        order_id=U63,
        instrument_id=ID,
        quantity_lots=LOTS,
        reason=_REASON,
    ),
    _entry(109, reports.CancelRejected, **_REFUSAL),
    _entry(
        110,
        reports.OrderReplaced,
        last_sequence=U63,
        account_id=ID,
        client_order_id=TEXT,
        order_id=U63,
        instrument_id=ID,
        price_ticks=TICKS,
        quantity_lots=LOTS,
        leaves_lots=LOTS,
    ),
    _entry(111, reports.ReplaceRejected, **_REFUSAL),
    _entry(
        112,
        reports.OrderStatus,
        last_sequence=U63,
        account_id=ID,
        client_order_id=TEXT,
        order_id=U63,
        instrument_id=ID,
        side=_SIDE,
        price_ticks=TICKS,
        quantity_lots=LOTS,
        leaves_lots=LOTS,
    ),
    _entry(
        113,
        reports.BalanceCredited,
        last_sequence=U63,
        account_id=ID,
        asset_id=ID,
        amount=AMOUNT,
        balance=SIGNED_AMOUNT,
    ),
)

DEAD_LETTERS = (
    _entry(
        120,
        dead_letters.DeadLetter,
        partition=TEXT,
        position=BLOB,
        reason=_REASON,
        frame=BLOB,
        frame_bytes=U32,
    ),
)

TABLE = (
    PARTICIPANT
    + ORDERS
    + ANSWERS
    + SETTLEMENT
    + MARKET_DATA
    + CONTROL
    + INGRESS
    + DECISIONS
    + QUARANTINE
    + REPORTS
    + DEAD_LETTERS
)

if len({entry.number for entry in TABLE}) != len(TABLE) or max(entry.number for entry in TABLE) > 127:
    raise TypeError("wire table: type numbers are unique and below 128")
