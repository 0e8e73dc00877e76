"""The recorded order flow: 30 minutes of Bitstamp's BTC/USD, from the package ob-analytics."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bulkhead.flow.inference import Reading
from bulkhead.flow.owners import ACCOUNTS, PARTICIPANTS
from bulkhead.flow.recording import RecordedTrade, Recording
from bulkhead.flow.rows import PRICE_DECIMALS, QUANTITY_DECIMALS, read_rows, read_trades, sample_files


def load(orders: Path | None = None, trades: Path | None = None) -> Recording:
    """Read, infer and plan the recording: some seconds. Other files of the same form may be named, both.

    Raises FlowError when the package is not installed or a file is not what it should be.
    """
    if orders is None or trades is None:
        orders, trades = sample_files()
    rows = read_rows(orders)
    recorded = read_trades(trades)
    reading = Reading(rows, recorded)
    reading.read()
    return Recording(
        commands=reading.commands,
        trades=recorded,
        rows=len(rows),
        price_decimals=PRICE_DECIMALS,
        quantity_decimals=QUANTITY_DECIMALS,
        participants=list(PARTICIPANTS),
        accounts=ACCOUNTS,
        inferences=reading.inferences(),
        fates=dict(sorted(reading.fates.items())),
        not_reproduced=_beyond(recorded, reading.made),
        unrecorded=_beyond(reading.made, recorded),
    )


def _beyond(some: Sequence[RecordedTrade], others: Sequence[RecordedTrade]) -> list[RecordedTrade]:
    """Those of `some` that `others` does not have, by everything but their time."""
    left = Counter(_key(trade) for trade in others)
    beyond = []
    for trade in some:
        if left[_key(trade)]:
            left[_key(trade)] -= 1
        else:
            beyond.append(trade)
    return beyond


def _key(trade: RecordedTrade) -> tuple[int, int, int, int]:
    return trade.buy_order_id, trade.sell_order_id, trade.price_ticks, trade.quantity_lots
