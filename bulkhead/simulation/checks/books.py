"""At rest: market data alone rebuild every book; trades go by price, then time; fills and fees are right."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import takewhile
from typing import Any

from bulkhead.domain.book.terms import UNPRICED_TYPES
from bulkhead.domain.messages import market_data, reports, reversal
from bulkhead.domain.messages.orders import AmendOrder, EnterOrder
from bulkhead.domain.messages.quotes import SetQuotes
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase, Role, Side
from bulkhead.simulation.broken import must
from bulkhead.simulation.checks.reports import orders_entered
from bulkhead.simulation.evidence import Evidence, Streams, messages
from bulkhead.topology.derived import instrument_terms

DEPTH = (market_data.DepthReduced, market_data.DepthRemoved)


class PublicBook:
    """One instrument's book as its market data tell it; judges every trade by price-time priority, where it
    is `shared` (pro rata) by price alone.

    In an auction all trades have one price, and the orders that make them come in priority, market orders
    first; what is left when trading is continuous again is not crossed.

    `choosy`: orders with a minimum quantity, which are passed over where so much would not trade, and may
    rest beside orders that they cross. `veiled`: orders that do not show all that they have. `auctioned`: by
    trade id of an auction whose orders traded, as their participants were told.
    """

    def __init__(
        self,
        choosy: Collection[int],
        veiled: Collection[int],
        auctioned: Mapping[int, Collection[int]],
        shared: bool,
    ) -> None:
        self._choosy = choosy
        self._veiled = veiled
        self._auctioned = auctioned
        self._shared = shared
        self.orders: dict[int, tuple[Side, int | None, int]] = {}
        """order id -> side, price (of a market order that waits none), lots; by arrival"""
        self.trades = 0
        self.busted: set[int] = set()
        self._phase: Phase | None = None
        self._bands: market_data.BandsPublished | None = None
        self._auction_ticks: int | None = None
        """the price of the auction whose trades are being told"""
        self._due: set[int] = set()
        """orders of the auction's trade told last, of which it is to be told what they have left"""

    def ranked(self, side: Side) -> list[tuple[int, int | None, int]]:
        """(order id, price, lots), best first, oldest first at one price, market orders before all."""
        rows = [(key, price, lots) for key, (own, price, lots) in self.orders.items() if own is side]
        sign = -1 if side is Side.BUY else 1
        return sorted(rows, key=lambda row: (row[1] is not None, sign * (row[1] or 0)))

    def hear(self, event: Any) -> None:
        if not isinstance(event, DEPTH) and not _of_auction(event):
            self._auction_ticks = None
        match event:
            case market_data.DepthAdded() | market_data.UnpricedAdded():
                must(event.order_id not in self.orders, f"it rests already: {event}")
                must(event.quantity_lots > 0, f"nothing rests: {event}")
                price_ticks = getattr(event, "price_ticks", None)
                self.orders[event.order_id] = event.side, price_ticks, event.quantity_lots
            case market_data.DepthReduced():
                side, price_ticks, lots = self._resting(event)
                must(0 < event.quantity_lots <= lots, f"{lots} lots rested before {event}")
                self._judge_auction(event)
                self.orders[event.order_id] = side, price_ticks, event.quantity_lots
            case market_data.DepthRemoved():
                self._resting(event)
                self._judge_auction(event)
                del self.orders[event.order_id]
            case reversal.TradeBustPublished():
                must(0 < event.trade_id <= self.trades, f"no such trade was published: {event}")
                must(event.trade_id not in self.busted, f"it was busted before: {event}")
                self.busted.add(event.trade_id)
            case reversal.TradeCorrectionPublished():
                must(0 < event.trade_id <= self.trades, f"no such trade was published: {event}")
                must(event.trade_id not in self.busted, f"it was busted before: {event}")
            case market_data.TradePublished():
                self._trade(event)
            case market_data.PhasePublished():
                self._phase = event.phase
            case market_data.BandsPublished():
                self._bands = event
        if self._phase is Phase.CONTINUOUS:
            self._judge_prices(event)

    def _judge_prices(self, event: Any) -> None:
        """No order waits for what another offers."""
        bids, asks = self._firm(Side.BUY), self._firm(Side.SELL)
        best_bid, best_ask = (rows[0][1] if rows else None for rows in (bids, asks))
        if bids and asks:
            must(best_bid is not None and best_ask is not None, f"a market order rests after {event}")
            assert best_bid is not None  # for the type checker: as just judged
            assert best_ask is not None
            must(best_bid < best_ask, f"the book is crossed after {event}")

    def _firm(self, side: Side) -> list[tuple[int, int | None, int]]:
        """Of `ranked` those that whoever meets them trades with."""
        return [row for row in self.ranked(side) if row[0] not in self._choosy]

    def _resting(self, event: Any) -> tuple[Side, int | None, int]:
        must(event.order_id in self.orders, f"no such order rests: {event}")
        return self.orders[event.order_id]

    def _trade(self, event: market_data.TradePublished) -> None:
        self.trades += 1
        must(event.trade_id == self.trades, f"trade {self.trades} was expected: {event}")
        must(not self._due, f"what orders {self._due} have left was to come: {event}")
        if event.aggressor_side is None:
            must(event.quantity_lots > 0, f"an empty trade: {event}")
            must(self._auction_ticks in (None, event.price_ticks), f"an auction has one price: {event}")
            self._auction_ticks = event.price_ticks
            self._due = {key for key in self._auctioned[event.trade_id] if key not in self._veiled}
            return
        resting = Side.SELL if event.aggressor_side is Side.BUY else Side.BUY
        better = 1 if resting is Side.BUY else -1
        if not event.resting_order_id:
            first = self._firm(resting)[:1]  # hidden, so behind all that is displayed at its price
            must(
                all(
                    price_ticks is not None and better * (event.price_ticks - price_ticks) > 0
                    for _, price_ticks, _ in first
                ),
                f"order {first} was first: {event}",
            )
            return
        must(event.resting_order_id in self.orders, f"nothing rests there: {event}")
        side, price_ticks, lots = self.orders[event.resting_order_id]
        sooner = takewhile(lambda row: row[0] != event.resting_order_id, self.ranked(resting))
        before = [
            order_id
            for order_id, sooner_ticks, _ in sooner
            if order_id not in self._choosy and not (self._shared and sooner_ticks == price_ticks)
        ]
        must(not before, f"orders {before} were first: {event}")
        must((side, event.price_ticks) == (resting, price_ticks), f"it rested at {price_ticks}: {event}")
        must(0 < event.quantity_lots <= lots, f"{lots} lots rested: {event}")
        must(self._phase is Phase.CONTINUOUS, f"nothing trades on arrival while it is {self._phase}: {event}")
        bands = self._bands
        if bands is not None and bands.static_ticks is not None and bands.reference_ticks is not None:
            far = abs(event.price_ticks - bands.reference_ticks)
            must(far <= bands.static_ticks, f"outside {bands}: {event}")

    def _judge_auction(self, event: Any) -> None:
        """An order that an auction's trade takes is the first that its price reaches. What a market order's
        price is, is not told: those before it may have had a worse one.
        """
        if event.order_id not in self._due:
            return
        self._due.remove(event.order_id)
        side, price_ticks, _ = self.orders[event.order_id]
        if price_ticks is None:
            return
        assert self._auction_ticks is not None  # its trade has just been told
        worse = price_ticks < self._auction_ticks if side is Side.BUY else price_ticks > self._auction_ticks
        must(not worse, f"past its price of {price_ticks} at {self._auction_ticks}: {event}")
        sooner = takewhile(lambda row: row[0] != event.order_id, self._firm(side))
        before = [key for key, price, _ in sooner if price is not None and key not in self._veiled]
        must(not before or event.order_id in self._choosy, f"orders {before} were first: {event}")


