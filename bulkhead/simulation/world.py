"""The exchange and those around it: how it begins, and how it comes to rest."""

import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from bulkhead.domain.keys import EVERYTHING
from bulkhead.domain.messages.control import Deposit, RegisterKey, ReleaseQuarantine
from bulkhead.domain.messages.ingress import FramesForwarded
from bulkhead.machines.engines import Engine
from bulkhead.machines.factory import input_partition, make_machine, make_reference, to_look_at
from bulkhead.machines.interface import Machine
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.shard import SnapshotPolicy
from bulkhead.simulation.broken import Broken, must
from bulkhead.simulation.builds import Builds, old_build
from bulkhead.simulation.contradiction import only_sick_ones_contradict
from bulkhead.simulation.gateways import Clock, Operator
from bulkhead.simulation.growth import Growth
from bulkhead.simulation.hearts import Hearts
from bulkhead.simulation.ingress import Paces
from bulkhead.simulation.network import Network
from bulkhead.simulation.operating import open_for_good
from bulkhead.simulation.participants import Participant
from bulkhead.simulation.poison import Poison
from bulkhead.simulation.processes import Process, Surroundings
from bulkhead.simulation.repairer import Repairer
from bulkhead.simulation.replicas import ReplicaProcess, Replication, check_replicas, is_found_out
from bulkhead.simulation.schedule import MS, S, Schedule
from bulkhead.simulation.setting import (
    IDENTITY,
    TOPOLOGY,
    gated_of,
    key_of,
    public_bytes,
    topology_of,
)
from bulkhead.simulation.store import FaultyStore
from bulkhead.simulation.supervisor import Supervisor
from bulkhead.supervision.budget import Budget
from bulkhead.topology import derived
from bulkhead.topology.access import destinations
from bulkhead.topology.genesis import genesis
from bulkhead.topology.models import Topology
from bulkhead.views.machine import make_reference_view, make_view, view_machine_name
from bulkhead.wire.codec import decode
from bulkhead.wire.frame import Unreadable, read_frame

POLICY = SnapshotPolicy(every_events=25, every_ticks=20)
REST_US = 3_600 * S
"""Within so long after the last fault everything has to have come to rest."""
MARKS_US = 30 * S
UPDATED_US = (500 * MS, 20 * S)
"""until an operator has found a process whose build is too old, and put another there"""
SUSPECT = "suspect this computer"
"""what a process says that alone raises"""
MISSED_US = 60 * S
"""Within so long all snapshots are newer than what is asked for; an operator has come, and come again."""
DOWN_US = 20 * S
"""longer than anything that was sent is on its way"""
TOLD_US = 15 * S
"""Within so long who was superseded has noticed, a primary has told its mark, its replicas have looked."""


def machine_names(topology: Topology) -> dict[str, str]:
    """Every machine that runs, with the boundary it is in; a view has one for each partition it follows."""
    boundaries = derived.boundary_of(topology)
    found: dict[str, str] = {}
    for shard in derived.shards(topology):
        if shard.kind == "view":
            for partition in shard.reads:
                found[view_machine_name(shard.name, partition)] = boundaries[shard.name]
        elif shard.kind != "supervisor":
            found[shard.name] = boundaries[shard.name]
    return found


Engines = Literal["reference", "native", "mixed"]
"""What computes books, risk, settlement and views; mixed: of each shard's processes, one after another, first
the one, then the other, so that replicas are of both and a restart changes engines
"""


def make(name: str) -> ReferenceMachine:
    return make_reference_view(name) if name.startswith("view-") else make_reference(name)


def _make_for(engines: Engines, builds: Builds, name: str, party: str) -> Machine:
    """For a process, which has a number at the end. Which versions there are an engine has built in: an older
    build is put into the reference.
    """
    if builds.is_old(party):
        return old_build(make(name))
    number = int(party.rpartition("#")[2])
    if engines == "reference" or (engines == "mixed" and number % 2 == 0):
        return make(name)
    return (make_view if name.startswith("view-") else make_machine)(name, Engine.NATIVE)


