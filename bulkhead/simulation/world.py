"""The exchange, those around it, and what befalls it."""

import random
from collections import Counter
from collections.abc import Callable, Iterable

from bulkhead.domain.messages.control import Deposit, SetPhase
from bulkhead.domain.terms import Phase
from bulkhead.machines.factory import make_machine
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.shard import SnapshotPolicy
from bulkhead.simulation.broken import Broken, must
from bulkhead.simulation.gateways import Clock, Operator
from bulkhead.simulation.hearts import Hearts
from bulkhead.simulation.mischief import MISCHIEF
from bulkhead.simulation.network import Network
from bulkhead.simulation.participants import Participant
from bulkhead.simulation.plan import Event
from bulkhead.simulation.processes import STEPS, Process, Surroundings
from bulkhead.simulation.replicas import ReplicaProcess, Replication, check_replicas, is_found_out
from bulkhead.simulation.schedule import MS, S, Schedule
from bulkhead.simulation.setting import IDENTITY, TOPOLOGY, key_of, public_bytes, topology_of
from bulkhead.simulation.store import FaultyStore
from bulkhead.simulation.supervisor import Supervisor
from bulkhead.supervision.budget import Budget
from bulkhead.topology import derived
from bulkhead.topology.genesis import genesis
from bulkhead.views.machine import make_view, view_machine_name

POLICY = SnapshotPolicy(every_events=25, every_ticks=20)
LASTS_US = (100 * MS, 20 * S)
"""of a fault that ends by itself"""
REST_US = 3_600 * S
"""Within so long after the last fault everything has to have come to rest."""
MARKS_US = 30 * S
TOLD_US = 15 * S
"""Within so long who was superseded has noticed, a primary has told its mark, its replicas have looked."""
TAIL_FRAMES_MAX = 6
"""what a partition loses at most in a power cut"""


def machine_names() -> dict[str, str]:
    """Every machine that runs, with the boundary it is in; a view has one for each partition it follows."""
    boundaries = derived.boundary_of(TOPOLOGY)
    found: dict[str, str] = {}
    for shard in derived.shards(TOPOLOGY):
        if shard.kind == "view":
            for partition in shard.reads:
                found[view_machine_name(shard.name, partition)] = boundaries[shard.name]
        elif shard.kind != "supervisor":
            found[shard.name] = boundaries[shard.name]
    return found


def make(name: str) -> ReferenceMachine:
    return make_view(name) if name.startswith("view-") else make_machine(name)