def _of_auction(event: Any) -> bool:
    return isinstance(event, market_data.TradePublished) and event.aggressor_side is None


def public_books(evidence: Evidence, streams: Streams) -> dict[str, PublicBook]:
    """Of each instrument one that has not heard anything yet."""
    special = {key: order.terms for key, order in orders_entered(streams).items() if order.terms is not None}
    choosy = {order_id for order_id, terms in special.items() if terms.min_quantity_lots}
    veiled = {order_id for order_id, terms in special.items() if terms.display_lots is not None}
    auctioned = _orders_of_auctions(evidence, streams)
    return {
        name: PublicBook(choosy, veiled, auctioned[name], instrument.matching == "pro-rata")
        for name, instrument in evidence.topology.instruments.items()
    }


def check_books(evidence: Evidence, streams: Streams) -> None:
    public = public_books(evidence, streams)
    for name in evidence.shards("book"):
        for event in messages(streams, name.replace("book", "market_data"), name):
            public[event.instrument_id].hear(event)
        for instrument_id, instrument in evidence.domain(name).partition.instruments.items():
            heard = public[instrument_id]
            must(heard.trades == instrument.trades, f"{name} made {instrument.trades} trades")
            for side, queue in ((Side.BUY, instrument.book.bids), (Side.SELL, instrument.book.asks)):
                rows = [
                    (
                        order.order_id,
                        None if order.order_type in UNPRICED_TYPES else order.price_ticks,
                        order.displayed_lots,
                    )
                    for order in queue
                    if order.displayed_lots
                ]
                must(
                    heard.ranked(side) == rows,
                    f"{instrument_id}: market data say {heard.ranked(side)}, the book is {rows}",
                )


