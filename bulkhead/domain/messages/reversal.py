"""Busts and corrections: an operator's decision about a trade, on its way to all whom the trade concerns."""

from bulkhead.domain.message import message
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Side


@message
class BustTrade:
    """Operator -> control: the trade is void. Nobody's order comes back for it."""

    instrument_id: str
    trade_id: int
    reason: str
    """the operator's words, for who reads the log later"""


@message
class CorrectTrade:
    """Operator -> control: the trade was at this price."""

    instrument_id: str
    trade_id: int
    price_ticks: int
    reason: str
    """the operator's words, for who reads the log later"""


@message
class ReverseTrade:
    """Control -> book: a BustTrade or CorrectTrade, and whose event it was."""

    public_key: bytes
    """the operator's"""
    epoch: int
    sequence: int
    """of the event in the operator's stream"""
    instrument_id: str
    trade_id: int
    price_ticks: int | None
    """the right price; none: a bust"""


@message
class FillReversed:
    """Book -> risk: one side of a trade that was busted or corrected. It follows its OrderExecuted, which is
    undone to the unit; then the corrected one holds, if there is one.
    """

    instrument_id: str
    trade_id: int
    account_id: str
    order_id: int
    side: Side
    quantity_lots: int
    price_ticks: int
    """that is undone"""
    fee_amount: int
    """that is undone; quote asset, negative: a rebate"""
    corrected_price_ticks: int | None
    """none: a bust"""
    corrected_fee_amount: int


@message
class TradeBusted:
    """Risk -> participant: what the fill had moved has been moved back, its fee too. The order is as it was
    after the fill: its executed quantity stays executed.
    """

    last_sequence: int
    account_id: str
    order_id: int
    instrument_id: str
    side: Side
    trade_id: int
    price_ticks: int
    quantity_lots: int
    fee_amount: int
    """given back; negative: a rebate that was taken back"""


@message
class TradeCorrected:
    """Risk -> participant: the fill counts as one at this price with this fee."""

    last_sequence: int
    account_id: str
    order_id: int
    instrument_id: str
    side: Side
    trade_id: int
    price_ticks: int
    quantity_lots: int
    fee_amount: int
    previous_price_ticks: int
    previous_fee_amount: int


@message
class BalanceNegative:
    """Risk -> participant: a balance has fallen below zero, or has come back to zero or above."""

    last_sequence: int
    account_id: str
    asset_id: str
    negative: bool
    """while it is, what needs this asset is refused (balance); fills and deposits bring it back"""
    balance: int


@message
class TradeBustPublished:
    instrument_id: str
    trade_id: int


@message
class TradeCorrectionPublished:
    instrument_id: str
    trade_id: int
    price_ticks: int
    """the right one"""


@message
class TradeReversed:
    """Book -> decisions: the operator's bust or correction was done, and everybody has been told."""

    public_key: bytes
    """the operator's"""
    epoch: int
    sequence: int
    """of the event in the operator's stream"""
    instrument_id: str
    trade_id: int
    quantity_lots: int
    price_ticks: int
    """that was undone"""
    corrected_price_ticks: int | None
    """none: a bust"""
    buyer: str
    """account"""
    buyer_fee_amount: int
    """that was undone"""
    seller: str
    seller_fee_amount: int


@message
class ReversalRefused:
    """Book -> decisions: the operator's bust or correction changed nothing."""

    public_key: bytes
    """the operator's"""
    epoch: int
    sequence: int
    """of the event in the operator's stream"""
    reason: Reason
    bound: int
    actual: int