class World:
    """`tell` hears what happens, in a line each."""

    def __init__(
        self,
        seed: int,
        tick_us: int,
        frame_scale: int = 1,
        tell: Callable[[str], object] = lambda line: None,
        replicas: bool = True,
    ) -> None:
        self.schedule = Schedule()
        self._seed = seed
        self._frame_scale = frame_scale
        self._tell = tell
        self._chance = random.Random(f"{seed}/ways")
        self.network = Network(self.schedule, self._chance)
        self.network.acknowledged = self._acknowledged
        self.store = FaultyStore(self._chance)
        for topic in derived.topics(TOPOLOGY):
            self.network.log.create_topic(topic.name, topic.partitions)
        self.names = machine_names()
        boundaries = topology_of(seed, replicas).boundaries
        self.replication = {
            name: Replication(boundaries[where].replicas == "active", boundaries[where].suspect_after_ms * MS)
            for name, where in self.names.items()
            if boundaries[where].replicas != "none"
        }
        """of shards that have replicas"""
        self.hearts = Hearts(self.network)
        self._around = Surroundings(self.network, self.store, IDENTITY, POLICY, make)
        self.found_out: list[str] = []
        """why replicas halted themselves that had been made to differ"""
        self._flipped: list[ReplicaProcess] = []
        self.processes: list[Process] = []
        """all that live or are halted; of a shard the newest last"""
        self._processes_made = 0
        budgets = {
            name: Budget(boundary.restarts.budget, boundary.restarts.within_s)
            for name, boundary in TOPOLOGY.boundaries.items()
        }
        self.supervisor = Supervisor(self.schedule, self.names, budgets, self.start, lambda: self.processes)
        self.operator = Operator(self.network)
        keys = {name: public_bytes(key_of(name)) for name in derived.key_names(TOPOLOGY)}
        self.operator.say(*genesis(TOPOLOGY, keys))
        self.deposits: Counter[str] = Counter()
        for account in derived.account_terms(TOPOLOGY):
            self.deposits.update(dict(account.balances))
        for actor in self._actors():
            self.start(*actor)
        self.clock = Clock(self.network, tick_us)
        self.schedule.run_until(10 * S)  # founded: who trades is known
        self.participants = [Participant(self.network, name) for name in TOPOLOGY.participants]
        self.crashes = 0

    # -- processes

    def _actors(self) -> list[tuple[str, str]]:
        """What the supervisor keeps running: each shard, and which of its replicas."""
        return [
            (name, replica) for name in self.names for replica in ("ab" if name in self.replication else "a")
        ]

    def start(self, name: str, replica: str = "a") -> Process:
        self._processes_made += 1
        number, replication = self._processes_made, self.replication.get(name)
        if replication is None:
            process = Process(name, replica, number, self._around, self._ended)
        else:
            process = ReplicaProcess(
                name, replica, number, self._around, self._ended, self.hearts, replication
            )
        self.processes.append(process)
        process.start()
        return process

    def _ended(self, process: Process) -> None:
        if process.state == "dead":
            self.processes.remove(process)
        else:
            self._say(f"{process.party} halted: {process.why.strip().splitlines()[-1]}")
            if is_found_out(process):
                self.found_out.append(process.why)
        self.supervisor.ended(process)

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

    def _acknowledged(self, shard: str, position: bytes) -> None:
        must(
            (shard, position) in self.store.saved,
            f"{shard} acknowledged {position.hex()} and no snapshot of it was kept there",
        )

    # -- what happens

    def run(self, events: Iterable[Event], hours_us: int) -> None:
        """A plan, from now on."""
        begun_us = self.schedule.now_us
        for event in events:
            self.schedule.at(begun_us + event.time_us, lambda event=event: self._happen(event))  # type: ignore[misc]
        self.schedule.run_until(begun_us + hours_us)

    def _happen(self, event: Event) -> None:
        chance = event.chance(self._seed)
        what = self._do(event.kind, chance)
        self._say(f"{event.kind} {event.number}: {what}")

    def _say(self, what: str) -> None:
        self._tell(f"{self.schedule.now_us / S:11.6f} s  {what}")

    def _do(self, kind: str, chance: random.Random) -> str:
        """One event; in words."""
        if kind in MISCHIEF:
            who = chance.choice(self.participants)
            MISCHIEF[kind](who, chance)
            return who.participant_id
        happening: Callable[[random.Random], str] = getattr(self, "_" + kind.replace(" ", "_"))
        return happening(chance)

    def _trade(self, chance: random.Random) -> str:
        who = chance.choice(self.participants)
        who.trade(chance, chance.choice((1, 1, 2, 4)) * self._frame_scale)
        return who.participant_id

    def _phase(self, chance: random.Random) -> str:
        message = SetPhase(
            chance.choice(list(TOPOLOGY.instruments)),
            chance.choices((Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED), (10, 2, 1))[0],
        )
        self.operator.say(message)
        return str(message)

    def _deposit(self, chance: random.Random) -> str:
        account_id = chance.choice(chance.choice(self.participants).accounts)
        message = Deposit(account_id, chance.choice(list(TOPOLOGY.assets)), chance.randint(1, 2_000_000))
        self.deposits[message.asset_id] += message.amount
        self.operator.say(message)
        return str(message)

    def _reopen(self, chance: random.Random) -> str:
        who = chance.choice(self.participants)
        who.open()
        return who.participant_id

    def _leave(self, chance: random.Random) -> str:
        who = chance.choice(self.participants)
        who.crash()
        return who.participant_id

    def _some(self, chance: random.Random) -> Process | None:
        living = [process for process in self.processes if process.state != "halted"]
        return chance.choice(living) if living else None

    def _crash(self, chance: random.Random) -> str:
        process = self._some(chance)
        if process is None:
            return "nobody"
        self.crashes += 1
        step = chance.randrange(len(STEPS) + 1)
        process.die(step)
        return f"{process.name}#{process.number} after {STEPS[step - 1] if step else 'nothing'}"

    def _crash_together(self, chance: random.Random) -> str:
        return ", ".join(self._crash(chance) for _ in range(chance.randint(2, 5)))

    def _sleep(self, chance: random.Random) -> str:
        process = self._some(chance)
        if process is None:
            return "nobody"
        for_us = chance.randint(*LASTS_US)
        process.asleep = True
        self.schedule.after(for_us, process.rise)
        return f"{process.name}#{process.number} for {for_us / S:.1f} s"

    def _slow(self, chance: random.Random) -> str:
        process = self._some(chance)
        if process is None:
            return "nobody"
        process.slow = chance.choice((10, 100, 1000))

        def recover() -> None:
            process.slow = 1

        self.schedule.after(chance.randint(*LASTS_US), recover)
        return f"{process.name}#{process.number} {process.slow} times"

    def _double(self, chance: random.Random) -> str:
        """A second process of a shard that has one: a wrong suspicion. The first goes on for a while."""
        first = self._some(chance)
        if first is None:
            return "nobody"
        self.start(first.name, first.replica)
        self.schedule.after(chance.randint(*LASTS_US), first.kill)
        return f"{first.name}#{first.number}"

    def _crash_all_replicas(self, chance: random.Random) -> str:
        name = chance.choice(list(self.names))
        mine = [each for each in self.processes if each.name == name and each.state != "halted"]
        for process in mine:
            process.die(chance.randrange(len(STEPS) + 1))
        return name

    def _replica(self, chance: random.Random) -> ReplicaProcess | None:
        """One that runs and follows."""
        found = [
            each
            for each in self.processes
            if isinstance(each, ReplicaProcess) and each.state == "running" and not each.primary
        ]
        return chance.choice(found) if found else None

    def _suspect(self, chance: random.Random) -> str:
        replica = self._replica(chance)
        if replica is None:
            return "nobody"
        replica.suspect()
        return f"{replica.party} takes its primary for dead"

    def _flip(self, chance: random.Random) -> str:
        replica = self._replica(chance)
        if replica is None or self.replication[replica.name].sends:
            return "nobody"
        self._flipped.append(replica)
        return f"{replica.party} has another {replica.flip(chance)}"

    @property
    def spoiled(self) -> bool:
        """A replica that had been made to differ has become the primary before it was compared."""
        return any(replica.spoils for replica in self._flipped)

    def _cut_hearts(self, chance: random.Random) -> str:
        """All replicas of a shard take each other for dead, and trade on."""
        if not self.replication:
            return "nobody"
        name = chance.choice(list(self.replication))
        mine = [each.party for each in self.processes if each.name == name]
        cut = {frozenset((one, other)) for one in mine for other in mine if one != other}
        self.hearts.cut |= cut

        def mend() -> None:
            self.hearts.cut -= cut

        self.schedule.after(chance.randint(*LASTS_US), mend)
        return name

    def _stale_snapshots(self, chance: random.Random) -> str:
        self.store.stale += chance.randint(1, 3)
        return str(self.store.stale)

    def _cut(self, chance: random.Random) -> str:
        process = self._some(chance)
        partitions = [
            f"{topic.name}/{number}"
            for topic in derived.topics(TOPOLOGY)
            for number in range(topic.partitions)
        ]
        if process is None:
            return "nobody"
        party = f"{process.name}#{process.number}"
        cut = {(party, name) for name in chance.sample(partitions, chance.randint(1, len(partitions)))}
        self.network.cut |= cut

        def mend() -> None:
            self.network.cut -= cut
            process.wake()

        self.schedule.after(chance.randint(*LASTS_US), mend)
        return f"{party} from {len(cut)} partitions"

    def _refuse(self, chance: random.Random) -> str:
        partitions = [f"{topic.name}/0" for topic in derived.topics(TOPOLOGY)]
        refusing = set(chance.sample(partitions, chance.randint(1, 4)))
        self.network.refusing |= refusing

        def mend() -> None:
            self.network.refusing -= refusing

        self.schedule.after(chance.randint(*LASTS_US), mend)
        return ", ".join(sorted(refusing))

    def _reconnect(self, chance: random.Random) -> str:
        process = self._some(chance)
        if process is None or chance.random() < 0.3:
            who = chance.choice(self.participants)
            who.reconnect()
            return who.participant_id
        process.connection.reconnect()
        return f"{process.name}#{process.number}"

    def _store_away(self, chance: random.Random) -> str:
        self.store.away = True

        def come_back() -> None:
            self.store.away = False

        self.schedule.after(chance.randint(*LASTS_US), come_back)
        return ""

    def _tear(self, chance: random.Random) -> str:
        self.store.tear += chance.randint(1, 3)
        return str(self.store.tear)

    def _lose_snapshots(self, chance: random.Random) -> str:
        return self.store.lose()

    def _supervisor_away(self, chance: random.Random) -> str:
        for_us = chance.randint(*LASTS_US)
        self.supervisor.go_away(for_us)
        return f"for {for_us / S:.1f} s"

    def _clock_stalls(self, chance: random.Random) -> str:
        self.clock.stall(chance.randint(*LASTS_US))
        return ""

    def _clock_jumps(self, chance: random.Random) -> str:
        by_ms = chance.choice((-5_000, -100, 100, 5_000, 3_600_000))
        self.clock.jump(by_ms)
        return f"by {by_ms} ms"

    def _clock_restarts(self, chance: random.Random) -> str:
        self.clock.restart()
        return ""

    def _power_loss(self, chance: random.Random) -> str:
        """Every process dies, and each partition has lost another part of its end. Everybody comes back."""
        for process in list(self.processes):
            process.kill(power=True)
        lost = self.network.lose_tails(TAIL_FRAMES_MAX)
        for who in self.participants:
            who.crash()
        self.clock.restart()
        return str(lost)

    # -- the end

    def heal(self) -> None:
        """Every fault ends; an operator starts what is down; whatever still waits is heard."""
        self.network.cut.clear()
        self.network.refusing.clear()
        self.hearts.cut.clear()
        self.store.away, self.store.tear, self.store.stale = False, 0, 0
        for process in self.processes:
            process.asleep, process.slow = False, 1
            process.wake()
        self._say("all faults end")
        self.schedule.run_until(self.schedule.now_us + 60 * S)
        for actor in self._actors():
            mine = [each for each in self.processes if (each.name, each.replica) == actor]
            for process in mine:
                if process is not mine[-1] or is_found_out(process):
                    process.kill()
                    mine.remove(process)
            if not mine:
                self.start(*actor)
        self.operator.say(*(SetPhase(name, Phase.CONTINUOUS) for name in TOPOLOGY.instruments))
        self.schedule.run_until(self.schedule.now_us + 30 * S)
        for who in self.participants:
            who.probe()
            for account_id in who.accounts:
                self.deposits["USD"] += 1
                self.operator.say(Deposit(account_id, "USD", 1))
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

    def machines(self) -> dict[str, ReferenceMachine]:
        """At rest: what every shard knows."""
        found = {}
        for name in self.names:
            shard = self.running(name).shard
            assert shard is not None
            must(shard.lag() == 0, f"{name} has not read everything")
            must(shard.publisher.pending() == 0, f"{name} has not said everything")
            found[name] = shard.machine
        check_replicas(self.processes, self.running)
        return found  # type: ignore[return-value]  # the reference engine's
