"""A replica that takes over: it applies what its shard applies, and sends when it is the one to.

While another process is the primary, a standby keeps what it would have sent, and an active replica sends
it as well. Both look at what the primary tells with its lease: how far its outputs are confirmed, and a
digest of them, which has to be theirs. `promote` takes the lease: what the primary may not have sent goes out
first.

Promoting it while the primary works is harmless. Both say the same, under the same numbers, and the one
before is superseded.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.port import Lease, Log, Position
from bulkhead.machines.interface import Machine, Output
from bulkhead.runtime.confirmed import decode_told
from bulkhead.runtime.decisions import Decisions
from bulkhead.runtime.divergence import first_difference
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.kept import Kept, Said
from bulkhead.runtime.marks import NONE, Mark, Marks
from bulkhead.runtime.saver import Saver
from bulkhead.runtime.shard import Shard, SnapshotPolicy, nobody
from bulkhead.runtime.steps import Step
from bulkhead.snapshots.port import SnapshotStore

LOOK_EVERY_US = 100_000
"""at the lease: the primary publishes four times a second"""


class Follower(Shard):
    """One replica of a shard that may have several. `sends`: whether it does so though it is not the primary.
    `leads`: it is the only one, so it takes the lease when it starts; another may join it later.
    """

    def __init__(
        self,
        machine: Machine,
        partition: str,
        identity: Identity,
        log: Log,
        snapshots: SnapshotStore,
        policy: SnapshotPolicy,
        now_us: Callable[[], int],
        replica: str,
        lease: Lease,
        sends: bool = False,
        saver: Saver | None = None,
        tell: Callable[[Step], None] = nobody,
        decisions: Decisions | None = None,
        destinations: Sequence[str] = (),
        leads: bool = False,
    ) -> None:
        super().__init__(
            machine,
            partition,
            identity,
            log,
            snapshots,
            policy,
            now_us,
            replica,
            lease,
            saver,
            tell,
            decisions,
            destinations,
        )
        self.primary = False
        self.holder = ""
        """who has the lease, as far as this replica has seen; empty: nobody ever had"""
        self.offered = False
        """the holder has said that it goes: the lease is to be taken"""
        self.agreed_tick = 0
        """of the newest mark at which the primary had said the same"""
        self.primary_events = 0
        """that the primary's machine had applied when it last told what the log has confirmed"""
        self._now_us = now_us
        self._held: Lease = lease
        self._sends = sends
        self._leads = leads
        self._looked_at_us = 0
        self._marks = Marks(machine)
        self._kept = Kept()
        self._marked: dict[int, int] = {}
        """tick of a mark -> the number of its frame in what is kept"""
        self._awaited = NONE
        """the primary's newest mark that this replica has not reached"""

    def restore(self) -> None:
        super().restore()
        self._marks = Marks(self.machine)

    @property
    def mark(self) -> Mark:
        return self._marks.newest

    @property
    def role(self) -> Literal["primary", "standby", "active"]:
        return "primary" if self.primary else "active" if self._sends else "standby"

    @property
    def holds_lease(self) -> bool:
        """Whether it is this process that has it, as far as this replica has seen: it may be the primary of
        an earlier life.
        """
        return self.holder == self._held.holder

    def take_lease(self) -> None:
        """Of the only replica; else whether to is for `promote`."""
        if self._leads:
            super().take_lease()
            self.primary = True

    def send_along(self, sends: bool) -> None:
        """Whether to send, from now on, though it is not the primary."""
        if sends and not self._sends and not self.primary:
            for said in self._kept.unconfirmed():
                self.publisher.gather(said.outputs)
        self._sends = sends

    def promote(self) -> None:
        """Be the primary, and send what the one before may not have sent. TemporaryError: try again.
        SkipMissed: it has the lease, and must restore again before it sends.
        """
        self._take(self._held)
        self.primary = True
        if not self._sends:
            for said in self._kept.unconfirmed():
                self.publisher.gather(said.outputs)
        self._kept = Kept()
        self._marked.clear()

    def step(self, timeout_s: float) -> dict[str, TemporaryError]:
        """As a shard's; of one that is not the primary steps 1 to 3, and a look at who is.

        FatalError: the primary has said something else. It names the first event that differs.
        """
        if self.primary:
            return super().step(timeout_s)
        problems: dict[str, TemporaryError] = {}
        if self._kept.full:
            problems[self.partition] = TemporaryError(
                f"no more input is taken: {self.holder or 'the primary'} has not confirmed what is kept here"
            )
        else:
            try:
                records = self.receive(timeout_s)
            except TemporaryError as problem:
                problems[self.partition] = problem
            else:
                self.apply(records)
        self.publish()
        problems |= self.confirm(0.0)
        if not 0 <= self._now_us() - self._looked_at_us < LOOK_EVERY_US:
            self._looked_at_us = self._now_us()
            self._prepare()
            try:
                self.look_at_primary()
            except TemporaryError as problem:
                problems[self.partition] = problem
        return problems

    def _prepare(self) -> None:
        """For promotion: whatever can be opened before it is. On Pulsar that takes 10 ms for each
        destination, and several times as much on a busy machine.
        """
        self._held.prepare()
        if self.decisions is not None:
            self.decisions.prepare()
        if not self._sends:
            self.publisher.prepare(self.destinations)

    def gather(self, position: Position, outputs: list[Output]) -> None:
        if self.primary or self._sends:
            self.publisher.gather(outputs)
        if not self.primary:
            self._kept.add(Said(position, self.machine.events_applied, outputs))
        if self._marks.look() and not self.primary:
            self._marked[self._marks.newest.tick] = self._kept.last
            if self._marks.newest.tick >= self._awaited.tick:
                self._compare(self._awaited)

    def confirm(self, timeout_s: float) -> dict[str, TemporaryError]:
        if self.primary:
            return super().confirm(timeout_s)
        return self.publisher.confirm(timeout_s)

    def passed_by_another(self) -> str:
        if self.primary:
            return super().passed_by_another()
        self.look_at_primary()
        return f"{self.holder} has applied it" if self.primary_events > self.machine.events_applied else ""

    def look_at_primary(self) -> None:
        """Take note of who it is and how far. TemporaryError: it can't be told now."""
        holding = self._held.holding()
        if holding is None:
            return
        self.holder, self.offered = holding.holder, False
        if holding.record:
            position, events, mark, self.offered = decode_told(holding.record)
            self.primary_events = events
            self._kept.confirm(position, events)
            self._compare(mark)

    def _compare(self, mark: Mark) -> None:
        """FatalError where this replica has said something else by then. SkipMissed where that is because it
        has applied what the primary, which alone raised there, decided to skip.
        """
        if mark.tick == 0:
            return
        mine = self._marks.of(mark.tick)
        if mine is None:
            if mark.tick > self._marks.newest.tick:
                self._awaited = mark
            return
        self._awaited = NONE
        if mine != mark.digest:
            if self.decisions is not None:
                try:
                    self.decisions.read()
                except TemporaryError:
                    self._awaited = mark  # at the next mark: nothing of a batch may be left out for it
                    return
                self.honour_decisions()
            difference = first_difference(
                self.log, self._identity, self.machine.name, self._kept.not_agreed()
            )
            raise FatalError(
                f"this replica of {self.machine.name} and the primary, {self.holder}, had said different"
                f" things by tick {mark.tick}: {difference}. One of them is wrong: docs/operations.md,"
                f" 'A replica differs'"
            )
        self.agreed_tick = mark.tick
        number = self._marked.pop(mark.tick, None)
        if number is not None:
            self._kept.agree(number)
        self._marked = {tick: at for tick, at in self._marked.items() if tick > mark.tick}
