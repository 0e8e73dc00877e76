"""Random flows in which an operator moves slots between risk shards, and between settlement shards, adds one
of each and ends it, at any step of any shard.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from bulkhead.domain.control.model import Control
from bulkhead.domain.messages.moving import MovedAway, MovedHere, MoveSlots
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.domain.messages.settlement_shards import (
    AddSettlementShard,
    MoveSettlementSlots,
    RetireSettlementShard,
)
from bulkhead.domain.messages.shards import AddRiskShard, RetireRiskShard
from bulkhead.topology import derived
from bulkhead.wire.codec import decode, encode
from bulkhead.wire.frame import read_frame
from tests.property.exchange_flow import Flow, FlowTrader
from tests.property.exchange_topology import TEXT
from tests.support.both_engines import make_both
from tests.support.exchange import MemoryExchange
from tests.support.operator import Operator

NEW = 2
"""the risk shard, and the settlement shard, that is added"""
AT_ONCE = (0, 0, 40, 150, 1024)
"""slots of a part: the more parts, the longer is it until another move begins"""
GROWN = TEXT.replace("risk: {count: 2", "risk: {count: 3").replace(
    "settlement: {count: 2", "settlement: {count: 3"
)


class MovingTrader(FlowTrader):
    """Reads its reports as docs/wire.md says: one shard's until MovedAway, then the next one's. What it
    sends it sends to the shard that has said MovedHere.
    """

    def __init__(self, exchange: MemoryExchange, participant_id: str) -> None:
        self.frames: dict[str, list[Any]] = {}
        """events by source, from the first on"""
        self.read: dict[str, int] = {}
        self.told: list[Any] = []
        self.moves = 0
        super().__init__(exchange, participant_id)
        self.reads = self.shard
        self._reader = exchange.log.reader(f"reports.{participant_id}/0", f"reads {participant_id}")

    def follow(self) -> None:
        while records := self._reader.receive(1 << 20, 0.0):
            for _, data in records:
                frame = read_frame(data)
                known = self.frames.setdefault(frame.source, [])
                known += map(decode, frame.events[max(0, len(known) + 1 - frame.first) :])
        while len(known := self.frames.get(self.reads, [])) > (at := self.read.get(self.reads, 0)):
            self.read[self.reads] = at + 1
            self._hear(known[at])

    def _hear(self, report: Any) -> None:
        self.told.append(report)
        match report:
            case MovedAway(risk_shard=shard):
                self.reads = f"risk/{shard}"
            case MovedHere(risk_shard=shard, epoch=epoch, last=last):
                self.moves += 1
                self.shard, self.partition = f"risk/{shard}", f"orders/{shard}"
                # A session that was opened at the old shard and did not reach it is opened here.
                self._source = self._from(last if epoch == self.epoch else 0)
                self._source.send(self.events[last if epoch == self.epoch else 0 :], 0)
                self._source.poll()


class MovingFlow(Flow):
    def __init__(
        self,
        say: Callable[[str], object] = lambda text: None,
        make: Callable[[str], Any] = make_both,
        text: str = TEXT,
        grown: str = GROWN,
    ) -> None:
        super().__init__(say, text, make, grown=grown)
        self.traders: list[Any] = []
        """MovingTraders"""
        self._operator = Operator(self.exchange)
        for name in self.exchange.topology.participants:
            trader = self._trader_of(name)
            trader.epoch += 1  # the flow's own traders have opened the first
            trader.events = []
            trader._source = trader._from(0)
            trader.send([encode(OpenSession())])
            self.traders.append(trader)
        self._kinds += [(6, self._move), (2, self._add), (1, self._end), (12, self._follow)]
        self._kinds += [(4, self._move_accounts), (2, self._add_ledger), (1, self._end_ledger)]

    def _trader_of(self, name: str) -> MovingTrader:
        return MovingTrader(self.exchange, name)

    @property
    def control(self) -> Control:
        control: Control = self.exchange.domain("control/0").control
        return control

    def _move(self, chance: random.Random) -> str:
        slot = derived.slot_of(chance.choice(self.traders).participant_id)
        first, last = chance.choice(((slot, slot), (slot, slot), (0, 511), (slot, 1023)))
        old = self.control.risk[first]
        new = chance.choice([shard for shard in range(3) if shard != old])
        return self._decide(MoveSlots(first, last, old, new, "moved by chance", chance.choice(AT_ONCE)))

    def _add(self, chance: random.Random) -> str:
        return self._decide(AddRiskShard(NEW, "added by chance"))

    def _end(self, chance: random.Random) -> str:
        """What is left of its slots goes first."""
        slots = [slot for slot, shard in enumerate(self.control.risk) if shard == NEW]
        if not slots:
            return self._decide(RetireRiskShard(NEW, "ended by chance"))
        last = next((slot for slot in slots if slot + 1 not in slots), slots[-1])
        at_once = chance.choice(AT_ONCE)
        return self._decide(MoveSlots(slots[0], last, NEW, chance.randrange(2), "ends", at_once))

    def _move_accounts(self, chance: random.Random) -> str:
        slot = derived.slot_of(chance.choice(self.traders).participant_id)
        first, last = chance.choice(((slot, slot), (slot, slot), (0, 511), (slot, 1023)))
        old = self.control.settlement[first]
        new = chance.choice([shard for shard in range(3) if shard != old])
        return self._decide(MoveSettlementSlots(first, last, old, new, "moved by chance"))

    def _add_ledger(self, chance: random.Random) -> str:
        return self._decide(AddSettlementShard(NEW, "added by chance"))

    def _end_ledger(self, chance: random.Random) -> str:
        slots = [slot for slot, shard in enumerate(self.control.settlement) if shard == NEW]
        if not slots:
            return self._decide(RetireSettlementShard(NEW, "ended by chance"))
        last = next((slot for slot in slots if slot + 1 not in slots), slots[-1])
        return self._decide(MoveSettlementSlots(slots[0], last, NEW, chance.randrange(2), "ends"))

    def end(self, chance: random.Random) -> None:
        """Have the new ones end, if they are there, and trade on for a while."""
        while self.control.risk_shards > NEW and NEW not in self.control.retired:
            self.say(self._end(chance))
            self.finish()
        while self.control.settlement_shards > NEW and NEW not in self.control.retired_settlement:
            self.say(self._end_ledger(chance))
            self.finish()
        for trader in self.traders:
            trader.send([self._command(chance, trader)[0] for _ in range(9)])
        self.finish()

    def _decide(self, message: Any) -> str:
        self._operator.decide(message)
        return f"operator: {message}"

    def _follow(self, chance: random.Random) -> str:
        trader: MovingTrader = chance.choice(self.traders)
        trader.follow()
        return f"{trader.participant_id} reads"

    def finish(self) -> None:
        super().finish()
        heard = -1
        while heard != (heard := sum(len(trader.told) for trader in self.traders)):
            for trader in self.traders:
                trader.follow()
            super().finish()


def run_moving(
    seeds: Sequence[int],
    say: Callable[[str], object] = lambda text: None,
    make: Callable[[str], Any] = make_both,
) -> MovingFlow:
    flow = MovingFlow(say, make)
    for seed in seeds:
        flow.act(seed)
    flow.finish()
    return flow
