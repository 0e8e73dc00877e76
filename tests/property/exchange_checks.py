"""What must hold of an exchange, worked out anew from its rules, apart from the code that it judges."""

from collections import Counter, defaultdict
from functools import cache
from typing import Any

from bulkhead.domain.messages import market_data, reports
from bulkhead.domain.messages.orders import EnterOrder
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.model import Order, Risk
from bulkhead.domain.terms import Role, Side
from bulkhead.topology.derived import instrument_terms
from bulkhead.wire.codec import decode
from bulkhead.wire.frame import read_frame
from tests.property.exchange_flow import Flow, FlowTrader
from tests.support.exchange import MemoryExchange

Streams = dict[tuple[str, str], list[bytes]]
"""every event of each (source, destination), repetitions removed"""


def risk_shards(exchange: MemoryExchange) -> list[Risk]:
    return [exchange.risk(int(name[5:])) for name in exchange.names if name.startswith("risk/")]


def frames(exchange: MemoryExchange, partition: str) -> list[bytes]:
    """Every frame of a partition, in its order."""
    reader = exchange.log.reader(partition, "audit")
    found: list[bytes] = []
    while records := reader.receive(1 << 20, 0.0):
        found += [record.frame for record in records]
    return found


def said(exchange: MemoryExchange) -> Streams:
    """What the shards said. A number that came again came with the same bytes, and none is missing."""
    streams: Streams = defaultdict(list)
    for topic, partitions in exchange.log.topics().items():
        for number in range(partitions):
            for data in frames(exchange, f"{topic}/{number}"):
                try:
                    frame = read_frame(data)
                except ValueError:
                    continue  # a stranger's
                if frame.source not in exchange.names:
                    continue
                stream = streams[frame.source, frame.destination]
                assert frame.first <= len(stream) + 1, "the log has a gap"
                for sequence, event in enumerate(frame.events, frame.first):
                    if sequence <= len(stream):
                        assert stream[sequence - 1] == event, "an event was sent again with other bytes"
                    else:
                        stream.append(event)
    return streams


def messages(streams: Streams, destination: str, source: str | None = None) -> list[Any]:
    """Of every source that speaks to a partition, one source after another."""
    return [
        decode(event)
        for (speaker, partition), events in sorted(streams.items())
        if partition == destination and source in (None, speaker)
        for event in events
    ]


# --- reservations


def worst_cost(order: Order) -> int:
    """The dearest of all histories that an order may still have.

    Its book executes any number of the live version's lots at its price, then takes or refuses the first
    replace in flight, and so on. An order that is executed in full has ended. Each lot costs its price, and
    the version's higher fee rate (a rebate counts as nothing); fees are rounded down once, over all that the
    order has paid so far.
    """
    if order.ended:
        return 0
    instrument, versions = order.instrument, [order.version, *order.amendments]
    if order.side is Side.SELL:
        return (
            max(version.quantity_lots for version in versions) - order.executed_lots
        ) * instrument.lot_units

    @cache
    def dearest(executed: int, at: int) -> int:
        """In 1e-7 of the quote asset's unit, fee included."""
        price_ticks, total, maker, taker = versions[at]
        lot = price_ticks * instrument.tick_lot_units * (10**7 + max(maker, taker, 0))
        worst = 0
        for lots in range(total - executed + 1):
            then = 0
            if executed + lots < total:
                later = range(at + 1, len(versions))
                then = max((dearest(executed + lots, number) for number in later), default=0)
            worst = max(worst, lots * lot + then)
        return worst

    return (order.fee_basis + dearest(order.executed_lots, 0)) // 10**7 - order.fee_basis // 10**7


def check_reservations(exchange: MemoryExchange) -> None:
    """At any moment: what is reserved is what the orders could cost, and is there."""
    for risk in risk_shards(exchange):
        reserved: Counter[tuple[str, str]] = Counter()
        for order in risk.orders.values():
            assert order.reserved == worst_cost(order)
            buys = order.side is Side.BUY
            asset_id = order.instrument.quote_asset_id if buys else order.instrument.base_asset_id
            reserved[order.account.account_id, asset_id] += order.reserved
        for account in risk.accounts.values():
            for asset_id, balance in account.balances.items():
                assert balance.reserved == reserved[account.account_id, asset_id]
                assert 0 <= balance.reserved <= balance.total


# --- assets


