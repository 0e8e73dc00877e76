"""Random flows through a whole exchange: every kind of command, failure and restart, in any order of steps.

An action is drawn from a seed of its own, so hypothesis shrinks a flow by leaving actions out, and a fixed
list of seeds is a recorded flow.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, cast

from bulkhead.domain.messages.control import Deposit, SetPhase
from bulkhead.domain.messages.participant import CancelOrder, OpenSession, PlaceOrder, ReplaceOrder
from bulkhead.domain.risk.model import Order, Risk
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from bulkhead.runtime.source import Source
from bulkhead.topology import derived
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import advance_crc, signer_source
from tests.property.exchange_topology import TEXT
from tests.property.unreliable_log import UnreliableLog
from tests.support.exchange import MemoryExchange, key_of, public_bytes

BOTH_SIDES_TICKS = {"X-USD": (95, 105), "Z-USD": (96, 104), "Z-X": (95, 105)}
GARBAGE = (
    b"",
    b"\x00",
    b"\xff" * 9,
    b"\x91\x02",
    b"\x92\x01\xc3",
    b"\x91\x7f",
    encode(SetPhase("X-USD", Phase.HALTED)),
)


class FlowTrader:
    """One participant's stream, with everything that was sent on it."""

    def __init__(self, exchange: MemoryExchange, participant_id: str) -> None:
        self.participant_id = participant_id
        self.exchange = exchange
        self.accounts = exchange.topology.participants[participant_id].account_ids
        risk = derived.slot_table(exchange.topology.shards.risk)[derived.slot_of(participant_id)]
        self.shard = f"risk/{risk}"
        self.partition = f"orders/{risk}"
        self.names: list[tuple[str, str]] = []
        """(account, client order id) of every place, newest last"""
        self.commands: Counter[tuple[str, str, str]] = Counter()
        """(what, account, client order id): how many were sent in a stream that is taken"""
        self.unreadable = 0
        self.epoch = 0
        self.gaps = 0
        self.open()

    def open(self) -> None:
        self.epoch += 1
        self.events: list[bytes] = []
        self._source = self._from(0)
        self.send([encode(OpenSession())])

    def _from(self, last: int) -> Source:
        key = key_of(self.participant_id)
        return Source(
            self.exchange.log,
            self.exchange.identity,
            signer_source(public_bytes(key), self.epoch),
            self.partition,
            SignatureSealer(key),
            self.participant_id,
            last,
            advance_crc(0, self.events[:last]),
        )

    def send(self, events: Sequence[bytes]) -> None:
        self.events += events
        self._source.send(events, 0)
        self._source.poll()

    def resend(self, first: int, count: int) -> None:
        """Send events of the stream again, cut otherwise."""
        source = self._from(first)
        source.send(self.events[first : first + count], 0)
        source.poll()

    def skip(self, event: bytes) -> None:
        """Send an event beyond the next number: a gap."""
        kept = list(self.events)
        self.events.append(b"lost on the way")
        source = self._from(len(self.events))
        self.events = kept
        source.send([event], 0)
        source.poll()
        self.gaps += 1


