"""A process with one shard's loop. It may die between any two steps of the loop, sleep, or be slow."""

import random
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Literal, NamedTuple

from bulkhead.errors import FatalError, Superseded, TemporaryError
from bulkhead.log.lease import lease_partition
from bulkhead.log.port import Lease
from bulkhead.machines.factory import input_partition
from bulkhead.machines.interface import Machine, MachineRaised
from bulkhead.runtime.decisions import Decisions
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.quarantine import Quarantine
from bulkhead.runtime.shard import SNAPSHOTS, Shard, SkipMissed, SnapshotPolicy, SnapshotsUnreadable
from bulkhead.runtime.steps import Step
from bulkhead.simulation.broken import must
from bulkhead.simulation.ingress import Beside
from bulkhead.simulation.network import Connection, Network
from bulkhead.simulation.schedule import MS, S
from bulkhead.snapshots.port import SnapshotStore

RETRY_US = (10 * MS, 1_000 * MS)
AWAITS_INPUT_US = 3 * S
"""so long a death waits for something to do: one that interrupts nothing proves little"""
CONFIRMS_US = 1 * S
"""so long a process that was told to end waits for the log at most, as in runtime/host.py"""
ENDS_US = 15 * S
"""so long it may take until it is killed, as in actors/orders.py"""
AWAITS_SNAPSHOT_US = 30 * S
"""longer than from one snapshot to the next"""
FROM_LOG_EACH = 5
"""of so many times that a starting process can't read its snapshots it once gives up on them"""
STEPS = ("receive", "apply", "publish", "confirm", "snapshot", "acknowledge")

DERIVED_MAX = 500
"""So many times a process derives its state again, at most. It needs two for each event that is skipped, and
of 20 seeds the worst skips 48, in all its shards.
"""

State = Literal["starting", "running", "halted", "dead"]


class Killed(Exception):
    """kill -9, raised between two steps of the loop."""


class Surroundings(NamedTuple):
    """What all processes have in common. `make`: a machine in its first state, by name, for a process.
    `destinations`: by shard the partitions that it may speak to.
    """

    network: Network
    store: SnapshotStore
    identity: Identity
    policy: SnapshotPolicy
    make: Callable[[str, str], Machine]
    destinations: Mapping[str, Sequence[str]]


