"""What the read side says, as it is kept in Redis: names of keys and the values under them.

docs/read-side.md is their description for whoever reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from bulkhead.domain.risk.model import Account, Balance, Order
from bulkhead.views.candles import CANDLES_KEPT, INTERVALS_MS
from bulkhead.views.market_data import MarketDataView
from bulkhead.views.trades import TRADES_KEPT

LEVELS = 50
"""of each side in L2: more than a screen shows"""

_json = msgspec.json.Encoder().encode


@dataclass
class Pages:
    """New contents of keys, without the prefix. A value or a field that is None is to be deleted."""

    values: dict[str, bytes] = field(default_factory=dict)
    hashes: dict[str, dict[str, bytes | None]] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    """those of `hashes` that have no other fields from now on"""


class Batch(NamedTuple):
    """What is written at once."""

    sequence: int
    """events of the partition that the view had applied"""
    pages: Pages
    whole: bool
    """the pages are all that there are"""


def progress_key(partition: str) -> str:
    return f"view:progress:{partition}"


def account_key(account_id: str) -> str:
    return f"view:account:{account_id}"


def orders_key(account_id: str) -> str:
    return f"view:orders:{account_id}"


def market_key(page: str, instrument_id: str) -> str:
    """`page` is l1, l2, trades, session or candles."""
    return f"view:{page}:{instrument_id}"


def market_pages(view: MarketDataView, partition: str, sequence: int) -> Pages:
    """Everything about every instrument of a market_data partition."""
    pages = Pages()
    for instrument_id in view.instruments():
        ladder = view.ladder(instrument_id, LEVELS)
        head = {
            "partition": partition,
            "sequence": sequence,
            "instrument_id": instrument_id,
            "phase": ladder["phase"],
        }
        for page, told in (
            ("l1", {**view.touch(instrument_id), "last_trade": ladder["last_trade"]}),
            ("l2", {"bids": ladder["bids"], "asks": ladder["asks"]}),
            ("trades", {"trades": view.trades(instrument_id, TRADES_KEPT)}),
            ("session", view.session(instrument_id)),
            ("candles", {name: view.candles(instrument_id, name, CANDLES_KEPT) for name in INTERVALS_MS}),
        ):
            pages.values[market_key(page, instrument_id)] = _json({**head, **told})
    return pages


def account_page(account: Account, head: Mapping[str, Any], reports_sequence: int) -> bytes:
    """One account's balances. Amounts are text: they have up to 128 bits."""
    balances = {asset_id: _balance(account.balances[asset_id]) for asset_id in sorted(account.balances)}
    return _json(
        {
            **head,
            "account_id": account.account_id,
            "participant_id": account.participant.participant_id,
            "reports_sequence": reports_sequence,
            "open_orders": len(account.live),
            "balances": balances,
            "negative": [name for name in balances if account.balances[name].total < 0],
        }
    )


def _balance(balance: Balance) -> dict[str, str]:
    return {
        "total": str(balance.total),
        "reserved": str(balance.reserved),
        "available": str(balance.total - balance.reserved),
    }


def order_page(order: Order) -> bytes:
    return _json(
        {
            "client_order_id": order.client_order_id,
            "order_id": order.order_id,
            "instrument_id": order.instrument.instrument_id,
            "side": order.side.name.lower(),
            "price_ticks": order.price_ticks,
            "quantity_lots": order.quantity_lots,
            "executed_lots": order.executed_lots,
            "leaves_lots": order.quantity_lots - order.executed_lots,
            "reserved": str(order.reserved),
        }
    )
