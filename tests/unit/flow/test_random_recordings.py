"""Small made-up recordings, dense in conflicts: the reader and the ordering hold for any, not for one."""

import csv
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Accepted, Canceled, Rejected, Rested, Traded
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.flow import bitstamp
from bulkhead.flow.recording import Recording
from bulkhead.flow.rows import ORDER_COLUMNS, TRADE_COLUMNS
from tests.unit.flow.replaying import in_sequence, run_ahead, stop_the_world, tape_of

Table = list[list[str]]


class Venue:
    """A venue that records what it does as the real one does, on eight price levels."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.book = Book()
        self.now_ms = 1_000
        self.rows: Table = []
        self.trades: Table = []
        self.orders: list[BookOrder] = []

    def act(self) -> None:
        """Place an order of some kind, or cancel one."""
        live = [order for order in self.orders if self.book.order(order.order_id) is order]
        self.now_ms += 1
        if live and self.random.random() < 0.4:
            self.cancel(self.random.choice(live))
            return
        side = self.random.choice([Side.BUY, Side.SELL])
        # Mostly the prices overlap by little: some orders meet the other side, most do not.
        level = self.random.randint(1, 5) + (3 if side is Side.SELL else 0)
        kind = self.random.choice(["post_only", "post_only", "gtc", "gtc", "ioc"])
        if kind == "ioc" and not (self.book.asks if side is Side.BUY else self.book.bids).reaches(
            level * 100
        ):
            kind = "gtc"  # one that trades nothing leaves no sign that it was ioc
        self.place(side, level * 100, self.random.randint(1, 4) * 10**8, kind)

    def place(self, side: Side, price_ticks: int, quantity_lots: int, kind: str) -> None:
        order = BookOrder(
            len(self.orders) * 7 + 1_000,
            side,
            price_ticks,
            quantity_lots,
            OrderType.LIMIT,
            TimeInForce.IOC if kind == "ioc" else TimeInForce.GTC,
            kind == "post_only",
        )
        self.orders.append(order)
        self.row(order, quantity_lots, "created")
        for outcome in self.book.place(order):
            match outcome:
                case Traded():
                    self.traded(outcome)
                case Rejected():
                    self.row(order, quantity_lots, "deleted")
                case Canceled():
                    self.row(order, outcome.quantity_lots, "deleted")
                case _:
                    assert isinstance(outcome, Accepted | Rested)

    def traded(self, trade: Traded) -> None:
        buyer_first = trade.aggressor.side is Side.BUY
        buy, sell = (trade.aggressor, trade.resting) if buyer_first else (trade.resting, trade.aggressor)
        self.trades.append(
            [
                str(len(self.trades)),
                str(self.now_ms),
                str(self.now_ms),
                decimal(trade.price_ticks, 2),
                decimal(trade.quantity_lots, 8),
                str(buy.order_id),
                str(sell.order_id),
                "buy" if buyer_first else "sell",
            ]
        )
        for order, left_lots in (
            (trade.resting, trade.resting_remaining_lots),
            (trade.aggressor, trade.aggressor_remaining_lots),
        ):
            self.row(order, left_lots, "changed" if left_lots else "deleted")

    def cancel(self, order: BookOrder) -> None:
        self.row(order, order.remaining_lots, "deleted")
        self.book.cancel(order.order_id)

    def end_capture(self) -> None:
        self.now_ms += 1_000
        for order in self.book.orders():
            self.row(order, order.remaining_lots, "deleted")

    def row(self, order: BookOrder, quantity_lots: int, action: str) -> None:
        time = str(self.now_ms)
        side = "bid" if order.side is Side.BUY else "ask"
        price, volume = decimal(order.price_ticks, 2), decimal(quantity_lots, 8)
        self.rows.append([str(order.order_id), time, time, price, volume, action, side])


def decimal(units: int, decimals: int) -> str:
    return f"{units // 10**decimals}.{units % 10**decimals:0{decimals}d}"


def recorded(venue: Venue) -> Recording:
    """What the reader makes of the venue's files."""
    with TemporaryDirectory() as folder:
        paths = Path(folder, "orders.csv"), Path(folder, "trades.csv")
        for path, columns, rows in zip(
            paths, (ORDER_COLUMNS, TRADE_COLUMNS), (venue.rows, venue.trades), strict=True
        ):
            with path.open("w", newline="") as file:
                csv.writer(file).writerows([columns, *rows])
        return bitstamp.load(*paths)


def venues(seed: int, actions: int) -> Venue:
    venue = Venue(seed)
    for _ in range(actions):
        venue.act()
    venue.end_capture()
    return venue


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32), actions=st.integers(1, 250))
def test_the_reader_finds_every_trade_of_any_recording_and_accounts_for_every_row(
    seed: int, actions: int
) -> None:
    recording = recorded(venues(seed, actions))
    assert in_sequence(recording.commands).tape == tape_of(recording.trades)
    assert recording.not_reproduced == recording.unrecorded == []
    assert sum(recording.fates.values()) == recording.rows


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32), actions=st.integers(1, 250), window=st.integers(1, 300))
def test_any_sequence_that_barriers_allow_has_the_same_result(seed: int, actions: int, window: int) -> None:
    recording = recorded(venues(seed, actions))
    expected = in_sequence(recording.commands)
    for replay in (stop_the_world, run_ahead):
        assert replay(recording, recording.commands, seed, window).result() == expected.result()
