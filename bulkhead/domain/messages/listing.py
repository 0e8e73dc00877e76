"""What operators add to a running exchange, and end: instruments, assets, participants, accounts, fees, and
operators themselves.

Each is one decision, which control answers and passes on as the genesis would have said it. `reason`: the
operator's words, for who reads the log later.
"""

from bulkhead.domain.message import message


@message
class AddAsset:
    asset_id: str
    decimals: int
    reason: str = ""


@message
class ListInstrument:
    """Operator -> control: a new instrument, halted until an operator resumes it.

    Its book, risk and settlement are told. Risk takes its first order when its book says that it trades, so
    never before the book knows it. Fields as DefineInstrument and SetOrderRules have them.
    """

    instrument_id: str
    book: int
    """the partition of its book; the number of books: a new one, which is told what every other one was"""
    base_asset_id: str
    quote_asset_id: str
    lot_units: int
    tick_lot_units: int
    price_increment_ticks: int
    price_min_ticks: int
    price_max_ticks: int
    quantity_increment_lots: int
    quantity_min_lots: int
    quantity_max_lots: int
    window: int
    pro_rata_minimum_lots: int
    top_order: bool
    least_display_lots: int
    early_auction_orders: bool
    reason: str = ""


@message
class RetireInstrument:
    """Operator -> control -> book: nothing is ever done with the instrument again, and no other one gets its
    id. The book answers as to any decision about trading, and refuses where it is not halted or has orders.
    """

    instrument_id: str
    reason: str = ""
    reference: int = 0
    """as in messages/trading.py"""


@message
class AddParticipant:
    """Fields as DefineParticipant and OpenIngress have them."""

    participant_id: str
    slot: int
    maker_fee_rate: int
    taker_fee_rate: int
    open_orders_max: int
    commands_in_flight_max: int
    commands_per_s_max: int | None
    """None: it writes to its risk shard's partition, and to no topic of its own"""
    reason: str = ""


@message
class Funds:
    """What a new account of a development exchange is given."""

    asset_id: str
    amount: int


@message
class AddAccount:
    account_id: str
    participant_id: str
    funds: tuple[Funds, ...]
    reason: str = ""


@message
class SetFees:
    """Operator -> control -> every risk shard: the rates of orders that are accepted, or replaced, from then
    on. What an order was accepted with stays.
    """

    maker_fee_rate: int
    taker_fee_rate: int
    reason: str = ""


@message
class AddOperator:
    """Decisions signed with this key are obeyed from then on."""

    public_key: bytes
    reason: str = ""


@message
class RevokeOperator:
    """Nothing that the key signs is obeyed from then on, for ever; what waits with its signature has ended.

    Refused where fewer operators would be left than some decision needs.
    """

    public_key: bytes
    reason: str = ""