def _orders_of_auctions(evidence: Evidence, streams: Streams) -> dict[str, dict[int, set[int]]]:
    """By instrument and trade of an auction: the orders that traded."""
    found: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for participant_id in evidence.topology.participants:
        for report in messages(streams, f"reports.{participant_id}/0"):
            if isinstance(report, reports.OrderFilled) and report.role is Role.AUCTION:
                found[report.instrument_id][report.trade_id].add(report.order_id)
    return found


def check_phases(evidence: Evidence) -> None:
    """Every risk shard knows the phase that each book is in; of a halted instrument, that it is halted."""
    for name in evidence.shards("book"):
        for instrument_id, instrument in evidence.domain(name).partition.instruments.items():
            phase = Phase.HALTED if instrument.regime.isolated else instrument.book.phase
            for shard in evidence.risk_shards():
                known = evidence.domain(shard).risk.instruments[instrument_id].phase
                must(
                    known is phase, f"{instrument_id} is {phase.name}, and {shard} takes it for {known.name}"
                )


def _stamps(entered: Iterable[EnterOrder], streams: Streams) -> dict[int, set[tuple[int, int]]]:
    """The maker's and the taker's rates that each order was ever stamped with."""
    found: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for order in entered:
        found[order.order_id].add((order.maker_fee_rate, order.taker_fee_rate))
    for destination in sorted({to for _, to in streams if to.startswith("books/")}):
        for message in messages(streams, destination):
            if isinstance(message, AmendOrder):
                found[message.order_id].add((message.maker_fee_rate, message.taker_fee_rate))
            elif isinstance(message, SetQuotes):
                for quote in message.quotes:
                    found[quote.order_id].add((message.maker_fee_rate, message.taker_fee_rate))
    return found


def check_fills(evidence: Evidence, streams: Streams) -> None:
    """No order traded past its price; each trade has one maker and one taker, an auction's neither, of equal
    lots and price. Both sides of an auction's trade pay the taker's rate.

    An order's fees are always what its rates come to over all its fills, rounded down once; of one that was
    replaced after fees had changed, between what its lowest and its highest rates come to.
    """
    orders = orders_entered(streams)
    stamps = _stamps(orders.values(), streams)
    terms = {each.instrument_id: each for each in instrument_terms(evidence.topology)}
    lowest: Counter[int] = Counter()
    highest: Counter[int] = Counter()
    charged: Counter[int] = Counter()
    released: set[int] = set()
    limits = {order_id: order.price_ticks for order_id, order in orders.items()}
    fills: dict[tuple[str, int], list[reports.OrderFilled]] = defaultdict(list)
    for participant_id in evidence.topology.participants:
        for report in messages(streams, f"reports.{participant_id}/0"):
            if isinstance(report, reports.OrderReplaced | reports.OrderRepriced):
                limits[report.order_id] = report.price_ticks
            elif isinstance(report, reports.OrderCanceled) and report.reason is Reason.BOOK_LOST:
                released.add(report.order_id)  # a replace that was in flight may be taken, and is not told
            elif isinstance(report, reports.OrderFilled):
                order = orders[report.order_id]
                better = limits[report.order_id] - report.price_ticks
                within = better >= 0 if order.side is Side.BUY else better <= 0
                must(within or report.order_id in released, f"past its price: {report}")
                fills[order.instrument_id, report.trade_id].append(report)
                order_id = report.order_id
                rates = {maker if report.role is Role.MAKER else taker for maker, taker in stamps[order_id]}
                tick_lot_units = terms[order.instrument_id].tick_lot_units
                notional = report.price_ticks * report.quantity_lots * tick_lot_units
                lowest[order_id] += min(rates) * notional
                highest[order_id] += max(rates) * notional
                charged[order_id] += report.fee_amount
                least, most = lowest[order_id] // 10**7, highest[order_id] // 10**7
                must(least <= charged[order_id] <= most, f"{least} to {most} is due in fees after {report}")
    for both in fills.values():
        must(len(both) == 2, f"not two sides of a trade: {both}")
        one, other = both
        must(
            {orders[one.order_id].side, orders[other.order_id].side} == {Side.BUY, Side.SELL}
            and {one.role, other.role} in ({Role.MAKER, Role.TAKER}, {Role.AUCTION})
            and (one.price_ticks, one.quantity_lots) == (other.price_ticks, other.quantity_lots),
            f"the two sides of a trade do not fit: {one}, {other}",
        )
    made = sum(
        instrument.trades
        for name in evidence.shards("book")
        for instrument in evidence.domain(name).partition.instruments.values()
    )
    must(len(fills) == made, f"{made} trades were made, {len(fills)} were reported")
