//! Every message of the wire.
//!
//! Written by `python -m bulkhead.wire.rust` from `bulkhead/wire/table`: change that.

use super::event::{Message, Undecodable, events, messages};
use super::kinds::*;
use super::vocabulary::*;
use crate::msgpack::{Read, Reader, Writer};

messages! {
    OpenSession {
    }
    PlaceOrder<'a> {
        account_id: Text,
        client_order_id: Text,
        instrument_id: Text,
        side: U8,
        order_type: U8,
        time_in_force: U8,
        post_only: Bool,
        price_ticks: Nullable<Ticks>,
        protection_price_ticks: Nullable<Ticks>,
        quantity_lots: Lots,
        terms: Nullable<OrderTerms<'static>>,
    }
    CancelOrder<'a> {
        account_id: Text,
        client_order_id: Text,
    }
    ReplaceOrder<'a> {
        account_id: Text,
        client_order_id: Text,
        price_ticks: Ticks,
        quantity_lots: Lots,
        stop_price_ticks: Nullable<Ticks>,
    }
    EnterOrder<'a> {
        order_id: U63,
        instrument_id: Id,
        account_id: Id,
        slot: U16,
        side: Side,
        order_type: OrderType,
        time_in_force: TimeInForce,
        post_only: Bool,
        price_ticks: Ticks,
        quantity_lots: Lots,
        maker_fee_rate: Rate,
        taker_fee_rate: Rate,
        terms: Nullable<OrderTerms<'static>>,
    }
    RemoveOrder<'a> {
        instrument_id: Id,
        order_id: U63,
    }
    AmendOrder<'a> {
        instrument_id: Id,
        order_id: U63,
        price_ticks: Ticks,
        quantity_lots: Nullable<Lots>,
        maker_fee_rate: Rate,
        taker_fee_rate: Rate,
        stop_price_ticks: Nullable<Ticks>,
    }
    ClearBook<'a> {
        instrument_id: Id,
        risk_shard: U16,
    }
    OrderEntered {
        order_id: U63,
    }
    EntryRefused {
        order_id: U63,
        reason: Reason,
        bound: SignedAmount,
        actual: SignedAmount,
    }
    OrderExecuted {
        order_id: U63,
        trade_id: U63,
        price_ticks: Ticks,
        quantity_lots: Lots,
        role: Role,
        fee_amount: SignedAmount,
    }
    OrderRemoved {
        order_id: U63,
        quantity_lots: Lots,
        reason: Reason,
    }
    RemovalRefused {
        order_id: U63,
        reason: Reason,
    }
    OrderAmended {
        order_id: U63,
        price_ticks: Ticks,
        quantity_lots: Lots,
        leaves_lots: Lots,
    }
    AmendmentRefused {
        order_id: U63,
        price_ticks: Ticks,
        quantity_lots: Lots,
        reason: Reason,
        bound: SignedAmount,
        actual: SignedAmount,
    }
    PhaseChanged<'a> {
        instrument_id: Id,
        phase: Phase,
    }
    OrderActivated {
        order_id: U63,
    }
    OrderMoved {
        order_id: U63,
        price_ticks: Ticks,
    }
    OrderReduced {
        order_id: U63,
        quantity_lots: Lots,
    }
    BookCleared<'a> {
        instrument_id: Id,
        phase: Phase,
    }
    SettleLeg<'a> {
        instrument_id: Id,
        trade_id: U63,
        account_id: Id,
        side: Side,
        base_amount: Amount,
        quote_amount: SignedAmount,
        fee_amount: SignedAmount,
    }
    DepositSettled<'a> {
        account_id: Id,
        asset_id: Id,
        amount: Amount,
    }
    DepthAdded<'a> {
        instrument_id: Id,
        order_id: U63,
        side: Side,
        price_ticks: Ticks,
        quantity_lots: Lots,
    }
    DepthReduced<'a> {
        instrument_id: Id,
        order_id: U63,
        quantity_lots: Lots,
    }
    DepthRemoved<'a> {
        instrument_id: Id,
        order_id: U63,
    }
    TradePublished<'a> {
        instrument_id: Id,
        trade_id: U63,
        price_ticks: Ticks,
        quantity_lots: Lots,
        aggressor_side: Nullable<Side>,
        resting_order_id: Nullable<U63>,
        time_ms: U63,
    }
    PhasePublished<'a> {
        instrument_id: Id,
        phase: Phase,
    }
    IndicativePublished<'a> {
        instrument_id: Id,
        price_ticks: Nullable<Ticks>,
        quantity_lots: Lots,
    }
    UnpricedAdded<'a> {
        instrument_id: Id,
        order_id: U63,
        side: Side,
        quantity_lots: Lots,
    }
    BandsPublished<'a> {
        instrument_id: Id,
        static_ticks: Nullable<Ticks>,
        dynamic_ticks: Nullable<Ticks>,
        reference_ticks: Nullable<Ticks>,
    }
    MarkPricePublished<'a> {
        instrument_id: Id,
        price_ticks: Ticks,
    }
    SnapshotBegun<'a> {
        sequence: U63,
        position: Blob,
        events: U32,
    }
    TotalsTold<'a> {
        instrument_id: Id,
        orders_added: U63,
        trades: U63,
        volume_lots: U63,
    }
    Tick {
        number: U63,
        time_ms: U63,
    }
    ClockRead {
        time_ms: U63,
    }
    DefineShards {
        risk_shards: U16,
        book_shards: U16,
        settlement_shards: U16,
    }
    SetBehaviour {
        version: U16,
    }
    SetSlots {
        first_slot: U16,
        last_slot: U16,
        risk_shard: U16,
        settlement_shard: U16,
    }
    DefineAsset<'a> {
        asset_id: Id,
        decimals: U8,
    }
    DefineInstrument<'a> {
        instrument_id: Id,
        book: U16,
        base_asset_id: Id,
        quote_asset_id: Id,
        lot_units: Amount,
        tick_lot_units: Amount,
        price_increment_ticks: Ticks,
        price_min_ticks: Ticks,
        price_max_ticks: Ticks,
        quantity_increment_lots: Lots,
        quantity_min_lots: Lots,
        quantity_max_lots: Lots,
        window: U32,
        phase: Phase,
        pro_rata_minimum_lots: Lots,
        top_order: Bool,
    }
    SetOrderRules<'a> {
        instrument_id: Id,
        least_display_lots: Lots,
        early_auction_orders: Bool,
    }
    DefineParticipant<'a> {
        participant_id: Id,
        slot: U16,
        maker_fee_rate: Rate,
        taker_fee_rate: Rate,
        open_orders_max: U32,
        commands_in_flight_max: U32,
    }
    RegisterKey<'a> {
        participant_id: Id,
        public_key: Key,
        permissions: Permissions,
        reason: Text,
    }
    RevokeKey<'a> {
        public_key: Key,
        reason: Text,
    }
    OpenAccount<'a> {
        account_id: Id,
        participant_id: Id,
    }
    Deposit<'a> {
        account_id: Id,
        asset_id: Id,
        amount: Amount,
    }
    SetPhase<'a> {
        instrument_id: Id,
        phase: Phase,
        reason: Text,
        reference: U63,
    }
    SetNotionalLimit<'a> {
        participant_id: Id,
        asset_id: Id,
        amount: Amount,
    }
    RegisterOperator<'a> {
        public_key: Key,
    }
    OpenIngress<'a> {
        participant_id: Id,
        commands_per_s_max: U32,
    }
    SetOrderRate<'a> {
        participant_id: Id,
        orders_per_s_max: U32,
    }
    ReleaseQuarantine<'a> {
        shard: Text,
        subject: Text,
        discard: Bool,
        reason: Text,
    }
    ReleaseOrders<'a> {
        instrument_id: Id,
        reason: Text,
    }
    SetBands<'a> {
        instrument_id: Id,
        static_ticks: Nullable<Ticks>,
        dynamic_ticks: Nullable<Ticks>,
        interruption_clock_ticks: U32,
        reason: Text,
        reference: U63,
    }
    SetReferencePrice<'a> {
        instrument_id: Id,
        price_ticks: Ticks,
        reason: Text,
        reference: U63,
    }
    SetMarkPrice<'a> {
        instrument_id: Id,
        price_ticks: Ticks,
        reason: Text,
        reference: U63,
    }
    SetCircuitBreaker<'a> {
        instrument_id: Id,
        move_ticks: U63,
        window_clock_ticks: U32,
        pause_clock_ticks: U32,
        phase: Phase,
        reason: Text,
        reference: U63,
    }
    SchedulePhase<'a> {
        instrument_id: Id,
        time_of_day_ms: U32,
        phase: Phase,
        reason: Text,
        reference: U63,
        at_once: Bool,
    }
    ClearTimetable<'a> {
        instrument_id: Id,
        reason: Text,
        reference: U63,
    }
    FramesForwarded<'a> {
        participant_id: Id,
        ordinal: U63,
        position: Blob,
    }
    FrameRefused<'a> {
        participant_id: Id,
        ordinal: U63,
        position: Blob,
        reason: Reason,
        frame: Blob,
        frame_bytes: U32,
    }
    DecisionTaken<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
    }
    DecisionRefused<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        reason: Reason,
    }
    ChangeMade<'a> {
        instrument_id: Id,
        reference: U63,
        phase: Phase,
    }
    ChangeRefused<'a> {
        instrument_id: Id,
        reference: U63,
        reason: Reason,
        bound: SignedAmount,
        actual: SignedAmount,
    }
    ChangePutAside<'a> {
        instrument_id: Id,
        reference: U63,
    }
    PrimaryClaimed<'a> {
        claimant: Blob,
    }
    EventSkipped<'a> {
        claimant: Blob,
        position: Blob,
        source: Name,
        sequence: U63,
        events_applied: U63,
        subject: Text,
        event: Blob,
        why: Note,
        decided_at_us: U63,
    }
    FrameResent<'a> {
        shard: Text,
        position: Blob,
        source: Name,
        first: U63,
        crc: U32,
        events: U32,
        body: Body,
        reason: Text,
        after: Blob,
    }
    LossAccepted<'a> {
        shard: Text,
        position: Blob,
        source: Name,
        last: U63,
        crc: U32,
        cost: Note,
        reason: Text,
        after: Blob,
    }
    EventReplaced<'a> {
        shard: Text,
        position: Blob,
        source: Name,
        sequence: U63,
        instead: Blob,
        cost: Note,
        reason: Text,
        after: Blob,
    }
    FrameDropped<'a> {
        shard: Text,
        position: Blob,
        cost: Note,
        reason: Text,
        after: Blob,
    }
    SessionOpened<'a> {
        last_sequence: U63,
        public_key: Key,
        epoch: U63,
        previous_epoch: U63,
        previous_last_sequence: U63,
        open_orders: U32,
    }
    StaleSession<'a> {
        last_sequence: U63,
        public_key: Key,
        epoch: U63,
        current_epoch: U63,
    }
    GapDetected<'a> {
        last_sequence: U63,
        public_key: Key,
        expected_sequence: U63,
        received_sequence: U63,
    }
    StreamMismatch<'a> {
        last_sequence: U63,
        public_key: Key,
        expected_crc: U32,
        received_crc: U32,
    }
    CommandRefused {
        last_sequence: U63,
        reason: Reason,
        bound: SignedAmount,
        actual: SignedAmount,
    }
    OrderAccepted<'a> {
        last_sequence: U63,
        account_id: Id,
        client_order_id: Text,
        order_id: U63,
        instrument_id: Id,
    }
    OrderRejected<'a> {
        last_sequence: U63,
        account_id: Text,
        client_order_id: Text,
        reason: Reason,
        bound: SignedAmount,
        actual: SignedAmount,
    }
    OrderFilled<'a> {
        last_sequence: U63,
        account_id: Id,
        client_order_id: Text,
        order_id: U63,
        instrument_id: Id,
        side: Side,
        trade_id: U63,
        price_ticks: Ticks,
        quantity_lots: Lots,
        leaves_lots: Lots,
        role: Role,
        fee_amount: SignedAmount,
    }
    OrderCanceled<'a> {
        last_sequence: U63,
        account_id: Id,
        client_order_id: Text,
        order_id: U63,
        instrument_id: Id,
        quantity_lots: Lots,
        reason: Reason,
    }
    CancelRejected<'a> {
        last_sequence: U63,
        account_id: Text,
        client_order_id: Text,
        reason: Reason,
        bound: SignedAmount,
        actual: SignedAmount,
    }
    OrderReplaced<'a> {
        last_sequence: U63,
        account_id: Id,
        client_order_id: Text,
        order_id: U63,
        instrument_id: Id,
        price_ticks: Ticks,
        quantity_lots: Lots,
        leaves_lots: Lots,
    }
    ReplaceRejected<'a> {
        last_sequence: U63,
        account_id: Text,
        client_order_id: Text,
        reason: Reason,
        bound: SignedAmount,
        actual: SignedAmount,
    }
    OrderStatus<'a> {
        last_sequence: U63,
        account_id: Id,
        client_order_id: Text,
        order_id: U63,
        instrument_id: Id,
        side: Side,
        price_ticks: Ticks,
        quantity_lots: Lots,
        leaves_lots: Lots,
        order_type: OrderType,
        time_in_force: TimeInForce,
        post_only: Bool,
        triggered: Bool,
        terms: Nullable<OrderTerms<'static>>,
    }
    OrderTriggered<'a> {
        last_sequence: U63,
        account_id: Id,
        client_order_id: Text,
        order_id: U63,
        instrument_id: Id,
    }
    OrderRepriced<'a> {
        last_sequence: U63,
        account_id: Id,
        client_order_id: Text,
        order_id: U63,
        instrument_id: Id,
        price_ticks: Ticks,
    }
    OrderDecremented<'a> {
        last_sequence: U63,
        account_id: Id,
        client_order_id: Text,
        order_id: U63,
        instrument_id: Id,
        quantity_lots: Lots,
        leaves_lots: Lots,
    }
    BalanceCredited<'a> {
        last_sequence: U63,
        account_id: Id,
        asset_id: Id,
        amount: Amount,
        balance: SignedAmount,
    }
    DeadLetter<'a> {
        partition: Text,
        position: Blob,
        reason: Reason,
        frame: Blob,
        frame_bytes: U32,
    }
    MassCancel<'a> {
        request_id: Text,
        account_id: Text,
        instrument_id: Nullable<Text>,
        side: Nullable<U8>,
        quote_group: Nullable<Text>,
    }
    RequestOrders<'a> {
        request_id: Text,
        account_id: Nullable<Text>,
    }
    MassCanceled<'a> {
        last_sequence: U63,
        request_id: Text,
        account_id: Id,
        asked: U32,
        pending: U32,
        closed: U32,
    }
    RequestRejected<'a> {
        last_sequence: U63,
        request_id: Text,
        account_id: Nullable<Text>,
        reason: Reason,
        bound: SignedAmount,
        actual: SignedAmount,
    }
    MassCancelMissed<'a> {
        last_sequence: U63,
        account_id: Id,
        client_order_id: Text,
        order_id: U63,
        instrument_id: Id,
        reason: Reason,
    }
    OrdersListed<'a> {
        last_sequence: U63,
        request_id: Text,
        account_id: Nullable<Text>,
        orders: U32,
    }
    CancelForOperator<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        participant_id: Nullable<Id>,
        account_id: Nullable<Id>,
        instrument_id: Nullable<Id>,
        side: Nullable<U8>,
    }
    OperatorMassCancel<'a> {
        participant_id: Nullable<Id>,
        account_id: Nullable<Id>,
        instrument_id: Nullable<Id>,
        side: Nullable<U8>,
        reason: Text,
    }
    OrdersAsked<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        risk_shard: U16,
        asked: U32,
        pending: U32,
        closed: U32,
    }
    BustTrade<'a> {
        instrument_id: Id,
        trade_id: U63,
        reason: Text,
    }
    CorrectTrade<'a> {
        instrument_id: Id,
        trade_id: U63,
        price_ticks: Ticks,
        reason: Text,
    }
    ReverseTrade<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        instrument_id: Id,
        trade_id: U63,
        price_ticks: Nullable<Ticks>,
    }
    FillReversed<'a> {
        instrument_id: Id,
        trade_id: U63,
        account_id: Id,
        order_id: U63,
        side: Side,
        quantity_lots: Lots,
        price_ticks: Ticks,
        fee_amount: SignedAmount,
        corrected_price_ticks: Nullable<Ticks>,
        corrected_fee_amount: SignedAmount,
    }
    BalanceNegative<'a> {
        last_sequence: U63,
        account_id: Id,
        asset_id: Id,
        negative: Bool,
        balance: SignedAmount,
    }
    TradeBusted<'a> {
        last_sequence: U63,
        account_id: Id,
        order_id: U63,
        instrument_id: Id,
        side: Side,
        trade_id: U63,
        price_ticks: Ticks,
        quantity_lots: Lots,
        fee_amount: SignedAmount,
    }
    TradeCorrected<'a> {
        last_sequence: U63,
        account_id: Id,
        order_id: U63,
        instrument_id: Id,
        side: Side,
        trade_id: U63,
        price_ticks: Ticks,
        quantity_lots: Lots,
        fee_amount: SignedAmount,
        previous_price_ticks: Ticks,
        previous_fee_amount: SignedAmount,
    }
    TradeBustPublished<'a> {
        instrument_id: Id,
        trade_id: U63,
    }
    TradeCorrectionPublished<'a> {
        instrument_id: Id,
        trade_id: U63,
        price_ticks: Ticks,
    }
    TradeReversed<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        instrument_id: Id,
        trade_id: U63,
        quantity_lots: Lots,
        price_ticks: Ticks,
        corrected_price_ticks: Nullable<Ticks>,
        buyer: Id,
        buyer_fee_amount: SignedAmount,
        seller: Id,
        seller_fee_amount: SignedAmount,
    }
    ReversalRefused<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        reason: Reason,
        bound: SignedAmount,
        actual: SignedAmount,
    }
    PlacePair<'a> {
        limit: PlaceOrder<'static>,
        stop: PlaceOrder<'static>,
    }
    PlaceBracket<'a> {
        entry: PlaceOrder<'static>,
        limit: PlaceOrder<'static>,
        stop: PlaceOrder<'static>,
    }
    EnterPair<'a> {
        limit: EnterOrder<'static>,
        stop: EnterOrder<'static>,
    }
    EnterBracket<'a> {
        entry: EnterOrder<'static>,
        limit: EnterOrder<'static>,
        stop: EnterOrder<'static>,
    }
    ExitActivated {
        order_id: U63,
        quantity_lots: Lots,
    }
    ExitStarted<'a> {
        last_sequence: U63,
        account_id: Id,
        client_order_id: Text,
        order_id: U63,
        instrument_id: Id,
        quantity_lots: Lots,
    }
    OrdersLinked<'a> {
        last_sequence: U63,
        account_id: Id,
        instrument_id: Id,
        limit_client_order_id: Text,
        stop_client_order_id: Text,
        entry_client_order_id: Nullable<Text>,
        filled_lots: Lots,
    }
    MassQuote<'a> {
        request_id: Text,
        account_id: Text,
        instrument_id: Text,
        quote_group: Text,
        quotes: Several<Quote<'static>>,
    }
    SetQuotes<'a> {
        instrument_id: Id,
        account_id: Id,
        slot: U16,
        quote_group: Text,
        maker_fee_rate: Rate,
        taker_fee_rate: Rate,
        quotes: Several<QuoteToSet>,
    }
    QuotesRejected<'a> {
        last_sequence: U63,
        request_id: Text,
        account_id: Text,
        client_order_id: Nullable<Text>,
        reason: Reason,
        bound: SignedAmount,
        actual: SignedAmount,
    }
    SetLimit<'a> {
        participant_id: Id,
        account_id: Nullable<Id>,
        kind: U8,
        asset_id: Nullable<Id>,
        bound: Nullable<Amount>,
        reason: Text,
    }
    SetLimitForOperator<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        participant_id: Id,
        account_id: Nullable<Id>,
        kind: U8,
        asset_id: Nullable<Id>,
        bound: Nullable<Amount>,
    }
    LimitChanged<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        risk_shard: U16,
        before: Nullable<Amount>,
        after: Nullable<Amount>,
    }
    LimitRefused<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        risk_shard: U16,
        reason: Reason,
    }
    SetAccountState<'a> {
        account_id: Id,
        state: U8,
        reason: Text,
    }
    SetAccountStateForOperator<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        account_id: Id,
        state: AccountState,
    }
    AccountStateChanged<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        risk_shard: U16,
        before: AccountState,
        after: AccountState,
    }
    AccountStateTold<'a> {
        last_sequence: U63,
        account_id: Id,
        state: AccountState,
    }
    SetPriceCollar<'a> {
        instrument_id: Id,
        per_mille: U16,
        on_mark: Bool,
        reason: Text,
        reference: U63,
    }
    CollarMoved<'a> {
        instrument_id: Id,
        per_mille: U16,
        reference_ticks: Nullable<Ticks>,
    }
    ShowLimits<'a> {
        participant_id: Id,
    }
    ShowLimitsForOperator<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        participant_id: Id,
    }
    LimitTold<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        account_id: Nullable<Id>,
        kind: LimitKind,
        asset_id: Nullable<Id>,
        bound: Amount,
        actual: SignedAmount,
    }
    AccountTold<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        account_id: Id,
        state: AccountState,
    }
    LimitsTold<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        told: U32,
    }
    ListInstrument<'a> {
        instrument_id: Id,
        book: U16,
        base_asset_id: Id,
        quote_asset_id: Id,
        lot_units: Amount,
        tick_lot_units: Amount,
        price_increment_ticks: Ticks,
        price_min_ticks: Ticks,
        price_max_ticks: Ticks,
        quantity_increment_lots: Lots,
        quantity_min_lots: Lots,
        quantity_max_lots: Lots,
        window: U32,
        pro_rata_minimum_lots: Lots,
        top_order: Bool,
        least_display_lots: Lots,
        early_auction_orders: Bool,
        reason: Text,
    }
    RetireInstrument<'a> {
        instrument_id: Id,
        reason: Text,
        reference: U63,
    }
    AddAsset<'a> {
        asset_id: Id,
        decimals: U8,
        reason: Text,
    }
    AddParticipant<'a> {
        participant_id: Id,
        slot: U16,
        maker_fee_rate: Rate,
        taker_fee_rate: Rate,
        open_orders_max: U32,
        commands_in_flight_max: U32,
        commands_per_s_max: Nullable<U32>,
        reason: Text,
    }
    AddAccount<'a> {
        account_id: Id,
        participant_id: Id,
        funds: Several<Funds<'static>>,
        reason: Text,
    }
    SetFees<'a> {
        maker_fee_rate: Rate,
        taker_fee_rate: Rate,
        reason: Text,
    }
    AddOperator<'a> {
        public_key: Key,
        reason: Text,
    }
    RevokeOperator<'a> {
        public_key: Key,
        reason: Text,
    }
    ChangeProcess<'a> {
        action: Text,
        kind: Text,
        name: Text,
        what: Note,
        reason: Text,
    }
    MoveSlots<'a> {
        first_slot: U16,
        last_slot: U16,
        old: U16,
        new: U16,
        reason: Text,
        slots_at_once: Later<U16>,
    }
    ExpectSlots {
        move_id: U63,
        first_slot: U16,
        last_slot: U16,
        old: U16,
    }
    SlotsExpected {
        move_id: U63,
    }
    LeaveSlots {
        move_id: U63,
        first_slot: U16,
        last_slot: U16,
        new: U16,
        book_shards: U16,
        settlement_shards: U16,
    }
    SlotsLeaving {
        move_id: U63,
        first_slot: U16,
        last_slot: U16,
        old: U16,
        new: U16,
    }
    SlotsSwitched<'a> {
        move_id: U63,
        shard: Id,
    }
    SlotsState<'a> {
        move_id: U63,
        section: Id,
        rows: Part,
    }
    SlotsGiven {
        move_id: U63,
    }
    SlotsMoved {
        move_id: U63,
    }
    MovedAway {
        last_sequence: U63,
        risk_shard: U16,
        move_id: U63,
    }
    MovedHere<'a> {
        last_sequence: U63,
        risk_shard: U16,
        public_key: Key,
        epoch: U63,
        last: U63,
        move_id: U63,
    }
    AddRiskShard<'a> {
        risk_shard: U16,
        reason: Text,
    }
    RetireRiskShard<'a> {
        risk_shard: U16,
        reason: Text,
    }
    GiveDefinitions {
        move_id: U63,
        new: U16,
    }
    SwitchStands<'a> {
        scope: KillScope,
        name: Text,
        since_ms: U63,
    }
    DefinitionsGiven {
        move_id: U63,
    }
    ShardRetired {
        risk_shard: U16,
    }
    MoveSettlementSlots<'a> {
        first_slot: U16,
        last_slot: U16,
        old: U16,
        new: U16,
        reason: Text,
    }
    AddSettlementShard<'a> {
        settlement_shard: U16,
        reason: Text,
    }
    RetireSettlementShard<'a> {
        settlement_shard: U16,
        reason: Text,
    }
    SettleElsewhere {
        move_id: U63,
        first_slot: U16,
        last_slot: U16,
        old: U16,
        new: U16,
    }
    DefineSlot<'a> {
        participant_id: Id,
        slot: U16,
    }
    GiveAccounts {
        move_id: U63,
        first_slot: U16,
        last_slot: U16,
        new: U16,
        book_shards: U16,
    }
    GiveRest {
        move_id: U63,
        new: U16,
    }
    BalanceComes<'a> {
        account_id: Id,
        asset_id: Id,
        debit_amount: Amount,
        credit_amount: Amount,
    }
    SettlementRetired {
        settlement_shard: U16,
    }
    DefineSettlement<'a> {
        instrument_id: Id,
        base_asset_id: Id,
        quote_asset_id: Id,
    }
    ExpectLane<'a> {
        move_id: U63,
        participant_id: Id,
    }
    LeaveLane<'a> {
        move_id: U63,
        participant_id: Id,
        new: U16,
    }
    LaneGiven<'a> {
        move_id: U63,
        participant_id: Id,
        commands_per_s_max: U32,
        keys: Part,
        ordinal: U63,
        position: Blob,
        refused: U63,
    }
    LaneTaken<'a> {
        move_id: U63,
        participant_id: Id,
    }
    RequireApprovals {
        group: DecisionGroup,
        operators: U8,
        expire_clock_ticks: U32,
    }
    DecisionProposed<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        digest: Digest,
        operators: U8,
        expires_tick: U63,
        event: Body,
    }
    ApproveDecision<'a> {
        digest: Digest,
        reason: Text,
    }
    WithdrawDecision<'a> {
        digest: Digest,
        reason: Text,
    }
    ProposalEnded<'a> {
        digest: Digest,
        ending: Ending,
    }
    ChangeBehaviour<'a> {
        version: U16,
        reason: Text,
    }
    TakeBehaviour {
        change: U63,
        version: U16,
        askers: U16,
        asked: U16,
    }
    BehaviourTaken<'a> {
        change: U63,
        shard: Id,
        version: U16,
    }
    BehaviourLeft<'a> {
        change: U63,
        shard: Id,
        version: U16,
    }
    BehaviourChanged {
        change: U63,
        version: U16,
    }
    SetKillSwitch<'a> {
        scope: KillScope,
        name: Text,
        on: Bool,
        reason: Text,
    }
    ThrowKillSwitch<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        scope: KillScope,
        name: Text,
        on: Bool,
    }
    KillSwitchThrown<'a> {
        public_key: Key,
        epoch: U63,
        sequence: U63,
        risk_shard: U16,
        scope: KillScope,
        name: Text,
        on: Bool,
        since_ms: U63,
        asked: U32,
        pending: U32,
        closed: U32,
    }
    KillSwitchChanged<'a> {
        last_sequence: U63,
        scope: KillScope,
        name: Text,
        on: Bool,
        asked: U32,
        pending: U32,
        closed: U32,
    }
    KillOwn<'a> {
        request_id: Text,
    }
    ReleaseOwn<'a> {
        request_id: Text,
    }
    OwnKillSwitchSet<'a> {
        last_sequence: U63,
        request_id: Text,
        on: Bool,
        asked: U32,
        pending: U32,
        closed: U32,
    }
    Heartbeat {
    }
    SetDisconnect<'a> {
        request_id: Text,
        after_ms: U63,
    }
    DisconnectSet<'a> {
        last_sequence: U63,
        request_id: Text,
        after_ms: U63,
    }
    Disconnected<'a> {
        last_sequence: U63,
        public_key: Key,
        after_ms: U63,
        asked: U32,
        pending: U32,
        closed: U32,
    }
    SetProtection<'a> {
        request_id: Text,
        quote_group: Text,
        window_ms: U63,
        lots: Lots,
        fills: U32,
    }
    ResetProtection<'a> {
        request_id: Text,
        quote_group: Text,
    }
    ProtectionSet<'a> {
        last_sequence: U63,
        request_id: Text,
        quote_group: Text,
        window_ms: U63,
        lots: Lots,
        fills: U32,
    }
    ProtectionTripped<'a> {
        last_sequence: U63,
        quote_group: Text,
        lots: U63,
        fills: U63,
        asked: U32,
        pending: U32,
        closed: U32,
    }
    LimitBreached<'a> {
        time_ms: U63,
        participant_id: Id,
        reason: Reason,
        count: U63,
        account_id: Id,
        bound: SignedAmount,
        actual: SignedAmount,
    }
    LimitNear<'a> {
        time_ms: U63,
        participant_id: Id,
        reason: Reason,
        bound: SignedAmount,
        used: SignedAmount,
        account_id: Nullable<Id>,
        asset_id: Nullable<Id>,
    }
    RiskLimitChanged<'a> {
        time_ms: U63,
        participant_id: Id,
        reason: Reason,
        subject: Text,
        before: Nullable<SignedAmount>,
        after: Nullable<SignedAmount>,
    }
    TradingStopped<'a> {
        time_ms: U63,
        scope: KillScope,
        name: Text,
        on: Bool,
        asked: U32,
    }
    SessionSilent<'a> {
        time_ms: U63,
        participant_id: Id,
        public_key: Key,
        after_ms: U63,
        asked: U32,
    }
    QuotesPulled<'a> {
        time_ms: U63,
        participant_id: Id,
        quote_group: Text,
        lots: U63,
        fills: U63,
        asked: U32,
    }
    OrderTerms<'a> {
        stop_price_ticks: Nullable<Ticks>,
        trail_ticks: Nullable<Ticks>,
        on_mark: Bool,
        display_lots: Nullable<Lots>,
        min_quantity_lots: Nullable<Lots>,
        expire_time_ms: Nullable<U63>,
        slide_ticks: Nullable<Ticks>,
        stp_group: Name,
        stp_mode: U8,
        quote_group: Text,
        trader_id: Text,
    }
    Quote<'a> {
        client_order_id: Text,
        side: U8,
        price_ticks: Ticks,
        quantity_lots: Lots,
    }
    QuoteToSet {
        order_id: U63,
        side: Side,
        price_ticks: Ticks,
        quantity_lots: Lots,
        is_new: Bool,
    }
    Funds<'a> {
        asset_id: Id,
        amount: Amount,
    }
}

