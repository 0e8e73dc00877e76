"""The last trades of an instrument, with what it takes to undo one: their sides, fees and ways back."""

from typing import NamedTuple

from bulkhead.domain.integers import amount_from_bytes, to_bytes
from bulkhead.domain.machine import State

TRADES_KEPT = 10_000
"""of each instrument, busted ones included: an older one can't be busted or corrected"""


class KeptSide(NamedTuple):
    order_id: int
    account_id: str
    slot: int
    fee_rate: int
    """the one of the order's two that the fill was charged at"""
    fee_amount: int


class KeptTrade(NamedTuple):
    price_ticks: int
    """the corrected one, if there was a correction"""
    quantity_lots: int
    buy: KeptSide
    sell: KeptSide
    busted: bool


class KeptTrades:
    """By trade id, which is dense."""

    def __init__(self) -> None:
        self._trades: dict[int, KeptTrade] = {}

    def add(self, trade_id: int, trade: KeptTrade) -> None:
        self._trades[trade_id] = trade
        self._trades.pop(trade_id - TRADES_KEPT, None)

    def get(self, trade_id: int) -> KeptTrade | None:
        return self._trades.get(trade_id)

    def replace(self, trade_id: int, trade: KeptTrade) -> None:
        """One that is kept, after a bust or correction."""
        self._trades[trade_id] = trade

    @property
    def oldest(self) -> int:
        """Its id; 0 where no trade is kept."""
        return min(self._trades, default=0)

    def state(self) -> State:
        return [
            [trade_id, price_ticks, quantity_lots, _side(buy), _side(sell), busted]
            for trade_id, (price_ticks, quantity_lots, buy, sell, busted) in sorted(self._trades.items())
        ]

    @classmethod
    def restored(cls, state: State) -> "KeptTrades":
        kept = cls()
        kept._trades = {
            trade_id: KeptTrade(price_ticks, quantity_lots, _restored_side(buy), _restored_side(sell), busted)
            for trade_id, price_ticks, quantity_lots, buy, sell, busted in state
        }
        return kept


def _side(side: KeptSide) -> State:
    order_id, account_id, slot, fee_rate, fee_amount = side
    return [order_id, account_id, slot, fee_rate, to_bytes(fee_amount)]


def _restored_side(saved: State) -> KeptSide:
    order_id, account_id, slot, fee_rate, fee_amount = saved
    return KeptSide(order_id, account_id, slot, fee_rate, amount_from_bytes(fee_amount))
