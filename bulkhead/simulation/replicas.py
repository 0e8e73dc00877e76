"""A process that is one of several replicas of its shard: it follows, takes over, and follows again."""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from bulkhead.errors import TemporaryError
from bulkhead.machines.factory import input_partition
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.marks import output_digest
from bulkhead.runtime.shard import Shard
from bulkhead.runtime.succession import Succession
from bulkhead.simulation.broken import must
from bulkhead.simulation.hearts import BEAT_US, Ear, Heart, Hearts
from bulkhead.simulation.processes import Process, Surroundings, last_steps

FLIPS_TRIED = 50
FLIPS = 8
"""at once: most numbers of a state are never said to anybody again"""


class Replication(NamedTuple):
    """How a shard's replicas stand to each other."""

    sends: bool
    """active: those that are not the primary send too"""
    suspect_after_us: int


class ReplicaProcess(Process):
    """As runtime/host.py runs a Follower, with a heart and an ear of its own."""

    def __init__(
        self,
        name: str,
        replica: str,
        number: int,
        around: Surroundings,
        ended: Callable[[Process], None],
        recovered: Callable[[Process], None],
        hearts: Hearts,
        replication: Replication,
    ) -> None:
        super().__init__(name, replica, number, around, ended, recovered)
        self._hearts = hearts
        self._replication = replication
        self._heart = Heart(hearts, self.party)
        self._ear = Ear(hearts, self.party, replication.suspect_after_us)
        self.flipped = False
        """a bit of its memory has another value than it should"""
        self.spoils = False
        """and it is the primary: what comes of it is said"""
        self._rounds = 0
        """of its loop since its heart beat"""
        self._beat()

    @property
    def follower(self) -> Follower | None:
        """None before its first life."""
        assert self.shard is None or isinstance(self.shard, Follower)
        return self.shard

    @property
    def primary(self) -> bool:
        return self.follower is not None and self.follower.primary

    def suspect(self) -> None:
        """It takes its primary for dead, whether or not that is so."""
        self._ear.suspect()
        self.wake()

    def flip(self, chance: random.Random) -> str:
        """Change some numbers of its machine's state by their lowest bits. Which, in words."""
        machine = self.follower.machine if self.follower is not None else None
        if machine is None:
            return "nothing"
        state = msgspec.msgpack.decode(machine.snapshot(), strict=False)
        changed: list[str] = []
        for path in chance.sample(found := list(_numbers(state, ())), min(FLIPS_TRIED, len(found))):
            before = _change(state, path)
            try:
                self._around.make(self.name, self.party).restore(msgspec.msgpack.encode(state))
            except Exception:  # noqa: BLE001  # no state of this machine: another bit
                _put(state, path, before)
                continue
            changed.append("/".join(map(str, path)))
            if len(changed) == FLIPS:
                break
        if changed:
            machine.restore(msgspec.msgpack.encode(state))
            self.flipped = True
        return ", ".join(changed) or "nothing"

    def _build(self) -> Shard:
        shard = Follower(
            self._around.make(self.name, self.party),
            input_partition(self.name),
            self._around.identity,
            self.connection,
            self._around.store,
            self._around.policy,
            lambda: self._around.network.schedule.now_us,
            str(self.number),
            self._lease(),
            self._replication.sends,
            tell=self._tell,
            decisions=self._decisions(),
            destinations=self._around.destinations.get(self.name, ()),
        )
        self.flipped = False
        self._succession = Succession(shard, self._ear)
        return shard

    def _step(self, shard: Shard) -> dict[str, TemporaryError]:
        self._rounds += 1
        problems = self._look()
        self.spoils |= self.flipped and self.primary
        return problems | shard.step(0.0)

    def _look(self) -> dict[str, TemporaryError]:
        return self._succession.look()

    def _last_steps(self, shard: Shard, count: int) -> None:
        last_steps(shard, count if self.primary else min(count, 4))  # only a primary takes snapshots

    def _superseded(self) -> None:
        """It follows from now on."""
        self._again()

    def _beat(self) -> None:
        """It goes round its loop every so often, input or none, and says so."""
        if self.state == "dead" or self._hearts.still:
            return
        if self.state == "running" and not self.asleep:
            self._heart.beat()
            if not self._rounds or self.beside is not None:  # a gateway looks every round who is there
                self.wake()
            self._rounds = 0
        self._around.network.schedule.after(BEAT_US, self._beat)

    def _end(self, some_arrives: bool = True) -> None:
        if self.state != "dead":
            self._ear.close()
            self._heart.close()
        super()._end(some_arrives)


def is_primary(process: Process) -> bool:
    """Of a shard that has replicas."""
    return isinstance(process, ReplicaProcess) and process.primary


def is_following(process: Process) -> bool:
    return isinstance(process, ReplicaProcess) and not process.primary


def is_found_out(process: Process) -> bool:
    """It halted itself after it had been made to differ."""
    return process.state == "halted" and isinstance(process, ReplicaProcess) and process.flipped


def check_replicas(processes: Iterable[Process], primary_of: Callable[[str], Process]) -> None:
    """At rest: all replicas of a shard are equal, and have compared what they said."""
    for process in processes:
        if isinstance(process, ReplicaProcess) and process.state == "running" and not process.primary:
            _check_equal(process, primary_of(process.name))


def _check_equal(process: ReplicaProcess, primary: Process) -> None:
    mine, its = process.shard, primary.shard
    assert isinstance(mine, Follower)
    assert isinstance(its, Follower)
    must(mine.lag() == 0, f"{process.party} has not read everything")
    same = output_digest(mine.machine) == output_digest(its.machine)
    must(same, f"{process.party} has said other things than {primary.party}")
    if not process.flipped:  # a bit that changes nothing that is said is found by nobody
        same = mine.machine.digest() == its.machine.digest()
        must(same, f"{process.party} is in another state than {primary.party}")
    joined_later = mine.mark.tick < its.mark.tick  # than the newest mark
    must(
        mine.agreed_tick == its.mark.tick or joined_later,
        f"{process.party} has compared up to tick {mine.agreed_tick} what {primary.party} had said by tick"
        f" {its.mark.tick}",
    )


def _numbers(state: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Where in the domain's part of a snapshot the whole numbers are."""
    if isinstance(state, dict):
        items: Any = state.items()
    elif isinstance(state, list):
        items = enumerate(state)
    else:
        if isinstance(state, int) and not isinstance(state, bool) and path[0] == "domain":
            yield path
        return
    for key, value in items:
        yield from _numbers(value, (*path, key))


def _change(state: Any, path: tuple[Any, ...]) -> int:
    """Flip the lowest bit there; what was there before."""
    for key in path[:-1]:
        state = state[key]
    before: int = state[path[-1]]
    state[path[-1]] = before ^ 1
    return before


def _put(state: Any, path: tuple[Any, ...], value: int) -> None:
    for key in path[:-1]:
        state = state[key]
    state[path[-1]] = value
