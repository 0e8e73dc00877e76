"""Random flows in which slots move although some participants, or all, write to topics of their own: gateways
forward from there, are killed with their shards at any step, and go on beside the next one.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from bulkhead.errors import TemporaryError
from bulkhead.runtime.source import Source
from bulkhead.simulation.evidence import messages, records
from bulkhead.simulation.setting import key_of
from bulkhead.topology import derived
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.frame import advance_crc, signer_source
from tests.property.exchange_topology import TEXT
from tests.property.moving_flow import GROWN, MovingFlow, MovingTrader
from tests.support.both_engines import make_both
from tests.support.exchange import MemoryExchange
from tests.support.gateways import SteppedGateway


def _with_gateways(text: str) -> str:
    opened = text.replace("\nshards:\n", "\nshards:\n  ingress: gateway\n")
    return opened.replace("contains: [risk/*,", "contains: [ingress/*, risk/*,")


GATED, GATED_GROWN = _with_gateways(TEXT), _with_gateways(GROWN)


class GatedTrader(MovingTrader):
    """Signs for its risk shard, and writes to its own topic."""

    def _from(self, last: int) -> Source:
        key = key_of(self.participant_id)
        return Source(
            self.exchange.log,
            self.exchange.identity,
            signer_source(self.public_key, self.epoch),
            self.partition,
            SignatureSealer(key),
            self.participant_id,
            last,
            advance_crc(0, self.events[:last]),
            through=f"{derived.ingress_topic(self.participant_id)}/0",
        )


class GatedFlow(MovingFlow):
    """`gated`: who writes to a topic of its own; the others write to their risk shard's partition."""

    def __init__(
        self,
        gated: Sequence[str],
        say: Callable[[str], object] = lambda text: None,
        make: Callable[[str], Any] = make_both,
    ) -> None:
        self._gated = gated
        self._gateways: list[tuple[str, SteppedGateway]] = []
        """with their shards' names; a shard's last one is that of its process, the others of killed ones"""
        self._of: dict[str, Any] = {}
        super().__init__(say, make, GATED, GATED_GROWN)
        self._kinds += [(40, self._forward), (12, self._tell), (12, self._machine), (6, self._move)]

    def _trader_of(self, name: str) -> MovingTrader:
        kind: Callable[[MemoryExchange, str], MovingTrader] = MovingTrader
        return (GatedTrader if name in self._gated else kind)(self.exchange, name)

    def _gateway(self, name: str) -> SteppedGateway:
        """Of the process that there is."""
        shard = self.exchange.shards[name]
        if self._of.get(name) is not shard:
            self._of[name] = shard
            self._gateways.append((name, SteppedGateway(self.exchange.log, self.exchange.identity, shard)))
        return next(each for of, each in reversed(self._gateways) if of == name)

    def _shards_of_gateways(self) -> list[str]:
        return [name for name in self.exchange.names if name.startswith("ingress/")]

    def _one(self, chance: random.Random) -> SteppedGateway:
        """Now and then that of a process that should be dead."""
        name = chance.choice(self._shards_of_gateways())
        gateway = self._gateway(name)
        return chance.choice(self._gateways)[1] if chance.random() < 0.1 else gateway

    def _forward(self, chance: random.Random) -> str:
        gateway = self._one(chance)
        gateway.open_lanes()
        lanes = list(gateway.gateway.lanes.values())
        if not lanes:
            return "no lane"
        lane = chance.choice(lanes)
        try:
            gateway.step_lane(lane)
        except TemporaryError as problem:
            return f"{lane.partition}: {problem}"
        return f"{lane.partition} is at {lane.ordinal}"

    def _tell(self, chance: random.Random) -> str:
        return f"a gateway tells {self._one(chance).gateway.tell()}"

    def _machine(self, chance: random.Random) -> str:
        name = chance.choice([*self._shards_of_gateways(), "control/0"])
        return f"step {name} {self.exchange.shards[name].step(0.0) or ''}"

    def finish(self) -> None:
        """Processes that should be dead are."""
        forwarded = True
        while forwarded:
            super().finish()
            steps = [self._gateway(name).step() for name in self._shards_of_gateways()]
            forwarded = any(steps)

    def passed_over(self) -> int:
        """How many frames of topics have arrived nowhere, and are no dead letters."""
        evidence = self.evidence()
        arrived = {
            record.frame
            for shard in evidence.shards("risk")
            for record in records(self.exchange.log, shard.replace("risk/", "orders/"))
        }
        letters = {letter.frame for letter in messages(self.exchange.said(), "dead_letters/0")}
        topics = (f"{derived.ingress_topic(name)}/0" for name in self._gated)
        written = {record.frame for topic in topics for record in records(self.exchange.log, topic)}
        return len(written - arrived - letters)

    def close(self) -> None:
        for _, gateway in self._gateways:
            gateway.close()


def run_gated(
    gated: Sequence[str],
    seeds: Sequence[int],
    say: Callable[[str], object] = lambda text: None,
    make: Callable[[str], Any] = make_both,
) -> GatedFlow:
    flow = GatedFlow(gated, say, make)
    for seed in seeds:
        flow.act(seed)
    flow.finish()
    return flow