events! { 'a:
    1 OpenSession,
    2 PlaceOrder<'a>,
    3 CancelOrder<'a>,
    4 ReplaceOrder<'a>,
    20 EnterOrder<'a>,
    21 RemoveOrder<'a>,
    22 AmendOrder<'a>,
    30 OrderEntered,
    31 EntryRefused,
    32 OrderExecuted,
    33 OrderRemoved,
    34 RemovalRefused,
    35 OrderAmended,
    36 AmendmentRefused,
    37 PhaseChanged<'a>,
    40 SettleLeg<'a>,
    41 DepositSettled<'a>,
    50 DepthAdded<'a>,
    51 DepthReduced<'a>,
    52 DepthRemoved<'a>,
    53 TradePublished<'a>,
    54 PhasePublished<'a>,
    60 DecisionTaken<'a>,
    61 DecisionRefused<'a>,
    62 PrimaryClaimed<'a>,
    63 EventSkipped<'a>,
    64 FrameResent<'a>,
    65 LossAccepted<'a>,
    66 EventReplaced<'a>,
    67 FrameDropped<'a>,
    68 ClearBook<'a>,
    69 BookCleared<'a>,
    70 Tick,
    71 ClockRead,
    72 DefineShards,
    73 SetBehaviour,
    74 SetSlots,
    75 DefineAsset<'a>,
    76 DefineInstrument<'a>,
    77 DefineParticipant<'a>,
    78 RegisterKey<'a>,
    79 RevokeKey<'a>,
    80 OpenAccount<'a>,
    81 Deposit<'a>,
    82 SetPhase<'a>,
    83 SetNotionalLimit<'a>,
    84 RegisterOperator<'a>,
    85 OpenIngress<'a>,
    86 ReleaseQuarantine<'a>,
    87 ReleaseOrders<'a>,
    88 ChangeProcess<'a>,
    89 SetOrderRate<'a>,
    90 FramesForwarded<'a>,
    91 FrameRefused<'a>,
    92 AddRiskShard<'a>,
    93 RetireRiskShard<'a>,
    94 GiveDefinitions,
    95 SwitchStands<'a>,
    96 DefinitionsGiven,
    97 ShardRetired,
    98 MoveSettlementSlots<'a>,
    99 AddSettlementShard<'a>,
    100 SessionOpened<'a>,
    101 StaleSession<'a>,
    102 GapDetected<'a>,
    103 StreamMismatch<'a>,
    104 CommandRefused,
    105 OrderAccepted<'a>,
    106 OrderRejected<'a>,
    107 OrderFilled<'a>,
    108 OrderCanceled<'a>,
    109 CancelRejected<'a>,
    110 OrderReplaced<'a>,
    111 ReplaceRejected<'a>,
    112 OrderStatus<'a>,
    113 BalanceCredited<'a>,
    114 MovedAway,
    115 MovedHere<'a>,
    116 SlotsState<'a>,
    117 SlotsGiven,
    118 SlotsMoved,
    119 RetireSettlementShard<'a>,
    120 DeadLetter<'a>,
    121 ChangeBehaviour<'a>,
    122 TakeBehaviour,
    123 BehaviourTaken<'a>,
    124 BehaviourLeft<'a>,
    125 BehaviourChanged,
    126 SettleElsewhere,
    128 GiveAccounts,
    129 GiveRest,
    130 OrderActivated,
    131 OrderMoved,
    132 OrderReduced,
    133 OrderTriggered<'a>,
    134 OrderRepriced<'a>,
    135 OrderDecremented<'a>,
    136 PlacePair<'a>,
    137 PlaceBracket<'a>,
    138 EnterPair<'a>,
    139 EnterBracket<'a>,
    140 ExitActivated,
    141 ExitStarted<'a>,
    142 OrdersLinked<'a>,
    143 SettlementRetired,
    144 DefineSettlement<'a>,
    145 MassQuote<'a>,
    146 SetQuotes<'a>,
    147 QuotesRejected<'a>,
    148 SetOrderRules<'a>,
    149 DefineSlot<'a>,
    150 SetBands<'a>,
    151 SetReferencePrice<'a>,
    152 SetMarkPrice<'a>,
    153 SetCircuitBreaker<'a>,
    154 SchedulePhase<'a>,
    155 ClearTimetable<'a>,
    156 ChangeMade<'a>,
    157 ChangeRefused<'a>,
    158 ChangePutAside<'a>,
    159 BalanceComes<'a>,
    160 IndicativePublished<'a>,
    161 UnpricedAdded<'a>,
    162 BandsPublished<'a>,
    163 MarkPricePublished<'a>,
    164 ListInstrument<'a>,
    165 RetireInstrument<'a>,
    166 AddAsset<'a>,
    167 AddParticipant<'a>,
    168 AddAccount<'a>,
    169 SetFees<'a>,
    170 SnapshotBegun<'a>,
    171 TotalsTold<'a>,
    172 AddOperator<'a>,
    173 RevokeOperator<'a>,
    174 MoveSlots<'a>,
    175 ExpectSlots,
    176 SlotsExpected,
    177 LeaveSlots,
    178 SlotsLeaving,
    179 SlotsSwitched<'a>,
    180 MassCancel<'a>,
    181 RequestOrders<'a>,
    182 MassCanceled<'a>,
    183 RequestRejected<'a>,
    184 MassCancelMissed<'a>,
    185 OrdersListed<'a>,
    186 CancelForOperator<'a>,
    187 OperatorMassCancel<'a>,
    188 BustTrade<'a>,
    189 CorrectTrade<'a>,
    190 ReverseTrade<'a>,
    191 FillReversed<'a>,
    192 BalanceNegative<'a>,
    193 TradeBusted<'a>,
    194 TradeCorrected<'a>,
    195 TradeBustPublished<'a>,
    196 TradeCorrectionPublished<'a>,
    197 TradeReversed<'a>,
    198 ReversalRefused<'a>,
    199 OrdersAsked<'a>,
    200 SetLimit<'a>,
    201 SetLimitForOperator<'a>,
    202 LimitChanged<'a>,
    203 LimitRefused<'a>,
    204 SetAccountState<'a>,
    205 SetAccountStateForOperator<'a>,
    206 AccountStateChanged<'a>,
    207 AccountStateTold<'a>,
    208 SetPriceCollar<'a>,
    209 CollarMoved<'a>,
    210 RequireApprovals,
    211 DecisionProposed<'a>,
    212 ApproveDecision<'a>,
    213 WithdrawDecision<'a>,
    214 ProposalEnded<'a>,
    215 ShowLimits<'a>,
    216 ShowLimitsForOperator<'a>,
    217 LimitTold<'a>,
    218 AccountTold<'a>,
    219 LimitsTold<'a>,
    220 SetKillSwitch<'a>,
    221 ThrowKillSwitch<'a>,
    222 KillSwitchThrown<'a>,
    223 KillSwitchChanged<'a>,
    224 Heartbeat,
    225 SetDisconnect<'a>,
    226 DisconnectSet<'a>,
    227 Disconnected<'a>,
    228 SetProtection<'a>,
    229 ResetProtection<'a>,
    230 ProtectionSet<'a>,
    231 ProtectionTripped<'a>,
    232 LimitBreached<'a>,
    233 LimitNear<'a>,
    234 RiskLimitChanged<'a>,
    235 TradingStopped<'a>,
    236 SessionSilent<'a>,
    237 QuotesPulled<'a>,
    238 KillOwn<'a>,
    239 ReleaseOwn<'a>,
    240 OwnKillSwitchSet<'a>,
    242 ExpectLane<'a>,
    243 LeaveLane<'a>,
    244 LaneGiven<'a>,
    245 LaneTaken<'a>,
}
