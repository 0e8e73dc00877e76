"""Those who trade: they send commands, read their reports, come back under a new epoch."""

import random
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

from bulkhead.domain.messages.moving import MovedAway, MovedHere
from bulkhead.domain.messages.participant import OpenSession, PlaceOrder
from bulkhead.domain.messages.reports import (
    GapDetected,
    OrderAccepted,
    OrderCanceled,
    OrderDecremented,
    OrderFilled,
    OrderReplaced,
    SessionOpened,
    StaleSession,
    StreamMismatch,
)
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.errors import TemporaryError
from bulkhead.runtime.source import Source
from bulkhead.simulation.commands import PRICES_TICKS, Name, draw
from bulkhead.simulation.gateways import EPOCH_MS
from bulkhead.simulation.network import Connection, Network
from bulkhead.simulation.schedule import MS, S
from bulkhead.simulation.setting import GROWN_TOPOLOGY, IDENTITY, TOPOLOGY, key_of, public_bytes
from bulkhead.topology import derived
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.codec import decode, encode
from bulkhead.wire.frame import advance_crc, read_frame, signer_source

TRY_AGAIN_US = 200 * MS
ANSWER_US = 60 * S
"""a session that was not answered for so long is opened again …"""
ASKED_MAX = 5
"""… so often in a row, as whoever answers may be halted for good"""
NAMES_KEPT = 8