class Flow:
    """An exchange and what random actions did to it. `say` is told every action."""

    def __init__(self, say: Callable[[str], object] = lambda text: None, text: str = TEXT) -> None:
        self.log: UnreliableLog | None = None
        policy = SnapshotPolicy(every_events=25, every_ticks=3)
        self.exchange = MemoryExchange(text, policy, self._wrap)
        self.say = say
        self.time_ms = 1_000_000
        self.crashes = 0
        self.strangers = 0
        self.deposits: Counter[tuple[str, str]] = Counter()
        for account in derived.account_terms(self.exchange.topology):
            for asset_id, amount in account.balances:
                self.deposits[account.account_id, asset_id] += amount
        self.traders = [FlowTrader(self.exchange, name) for name in self.exchange.topology.participants]
        self.exchange.settle()
        self._kinds: list[tuple[int, Callable[[random.Random], str]]] = [
            (50, self._commands),
            (25, self._step),
            (8, self._crash),
            (4, self._phase),
            (2, self._deposit),
            (3, self._tick),
            (3, self._resend),
            (1, self._skip),
            (1, self._reopen),
            (1, self._stranger),
            (2, self._down),
            (4, self._settle),
        ]

    def _wrap(self, log: Any) -> Any:
        self.log = UnreliableLog(log)
        return self.log

    @property
    def unreliable(self) -> UnreliableLog:
        return cast(UnreliableLog, self.log)

    def act(self, seed: int) -> None:
        """One action, drawn from `seed`."""
        chance = random.Random(seed)
        actions = [action for _, action in self._kinds]
        action = chance.choices(actions, [weight for weight, _ in self._kinds])[0]
        self.say(action(chance))

    def finish(self) -> None:
        """Let everything come to rest."""
        self.unreliable.mend()
        self.exchange.settle()

    def _trader(self, chance: random.Random) -> FlowTrader:
        return chance.choice(self.traders)

    def _shard(self, chance: random.Random) -> Shard:
        return self.exchange.shards[chance.choice(self.exchange.names)]

    def _commands(self, chance: random.Random) -> str:
        trader = self._trader(chance)
        commands = [self._command(chance, trader) for _ in range(chance.choice((1, 1, 2, 4)))]
        trader.send([event for event, _ in commands])
        return f"{trader.participant_id}: {[command for _, command in commands]}"

    def _command(self, chance: random.Random, trader: FlowTrader) -> tuple[bytes, Any]:
        kind = chance.choices(("place", "cancel", "replace", "garbage"), (55, 15, 27, 3))[0]
        if kind == "garbage":
            trader.unreadable += 1
            event = chance.choice(GARBAGE)
            return event, event
        account_id, client_order_id = self._name(chance, trader)
        instrument_id = chance.choice(("X-USD", "X-USD", "X-USD", "Z-USD", "Z-X"))
        if kind == "place" and chance.random() < 0.93:
            account_id, client_order_id = chance.choice(trader.accounts), f"o{len(trader.names)}"
        if chance.random() < 0.02:
            account_id = chance.choice(("nobody", "alice.main", "house", "", "é" * 40))
        price_ticks = chance.randint(*BOTH_SIDES_TICKS[instrument_id])
        quantity_lots = chance.randint(1, 9)
        if instrument_id == "Z-USD" and chance.random() < 0.9:
            price_ticks, quantity_lots = price_ticks // 2 * 2, max(4, quantity_lots // 2 * 2)
        if chance.random() < 0.03:
            price_ticks = chance.choice((0, -1, 2**62, 89, 111))
        if chance.random() < 0.03:
            quantity_lots = chance.choice((0, 16, 2**62))
        message: Any
        if kind == "place":
            message = self._place(
                chance, account_id, client_order_id, instrument_id, price_ticks, quantity_lots
            )
            trader.names.append((account_id, client_order_id))
        elif kind == "cancel":
            message = CancelOrder(account_id, client_order_id)
        else:
            message = ReplaceOrder(account_id, client_order_id, price_ticks, quantity_lots)
        trader.commands[kind, account_id, client_order_id] += 1
        return encode(message), message

    @staticmethod
    def _name(chance: random.Random, trader: FlowTrader) -> tuple[str, str]:
        """Of a live order, as often as there is one, or of one of the newest."""
        risk = trader.exchange.risk(int(trader.shard[5:]))
        live = [(name, each) for name in trader.accounts for each in sorted(_live(risk, name))]
        if live and chance.random() < 0.75:
            return chance.choice(live)
        return chance.choice(trader.names[-8:]) if trader.names else (trader.accounts[0], "none")

    @staticmethod
    def _place(
        chance: random.Random,
        account_id: str,
        client_order_id: str,
        instrument_id: str,
        price_ticks: int,
        quantity_lots: int,
    ) -> PlaceOrder:
        side = chance.choice((Side.BUY, Side.SELL))
        time_in_force = chance.choices(tuple(TimeInForce), (8, 1, 1))[0]
        post_only = time_in_force is TimeInForce.GTC and chance.random() < 0.15
        if chance.random() < 0.85:
            kind, limit, protection = OrderType.LIMIT, price_ticks, None
        else:
            kind, limit, protection = OrderType.MARKET, None, price_ticks
        numbers = [int(side), int(kind), int(time_in_force)]
        if chance.random() < 0.03:
            numbers[chance.randrange(3)] = chance.choice((0, 9))
        if chance.random() < 0.02:
            limit, protection = protection, limit
        return PlaceOrder(
            account_id,
            client_order_id,
            instrument_id if chance.random() < 0.98 else "NONE",
            numbers[0],
            numbers[1],
            numbers[2],
            post_only and kind is OrderType.LIMIT,
            limit,
            protection,
            quantity_lots,
        )

    def _step(self, chance: random.Random) -> str:
        shard = self._shard(chance)
        problems = shard.step(0.0)
        return f"step {shard.machine.name} {problems or ''}"

    def _crash(self, chance: random.Random) -> str:
        """End a shard between two steps of its loop, or while its outputs are pushed, and start it anew."""
        shard = self._shard(chance)
        stage = chance.randrange(6)
        if stage >= 1:
            shard.apply(shard.receive(0.0))
        if stage >= 2:
            shard.publish()
        if stage == 3:
            self.unreliable.frames_left = chance.randrange(3)
        if stage >= 3:
            shard.confirm(0.0)
        if stage == 3:
            self.unreliable.frames_left = None
        if stage == 5 and shard.publisher.pending() == 0:
            shard.snapshot()
        self.exchange.start(shard.machine.name)
        self.crashes += 1
        return f"crash {shard.machine.name} after stage {stage}"

    def _phase(self, chance: random.Random) -> str:
        message = SetPhase(
            chance.choice(("X-USD", "X-USD", "Z-USD", "Z-X")),
            chance.choices(tuple(Phase), (10, 2, 1))[0],
        )
        self.exchange.control(message)
        return f"control: {message}"

    def _deposit(self, chance: random.Random) -> str:
        account_id = chance.choice(self._trader(chance).accounts)
        message = Deposit(account_id, chance.choice(("USD", "X", "Z")), chance.randint(1, 2_000_000))
        self.deposits[message.account_id, message.asset_id] += message.amount
        self.exchange.control(message)
        return f"control: {message}"

    def _tick(self, chance: random.Random) -> str:
        self.time_ms += chance.choice((0, 1, 100))
        self.exchange.tick(self.time_ms)
        return f"clock: {self.time_ms}"

    def _resend(self, chance: random.Random) -> str:
        trader = self._trader(chance)
        first = chance.randrange(len(trader.events))
        count = chance.randint(1, 5)
        trader.resend(first, count)
        return f"{trader.participant_id}: again {count} from {first}"

    def _skip(self, chance: random.Random) -> str:
        trader = self._trader(chance)
        trader.skip(encode(CancelOrder(trader.accounts[0], "beyond a gap")))
        return f"{trader.participant_id}: a gap"

    def _reopen(self, chance: random.Random) -> str:
        trader = self._trader(chance)
        trader.open()
        return f"{trader.participant_id}: epoch {trader.epoch}"

    def _stranger(self, chance: random.Random) -> str:
        partition = self._shard(chance).partition
        writer = self.exchange.log.writer(partition, "stranger")
        writer.send(chance.randbytes(chance.choice((0, 30, 200))), 1)
        writer.poll()
        self.strangers += 1
        return f"a stranger writes to {partition}"

    def _down(self, chance: random.Random) -> str:
        partitions = [f"{topic}/0" for topic in self.exchange.log.topics()]
        self.unreliable.down = set(chance.sample(partitions, chance.randint(0, 4)))
        return f"down: {sorted(self.unreliable.down)}"

    def _settle(self, chance: random.Random) -> str:
        self.unreliable.mend()
        self.exchange.settle()
        return "settle"


def _live(risk: Risk, account_id: str) -> dict[str, Order]:
    account = risk.accounts.get(account_id)
    return account.live if account else {}  # a shard that has just been started anew knows nothing


def run(seeds: Sequence[int], say: Callable[[str], object] = lambda text: None) -> Flow:
    """A whole flow, at rest."""
    flow = Flow(say)
    for seed in seeds:
        flow.act(seed)
    flow.finish()
    return flow


def fixed_seeds(name: str, count: int) -> list[int]:
    """The same seeds for the same name at every run."""
    chance = random.Random(name)
    return [chance.getrandbits(32) for _ in range(count)]
