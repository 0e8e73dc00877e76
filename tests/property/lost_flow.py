"""Random flows in which an operator gives books up and opens them again, at any step of any shard."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bulkhead.domain.messages import orders, reports
from bulkhead.domain.messages.control import ReleaseOrders, SetPhase
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.model import Risk
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.simulation.checks.reports import check_answers, check_orders, orders_entered
from bulkhead.simulation.checks.reservations import claims
from bulkhead.simulation.evidence import Evidence, Streams, messages
from bulkhead.wire.codec import encode
from tests.property.exchange_flow import Flow
from tests.property.exchange_topology import TEXT
from tests.support.operator import Operator

POOR = re.sub(r'USD: "[4-9]"', 'USD: "1.1"', TEXT)
"""With one order's worth of money, so that what is released is soon used again."""
INSTRUMENTS = ("X-USD", "X-USD", "Z-USD", "Z-X")
Amounts = Counter[tuple[str, str]]
"""smallest units by (account, asset)"""


class LostFlow(Flow):
    """Keeps the most that was ever reserved beyond what an account had."""

    def __init__(self, say: Callable[[str], object] = lambda text: None) -> None:
        super().__init__(say, POOR)
        self._operator = Operator(self.exchange)
        self._kinds += [(4, self._release), (8, self._open), (3, self._spend)]
        self.short: Amounts = Counter()

    def _release(self, chance: random.Random) -> str:
        message = ReleaseOrders(chance.choice(INSTRUMENTS), "lost")
        self._operator.decide(message)
        return f"operator: {message}"

    def _open(self, chance: random.Random) -> str:
        message = SetPhase(chance.choice(INSTRUMENTS), Phase.CONTINUOUS)
        self.exchange.control(message)
        return f"control: {message}"

    def _spend(self, chance: random.Random) -> str:
        """X-USD is given up while its book has orders to read, and what is released is used for Z-USD."""
        self._place(chance, "X-USD", 9, ("risk/0", "risk/1"))
        self._operator.decide(ReleaseOrders("X-USD", "lost"))
        self._steps("control/0")
        self._place(chance, "Z-USD", 8, ("book/0", "risk/0", "risk/1"))
        return "X-USD is given up, Z-USD bought"

    def _place(self, chance: random.Random, instrument_id: str, lots: int, shards: Sequence[str]) -> None:
        for trader in self.traders:
            name = trader.accounts[0], f"o{len(trader.names)}"
            trader.names.append(name)
            side, price_ticks = chance.choice(tuple(Side)), chance.choice((96, 100, 104))
            terms = (OrderType.LIMIT, TimeInForce.GTC, False, price_ticks, None, lots)
            trader.send([encode(PlaceOrder(name[0], name[1], instrument_id, side, *terms))])
        self._steps(*shards)

    def _steps(self, *shards: str) -> None:
        for name in shards:
            self.exchange.shards[name].step(0.0)

    def check_reservations(self) -> None:
        """What is reserved is what orders may cost that nobody has released, to the unit."""
        for risk in self.exchange.risk_shards():
            reserved: Amounts = Counter()
            for linked, worst in claims(risk):
                assert sum(order.reserved for order in linked) == worst
                reserved[linked[0].account.account_id, linked[0].pays_asset_id] += worst
            for account_id, asset_id, balance in _balances(risk):
                assert balance.reserved == reserved[account_id, asset_id] >= 0
                short = balance.reserved - balance.total
                self.short[account_id, asset_id] = max(self.short[account_id, asset_id], short)


def _balances(risk: Risk) -> Iterable[tuple[str, str, Any]]:
    for account in risk.accounts.values():
        for asset_id, balance in account.balances.items():
            yield account.account_id, asset_id, balance


def run_lost(seeds: Sequence[int], say: Callable[[str], object] = lambda text: None) -> LostFlow:
    """A whole flow, at rest; reservations are checked after every action."""
    flow = LostFlow(say)
    for seed in seeds:
        flow.act(seed)
        flow.check_reservations()
    flow.finish()
    flow.check_reservations()
    return flow


