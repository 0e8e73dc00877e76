"""The loop of a shard, as a stepper: each numbered step can be called alone. Its order is what makes it safe.

restore  read what was decided to be skipped; load the newest valid snapshot; go to just after its position
take     the lease: whoever sent as this shard before is superseded; claim: what it decides counts no more
1 receive  a batch of frames, whatever is there, up to a size
2 apply    each frame; outputs gather per destination
         (has another taken the lease? then end here)
3 publish  one frame per destination, queued in order
4 confirm  until the log has confirmed everything that the inputs caused
5 snapshot at that position, when the policy says so
6 acknowledge  the input up to there, once the snapshot is durable
offer    the lease, when it is to end and step 4 is done: a replica takes it at once

Step 5 after 4 is the invariant that exactly-once rests on: a snapshot never covers an input whose outputs
could still be lost. What is lost before it is derived again from the log, with the same bytes and the same
numbers. The lease only decides who sends: one that sends all the same says the same, and is not heard twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.port import Lease, Log, Position, Record
from bulkhead.machines.interface import Machine, Output
from bulkhead.runtime.confirmed import ConfirmedPosition
from bulkhead.runtime.decisions import Decided, Decisions, decisions_partition
from bulkhead.runtime.derivation import Derivation
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.marks import NONE, Mark
from bulkhead.runtime.published import published_beyond
from bulkhead.runtime.publisher import Publisher
from bulkhead.runtime.saver import Saver, SaverInLoop, Taken
from bulkhead.runtime.steps import Step
from bulkhead.snapshots.port import SnapshotStore
from bulkhead.wire.authentication import MacSealer, Verifier

RECEIVE_BYTES_MAX = 256 * 1024
"""One batch: about 2,500 orders, 0.1 s of the reference engine; larger ones no longer make the log faster."""
PENDING_FRAMES_MAX = 4096
"""Beyond this many unconfirmed frames a shard stops taking input: memory stays bounded when the log is
away.
"""
CONFIRM_WAIT_S = 0.02
"""So long at most a step that takes no input waits for the log to confirm; that ends the wait. Before, four
of five steps of a shard under full load did nothing but look again (docs/performance.md).
"""
SNAPSHOTS = "snapshots"
"""what a step calls the store's problems; they hold up no input"""

ACKNOWLEDGEMENT = "acknowledgement"
"""what it calls that the log was not told of a snapshot: retention would wait, nothing else"""


class SnapshotsUnreadable(TemporaryError):
    """There may be a snapshot, and the store does not tell."""


class SkipMissed(Exception):
    """This state has applied an event that is to be skipped: restore another."""


@dataclass(frozen=True)
class SnapshotPolicy:
    """When a snapshot is due: after so many input events or ticks since the last, whichever comes first."""

    every_events: int
    every_ticks: int


def nobody(_: Step) -> None:
    """For whom nobody watches."""