class Process:
    """Its shard's name, which of the shard's replicas it is, and a number of its own. `ended` is told when it
    halts itself or dies, `recovered` when it goes on, repaired by an operator.
    """

    def __init__(
        self,
        name: str,
        replica: str,
        number: int,
        around: Surroundings,
        ended: Callable[["Process"], None],
        recovered: Callable[["Process"], None],
    ) -> None:
        self.name = name
        self.replica = replica
        self.number = number
        self.party = f"{name}#{number}"
        self.state: State = "starting"
        self.why = ""
        """it halted"""
        self.raised = False
        """it halted because of an exception that is no FatalError: a machine's own"""
        self.asleep = False
        """stopped by SIGSTOP"""
        self.slow = 1
        """so many times slower than usual"""
        self._around = around
        self._ended = ended
        self._recovered = recovered
        self._chance: random.Random = around.network.chance
        self._woken = False
        self._dies_after: int | None = None
        self._dies_at_snapshot = False
        self._leaving = False
        """it was told to end: after its next step that has input"""
        self._leaves_by_us: int | None = None
        """then at that time, whether or not the log has confirmed what it has sent"""
        self._told: Step | None = None
        """which step its loop has come to"""
        self.connection = Connection(around.network, self.party, self.wake)
        self.shard: Shard | None = None
        self.beside: Beside | None = None
        """the gateway of an ingress shard's, for as long as its loop runs"""
        self._restored = False
        self._claims = 0
        self._quarantine = Quarantine()
        self._derived = 0
        """so many times again"""
        self._raised: MachineRaised | None = None
        """on an event that is to be settled before anything else"""
        self._raised_last: MachineRaised | None = None
        self._repairs: int | None = None
        """of one that has halted itself: so many it knew of; None: nothing of it can be repaired"""
        self.failed_twice = False
        """it halted itself because its machine raised, on the way back to what it had raised on, at an
        event that it had applied before: it can't be told from a sick computer
        """

    @property
    def unsettled(self) -> bool:
        """Its machine has raised: its state is half changed."""
        return self._raised is not None

    @property
    def awake(self) -> bool:
        return self.state == "running" and not self.asleep

    @property
    def forwards(self) -> bool:
        return self.state == "running" and self.beside is not None and self.beside.gateway is not None

    def start(self) -> None:
        """Restore, as often as it takes; then take the lease, as often as that takes. As runtime/host.py."""
        if self.state != "starting":
            return
        try:
            if self.shard is None:
                self.shard = self._build()
                self._quarantine.begin(self.shard)
            if not self._restored:
                self._restore(self.shard)
                self._restored = True
            self.shard.take_lease()
        except TemporaryError:
            self._around.network.schedule.after(self._chance.randint(*RETRY_US), self.start)
            return
        except SkipMissed:
            self._again()
            return
        except FatalError as problem:
            self.halt(str(problem))
            return
        self.state = "running"
        if self.name.startswith("ingress/"):
            self.beside = Beside(self, self.shard, self._around.network, self._around.identity)
        self.wake()

    def _build(self) -> Shard:
        first = (
            self._around.make(self.name, self.party),
            input_partition(self.name),
            self._around.identity,
            self.connection,
            self._around.store,
            self._around.policy,
            lambda: self._around.network.schedule.now_us,
            str(self.number),
        )
        if self.name.startswith("view-"):
            return Shard(*first, tell=self._tell)
        return Follower(
            *first,
            self._lease(),
            tell=self._tell,
            decisions=self._decisions(),
            destinations=self._around.destinations.get(self.name, ()),
            leads=True,
        )

    def _decisions(self) -> Decisions:
        """Of one life; its claims have names that no other has."""
        return Decisions(
            self.connection,
            self._around.identity,
            self.name,
            lambda: self._around.network.schedule.now_us,
            self._draw,
        )

    def _draw(self) -> bytes:
        self._claims += 1
        return f"{self.party}/{self._claims}".encode()

    def _lease(self) -> Lease:
        return self.connection.lease(lease_partition(self.name), self.party)

    def _restore(self, shard: Shard) -> None:
        """From a snapshot; sometimes, where the store is away, from the log alone."""
        try:
            shard.restore()
        except SnapshotsUnreadable as problem:
            if self._chance.randrange(FROM_LOG_EACH):
                raise
            shard.restore_from_log(problem)

    def wake(self) -> None:
        """There may be something to do: to one that has halted itself, if its shard was repaired."""
        if self.state == "halted" and self._repairs is not None:
            self._around.network.schedule.after(self._around.network.turn_us(), self._look_for_repairs)
        if not self._woken and self.state == "running":
            self._woken = True
            network = self._around.network
            network.schedule.after(network.turn_us() * self.slow, self._turn)

    def rise(self) -> None:
        self.asleep = False
        self.wake()
        if self.beside is not None:
            self.beside.wake()

    def reconnect(self) -> None:
        """Every writer sends again what was not confirmed."""
        self.connection.reconnect()
        if self.beside is not None:
            self.beside.connection.reconnect()

    def leave(self) -> None:
        """Told to end between two steps of its loop: as runtime/host.py, with the lease offered."""
        if self.state not in ("running", "starting"):
            self.kill()
            return
        self._leaving = True
        self._around.network.schedule.after(AWAITS_INPUT_US, lambda: self._leave_by(0))
        self._around.network.schedule.after(ENDS_US, self.kill)

    def _leave_by(self, in_us: int) -> None:
        if self._leaves_by_us is None:
            self._leaves_by_us = self._around.network.schedule.now_us + in_us
        self.wake()

    def die(self, after_step: int) -> None:
        """kill -9 after so many steps of the next round of the loop that has input."""
        if self.state == "running":
            self._dies_after = after_step
            self._around.network.schedule.after(AWAITS_INPUT_US, self.kill)
        elif self.state != "dead":
            self._end()

    def die_at_snapshot(self) -> None:
        """kill -9 when the loop has taken a snapshot, before its next step."""
        if self.state == "running":
            self._dies_at_snapshot = True
            self._around.network.schedule.after(AWAITS_SNAPSHOT_US, self.kill)
        elif self.state != "dead":
            self._end()

    def die_in_gateway(self, after_step: int) -> None:
        """kill -9 after so many steps of its gateway's next round."""
        assert self.beside is not None
        self.beside.die(after_step)
        self._around.network.schedule.after(AWAITS_INPUT_US, self.kill)

    def _tell(self, step: Step) -> None:
        if self._dies_at_snapshot and self._told is Step.SNAPSHOT and step is not Step.RESTORE:
            raise Killed
        self._told = step

    def kill(self, power: bool = False) -> None:
        """kill -9 now; `power`: with the whole machine, so that nothing that was on its way arrives."""
        if self.state != "dead":
            self._end(not power)

    def _turn(self) -> None:
        self._woken = False
        if self.state != "running" or self.asleep:
            return
        shard = self.shard
        assert shard is not None
        try:
            if self._leaves_by_us is not None:
                self._offer_and_end(shard, self._leaves_by_us)
                return
            if self._dies_after is not None and (self.unsettled or shard.lag()):
                if not self.unsettled:
                    with suppress(TemporaryError, MachineRaised):
                        self._last_steps(shard, self._dies_after)
                self._end()
                return
            if self._leaving and shard.lag():
                # The log may refuse for the whole time: then there is something that it has not confirmed.
                self._leave_by(self._chance.choice((0, CONFIRMS_US)))
            problems = self._step(shard) if self._raised is None else self._settle(shard, self._raised)
            if self.beside is not None:
                self.beside.after_step()
        except Killed:
            self._end()
            return
        except MachineRaised as raised:
            self._raises(shard, raised)
            return
        except SkipMissed:
            self._again()
            return
        except Superseded:
            self._superseded()
            return
        except FatalError as problem:
            self.halt(str(problem))
            return
        except Exception:  # noqa: BLE001  # as runtime/host.py: going on would skip an input
            self.raised = True
            self.halt(traceback.format_exc())
            return
        if self.shard is not shard:
            return  # it is derived again
        if problems.keys() - {SNAPSHOTS} or (problems and shard.snapshot_due()):
            self._around.network.schedule.after(self._chance.randint(*RETRY_US), self.wake)
        elif shard.lag() and not shard.publisher.pending():
            self.wake()  # else the confirmation will

    def _offer_and_end(self, shard: Shard, by_us: int) -> None:
        """When all that it has sent is confirmed, or has had the time to be."""
        if not self.unsettled:
            with suppress(Superseded, TemporaryError):
                shard.confirm(0.0)
                if shard.publisher.pending() and self._around.network.schedule.now_us < by_us:
                    self._around.network.schedule.after(self._chance.randint(*RETRY_US), self.wake)
                    return
                shard.offer_lease()
        self._end()

    def _step(self, shard: Shard) -> dict[str, TemporaryError]:
        return shard.step(0.0)

    def _raises(self, shard: Shard, raised: MachineRaised) -> None:
        """As runtime/host.py."""
        self._leave()
        before, self._raised_last = self._raised_last, raised
        try:
            if self._quarantine.tries_again(shard, raised):
                self._again()
            else:
                self._raised = raised
                self.wake()
        except Superseded:
            self._superseded()
        except FatalError:
            self.failed_twice = before is not None and raised.position < before.position
            self.raised = True
            self.halt(traceback.format_exc())

    def _settle(self, shard: Shard, raised: MachineRaised) -> dict[str, TemporaryError]:
        """Try to; what is in the way."""
        problems = self._look()
        try:
            if self._quarantine.settle(shard, raised, repr(raised.__cause__)):
                self._again()
            else:
                problems[shard.partition] = TemporaryError("the primary has not decided")
        except TemporaryError as problem:
            problems[shard.partition] = problem
        return problems

    def _look(self) -> dict[str, TemporaryError]:
        """Whether it should be the one that sends."""
        return {}

    def _again(self) -> None:
        """Derive the state again, from a snapshot, as whoever starts."""
        assert self.shard is not None
        self._derived += 1
        must(self._derived <= DERIVED_MAX, f"{self.party} derives its state again and again")
        self._leave()
        self.shard.close()
        self.connection.close()
        self.shard, self._restored, self._raised, self.state = None, False, None, "starting"
        self.start()

    def _look_for_repairs(self) -> None:
        """As runtime/host.py: who is FATAL has another life once an operator has repaired something."""
        if self.state != "halted" or self._repairs is None:
            return
        decisions = self.shard.decisions if self.shard is not None else None
        assert decisions is not None  # else nothing could be repaired
        try:
            known = len(decisions.read().repairs)
        except TemporaryError:
            self._around.network.schedule.after(self._chance.randint(*RETRY_US), self._look_for_repairs)
            return
        if known > self._repairs:
            self.why, self._repairs = "", None
            self._again()
            self._recovered(self)

    def _last_steps(self, shard: Shard, count: int) -> None:
        last_steps(shard, count)

    def _superseded(self) -> None:
        """Another process is this shard now."""
        self._end()

    def _leave(self) -> None:
        """Its loop ends, and so does what ran beside it."""
        if self.beside is not None:
            self.beside.close()
            self.beside = None

    def halt(self, why: str) -> None:
        self._leave()
        self.state, self.why = "halted", why
        decisions = self.shard.decisions if self.shard is not None and not self.raised else None
        self._repairs = len(decisions.decided.repairs) if decisions is not None else None
        self._ended(self)

    def _end(self, some_arrives: bool = True) -> None:
        self.state = "dead"
        if self.beside is not None:
            self.beside.connection.lose(some_arrives)
        self._leave()
        self.connection.lose(some_arrives)
        self.connection.close()
        self._ended(self)


def last_steps(shard: Shard, count: int) -> None:
    """The first `count` steps of a round, one by one."""
    if count >= 1:
        records = shard.receive(0.0)
    if count >= 2:
        shard.apply(records)
    if count >= 3:
        shard.publish()
    if count >= 4:
        shard.confirm(0.0)
    if count >= 5 and not shard.publisher.pending():
        shard.snapshot()
        if count >= 6 and shard.snapshot_saved():
            shard.acknowledge()