def check_assets(flow: Flow) -> None:
    """At rest: the ledger balances, the house holds nothing, risk and settlement say the same."""
    exchange = flow.exchange
    by_asset: Counter[str] = Counter()
    house: Counter[str] = Counter()
    settled: Counter[tuple[str, str]] = Counter()
    brought: Counter[str] = Counter()
    fees: Counter[str] = Counter()
    for name in exchange.names:
        if not name.startswith("settlement/"):
            continue
        shard: Counter[str] = Counter()
        for account in exchange.domain(name).settlement.ledger.all_accounts():
            balance = account.credits_posted - account.debits_posted
            assert account.debits_pending == account.credits_pending == 0
            shard[account.asset_id] += balance
            by_asset[account.asset_id] += balance
            if account.account_id == "house":
                house[account.asset_id] += balance
            elif account.account_id == "external":
                brought[account.asset_id] -= balance
            elif account.account_id == "fees":
                fees[account.asset_id] += balance
            else:
                settled[account.account_id, account.asset_id] += balance
        assert not any(shard.values()), "a settlement shard does not balance"
    assert not any(by_asset.values())
    assert not any(house.values())
    deposits: Counter[str] = Counter()
    for (_, asset_id), amount in flow.deposits.items():
        deposits[asset_id] += amount
    assert brought == deposits
    held: Counter[str] = Counter()
    for (_, asset_id), amount in settled.items():
        held[asset_id] += amount
    assert {asset_id: held[asset_id] + fees[asset_id] for asset_id in deposits} == dict(deposits)
    known = {
        (account.account_id, asset_id): balance.total
        for risk in risk_shards(exchange)
        for account in risk.accounts.values()
        for asset_id, balance in account.balances.items()
    }
    assert {key: total for key, total in known.items() if total} == {
        key: total for key, total in settled.items() if total
    }


# --- commands and orders


def check_reports(flow: Flow, streams: Streams) -> None:
    """At rest: each command has its answer; each order ends once and never trades more than wanted."""
    live = {
        (order.account.account_id, order.client_order_id): order
        for risk in risk_shards(flow.exchange)
        for order in risk.orders.values()
    }
    for trader in flow.traders:
        told = messages(streams, f"reports.{trader.participant_id}/0")
        _check_answers(trader, told)
        _check_orders(trader, told, live, entered(streams))
    for risk in risk_shards(flow.exchange):
        assert not any(route.unanswered for route in risk.routes.values())
        assert not any(each.unanswered for each in risk.participants.values())
        for order in risk.orders.values():
            assert not order.ended
            assert not order.amendments
            assert not order.cancel_sent
        for each in risk.participants.values():
            orders = [order for order in risk.orders.values() if order.account.participant is each]
            assert each.open_orders == len(orders) <= each.open_orders_max


def _check_answers(trader: FlowTrader, told: list[Any]) -> None:
    answers: Counter[tuple[str, str, str]] = Counter()
    unreadable = sessions = gaps = 0
    for report in told:
        match report:
            case reports.OrderAccepted() | reports.OrderRejected():
                answers["place", report.account_id, report.client_order_id] += 1
            case reports.OrderCanceled(reason=Reason.REQUESTED) | reports.CancelRejected():
                answers["cancel", report.account_id, report.client_order_id] += 1
            case reports.OrderReplaced() | reports.ReplaceRejected():
                answers["replace", report.account_id, report.client_order_id] += 1
            case reports.CommandRefused():
                unreadable += 1
            case reports.SessionOpened():
                sessions += 1
            case reports.GapDetected():
                gaps += 1
    assert answers == trader.commands
    assert unreadable == trader.unreadable
    assert sessions == trader.epoch
    assert gaps <= trader.gaps


def _check_orders(
    trader: FlowTrader, told: list[Any], live: dict[tuple[str, str], Order], orders: dict[int, EnterOrder]
) -> None:
    """Follow each order through its reports."""
    wanted = {order_id: order.quantity_lots for order_id, order in orders.items()}
    executed: Counter[int] = Counter()
    names: dict[int, tuple[str, str]] = {}
    ended: set[int] = set()
    for report in told:
        order_id = getattr(report, "order_id", None)
        if order_id is None or isinstance(report, reports.OrderStatus):
            continue
        assert order_id not in ended
        if isinstance(report, reports.OrderAccepted):
            assert order_id not in names
            names[order_id] = report.account_id, report.client_order_id
            continue
        assert names[order_id] == (report.account_id, report.client_order_id)
        if isinstance(report, reports.OrderFilled):
            assert report.quantity_lots > 0
            executed[order_id] += report.quantity_lots
            left = report.leaves_lots
            assert left == wanted[order_id] - executed[order_id] >= 0
        elif isinstance(report, reports.OrderReplaced):
            wanted[order_id] = report.quantity_lots
            left = report.leaves_lots
            assert left == max(0, wanted[order_id] - executed[order_id])
        else:
            assert report.quantity_lots == wanted[order_id] - executed[order_id]
            left = 0
        if left == 0:
            ended.add(order_id)
    open_now = {name for name, order in live.items() if order.account.account_id in trader.accounts}
    assert open_now == {name for order_id, name in names.items() if order_id not in ended}


# --- books


