//! The closed vocabularies of the wire.
//!
//! Written by `python -m bulkhead.wire.rust` from `bulkhead/wire/table`: change that.

use super::kinds::{one_of, vocabulary};

vocabulary!(AccountState {
    Active = 1,
    CloseOnly = 2,
    Suspended = 3,
});
one_of!(AccountState);

vocabulary!(DecisionGroup {
    Limits = 1,
    Accounts = 2,
    Trading = 3,
    MassCancel = 4,
    Trades = 5,
    Keys = 6,
    Repairs = 7,
    KillSwitch = 8,
    Instruments = 9,
    Participants = 10,
    Fees = 11,
    Operators = 12,
    Behaviour = 13,
});
one_of!(DecisionGroup);

vocabulary!(Ending {
    Executed = 1,
    Withdrawn = 2,
    Expired = 3,
});
one_of!(Ending);

vocabulary!(KillScope {
    Account = 1,
    Participant = 2,
    Instrument = 3,
    Everything = 4,
    Own = 5,
});
one_of!(KillScope);

vocabulary!(LimitKind {
    OpenOrders = 1,
    CommandsInFlight = 2,
    OrdersPerS = 3,
    CancelsPer100Orders = 4,
    CancelWindowTicks = 5,
    CancelsFree = 6,
    OrderNotional = 7,
    OrderSize = 8,
    Position = 9,
    OpenNotional = 10,
    Credit = 11,
});
one_of!(LimitKind);

vocabulary!(OrderType {
    Limit = 1,
    Market = 2,
    MarketToLimit = 3,
    Stop = 4,
    StopLimit = 5,
    TrailingStop = 6,
});
one_of!(OrderType);

vocabulary!(Phase {
    Continuous = 1,
    Halted = 2,
    Closed = 3,
    PreOpen = 4,
    Auction = 5,
    VolatilityAuction = 6,
    ClosingAuction = 7,
    Retired = 8,
});
one_of!(Phase);

vocabulary!(Reason {
    Malformed = 1,
    TypeUnknown = 2,
    Quarantined = 3,
    KeyPermission = 8,
    AccountUnknown = 10,
    AccountHalted = 11,
    AccountCloseOnly = 12,
    AccountSuspended = 13,
    Killed = 15,
    Protected = 16,
    Disconnected = 17,
    InstrumentUnknown = 20,
    InstrumentHalted = 21,
    InstrumentRetired = 114,
    ShardUnknown = 22,
    Untimely = 23,
    PhaseUnsuitable = 24,
    TimeOfDay = 25,
    Link = 26,
    ExitQuantity = 27,
    QuoteCount = 28,
    QuoteOther = 29,
    Side = 30,
    OrderType = 31,
    TimeInForce = 32,
    PriceMissing = 33,
    PriceUnexpected = 34,
    PostOnly = 35,
    ClientOrderId = 36,
    Discard = 37,
    TermMissing = 38,
    TermUnexpected = 39,
    PriceIncrement = 40,
    PriceLow = 41,
    PriceHigh = 42,
    QuantityIncrement = 43,
    QuantityLow = 44,
    QuantityHigh = 45,
    Overflow = 46,
    NotionalLimit = 47,
    OrderSizeLimit = 101,
    Distance = 48,
    MinQuantityHigh = 49,
    PriceCollar = 100,
    OpenOrdersLimit = 50,
    OrderRateLimit = 55,
    CancelRatioLimit = 102,
    Balance = 51,
    PositionLimit = 103,
    OpenNotionalLimit = 104,
    CreditLimit = 105,
    ClientOrderIdRepeated = 52,
    InstrumentBusy = 53,
    CommandsInFlightLimit = 54,
    ExpireTime = 56,
    NoReferencePrice = 57,
    Group = 58,
    StpMode = 59,
    OrderUnknown = 60,
    ReplacedToDone = 61,
    CancelPending = 62,
    FilterMissing = 64,
    TradeUnknown = 65,
    TradeTooOld = 66,
    TradeBusted = 67,
    PriceSame = 68,
    ParticipantUnknown = 69,
    KeyUnfit = 120,
    KeyTaken = 121,
    Definition = 115,
    InstrumentKnown = 116,
    AssetKnown = 117,
    ParticipantKnown = 118,
    AccountKnown = 119,
    OperatorsNeeded = 122,
    PhaseNeeded = 123,
    OrdersOpen = 124,
    SlotMoving = 125,
    SlotsElsewhere = 126,
    ShardNumber = 133,
    ShardHasSlots = 134,
    ShardRetired = 135,
    Gateways = 127,
    BehaviourChanging = 130,
    BehaviourSame = 131,
    BehaviourStep = 132,
    AssetUnknown = 86,
    StateUnknown = 63,
    LimitUnknown = 87,
    LimitNeeded = 88,
    ProposalUnknown = 106,
    ProposalOwn = 107,
    ProposalRepeated = 108,
    ProposalsFull = 109,
    Requested = 70,
    ImmediateOrCancel = 71,
    FillOrKill = 72,
    Market = 73,
    Phase = 74,
    BookLost = 75,
    Expired = 76,
    SelfTrade = 77,
    MinQuantity = 78,
    WouldTrade = 79,
    Linked = 80,
    MassCancel = 82,
    OperatorCancel = 83,
    QuotesCrossed = 84,
    FrameMalformed = 90,
    FrameForeign = 91,
    FrameUnverified = 92,
    KeyUnknown = 93,
    SourceForbidden = 94,
    FrameDropped = 95,
    DisconnectTime = 110,
    ProtectionWindow = 111,
    ProtectionUnknown = 112,
    ProtectionsLimit = 113,
});
one_of!(Reason);

vocabulary!(Role {
    Maker = 1,
    Taker = 2,
    Auction = 3,
});
one_of!(Role);

vocabulary!(Side {
    Buy = 1,
    Sell = 2,
});
one_of!(Side);

vocabulary!(StpMode {
    CancelAggressor = 1,
    CancelResting = 2,
    CancelBoth = 3,
    Decrement = 4,
});
one_of!(StpMode);

vocabulary!(TimeInForce {
    Gtc = 1,
    Ioc = 2,
    Fok = 3,
    Day = 4,
    Gtd = 5,
    AtOpen = 6,
    AtClose = 7,
});
one_of!(TimeInForce);