class Told:
    """What all participants were told, taken apart: of orders that were released, and the rest."""

    def __init__(self, evidence: Evidence, streams: Streams) -> None:
        self.evidence = evidence
        self.streams = streams
        self.by_participant = {
            name: messages(streams, f"reports.{name}/0") for name in evidence.topology.participants
        }
        self.released = {
            report.order_id for told in self.by_participant.values() for report in told if _gives_up(report)
        }
        self.late = [report for told in self.by_participant.values() for report in _late(told)]
        """fills that were told after their orders had been released"""

    def check_nothing_waits(self) -> None:
        """Every lost book was cleared; no shard counts a command as unanswered, or keeps what has ended."""
        open_now = set()
        for name in self.evidence.shards("risk"):
            risk = self.evidence.domain(name).risk
            assert not risk.lost
            assert not any(route.unanswered for route in risk.routes.values())
            for participant in risk.participants.values():
                mine = [each for each in risk.orders.values() if each.account.participant is participant]
                counts = participant.unanswered, participant.given_up, participant.open_orders
                assert counts == (0, 0, len(mine))
            for order in risk.orders.values():
                assert not any((order.ended, order.released, order.cancel_sent, order.amendments))
            open_now |= set(risk.orders)
        resting = {
            order.order_id
            for name in self.evidence.shards("book")
            for instrument in self.evidence.domain(name).partition.instruments.values()
            for order in instrument.book.orders()
        }
        assert open_now == resting

    def check_answers(self) -> None:
        """Every command has one answer; of a place it may be that its order was released."""
        for name in self.evidence.shards("risk"):
            for participant_id, commands in self.evidence.taken(name).commands.items():
                check_answers(participant_id, commands, _accepted(self.by_participant[participant_id]))

    def check_orders(self) -> None:
        """An order ends once; of one that was released only fills are told, which leave nothing."""
        entered = orders_entered(self.streams)
        for participant_id, told in self.by_participant.items():
            accounts = self.evidence.topology.participants[participant_id].account_ids
            open_now = {
                (order.account.account_id, order.client_order_id)
                for name in self.evidence.shards("risk")
                for order in self.evidence.domain(name).risk.orders.values()
                if order.account.account_id in accounts
            }
            of_others = [each for each in told if getattr(each, "order_id", None) not in self.released]
            check_orders(of_others, entered, open_now)
        assert all(isinstance(report, reports.OrderFilled) for report in self.late)
        assert {report.leaves_lots for report in self.late} <= {0}

    def check_fills(self) -> None:
        """An order's participant is told of each fill that its book says, once and in their order."""
        made: dict[int, list[tuple[int, ...]]] = defaultdict(list)
        heard: dict[int, list[tuple[int, ...]]] = defaultdict(list)
        for name in self.evidence.shards("risk"):
            for event in messages(self.streams, name.replace("risk", "orders")):
                if isinstance(event, orders.OrderExecuted):
                    made[event.order_id].append(_fill(event))
        for told in self.by_participant.values():
            for report in told:
                if isinstance(report, reports.OrderFilled):
                    heard[report.order_id].append(_fill(report))
        assert heard == made

    def cost_of_late_fills(self) -> Amounts:
        cost: Amounts = Counter()
        instruments = self.evidence.domain("risk/0").risk.instruments
        for report in self.late:
            instrument = instruments[report.instrument_id]
            if report.side is Side.SELL:
                cost[report.account_id, instrument.base_asset_id] += (
                    report.quantity_lots * instrument.lot_units
                )
            else:
                notional = report.price_ticks * report.quantity_lots * instrument.tick_lot_units
                cost[report.account_id, instrument.quote_asset_id] += notional + report.fee_amount
        return cost


def _gives_up(report: Any) -> bool:
    return isinstance(report, reports.OrderCanceled) and report.reason is Reason.BOOK_LOST


def _late(told: Iterable[Any]) -> Iterable[Any]:
    """What is told of orders behind their BOOK_LOST."""
    released: set[int] = set()
    for report in told:
        if getattr(report, "order_id", None) in released:
            yield report
        if _gives_up(report):
            released.add(report.order_id)


def _accepted(told: Iterable[Any]) -> Iterable[Any]:
    """With an OrderAccepted before each BOOK_LOST whose order had none."""
    accepted: set[int] = set()
    for report in told:
        if isinstance(report, reports.OrderAccepted):
            accepted.add(report.order_id)
        elif _gives_up(report) and report.order_id not in accepted:
            yield reports.OrderAccepted(
                report.last_sequence,
                report.account_id,
                report.client_order_id,
                report.order_id,
                report.instrument_id,
            )
        yield report


def _fill(event: orders.OrderExecuted | reports.OrderFilled) -> tuple[int, ...]:
    return event.trade_id, event.price_ticks, event.quantity_lots, event.role, event.fee_amount