class PublicBook:
    """One instrument's book as its market data tell it; judges every trade by price-time priority."""

    def __init__(self) -> None:
        self.orders: dict[int, tuple[Side, int, int]] = {}
        """order id -> side, price, lots; by arrival"""
        self.trades = 0
        self.traded: list[market_data.TradePublished] = []

    def ranked(self, side: Side) -> list[tuple[int, int, int]]:
        """(order id, price, lots), best first, oldest first at one price."""
        rows = [(key, price, lots) for key, (own, price, lots) in self.orders.items() if own is side]
        return sorted(rows, key=lambda row: -row[1] if side is Side.BUY else row[1])

    def hear(self, event: Any) -> None:
        match event:
            case market_data.DepthAdded():
                assert event.order_id not in self.orders
                assert event.quantity_lots > 0
                self.orders[event.order_id] = event.side, event.price_ticks, event.quantity_lots
            case market_data.DepthReduced():
                side, price_ticks, lots = self.orders[event.order_id]
                assert 0 < event.quantity_lots <= lots
                self.orders[event.order_id] = side, price_ticks, event.quantity_lots
            case market_data.DepthRemoved():
                del self.orders[event.order_id]
            case market_data.TradePublished():
                self.trades += 1
                assert event.trade_id == self.trades
                resting = Side.SELL if event.aggressor_side is Side.BUY else Side.BUY
                first_id, price_ticks, lots = self.ranked(resting)[0]
                assert (event.resting_order_id, event.price_ticks) == (first_id, price_ticks)
                assert 0 < event.quantity_lots <= lots
                self.traded.append(event)
        bids, asks = self.ranked(Side.BUY), self.ranked(Side.SELL)
        assert not bids or not asks or bids[0][1] < asks[0][1], "the book is crossed"


def check_books(exchange: MemoryExchange, streams: Streams) -> None:
    """Market data alone rebuild every book; trades took the first order of the best price; none crossed."""
    for name in exchange.names:
        if not name.startswith("book/"):
            continue
        public: dict[str, PublicBook] = defaultdict(PublicBook)
        for event in messages(streams, name.replace("book", "market_data"), name):
            public[event.instrument_id].hear(event)
        for instrument_id, instrument in exchange.domain(name).partition.instruments.items():
            heard = public[instrument_id]
            assert heard.trades == instrument.trades
            for side, queue in ((Side.BUY, instrument.book.bids), (Side.SELL, instrument.book.asks)):
                assert heard.ranked(side) == [(o.order_id, o.price_ticks, o.remaining_lots) for o in queue]


def entered(streams: Streams) -> dict[int, EnterOrder]:
    """What risk sent to the books, by order id."""
    return {
        message.order_id: message
        for destination in sorted({to for _, to in streams if to.startswith("books/")})
        for message in messages(streams, destination)
        if isinstance(message, EnterOrder)
    }


def check_fills(flow: Flow, streams: Streams) -> None:
    """No order traded past its price; each trade has one maker and one taker, of equal lots and price.

    An order's fees are always what its rates come to over all its fills, rounded down once.
    """
    orders = entered(streams)
    terms = {each.instrument_id: each for each in instrument_terms(flow.exchange.topology)}
    basis: Counter[int] = Counter()
    charged: Counter[int] = Counter()
    limits = {order_id: order.price_ticks for order_id, order in orders.items()}
    fills: dict[tuple[str, int], list[reports.OrderFilled]] = defaultdict(list)
    for trader in flow.traders:
        for report in messages(streams, f"reports.{trader.participant_id}/0"):
            if isinstance(report, reports.OrderReplaced):
                limits[report.order_id] = report.price_ticks
            elif isinstance(report, reports.OrderFilled):
                order = orders[report.order_id]
                better = limits[report.order_id] - report.price_ticks
                assert better >= 0 if order.side is Side.BUY else better <= 0
                fills[order.instrument_id, report.trade_id].append(report)
                rate = order.maker_fee_rate if report.role is Role.MAKER else order.taker_fee_rate
                tick_lot_units = terms[order.instrument_id].tick_lot_units
                basis[report.order_id] += rate * report.price_ticks * report.quantity_lots * tick_lot_units
                charged[report.order_id] += report.fee_amount
                assert charged[report.order_id] == basis[report.order_id] // 10**7
    for one, other in fills.values():
        assert {orders[one.order_id].side, orders[other.order_id].side} == {Side.BUY, Side.SELL}
        assert {one.role, other.role} == {Role.MAKER, Role.TAKER}
        assert (one.price_ticks, one.quantity_lots) == (other.price_ticks, other.quantity_lots)
    assert len(fills) == sum(
        instrument.trades
        for name in flow.exchange.names
        if name.startswith("book/")
        for instrument in flow.exchange.domain(name).partition.instruments.values()
    )


def check_everything(flow: Flow) -> None:
    """At rest."""
    streams = said(flow.exchange)
    check_reservations(flow.exchange)
    check_assets(flow)
    check_reports(flow, streams)
    check_books(flow.exchange, streams)
    check_fills(flow, streams)
    assert len(messages(streams, "dead_letters/0")) == flow.strangers
