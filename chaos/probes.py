"""What participants see while something fails: small orders of each risk shard to each book, one by one.

Each pair of a risk shard and a book is a way, probed by itself. A probe is an order for the least quantity;
buyers and sellers meet, so that trades move the ledgers too, and what is left of one is canceled with the
next. A risk shard alone is probed by an order that it refuses itself.
"""

import time
from collections.abc import Container, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from bulkhead.client import Client, connect
from bulkhead.client.connection import Connection
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder
from bulkhead.domain.messages.reports import OrderAccepted, OrderRejected
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.errors import TemporaryError
from bulkhead.topology.derived import slot_of, slot_table
from bulkhead.topology.flows import edges
from bulkhead.topology.models import Topology
from chaos.load import GLANCE_S, SESSION_TIMEOUT_S, markets_of
from chaos.trader import Market

EVERY_S = 0.05
"""between an answer and the next probe of the same way"""
PROBERS_MAX = 2
"""on one risk shard: they can trade with each other when every other risk shard is away"""
NOTHING = "-"
"""an instrument that no exchange has: risk refuses it at once"""


@dataclass
class Way:
    """One service, probed by one participant."""

    service: str
    client: Client
    account_id: str
    market: Market | None
    """None: the risk shard alone"""
    buys: bool
    """the next one; then they take turns"""
    sent: int = 0
    waits_for: int = 0
    """sequence of the newest probe, while it is unanswered; 0: none is"""
    due_at: float = 0.0
    resting: str = ""
    """client_order_id of the newest order"""
    refused: str = ""
    """why no probe of it reaches its book"""

    @property
    def shards(self) -> list[str]:
        """That a probe comes through, but for a gateway."""
        return self.service.split()[1:]

    def send(self) -> None:
        self.sent += 1
        place = "x" if self.market is None else self.market.book.partition("/")[2]
        name = f"{self.client.session.epoch:x}-{place}-{self.sent:x}"
        commands: list[CancelOrder | PlaceOrder] = []
        if self.resting:
            commands.append(CancelOrder(self.account_id, self.resting))
        commands.append(self._order(name))
        if self.market is not None:
            self.resting = name
        self.buys = not self.buys
        self.waits_for = self.client.submit(commands) + len(commands) - 1

    def _order(self, name: str) -> PlaceOrder:
        market = self.market
        return PlaceOrder(
            self.account_id,
            name,
            NOTHING if market is None else market.instrument_id,
            Side.BUY if self.buys else Side.SELL,
            OrderType.LIMIT,
            TimeInForce.GTC,
            False,
            1 if market is None else market.middle_ticks,
            None,
            1 if market is None else market.least_lots,
        )

    def answered(self, report: Any) -> bool:
        """Whether who is probed has answered: of a book nothing but the acceptance comes from there."""
        self.waits_for, self.due_at = 0, time.monotonic() + EVERY_S
        if self.market is None or isinstance(report, OrderAccepted):
            self.refused = ""
            return True
        if isinstance(report, OrderRejected):
            self.refused = f"{self.market.instrument_id}: orders are refused ({report.reason})"
        return False


@dataclass
class Probes:
    """With `with` its sessions are open while the block lasts."""

    topology: Topology
    connection: Connection
    ways: list[Way] = field(default_factory=list)
    answered_ms: dict[str, float] = field(default_factory=dict)
    """service -> from the failure to the first answer of a probe sent after it"""
    _clients: list[Client] = field(default_factory=list)
    _open: ExitStack = field(default_factory=ExitStack)
    _since: float = 0.0

    def __enter__(self) -> "Probes":
        try:
            for number, (participant_id, markets) in enumerate(self._probers()):
                self._connect(participant_id, markets, number % 2 == 0)
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _probers(self) -> Iterator[tuple[str, list[Market]]]:
        """Participants that can trade, a few of each risk shard."""
        chosen: dict[str, int] = {}
        for participant_id in self.topology.participants:
            risk = self.connection.participant(participant_id).orders
            markets = markets_of(self.topology, self.connection, participant_id)
            if markets and chosen.get(risk, 0) < PROBERS_MAX:
                chosen[risk] = chosen.get(risk, 0) + 1
                yield participant_id, markets

    def _connect(self, participant_id: str, markets: list[Market], buys: bool) -> None:
        client = connect(self.connection, participant_id, timeout_s=SESSION_TIMEOUT_S)
        self._open.enter_context(client)
        self._clients.append(client)
        client.on_answer = lambda sequence, report: self._answered(client, sequence, report)
        me = self.connection.participant(participant_id)
        risk = f"risk/{me.orders.rpartition('/')[2]}"
        account_id = me.accounts[0]
        self.ways.append(Way(f"commands {risk}", client, account_id, None, buys))
        self.ways += [
            Way(f"orders {risk} {market.book}", client, account_id, market, buys) for market in markets
        ]

    def touched(self, stopped: Container[str] = ()) -> set[str]:
        """Shards that probes move: those on their ways, who follows these, the ledgers of who trades there.
        Probes of services that are `stopped` move the gateways that they come to, and nobody else.
        """
        ledgers = slot_table(self.topology.shards.settlement)
        sent = [way for way in self.ways if not way.refused]
        ways = [way for way in sent if way.service not in stopped]
        moved = {shard for way in ways for shard in way.shards}
        moved |= {
            f"settlement/{ledgers[slot_of(way.client.participant_id)]}"
            for way in ways
            if way.market is not None
        }
        behind_gateways = {shard for way in sent for shard in way.shards}
        for edge in edges(self.topology):
            if edge.reader.kind == "view" and edge.source.name in moved:
                moved.add(edge.reader.name)
            elif edge.source.kind == "ingress" and edge.reader.name in behind_gateways:
                moved.add(edge.source.name)
        return moved

    @property
    def services(self) -> set[str]:
        """Those that are probed and would be answered."""
        return {way.service for way in self.ways if not way.refused}

    def begin(self, since: float) -> None:
        """Something has failed, at `since` of perf_counter: only what is sent from now on counts."""
        self.answered_ms.clear()
        self._since = since
        for way in self.ways:
            way.send()

    def turn(self) -> None:
        """Send what is due, and read what there is. A log that is away is waited for."""
        now = time.monotonic()
        for way in self.ways:
            if not way.waits_for and now >= way.due_at:
                way.send()
        for client in self._clients:
            try:
                client.raw_reports(GLANCE_S)
            except TemporaryError:
                continue

    def clear(self) -> None:
        """Cancel what is left."""
        for way in self.ways:
            if way.resting:
                way.client.submit([CancelOrder(way.account_id, way.resting)])

    def _answered(self, client: Client, sequence: int, report: Any) -> None:
        for way in self.ways:
            if way.client is client and way.waits_for == sequence and way.answered(report):
                ms = round((time.perf_counter() - self._since) * 1000, 1)
                self.answered_ms.setdefault(way.service, ms)
