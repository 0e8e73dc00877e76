"""A book partition's snapshot: plain structures, ordered by value, and back."""

from bulkhead.domain.book.book import Book
from bulkhead.domain.book_partition.kept_trades import KeptTrades
from bulkhead.domain.book_partition.model import (
    BookPartition,
    Ticket,
    TradedInstrument,
    ticket,
)
from bulkhead.domain.book_partition.public_feed import remember_shown
from bulkhead.domain.book_partition.regime import Regime
from bulkhead.domain.integers import from_bytes, to_bytes
from bulkhead.domain.machine import State


def save(partition: BookPartition) -> State:
    return {
        "behaviour_version": partition.behaviour.version,
        **partition.behaviour.state(),
        "time": [partition.tick, partition.time_ms],
        "risk_shards": partition.risk_shards,
        "settlement": list(partition.settlement),
        "instruments": [_instrument(partition.instruments[name]) for name in sorted(partition.instruments)],
        # Not in the snapshots of an exchange whose slots have never moved: they stay what they were.
        **({"retired": sorted(partition.retired)} if partition.retired else {}),
        **_ended_settlement(partition),
        **({"moved": [list(row) for row in sorted(partition.moved.items())]} if partition.moved else {}),
    }


def _ended_settlement(partition: BookPartition) -> State:
    ended = partition.behaviour.ended
    return {"retired_settlement": sorted(ended)} if ended else {}


def load(partition: BookPartition, state: State) -> None:
    partition.behaviour.load(state)
    partition.tick, partition.time_ms = state["time"]
    partition.risk_shards = state["risk_shards"]
    partition.settlement = list(state["settlement"])
    partition.retired = set(state.get("retired", ()))
    partition.behaviour.ended = set(state.get("retired_settlement", ()))
    partition.moved = dict(state.get("moved", ()))
    partition.instruments = {}
    for saved in state["instruments"]:
        instrument_id, units, price_range_ticks, trades, book, tickets, kept, regime = saved
        lot_units, tick_lot_units = map(from_bytes, units)
        instrument = TradedInstrument(instrument_id, lot_units, tick_lot_units, tuple(price_range_ticks))
        instrument.trades = trades
        instrument.kept_trades = KeptTrades.restored(kept)
        instrument.book = Book.from_state(book)
        instrument.book.price_range_ticks = tuple(price_range_ticks)
        instrument.regime = Regime.from_state(regime)
        for order_id, account_id, slot, maker_fee_rate, taker_fee_rate, quote_group, fee_basis in tickets:
            order = instrument.book.order(order_id)
            assert order is not None  # tickets are saved for the orders of the book
            order.owner = Ticket(
                account_id,
                partition.risk_of(order_id, slot),
                slot,
                maker_fee_rate,
                taker_fee_rate,
                quote_group,
                from_bytes(fee_basis),
            )
        remember_shown(instrument.book)
        partition.instruments[instrument_id] = instrument


def _instrument(instrument: TradedInstrument) -> State:
    tickets = []
    for order in instrument.book.orders():
        owner = ticket(order)
        tickets.append(
            [
                order.order_id,
                owner.account_id,
                owner.slot,
                owner.maker_fee_rate,
                owner.taker_fee_rate,
                owner.quote_group,
                to_bytes(owner.fee_basis),
            ]
        )
    return [
        instrument.instrument_id,
        [to_bytes(instrument.lot_units), to_bytes(instrument.tick_lot_units)],
        list(instrument.book.price_range_ticks),
        instrument.trades,
        instrument.book.state(),
        tickets,
        instrument.kept_trades.state(),
        instrument.regime.state(),
    ]
