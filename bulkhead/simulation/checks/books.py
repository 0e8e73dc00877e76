"""At rest: market data alone rebuild every book; trades go by price, then time; fills and fees are right."""

from collections import Counter, defaultdict
from collections.abc import Collection
from itertools import takewhile
from typing import Any

from bulkhead.domain.messages import market_data, reports
from bulkhead.domain.terms import Role, Side
from bulkhead.simulation.broken import must
from bulkhead.simulation.checks.reports import orders_entered
from bulkhead.simulation.evidence import Evidence, Streams, messages
from bulkhead.topology.derived import instrument_terms


class PublicBook:
    """One instrument's book as its market data tell it; judges every trade by price-time priority.

    `choosy`: orders with a minimum quantity, which are passed over where so much would not trade, and may
    rest beside orders that they cross.
    """

    def __init__(self, choosy: Collection[int]) -> None:
        self._choosy = choosy
        self.orders: dict[int, tuple[Side, int, int]] = {}
        """order id -> side, price, lots; by arrival"""
        self.trades = 0

    def ranked(self, side: Side) -> list[tuple[int, int, int]]:
        """(order id, price, lots), best first, oldest first at one price."""
        rows = [(key, price, lots) for key, (own, price, lots) in self.orders.items() if own is side]
        return sorted(rows, key=lambda row: -row[1] if side is Side.BUY else row[1])

    def hear(self, event: Any) -> None:
        match event:
            case market_data.DepthAdded():
                must(event.order_id not in self.orders, f"it rests already: {event}")
                must(event.quantity_lots > 0, f"nothing rests: {event}")
                self.orders[event.order_id] = event.side, event.price_ticks, event.quantity_lots
            case market_data.DepthReduced():
                side, price_ticks, lots = self._resting(event)
                must(0 < event.quantity_lots <= lots, f"{lots} lots rested before {event}")
                self.orders[event.order_id] = side, price_ticks, event.quantity_lots
            case market_data.DepthRemoved():
                self._resting(event)
                del self.orders[event.order_id]
            case market_data.TradePublished():
                self._trade(event)
        bids, asks = self._firm(Side.BUY), self._firm(Side.SELL)
        must(not bids or not asks or bids[0][1] < asks[0][1], f"the book is crossed after {event}")

    def _firm(self, side: Side) -> list[tuple[int, int, int]]:
        """Of `ranked` those that whoever meets them trades with."""
        return [row for row in self.ranked(side) if row[0] not in self._choosy]

    def _resting(self, event: Any) -> tuple[Side, int, int]:
        must(event.order_id in self.orders, f"no such order rests: {event}")
        return self.orders[event.order_id]

    def _trade(self, event: market_data.TradePublished) -> None:
        self.trades += 1
        must(event.trade_id == self.trades, f"trade {self.trades} was expected: {event}")
        resting = Side.SELL if event.aggressor_side is Side.BUY else Side.BUY
        better = 1 if resting is Side.BUY else -1
        if not event.resting_order_id:
            first = self._firm(resting)[:1]  # hidden, so behind all that is displayed at its price
            must(
                all(better * (event.price_ticks - price_ticks) > 0 for _, price_ticks, _ in first),
                f"order {first} was first: {event}",
            )
            return
        must(event.resting_order_id in self.orders, f"nothing rests there: {event}")
        side, price_ticks, lots = self.orders[event.resting_order_id]
        sooner = takewhile(lambda row: row[0] != event.resting_order_id, self.ranked(resting))
        before = [order_id for order_id, _, _ in sooner if order_id not in self._choosy]
        must(not before, f"orders {before} were first: {event}")
        must((side, event.price_ticks) == (resting, price_ticks), f"it rested at {price_ticks}: {event}")
        must(0 < event.quantity_lots <= lots, f"{lots} lots rested: {event}")


def check_books(evidence: Evidence, streams: Streams) -> None:
    choosy = {
        order_id
        for order_id, order in orders_entered(streams).items()
        if order.terms is not None and order.terms.min_quantity_lots
    }
    for name in evidence.shards("book"):
        public: dict[str, PublicBook] = defaultdict(lambda: PublicBook(choosy))
        for event in messages(streams, name.replace("book", "market_data"), name):
            public[event.instrument_id].hear(event)
        for instrument_id, instrument in evidence.domain(name).partition.instruments.items():
            heard = public[instrument_id]
            must(heard.trades == instrument.trades, f"{name} made {instrument.trades} trades")
            for side, queue in ((Side.BUY, instrument.book.bids), (Side.SELL, instrument.book.asks)):
                rows = [
                    (order.order_id, order.price_ticks, order.displayed_lots)
                    for order in queue
                    if order.displayed_lots
                ]
                must(
                    heard.ranked(side) == rows,
                    f"{instrument_id}: market data say {heard.ranked(side)}, the book is {rows}",
                )


def check_fills(evidence: Evidence, streams: Streams) -> None:
    """No order traded past its price; each trade has one maker and one taker, of equal lots and price.

    An order's fees are always what its rates come to over all its fills, rounded down once.
    """
    orders = orders_entered(streams)
    terms = {each.instrument_id: each for each in instrument_terms(evidence.topology)}
    basis: Counter[int] = Counter()
    charged: Counter[int] = Counter()
    limits = {order_id: order.price_ticks for order_id, order in orders.items()}
    fills: dict[tuple[str, int], list[reports.OrderFilled]] = defaultdict(list)
    for participant_id in evidence.topology.participants:
        for report in messages(streams, f"reports.{participant_id}/0"):
            if isinstance(report, reports.OrderReplaced | reports.OrderRepriced):
                limits[report.order_id] = report.price_ticks
            elif isinstance(report, reports.OrderFilled):
                order = orders[report.order_id]
                better = limits[report.order_id] - report.price_ticks
                must(better >= 0 if order.side is Side.BUY else better <= 0, f"past its price: {report}")
                fills[order.instrument_id, report.trade_id].append(report)
                rate = order.maker_fee_rate if report.role is Role.MAKER else order.taker_fee_rate
                tick_lot_units = terms[order.instrument_id].tick_lot_units
                basis[report.order_id] += rate * report.price_ticks * report.quantity_lots * tick_lot_units
                charged[report.order_id] += report.fee_amount
                due = basis[report.order_id] // 10**7
                must(charged[report.order_id] == due, f"{due} is due in fees after {report}")
    for both in fills.values():
        must(len(both) == 2, f"not two sides of a trade: {both}")
        one, other = both
        must(
            {orders[one.order_id].side, orders[other.order_id].side} == {Side.BUY, Side.SELL}
            and {one.role, other.role} == {Role.MAKER, Role.TAKER}
            and (one.price_ticks, one.quantity_lots) == (other.price_ticks, other.quantity_lots),
            f"the two sides of a trade do not fit: {one}, {other}",
        )
    made = sum(
        instrument.trades
        for name in evidence.shards("book")
        for instrument in evidence.domain(name).partition.instruments.values()
    )
    must(len(fills) == made, f"{made} trades were made, {len(fills)} were reported")