class Participant:
    """One participant's program. Everything of the newest stream is sent until the exchange has taken it."""

    def __init__(self, network: Network, participant_id: str, ingress: str | None = None) -> None:
        """`ingress`: the topic of its own that it writes to; None: its risk shard's partition."""
        self.participant_id = participant_id
        self.accounts = GROWN_TOPOLOGY.participants[participant_id].account_ids
        risk = derived.slot_table(TOPOLOGY.shards.risk)[derived.slot_of(participant_id)]
        self.partition = f"orders/{risk}"
        """that its frames are for"""
        self._ingress = ingress
        self._first_shard = f"risk/{risk}"
        self.key = key_of(participant_id)
        self.public_key = public_bytes(self.key)
        self.keys = [self.public_key]
        """all that it has had, the newest last"""
        self.revocable: list[bytes] = []
        """those that it has no use for any more"""
        self.epoch = 0
        self.events: list[bytes] = []
        """of the newest stream"""
        self.network = network
        self._recent: deque[Name] = deque(maxlen=NAMES_KEPT)
        self._alive: dict[Name, None] = {}
        """orders that live, as far as reports tell"""
        self._placed = 0
        self._opened = False
        self._asked = 0
        self._reading = False
        self._life = 0
        self._begin()

    @property
    def written(self) -> str:
        return f"{self._ingress}/0" if self._ingress is not None else self.partition

    def _begin(self) -> None:
        """A new run of the program, with a new session. It reads its reports from the beginning."""
        self._life += 1
        self._reads = self._first_shard
        self._unread: dict[str, list[Any]] = {}
        """reports by the shard that has said them, from the first on"""
        self._read_up_to: Counter[str] = Counter()
        self._connection = Connection(self.network, f"{self.participant_id}#{self._life}", self._wake)
        self._reports = self._connection.reader(f"reports.{self.participant_id}/0", self.participant_id)
        self.open()

    def crash(self) -> None:
        """Of what was not confirmed a first part arrives; the program knows nothing when it comes back."""
        self._connection.lose()
        self._connection.close()
        self._alive.clear()
        self._begin()

    def reconnect(self) -> None:
        self._connection.reconnect()

    def change_key(self) -> bytes:
        """Sign with another key from now on; its public half."""
        self.key = key_of(f"{self.participant_id}.{len(self.keys)}")
        self.public_key = public_bytes(self.key)
        self.keys.append(self.public_key)
        self.open()
        return self.public_key

    def open(self) -> None:
        """Begin a new stream, which fences the one before."""
        self.epoch = max(self.epoch + 1, self.network.schedule.now_us)
        self.events = []
        self._opened = False
        self._source = self.source_from(0)
        self.send([encode(OpenSession())])
        epoch = self.epoch
        self.network.schedule.after(ANSWER_US, lambda: self._unanswered(epoch))

    def _unanswered(self, epoch: int) -> None:
        if epoch == self.epoch and not self._opened and self._asked < ASKED_MAX:
            self._asked += 1
            # It may be new here, and its slot have moved since the topology that it knows.
            if self._unread:
                self.partition = self._reads.replace("risk/", "orders/")
            else:
                number = int(self.partition.removeprefix("orders/")) + 1
                self.partition = f"orders/{number % self.network.log.topics()['orders']}"
            self.open()

    def source_from(self, last: int) -> Source:
        """The newest stream from after its event `last`."""
        return Source(
            self._connection,
            IDENTITY,
            signer_source(self.public_key, self.epoch),
            self.partition,
            SignatureSealer(self.key),
            self.participant_id,
            last,
            advance_crc(0, self.events[:last]),
            through=self.written,
        )

    def send(self, events: Sequence[bytes]) -> None:
        """Go on with the stream."""
        self.events += events
        self._source.send(events, self.network.schedule.now_us)
        self.push(self._source)

    def push(self, source: Source) -> None:
        """As often as it takes."""
        try:
            source.poll()
        except TemporaryError:
            self.network.schedule.after(TRY_AGAIN_US, lambda: self.push(source))

    def resend(self, first: int, count: int) -> None:
        """Events of the stream again, in one frame."""
        source = self.source_from(first)
        source.send(self.events[first : first + count], self.network.schedule.now_us)
        self.push(source)

    def trade(self, chance: random.Random, commands: int) -> None:
        """So many commands in one frame."""
        events = []
        for _ in range(commands):
            now_ms = EPOCH_MS + self.network.schedule.now_us // 1000  # but for the clock's jumps
            drawn = draw(chance, self.accounts, self.fresh(), list(self._alive), self._recent, now_ms)
            if drawn.kind in ("place", "quotes") and drawn.name is not None:
                self._recent.append(drawn.name)
            events.append(drawn.event)
        self.send(events)

    def trade_listed(self, chance: random.Random, instrument_id: str) -> None:
        """An order on an instrument that operators may have listed, or not, or retired."""
        side = chance.choice((Side.BUY, Side.SELL))
        order = (side, OrderType.LIMIT, TimeInForce.GTC, False, chance.randint(97, 103), None)
        account_id = chance.choice(self.accounts)
        lots = chance.randint(1, 15)
        self.send([encode(PlaceOrder(account_id, self.fresh(), instrument_id, *order, lots))])

    def probe(self) -> None:
        """An order on every instrument: every stream between risk and books has something to say."""
        if not self._opened:  # its key may not have been known when it said so
            self.open()
        for instrument_id, (low, high) in PRICES_TICKS.items():
            side = Side.BUY if self._placed % 2 else Side.SELL
            price_ticks = (low + high) // 4 * 2
            order = (side, OrderType.LIMIT, TimeInForce.GTC, False, price_ticks, None, 4)
            self.send([encode(PlaceOrder(self.accounts[0], self.fresh(), instrument_id, *order))])

    def fresh(self) -> str:
        self._placed += 1
        return f"o{self._life}-{self._placed}"

    def _wake(self) -> None:
        if not self._reading:
            self._reading = True
            self.network.schedule.after(1 * MS, self._read)

    def _read(self) -> None:
        self._reading = False
        try:
            records = self._reports.receive(1 << 20, 0.0)
        except TemporaryError:
            self.network.schedule.after(TRY_AGAIN_US, self._wake)
            return
        for _, data in records:
            frame = read_frame(data)
            told = self._unread.setdefault(frame.source, [])
            told += map(decode, frame.events[max(0, len(told) + 1 - frame.first) :])
        if not self._read_up_to and not self._unread.get(self._reads):
            begun = (name for name, told in self._unread.items() if not isinstance(told[0], MovedHere))
            self._reads = next(begun, self._reads)
        while self._read_up_to[self._reads] < len(told := self._unread.get(self._reads, [])):
            self._read_up_to[self._reads] += 1
            self._hear(told[self._read_up_to[self._reads] - 1])

    def _follow(self, moved: MovedHere) -> None:
        """Go on at the shard that has this participant now, behind what was taken."""
        partition = f"orders/{moved.risk_shard}"
        if partition != self.partition:
            self.partition = partition
            last = moved.last if (moved.public_key, moved.epoch) == (self.public_key, self.epoch) else 0
            self._source = self.source_from(last)
            self._source.send(self.events[last:], self.network.schedule.now_us)
            self.push(self._source)

    def _hear(self, report: Any) -> None:
        match report:
            case MovedAway():
                self._reads = f"risk/{report.risk_shard}"
            case MovedHere():
                self._follow(report)
            case OrderAccepted():
                self._alive[report.account_id, report.client_order_id] = None
            case (
                OrderCanceled()
                | OrderFilled(leaves_lots=0)
                | OrderDecremented(leaves_lots=0)
                | OrderReplaced(leaves_lots=0)
            ):
                self._alive.pop((report.account_id, report.client_order_id), None)
            case SessionOpened():
                if report.epoch == self.epoch:
                    self._opened, self._asked = True, 0
                    self.revocable += [key for key in self.keys[:-1] if key not in self.revocable]
            case GapDetected() if self._opened and report.expected_sequence <= len(self.events):
                self.resend(report.expected_sequence - 1, len(self.events))
            case StreamMismatch() if self._opened:
                self.open()
            case StaleSession() if report.epoch == self.epoch:
                self.open()
