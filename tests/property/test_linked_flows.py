"""Random flows of pairs and brackets: what is reserved is exact at every step, and no two of a pair trade."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.domain.machine import Handler, Outbox
from bulkhead.domain.messages.linked import ExitStarted, OrdersLinked, PlaceBracket, PlacePair
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import OrderCanceled, OrderReplaced, ReplaceRejected
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.machine import RiskMachine
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.machines.factory import make_reference
from bulkhead.simulation.checks.links import check_links
from bulkhead.simulation.checks.reports import check_reports
from bulkhead.simulation.checks.reservations import check_reservations
from bulkhead.simulation.checks.streams import check_replay
from bulkhead.simulation.evidence import messages
from bulkhead.simulation.linked_orders import link
from bulkhead.wire.codec import encode
from tests.property.exchange_flow import Flow, FlowTrader, fixed_seeds
from tests.property.exchange_topology import TEXT
from tests.support.both_engines import both


def _looking_at_each_event(name: str) -> Any:
    """A risk machine that judges what is reserved after each event of a book, not only when it rests."""
    machine = make_reference(name)
    if isinstance(machine.domain, RiskMachine):
        risk, handlers = machine.domain.risk, machine.domain.handlers
        for kind, handler in list(handlers.items()):

            def handle(message: Any, out: Outbox, handler: Handler = handler) -> None:
                handler(message, out)
                check_reservations([risk])

            handlers[kind] = handle
    return both(machine)


class LinkedFlow(Flow):
    """Many pairs and brackets of plain orders at three prices, and replaces of them that are to the point."""

    def __init__(
        self,
        say: Callable[[str], object] = lambda text: None,
        text: str = TEXT,
        make: Callable[[str], Any] = _looking_at_each_event,
    ) -> None:
        super().__init__(say, text, make=make)
        self._kinds += [
            (40, self._link),
            (25, self._replace_linked),
            (20, self._cross),
            (15, self._race),
        ]

    def _link(self, chance: random.Random) -> str:
        trader = self._trader(chance)
        drawn = self._plain(chance, trader.accounts[0], len(trader.names), 6)
        command: PlacePair | PlaceBracket = link(chance, drawn)
        trader.names.append((drawn.account_id, drawn.client_order_id))
        trader.send([encode(command)])
        return f"{trader.participant_id}: {command}"

    def _race(self, chance: random.Random) -> str:
        """The end of an entry, and replaces of its exits that are on their way when it makes them active."""
        trader = self._trader(chance)
        links = [
            order.link for order in self._linked(trader) if order.link.entry is order and order.executed_lots
        ]
        if not links:
            return "no entry has traded"
        link = chance.choice(links)
        account_id = link.limit.account.account_id
        commands: list[CancelOrder | ReplaceOrder] = [CancelOrder(account_id, link.entry.client_order_id)]
        for order in (link.limit, link.stop):
            ticks = order.price_ticks + chance.randint(-1, 1)
            commands.append(ReplaceOrder(account_id, order.client_order_id, ticks, order.quantity_lots))
        trader.send([encode(command) for command in commands])
        return f"{trader.participant_id}: {commands}"

    def _linked(self, trader: FlowTrader) -> list[Any]:
        """The trader's orders that are linked with others."""
        orders = self.exchange.risk(int(trader.shard[5:])).orders
        return [
            order
            for _, order in sorted(orders.items())
            if order.link is not None and order.account.participant.participant_id == trader.participant_id
        ]

    def _cross(self, chance: random.Random) -> str:
        """A small order that trades a part of another, or moves the price to where stops are triggered."""
        trader = self._trader(chance)
        order = self._plain(chance, trader.accounts[-1], len(trader.names), 3)
        trader.names.append((order.account_id, order.client_order_id))
        trader.send([encode(order)])
        return f"{trader.participant_id}: {order}"

    def _replace_linked(self, chance: random.Random) -> str:
        trader = self._trader(chance)
        mine = self._linked(trader)
        if not mine:
            return "nothing to replace"
        order = chance.choice(mine)
        quantity_lots = order.quantity_lots + (0 if order.parked else chance.randint(-1, 2))
        price_ticks = order.price_ticks + chance.randint(-2, 2)
        command = ReplaceOrder(order.account.account_id, order.client_order_id, price_ticks, quantity_lots)
        trader.send([encode(command)])
        return f"{trader.participant_id}: {command}"

    def _plain(self, chance: random.Random, account_id: str, number: int, lots_max: int) -> PlaceOrder:
        side, price_ticks = chance.choice(tuple(Side)), chance.randint(99, 101)
        terms = (OrderType.LIMIT, TimeInForce.GTC, False, price_ticks, None, chance.randint(1, lots_max))
        return PlaceOrder(account_id, f"o{number}", "X-USD", side, *terms)

    def check(self) -> None:
        """What is reserved is exact, by the shards and by their snapshots."""
        shards = self.exchange.risk_shards()
        check_reservations(shards)
        for risk in shards:
            again = RiskMachine(risk.shard)
            again.load(self.exchange.domain(f"risk/{risk.shard}").state())
            check_reservations([again.risk])


def run(seeds: Sequence[int], say: Callable[[str], object] = lambda text: None) -> LinkedFlow:
    flow = LinkedFlow(say)
    for seed in seeds:
        flow.act(seed)
        flow.check()
    flow.finish()
    flow.check()
    return flow


@settings(max_examples=40)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=150))
def test_at_all_times_what_linked_orders_could_cost_is_reserved_and_one_of_a_pair_trades(
    seeds: list[int],
) -> None:
    flow = run(seeds, note)
    evidence, streams = flow.evidence(), flow.exchange.said()
    check_reports(evidence, streams)
    check_links(evidence, streams)


def test_a_long_flow_of_linked_orders_has_every_ending_and_is_replayed_to_the_byte() -> None:
    flow = run(fixed_seeds("linked", 1500))
    evidence, streams = flow.evidence(), flow.exchange.said()
    check_reports(evidence, streams)
    check_links(evidence, streams)
    check_replay(evidence, make_reference)
    found: Counter[object] = Counter()
    for participant_id in evidence.topology.participants:
        for report in messages(streams, f"reports.{participant_id}/0"):
            found[type(report)] += 1
            if isinstance(report, OrderCanceled | ReplaceRejected):
                found[report.reason] += 1
    for kind in (OrdersLinked, ExitStarted, OrderReplaced, Reason.LINKED):
        assert found[kind] > 20, found
