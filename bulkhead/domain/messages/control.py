"""What a machine is told about the exchange: written to control by a gateway, distributed by its machine.

The first of these, in the order that `up` writes them, are the genesis.
"""

from bulkhead.domain.keys import EVERYTHING
from bulkhead.domain.message import message
from bulkhead.domain.terms import Phase


@message
class DefineShards:
    """How many of each there are; the control machine distributes to all of them."""

    risk_shards: int
    book_shards: int
    settlement_shards: int


@message
class SetBehaviour:
    """Genesis: the version of the rules; a machine that does not know it halts. Later: ChangeBehaviour."""

    version: int


@message
class SetSlots:
    """Slots `first_slot` up to and including `last_slot` belong to these shards."""

    first_slot: int
    last_slot: int
    risk_shard: int
    settlement_shard: int


@message
class DefineAsset:
    asset_id: str
    decimals: int


@message
class DefineInstrument:
    instrument_id: str
    book: int
    """the partition of its book"""
    base_asset_id: str
    quote_asset_id: str
    lot_units: int
    """base asset's smallest units in a lot"""
    tick_lot_units: int
    """quote asset's smallest units that one lot costs at a price of one tick"""
    price_increment_ticks: int
    price_min_ticks: int
    price_max_ticks: int
    quantity_increment_lots: int
    quantity_min_lots: int
    quantity_max_lots: int
    window: int
    """commands of one risk shard that its book may leave unanswered; beyond: instrument_busy"""
    phase: Phase
    pro_rata_minimum_lots: int = 0
    """the smallest share, where an arriving order is shared out pro rata at a price; 0: by time"""
    top_order: bool = False
    """pro rata: the order that bettered the market goes first"""


@message
class SetOrderRules:
    """What an instrument asks of its orders, where it asks anything."""

    instrument_id: str
    least_display_lots: int
    """an iceberg shows so much at least, or, where it is smaller, all of itself; 0: any slice will do"""
    early_auction_orders: bool
    """at_open and at_close orders that come before their auction wait for it; otherwise they are refused"""


@message
class DefineParticipant:
    participant_id: str
    slot: int
    maker_fee_rate: int
    taker_fee_rate: int
    open_orders_max: int
    commands_in_flight_max: int
    """commands that its books may not have answered"""


@message
class SetNotionalLimit:
    """The most that one order of the participant may cost in a quote asset."""

    participant_id: str
    asset_id: str
    amount: int


@message
class SetOrderRate:
    """The most orders and replaces of the participant that are taken in a second."""

    participant_id: str
    orders_per_s_max: int
    """0: any number"""


@message
class RegisterKey:
    """What the key signs is taken as the participant's. Said again of one that is: its permissions are these
    from then on.
    """

    participant_id: str
    public_key: bytes
    permissions: int = EVERYTHING
    """a Permission of domain/keys.py"""
    reason: str = ""
    """the operator's words, for who reads the log later"""


@message
class RevokeKey:
    """Nothing that the key signs is taken from then on, for ever."""

    public_key: bytes
    reason: str
    """the operator's words, for who reads the log later"""


@message
class OpenIngress:
    """The participant writes to a topic of its own, and a gateway forwards what verifies.

    Said before its keys are registered: those are then told to the gateway's machine too.
    """

    participant_id: str
    commands_per_s_max: int
    """that are forwarded; a frame counts as ten at least, a mass quote as its quotes"""


@message
class RegisterOperator:
    """Decisions signed with this key are obeyed."""

    public_key: bytes


@message
class OpenAccount:
    account_id: str
    participant_id: str


@message
class Deposit:
    """Settlement books it from the outside world to the account and tells risk."""

    account_id: str
    asset_id: str
    amount: int


@message
class SetPhase:
    """Operator -> book -> risk, so that risk never knows a phase before the book does."""

    instrument_id: str
    phase: Phase
    reason: str = ""
    """the operator's words, for who reads the log later"""
    reference: int = 0
    """as in messages/trading.py"""


@message
class ReleaseQuarantine:
    """Operator -> control -> the shard: what it has halted because of a quarantined event goes on."""

    shard: str
    subject: str
    """as EventSkipped says it"""
    discard: bool
    """whether the events put aside are dropped, instead of applied now"""
    reason: str
    """the operator's words, for who reads the log later"""


@message
class ReleaseOrders:
    """Operator -> control -> every risk shard: the book of this instrument is lost, and no order of it waits
    for it any longer.
    """

    instrument_id: str
    reason: str
    """the operator's words, for who reads the log later"""


@message
class Tick:
    """Moves a machine's time."""

    number: int
    """dense, from 1"""
    time_ms: int
    """the clock gateway's reading: milliseconds since 1970"""


@message
class ClockRead:
    """Clock gateway -> clock: one reading of the wall clock, in milliseconds since 1970."""

    time_ms: int