class Shard:
    """One replica of one shard: a machine between its partition and the partitions that it writes to.

    `tell` is told each step when it begins; a step lasts until the next one begins.
    """

    primary = True
    """It is the one that sends, unless it is superseded and has not noticed yet."""

    def __init__(
        self,
        machine: Machine,
        partition: str,
        identity: Identity,
        log: Log,
        snapshots: SnapshotStore,
        policy: SnapshotPolicy,
        now_us: Callable[[], int],
        replica: str = "a",
        lease: Lease | None = None,
        saver: Saver | None = None,
        tell: Callable[[Step], None] = nobody,
        decisions: Decisions | None = None,
        destinations: Sequence[str] = (),
    ) -> None:
        """`lease`, `decisions`: None for a shard that sends whoever else does and halts where its machine
        raises, as a view, on which no other depends. `saver`: None for one that saves in the loop, as one
        thread must. `destinations`: all partitions that it may speak to.
        """
        self._tell = tell
        self.machine = machine
        self.partition = partition
        self.log = log
        """for what runs beside its loop, too, in its thread"""
        self._identity = identity
        self._snapshots = snapshots
        self._saver = saver or SaverInLoop(snapshots, machine.name)
        self._policy = policy
        self.decisions = decisions
        self.destinations = destinations
        """told anew when the exchange grows; writers are opened when there is something to send"""
        self._decided = decisions.decided if decisions is not None else Decided()
        verifier = Verifier(identity.exchange_id, identity.genesis_id, partition, identity.mac_key)
        self._derivation = Derivation(machine, verifier, self._decided)
        self._reader = log.reader(partition, machine.name)
        producer = f"{machine.name}/{replica}"
        self.publisher = Publisher(log, identity, machine.name, producer, MacSealer(identity.mac_key), now_us)
        self._lease = lease
        self._confirmed = ConfirmedPosition(lease, self.publisher, now_us) if lease is not None else None
        self.position: Position | None = None
        """of the last frame applied"""
        self.frames_applied = 0
        self.snapshots_taken = 0
        self.events_saved = 0
        """that the newest snapshot covers, as far as this replica knows"""
        self._wanted_events = 0
        """that a snapshot is to cover, whatever the policy says"""
        self._snapshot_tick = 0
        self._snapshot_position: Position | None = None
        self._taken: tuple[Position | None, int, int] = None, 0, 0
        """position, events and tick of the snapshot that was taken last, durable or not"""
        self._decided_before = 0
        """skips that were known before anything was applied"""
        self._unacknowledged = False
        """whether the log has refused to be told of the newest snapshot"""
        self._refused = False
        """whether the log refused a destination when it was last asked"""

    def restore(self) -> None:
        """Begin at the newest valid snapshot, or at the beginning; once: what was said to frames that nobody
        numbers would else be said again.

        FatalError: its position is beyond the log, or it has skipped what no decision tells of.
        SnapshotsUnreadable: try again, or `restore_from_log`.
        TemporaryError: the log is away, try again.
        """
        assert not self.machine.events_applied  # it is in its first state
        self._tell(Step.RESTORE)
        if self.decisions is not None:
            self._decided_before = len(self.decisions.read().skips)
        try:
            snapshot = self._snapshots.newest(self.machine.name)
        except TemporaryError as problem:
            raise SnapshotsUnreadable(str(problem)) from problem
        if snapshot is None:
            self._reader.seek(None)
            return
        # In this order: where the log is away the machine is still in its first state.
        self._reader.seek(snapshot.position)
        first = self.machine.snapshot() if self._decided.skips else b""
        self.machine.restore(snapshot.payload)
        missed = self._decided.missed_by(self.machine)
        if missed is not None:
            # Saved by a replica that was superseded and did not raise there, while another decided.
            self.machine.restore(first)
            self._reader.seek(None)
            self._saver.problem = TemporaryError(
                f"the newest snapshot has applied event {missed.sequence} from {missed.source}, which is to"
                f" be skipped; the whole log was read instead"
            )
            return
        self._check_decided()
        self.position = self._snapshot_position = snapshot.position
        self.events_saved, self._snapshot_tick = self.machine.events_applied, self.machine.tick

    def _check_decided(self) -> None:
        lost = self._decided.never_taken(self.machine) if self.decisions is not None else None
        if lost is not None:
            position, sequence = lost
            raise FatalError(
                f"{decisions_partition(self.machine.name)}: the newest snapshot has skipped event {sequence}"
                f" of the frame at {position.hex()}, and no decision about it is in the log: the log lost its"
                f" tail; put the right log back, or restore a snapshot from before that frame"
            )

    def restore_from_log(self, why: SnapshotsUnreadable) -> None:
        """Begin at the beginning, though there may be snapshots: they can't be read.

        Harmless, because the same state comes of it, with the same outputs, which are dropped where they are
        known. What is lost is one check: a log that has lost its end is not seen here, only by those who read
        what this shard says, as a CRC-32 that differs.
        """
        assert not self.machine.events_applied  # it is in its first state
        self._reader.seek(None)
        self._saver.problem = TemporaryError(f"{why}; the whole log was read instead")

    def take_lease(self) -> None:
        """Be the one that sends, from now on. TemporaryError: try again. SkipMissed: restore again."""
        if self._lease is not None:
            self._take(self._lease)

    def _take(self, lease: Lease) -> None:
        """The lease, and with it the right to decide."""
        if self.decisions is None:
            lease.take()
            return
        self.decisions.begin_claim()
        lease.take()
        self.decisions.claim()
        self.honour_decisions()

    def honour_decisions(self) -> None:
        """SkipMissed where this state has applied what, as far as was read, is to be skipped.

        FatalError where that was known before anything was applied: then it has never come.
        """
        missed = self._decided.missed_by(self.machine)
        if missed is None:
            return
        if missed in self._decided.skips[: self._decided_before]:
            raise FatalError(
                f"{self.partition}: event {missed.sequence} from {missed.source} was decided to be skipped,"
                f" and its frame does not stand at position {missed.position.hex()}: the log lost its tail;"
                f" put the right log back"
            )
        raise SkipMissed(f"event {missed.sequence} from {missed.source} is to be skipped")

    def check_lease(self) -> None:
        """Superseded if another process has taken it."""
        if self._lease is not None and self.primary:
            self._lease.check()

    def offer_lease(self) -> None:
        """The last thing before it ends: another replica is to take over at once. Nothing where the log has
        not confirmed all that was sent: who takes the lease then sends it again, as after a death.

        Superseded, TemporaryError: as the lease.
        """
        if self._confirmed is None or not self.primary or self.position is None or self.publisher.pending():
            return
        self._confirmed.offer(self.position, self.machine.events_applied, self.mark)

    def passed_by_another(self) -> str:
        """Where another process has applied the frame after this position, in words; empty: nowhere, as far
        as the log tells. TemporaryError: it can't be asked now.
        """
        said = {destination: last for destination, (last, _) in self.machine.streams().outputs.items()}
        beyond = published_beyond(self.log, self._identity, self.machine.name, said, self.destinations)
        return f"{beyond} has what another process said to it" if beyond else ""

    def step(self, timeout_s: float) -> dict[str, TemporaryError]:
        """Steps 1 to 6 once; waits up to `timeout_s` for input, or, where none is taken, for the log's word.
        What the log refused now, by partition.

        Superseded, with nothing more sent: another process is this shard now.
        """
        problems: dict[str, TemporaryError] = {}
        takes_input = self.publisher.pending() < PENDING_FRAMES_MAX and not self._drain_first()
        if takes_input:
            try:
                records = self.receive(timeout_s)
            except TemporaryError as problem:
                problems[self.partition] = problem
            else:
                self.apply(records)
        self.check_lease()
        self.publish()
        # Else it would go round and round until the log has confirmed something.
        problems |= self.confirm(0.0 if takes_input else min(timeout_s, CONFIRM_WAIT_S))
        if self.snapshot_due() and self.publisher.pending() == 0:
            self.snapshot()
        if self.snapshot_saved() or self._unacknowledged:
            problems |= self.acknowledge()
        if self._saver.problem is not None:
            problems[SNAPSHOTS] = self._saver.problem
        return problems

    def receive(self, timeout_s: float) -> Sequence[Record]:
        self._tell(Step.RECEIVE)
        return self._reader.receive(RECEIVE_BYTES_MAX, timeout_s)

    @property
    def careful_at(self) -> Position | None:
        """At that frame its machine looks what each event concerns before it handles it: where one raises,
        that is known from a state that is not half changed.
        """
        return self._derivation.careful_at

    @careful_at.setter
    def careful_at(self, position: Position) -> None:
        self._derivation.careful_at = position

    def apply(self, records: Sequence[Record]) -> None:
        """MachineRaised: up to the frame before, the records have been applied."""
        self._tell(Step.APPLY)
        if not records:
            return
        for record, outputs in zip(records, self._derivation.apply_each(records), strict=True):
            self.gather(record.position, outputs)
            self.position = record.position
            self.frames_applied += 1

    @property
    def frames_refused(self) -> int:
        """that could not be verified"""
        return self._derivation.refused

    def gather(self, position: Position, outputs: list[Output]) -> None:
        """Take what the frame at `position` has caused, to be sent at the next publish."""
        self.publisher.gather(outputs)

    @property
    def mark(self) -> Mark:
        """The newest; NONE of a shard that nobody compares with another."""
        return NONE

    def publish(self) -> None:
        self._tell(Step.PUBLISH)
        self.publisher.publish()

    def confirm(self, timeout_s: float) -> dict[str, TemporaryError]:
        self._tell(Step.CONFIRM)
        problems = self.publisher.confirm(timeout_s)
        self._refused = bool(problems)
        if self._confirmed is not None:
            self._confirmed.look(self.position, self.machine.events_applied, self.mark)
        return problems

    def snapshot_due(self) -> bool:
        if self._saver.busy or self.position is None or self.position == self._snapshot_position:
            return False
        return (
            self._wanted_events > self.events_saved
            or self.machine.events_applied - self.events_saved >= self._policy.every_events
            or self.machine.tick - self._snapshot_tick >= self._policy.every_ticks
        )

    def want_snapshot(self) -> int:
        """Have one taken of this state, or a later one, as soon as its outputs are confirmed. How many events
        it covers at least.
        """
        self._wanted_events = self.machine.events_applied
        return self._wanted_events

    def snapshot(self) -> None:
        """Take one, and begin to save it. Only when nothing is pending (step 4)."""
        if self.publisher.pending():
            raise FatalError(
                f"{self.machine.name}: a snapshot was asked for before its outputs were confirmed"
            )
        self._tell(Step.SNAPSHOT)
        machine = self.machine
        self._taken = self.position, machine.events_applied, machine.tick
        self._saver.begin(lambda: Taken(self.position, machine.events_applied, machine.freeze()))

    def snapshot_saved(self) -> bool:
        """Whether the one that was taken last has become durable since this was last asked."""
        if not self._saver.finished():
            return False
        self.snapshots_taken += 1
        self._snapshot_position, self.events_saved, self._snapshot_tick = self._taken
        return True

    def acknowledge(self) -> dict[str, TemporaryError]:
        """Tell the log how far it may forget; what it refuses now is tried again at the next step."""
        self._tell(Step.ACKNOWLEDGE)
        self._unacknowledged = False
        if self._snapshot_position is not None:
            try:
                self._reader.acknowledge(self._snapshot_position)
            except TemporaryError as problem:
                self._unacknowledged = True
                return {ACKNOWLEDGEMENT: problem}
        return {}

    def _drain_first(self) -> bool:
        """A snapshot is due and waits for the log: taking more input would only move it further away.

        Not while the log refuses a destination: that may last, and must not stop what goes to the others.
        """
        return not self._refused and self.snapshot_due() and self.publisher.pending() > 0

    def lag(self) -> int:
        """Frames of the partition that have not been applied."""
        return self._reader.lag()

    def interrupt(self) -> None:
        """Wake a receive that waits; from any thread."""
        self._reader.interrupt()

    def close(self) -> None:
        self._reader.close()
        self.publisher.close()
        self._saver.close()
        if self._lease is not None:
            self._lease.close()
        if self.decisions is not None:
            self.decisions.close()
