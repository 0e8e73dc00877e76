"""Random flows through an exchange whose machines raise at random events, which are then skipped."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from zlib import crc32

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.domain.messages.control import ReleaseQuarantine
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.machines.factory import input_partition
from bulkhead.runtime.source import Source
from bulkhead.simulation.checks.reservations import check_reservations
from bulkhead.simulation.checks.together import check_everything
from bulkhead.simulation.poison import may_be_poison
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import signer_source
from tests.property.exchange_flow import Flow, fixed_seeds
from tests.property.exchange_replay import cut_up, replay
from tests.support.quarantine import Ward

flows = st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=120)

ONE_IN = 50
ONE_LEG_IN = 20
"""few orders trade"""


class PoisonedFlow(Flow):
    """A flow in which some messages are poison to the shard that says them, until that is cured."""

    def __init__(self, say: Callable[[str], object] = lambda text: None) -> None:
        self.ward = Ward()
        self.ward.poison = self._poison
        self.poisons = [0, 1, 2, 3]
        """remainders of messages' CRC-32: they only become fewer, so that no machine raises at what it, or
        another replica of it, has applied"""
        super().__init__(say, make=self.ward.make, decides=False)
        key = key_of("operator")
        self._operator = Source(
            self.exchange.log,
            self.exchange.identity,
            signer_source(public_bytes(key), 1),
            "control/0",
            SignatureSealer(key),
            "operator",
        )
        self._decide(OpenSession())
        self._kinds.append((8, self._release))

    def _poison(self, name: str, message: Any) -> bool:
        if not may_be_poison(name, message):
            return False
        one_in = ONE_LEG_IN if name.startswith("settlement/") else ONE_IN
        return crc32(name.encode() + encode(message)) % (one_in * 4) in self.poisons

    def _decide(self, message: Any) -> None:
        self._operator.send([encode(message)], 0)
        self._operator.poll()

    def halted(self) -> list[tuple[str, str]]:
        """Every shard with every subject of it that is halted."""
        return [
            (name, subject)
            for name in self.exchange.names
            for subject in self.exchange.shards[name].machine.quarantined()
        ]

    def _release(self, chance: random.Random) -> str:
        """Of something that is halted, cured or not."""
        if self.poisons and chance.random() < 0.3:
            self.poisons.pop()
        name, subject = chance.choice(self.halted() or [("risk/0", "account nobody")])
        self._decide(ReleaseQuarantine(name, subject, False, "by chance"))
        return f"operator: release {subject} of {name}; poison left: {self.poisons}"

    def finish(self) -> None:
        """Everything is cured and released."""
        self.poisons.clear()
        super().finish()
        for name, subject in self.halted():
            self._decide(ReleaseQuarantine(name, subject, False, "at the end"))
        super().finish()
        assert self.halted() == []

    def check(self) -> None:
        check_everything(self.evidence(), self.exchange.said(), self.ward.make)
        self._check_phases()
        self.check_everything_was_taken()

    def _check_phases(self) -> None:
        """Risk has been told the phase of every book."""
        for book in self.exchange.names:
            if not book.startswith("book/"):
                continue
            for name, instrument in self.exchange.domain(book).partition.instruments.items():
                for risk in self.exchange.risk_shards():
                    assert risk.instruments[name].phase is instrument.book.phase


def run(seeds: Sequence[int]) -> PoisonedFlow:
    flow = PoisonedFlow(note)
    for seed in seeds:
        flow.act(seed)
        check_reservations(flow.exchange.risk_shards())
    flow.finish()
    return flow


@settings(max_examples=40)
@given(flows)
def test_once_all_is_released_every_promise_holds_as_if_nothing_had_raised(seeds: list[int]) -> None:
    """Among them: every command is answered once, every order ends once, risk and the ledger agree."""
    run(seeds).check()


@settings(max_examples=20)
@given(flows, st.sampled_from([1, 3]))
def test_neither_a_restore_nor_the_cutting_of_frames_carries_a_meaning(
    seeds: list[int], renew_every: int
) -> None:
    flow = run(seeds)
    exchange, make = flow.exchange, flow.ward.make
    for name in exchange.names:
        history = exchange.frames(input_partition(name))
        whole = replay(name, exchange.identity, history, make=make)
        assert whole.digest == exchange.shards[name].machine.digest().hex()
        assert replay(name, exchange.identity, history, renew_every, make=make) == whole
        cut = partial(cut_up, exchange.identity)
        assert replay(name, exchange.identity, history, renew_every, cut, make) == whole


def test_the_flows_skip_events_of_every_kind_of_shard_that_can_halt_a_part_of_itself() -> None:
    skipped: dict[str, int] = defaultdict(int)
    for name in ("two", "six", "seven"):
        flow = PoisonedFlow()
        for seed in fixed_seeds(name, 400):
            flow.act(seed)
        for shard in flow.exchange.names:
            skipped[shard.split("/")[0]] += len(flow.exchange.shards[shard].machine.skipped)
        flow.finish()
        flow.check()
    assert min(skipped[kind] for kind in ("risk", "book", "settlement")) > 0, dict(skipped)