class World:
    """`tell` hears what happens, in a line each."""

    def __init__(
        self,
        seed: int,
        tick_us: int,
        frame_scale: int = 1,
        tell: Callable[[str], object] = lambda line: None,
        replicas: bool = True,
        poison: bool = False,
        gateways: bool = True,
        repairs: bool = False,
        engines: Engines = "reference",
        grows: bool = False,
    ) -> None:
        self.topology = topology_of(seed, replicas, gateways, grows)
        self.schedule = Schedule()
        self.frame_scale = frame_scale
        self._tell = tell
        self._chance = random.Random(f"{seed}/ways")
        self.network = Network(self.schedule, self._chance)
        self.network.acknowledged = self._acknowledged
        self.store = FaultyStore(self._chance)
        for topic in derived.topics(self.topology):
            self.network.log.create_topic(topic.name, topic.partitions)
        self.names = machine_names(self.topology)
        boundaries = self.topology.boundaries
        self.replication = {
            name: Replication(boundaries[where].replicas == "active", boundaries[where].suspect_after_ms * MS)
            for name, where in self.names.items()
            if boundaries[where].replicas != "none"
        }
        """of shards that have replicas"""
        self.hearts = Hearts(self.network)
        self.poison = Poison(seed, make) if poison else None
        # What raises is put into the reference engine.
        self.builds = Builds()
        make_for = self.poison.make if self.poison is not None else partial(_make_for, engines, self.builds)
        spoken_to = {
            shard.name: destinations(self.topology, shard) for shard in derived.shards(self.topology)
        }
        self._around = Surroundings(self.network, self.store, IDENTITY, POLICY, make_for, spoken_to)
        self.found_out: list[str] = []
        """why replicas halted themselves that had been made to differ"""
        self.flipped: list[ReplicaProcess] = []
        self.processes: list[Process] = []
        """all that live or are halted; of a shard the newest last"""
        self._processes_made = 0
        budgets = {
            name: Budget(boundary.restarts.budget, boundary.restarts.within_s)
            for name, boundary in boundaries.items()
        }
        self.supervisor = Supervisor(self.schedule, self.names, budgets, self.start, lambda: self.processes)
        self.operator = Operator(self.network)
        self.repairer = self._repairer() if repairs else None
        keys = {name: public_bytes(key_of(name)) for name in derived.key_names(self.topology)}
        founded = TOPOLOGY if grows else self.topology
        founding = genesis(founded, keys)
        self.operator.say(*founding)
        self.growth = Growth(self.topology, founding, keys)
        self.rules_change = False
        """whether an operator has changed the version of the rules"""
        self.deposits: Counter[str] = Counter()
        self.given_up: Counter[str] = Counter()
        """how often an operator has released the orders of an instrument"""
        for account in derived.account_terms(self.topology):
            self.deposits.update(dict(account.balances))
        for actor in self.actors():
            self.start(*actor)
        self.clock = Clock(self.network, tick_us)
        self.schedule.run_until(10 * S)  # founded: who trades is known
        self.gated = gated_of(seed, self.topology)
        """who writes to a topic of their own"""
        self.participants = [
            Participant(self.network, name, self.gated.get(name)) for name in founded.participants
        ]
        self.founders = tuple(self.participants)
        """whose accounts are there from the beginning"""
        rates = {
            who.public_key: self.topology.participants[who.participant_id].limits.commands_per_s_max
            for who in self.participants
        }
        self.network.sends = Paces(rates, lambda: self.schedule.now_us).look
        self.crashes = 0
        self.heals = False
        """whether all faults have ended"""

    def _repairer(self) -> Repairer:
        speaking = [shard.name for shard in derived.shards(self.topology) if shard.speaks]
        return Repairer(self.network, self.store, self.operator, speaking, self._stands, self.say)

    def _stands(self, name: str) -> bool:
        return any(process.name == name for process in self.halted())

    # -- processes

    def actors(self) -> list[tuple[str, str]]:
        """What the supervisor keeps running: each shard, and which of its replicas."""
        return [
            (name, replica) for name in self.names for replica in ("ab" if name in self.replication else "a")
        ]

    def start_again(self, boundary: str) -> None:
        """As an operator does it to one that is halted: whatever of it is down."""
        self.supervisor.renew(boundary)
        living = {(process.name, process.replica) for process in self.processes}
        for name, replica in self.actors():
            if self.names[name] == boundary and (name, replica) not in living:
                self.start(name, replica)

    def start(self, name: str, replica: str = "a") -> Process:
        self._processes_made += 1
        number, replication = self._processes_made, self.replication.get(name)
        self.builds.begins(f"{name}#{number}", name, replica)
        if replication is None:
            process = Process(name, replica, number, self._around, self._ended, self.supervisor.recovered)
        else:
            process = ReplicaProcess(
                *(name, replica, number, self._around, self._ended, self.supervisor.recovered),
                *(self.hearts, replication),
            )
        self.processes.append(process)
        process.start()
        return process

    def _ended(self, process: Process) -> None:
        if process.state == "dead":
            self.processes.remove(process)
        else:
            self.say(f"{process.party} halted: {process.why.strip().splitlines()[-1]}")
            if self.builds.is_out_of_date(process.party, process.why):
                self.schedule.after(self._chance.randint(*UPDATED_US), lambda: self._update(process))
            elif self.is_found_out(process):
                self.found_out.append(process.why)
            elif self.repairer is not None:
                self.repairer.call(process.name)
        self.supervisor.ended(process)

    def _update(self, process: Process) -> None:
        """An operator puts a process of the new build in the place of one that does not know the rules."""
        self.builds.old.discard((process.name, process.replica))
        if process.state == "halted":
            process.kill()
            self.supervisor.recovered(process)
            self.start(process.name, process.replica)

    def halted(self) -> list[Process]:
        return [process for process in self.processes if process.state == "halted"]

    def running(self, name: str) -> Process:
        """The newest process of a shard that runs; of replicas the primary."""
        found = [each for each in self.processes if each.name == name and each.state == "running"]
        must(bool(found), f"{name} does not run")
        if name not in self.replication:
            return found[-1]
        primaries = [each for each in found if isinstance(each, ReplicaProcess) and each.primary]
        must(len(primaries) == 1, f"{name} has {len(primaries)} primaries: {[p.party for p in primaries]}")
        return primaries[0]

    def _acknowledged(self, shard: str, partition: str, position: bytes) -> None:
        if partition.startswith("ingress."):
            must(
                self._is_told(shard, partition, position),
                f"{shard} acknowledged {position.hex()} of {partition}, and its own partition does not tell",
            )
            return
        must(
            (shard, position) in self.store.saved,
            f"{shard} acknowledged {position.hex()} and no snapshot of it was kept there",
        )

    def _is_told(self, shard: str, partition: str, position: bytes) -> bool:
        """Whether a gateway has told the machine's partition that it is done with a participant's topic up to
        there: lately, most of the time.
        """
        for record in reversed(self.network.partition(input_partition(shard)).records):
            try:
                found = read_frame(record.frame)
            except Unreadable:
                continue
            if found.source.startswith("gateway/"):
                for message in map(decode, found.events):
                    of = isinstance(message, FramesForwarded) and f"ingress.{message.participant_id}/0"
                    if of == partition and message.position == position:
                        return True
        return False

    def say(self, what: str) -> None:
        self._tell(f"{self.schedule.now_us / S:11.6f} s  {what}")

    @property
    def spoiled(self) -> bool:
        """A replica that had been made to differ has become the primary before it was compared."""
        return any(replica.spoils for replica in self.flipped)

    def is_found_out(self, process: Process) -> bool:
        """It halted itself after it had been made to differ or to be sick, or as its build was too old."""
        sick = self.poison is not None and self.poison.is_sick(process.party)
        twice = process.failed_twice and SUSPECT in process.why
        out_of_date = process.state == "halted" and self.builds.is_out_of_date(process.party, process.why)
        return (
            out_of_date
            or is_found_out(process)
            or twice
            or (sick and process.state == "halted" and SUSPECT in process.why)
        )

    @property
    def contradicts(self) -> bool:
        """A sick process has decided what another had passed unknown to it, and only that is said twice."""
        return self.poison is not None and only_sick_ones_contradict(self.network.log, IDENTITY, self.names)

    # -- the end

    def heal(self) -> None:
        """Every fault ends; an operator starts what is down; whatever still waits is heard."""
        self.heals = True
        self.network.cut.clear()
        self.network.refusing.clear()
        self.hearts.cut.clear()
        self.store.away, self.store.tear, self.store.stale = False, 0, 0
        for process in self.processes:
            process.slow = 1
            process.rise()
        self.say("all faults end")
        self.builds.old.clear()
        self.schedule.run_until(self.schedule.now_us + 60 * S)
        if self.poison:
            self._stop_for(self.poison.cure)
        for boundary in dict.fromkeys(self.names.values()):
            self.supervisor.renew(boundary)
        for actor in self.actors():
            mine = [each for each in self.processes if (each.name, each.replica) == actor]
            for process in mine:
                if process is not mine[-1] or self.is_found_out(process):
                    process.kill()
                    mine.remove(process)
            if not mine:
                self.start(*actor)
        if self.poison:
            self._release_all()
        # To its end: until then no book is added, nor while a risk shard is told what the others know.
        if self.rules_change or self.growth.everything():
            self.schedule.run_until(self.schedule.now_us + 30 * S)
        self.grow()
        self.operator.say(*(said for name in self.topology.instruments for said in open_for_good(name)))
        for who in self.participants:
            self.operator.decide(RegisterKey(who.participant_id, who.public_key, EVERYTHING, "it is over"))
        self.schedule.run_until(self.schedule.now_us + 30 * S)
        for who in self.participants:
            who.probe()
            for account_id in who.accounts:
                self.deposits["USD"] += 1
                self.operator.say(Deposit(account_id, "USD", 1))
        if self.repairer is not None:
            self.schedule.run_until(self.schedule.now_us + MISSED_US)
            self.repairer.look_everywhere()
            self.schedule.run_until(self.schedule.now_us + MISSED_US)
        # Every shard has a dead letter, and every lane.
        for partition in sorted({input_partition(name) for name in self.names}) + self.ways_in():
            self.network.append_strange(partition, b"noise")
        if self.replication:  # until a mark behind all that was said has been compared
            self.schedule.run_until(self.schedule.now_us + MARKS_US)
        self.clock.ended = True
        self.clock.read()
        if self.replication:
            self.hearts.trusted = True
            self.schedule.run_until(self.schedule.now_us + TOLD_US)
            self.hearts.still = True
        if not self.schedule.run_to_rest(REST_US):
            raise Broken("an hour after the last fault the exchange has not come to rest")

    def grow(self) -> None:
        """All that is to be added is, as far as it was not."""
        for ref in self.growth.everything():
            self.operator.decide(*self.growth.decisions(ref))
        for name in self.growth.newcomers():
            self.welcome(name)

    def welcome(self, participant_id: str) -> None:
        """Somebody's program begins, once; whether the exchange knows them by then or not."""
        if all(who.participant_id != participant_id for who in self.participants):
            self.participants.append(Participant(self.network, participant_id))

    def _stop_for(self, correct: Callable[[], None]) -> None:
        """Every process ends, and what it has sent arrives; whoever starts then is a corrected version."""
        self.supervisor.go_away(DOWN_US)
        for process in list(self.processes):
            if process.state != "halted":
                process.kill()
        self.schedule.run_until(self.schedule.now_us + DOWN_US)
        correct()
        self.say("nothing raises any more")

    def _release_all(self) -> None:
        self.schedule.run_until(self.schedule.now_us + 30 * S)
        for name, subject in self.quarantined():
            self.say(f"release {subject} of {name}")
            self.operator.decide(ReleaseQuarantine(name, subject, False, "it is cured"))
        self.schedule.run_until(self.schedule.now_us + 30 * S)
        stopped = self.halted()  # after a power cut
        must(
            bool(stopped) or not self.quarantined(),
            f"still halted after all was released: {self.quarantined()}",
        )

    def ways_in(self) -> list[str]:
        """Participants' own partitions, where there are gateways."""
        if not self.topology.has_gateways:
            return []
        return [f"{derived.ingress_topic(name)}/0" for name in self.topology.participants]

    def lost(self) -> dict[str, str]:
        """Of which participants' partitions a gateway can read nothing more, and why."""
        found: dict[str, str] = {}
        for process in self.processes:
            found |= process.beside.lost if process.beside is not None else {}
        return found

    def quarantined(self) -> list[tuple[str, str]]:
        """Each shard with each subject that a process of it has halted."""
        return sorted(
            {
                (process.name, subject)
                for process in self.processes
                if process.shard is not None and not process.unsettled
                for subject in process.shard.machine.quarantined()
            }
        )

    def newest_trade(self, instrument_id: str) -> int:
        """Its id, as far as any process of its book knows now; 0: of none."""
        found = 0
        for process in self.processes:
            if process.name.startswith("book/") and process.shard is not None and not process.unsettled:
                domain: Any = to_look_at(process.shard.machine).domain
                instrument = domain.partition.instruments.get(instrument_id)
                found = max(found, 0 if instrument is None else instrument.trades)
        return found

    def machines(self) -> dict[str, ReferenceMachine]:
        """At rest: what every shard knows."""
        found = {}
        for name in self.names:
            shard = self.running(name).shard
            assert shard is not None
            must(shard.lag() == 0, f"{name} has not read everything")
            must(shard.publisher.pending() == 0, f"{name} has not said everything")
            beside = self.running(name).beside
            must(beside is None or beside.settled(), f"{name}'s gateway has not said everything")
            found[name] = to_look_at(shard.machine, make)
        check_replicas(self.processes, self.running)
        return found
