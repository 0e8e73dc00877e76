"""Book -> settlement: the two novated legs of a trade; settlement -> risk: what no trade caused."""

from bulkhead.domain.message import message
from bulkhead.domain.terms import Side


@message
class SettleLeg:
    """One side of a trade against the house, delivery versus payment."""

    instrument_id: str
    trade_id: int
    account_id: str
    side: Side
    base_amount: int
    quote_amount: int
    fee_amount: int
    """quote asset; negative: a rebate"""


@message
class DepositSettled:
    account_id: str
    asset_id: str
    amount: int
