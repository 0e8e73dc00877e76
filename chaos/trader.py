"""One participant under load: places, cancels and replaces at random near one price, so that much trades."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from bulkhead.client import Client
from bulkhead.client.connection import Connection
from bulkhead.domain.messages.moving import MovedHere
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderFilled, OrderReplaced
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from chaos.recorder import Recorder

Command = PlaceOrder | CancelOrder | ReplaceOrder

OPEN_ORDERS_MAX = 100
"""A tenth of what the shipped topology allows its smallest participant; beyond it cancels come first."""
MIDDLE_INCREMENTS = 10_000
"""The price that everybody trades around, from the instrument's lowest: amounts stay far below balances."""
WIDTH_INCREMENTS = 10
SIZES = 100
READ_MAX = 200
"""reports at once: a millisecond or two, then the others are looked after"""


@dataclass(frozen=True)
class Market:
    """One instrument in whole numbers."""

    instrument_id: str
    book: str
    middle_ticks: int
    increment_ticks: int
    least_lots: int
    increment_lots: int

    @classmethod
    def of(cls, connection: Connection, instrument_id: str) -> "Market":
        facts = connection.instrument(instrument_id)
        tick, lot = Decimal(facts.tick), Decimal(facts.lot)
        increment_ticks = int(Decimal(facts.price_increment) / tick)
        return cls(
            instrument_id,
            f"book/{facts.market_data.rpartition('/')[2]}",
            int(Decimal(facts.price_min) / tick) + MIDDLE_INCREMENTS * increment_ticks,
            increment_ticks,
            int(Decimal(facts.quantity_min) / lot),
            int(Decimal(facts.quantity_increment) / lot),
        )


@dataclass
class _Open:
    account_id: str
    market: Market
    busy: bool = False
    """a cancel or a replace of it is unanswered"""


class Trader:
    """`on_answer(trader, sequence, report)` is called for each answer, as it is read;
    `on_sent(trader, sequences)` when a frame is on its way.
    """

    def __init__(
        self,
        client: Client,
        markets: Sequence[Market],
        recorder: Recorder,
        chance: random.Random,
        on_answer: Callable[["Trader", int, Any], None],
        on_sent: Callable[["Trader", range], None] | None = None,
    ) -> None:
        self.client = client
        self._on_sent = on_sent
        me = client.connection.participant(client.participant_id)
        self.risk = f"risk/{me.orders.rpartition('/')[2]}"
        self.last_sequence = 1
        """sent; the OpenSession is 1"""
        self.sent = 0
        self.orders = 0
        self.fills = 0
        self.newest_trade: tuple[str, int, int] | None = None
        """instrument_id, trade_id, price_ticks of the newest fill"""
        self._accounts = me.accounts
        self._markets = markets
        self._recorder = recorder
        self._chance = chance
        self._open: dict[str, _Open] = {}
        """by client_order_id, accepted and not ended"""
        self._placed: dict[str, _Open] = {}
        """not answered"""
        client.on_answer = lambda sequence, report: on_answer(self, sequence, report)

    @property
    def orders_unanswered(self) -> int:
        return len(self._placed)

    def send(self, count: int) -> None:
        """So many commands, in one frame."""
        commands = [self._command() for _ in range(count)]
        self._recorder.sent(self.last_sequence + 1, commands)
        first = self.client.submit(commands)
        assert first == self.last_sequence + 1
        self.last_sequence += count
        self.sent += count
        if self._on_sent is not None:
            self._on_sent(self, range(first, first + count))

    def read(self, timeout_s: float = 0.0) -> int:
        """Take reports, at most READ_MAX, after waiting up to `timeout_s` for the first; how many."""
        count = 0
        for report in islice(self.client.reports(timeout_s), READ_MAX):
            self._recorder.received(report.sequence, report.message)
            self._note(report.message)
            count += 1
        return count

    def _note(self, message: Any) -> None:
        kind = type(message)
        if kind is MovedHere:
            self.risk = f"risk/{message.risk_shard}"
        name = getattr(message, "client_order_id", None)
        if name is None:
            return
        placed = self._placed.pop(name, None)
        if kind is OrderAccepted and placed is not None:
            self._open[name] = placed
            return
        order = self._open.get(name)
        if order is None:
            return
        if kind is OrderFilled:
            self.fills += 1
            self.newest_trade = message.instrument_id, message.trade_id, message.price_ticks
        else:
            order.busy = False
        if kind is OrderCanceled or (kind in (OrderFilled, OrderReplaced) and message.leaves_lots == 0):
            del self._open[name]

    def _command(self) -> Command:
        chance = self._chance
        open_orders = len(self._open) + len(self._placed)
        draw = chance.random()
        if draw < 0.4 or open_orders >= OPEN_ORDERS_MAX:
            name = self._idle_order()
            if name is not None:
                order = self._open[name]
                order.busy = True
                if draw < 0.15:
                    price_ticks, quantity_lots = self._terms(order.market)
                    return ReplaceOrder(order.account_id, name, price_ticks, quantity_lots)
                return CancelOrder(order.account_id, name)
        return self._place()

    def _idle_order(self) -> str | None:
        idle = [name for name, order in self._open.items() if not order.busy]
        return self._chance.choice(idle) if idle else None

    def _place(self) -> PlaceOrder:
        chance = self._chance
        market = chance.choice(self._markets)
        price_ticks, quantity_lots = self._terms(market)
        account_id = chance.choice(self._accounts)
        self.orders += 1
        name = f"{self.client.session.epoch:x}-{self.orders:x}"
        kind = chance.choices(("limit", "post_only", "ioc", "fok", "market"), (70, 10, 10, 3, 7))[0]
        is_market = kind == "market"
        time_in_force = {"ioc": TimeInForce.IOC, "fok": TimeInForce.FOK, "market": TimeInForce.IOC}
        self._placed[name] = _Open(account_id, market)
        return PlaceOrder(
            account_id,
            name,
            market.instrument_id,
            chance.choice((Side.BUY, Side.SELL)),
            OrderType.MARKET if is_market else OrderType.LIMIT,
            time_in_force.get(kind, TimeInForce.GTC),
            kind == "post_only",
            None if is_market else price_ticks,
            price_ticks if is_market else None,
            quantity_lots,
        )

    def _terms(self, market: Market) -> tuple[int, int]:
        """(price_ticks, quantity_lots): both sides draw from the same prices, so about half can trade."""
        steps = self._chance.randint(-WIDTH_INCREMENTS, WIDTH_INCREMENTS)
        return (
            market.middle_ticks + steps * market.increment_ticks,
            market.least_lots + self._chance.randrange(SIZES) * market.increment_lots,
        )

    def trade(self, markets: Sequence[Market]) -> None:
        """These, and no others, from the next command on."""
        self._markets = markets

    def close(self) -> None:
        self._recorder.close()
