"""Random flows through a whole exchange: every kind of command, failure and restart, in any order of steps.

An action is drawn from a seed of its own, so hypothesis shrinks a flow by leaving actions out, and a fixed
list of seeds is a recorded flow.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, cast

from bulkhead.domain.messages.control import Deposit
from bulkhead.domain.messages.participant import CancelOrder, OpenSession
from bulkhead.domain.risk.model import Order, Risk
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from bulkhead.runtime.source import Source
from bulkhead.simulation.commands import Name, draw
from bulkhead.simulation.evidence import Evidence
from bulkhead.simulation.operating import decide
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.topology import derived
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import advance_crc, signer_source
from tests.property.exchange_topology import TEXT
from tests.property.unreliable_log import UnreliableLog
from tests.support.both_engines import make_both
from tests.support.exchange import MemoryExchange


class FlowTrader:
    """One participant's stream, with everything that was sent on it."""

    def __init__(self, exchange: MemoryExchange, participant_id: str) -> None:
        self.participant_id = participant_id
        self.exchange = exchange
        self.accounts = exchange.topology.participants[participant_id].account_ids
        risk = derived.slot_table(exchange.topology.shards.risk)[derived.slot_of(participant_id)]
        self.shard = f"risk/{risk}"
        self.partition = f"orders/{risk}"
        self.public_key = public_bytes(key_of(participant_id))
        self.names: list[Name] = []
        """of every place, newest last"""
        self.epoch = 0
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


class Flow:
    """An exchange and what random actions did to it. `say` is told every action; `make` gives a shard's
    machine in its first state; `every_type`: orders of all types and terms, not plain ones only.
    """

    def __init__(
        self,
        say: Callable[[str], object] = lambda text: None,
        text: str = TEXT,
        make: Callable[[str], Any] = make_both,
        every_type: bool = True,
        decides: bool = True,
        grown: str | None = None,
    ) -> None:
        self._every_type = every_type
        self.log: UnreliableLog | None = None
        policy = SnapshotPolicy(every_events=25, every_ticks=3)
        self.exchange = MemoryExchange(text, policy, self._wrap, make=make, decides=decides, grown=grown)
        self.say = say
        self.time_ms = 1_000_000
        self.crashes = 0
        self.deposits: Counter[str] = Counter()
        for account in derived.account_terms(self.exchange.topology):
            self.deposits.update(dict(account.balances))
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

    def evidence(self) -> Evidence:
        return self.exchange.evidence(self.deposits)

    def check_everything_was_taken(self) -> None:
        """At rest: all that each trader sent in its newest session."""
        evidence = self.evidence()
        newest = {
            key: found
            for name in evidence.shards("risk")
            for key, found in evidence.taken(name).newest.items()
        }
        for trader in self.traders:
            assert newest[trader.public_key] == (trader.epoch, len(trader.events))

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
        risk = self.exchange.risk(int(trader.shard[5:]))
        now_ms = self.time_ms if self._every_type else None
        alive = [(name, each) for name in trader.accounts for each in sorted(_live(risk, name))]
        drawn = draw(chance, trader.accounts, f"o{len(trader.names)}", alive, trader.names[-8:], now_ms)
        if drawn.kind in ("place", "quotes") and drawn.name is not None:
            trader.names.append(drawn.name)
        return drawn.event, drawn

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
        message = decide(chance, chance.choice(("X-USD", "X-USD", "Z-USD", "Z-X")), self.time_ms)
        self.exchange.control(message)
        return f"control: {message}"

    def _deposit(self, chance: random.Random) -> str:
        account_id = chance.choice(self._trader(chance).accounts)
        message = Deposit(account_id, chance.choice(("USD", "X", "Z")), chance.randint(1, 2_000_000))
        self.deposits[message.asset_id] += message.amount
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
        return f"a stranger writes to {partition}"

    def _down(self, chance: random.Random) -> str:
        # Not those that a process needs to begin: it would wait, which is another thread's.
        topics = [topic for topic in self.exchange.log.topics() if not topic.startswith("quarantine.")]
        partitions = [f"{topic}/0" for topic in topics]
        self.unreliable.down = set(chance.sample(partitions, chance.randint(0, 4)))
        return f"down: {sorted(self.unreliable.down)}"

    def _settle(self, chance: random.Random) -> str:
        self.unreliable.mend()
        self.exchange.settle()
        return "settle"


def _live(risk: Risk, account_id: str) -> dict[str, Order]:
    account = risk.accounts.get(account_id)
    return account.live if account else {}  # a shard that has just been started anew knows nothing


def run(
    seeds: Sequence[int], say: Callable[[str], object] = lambda text: None, every_type: bool = True
) -> Flow:
    """A whole flow, at rest."""
    flow = Flow(say, every_type=every_type)
    for seed in seeds:
        flow.act(seed)
    flow.finish()
    return flow


def fixed_seeds(name: str, count: int) -> list[int]:
    """The same seeds for the same name at every run."""
    chance = random.Random(name)
    return [chance.getrandbits(32) for _ in range(count)]
