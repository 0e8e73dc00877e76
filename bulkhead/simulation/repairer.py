"""An operator who repairs what halts, by the product's ways of repair (bulkhead/repair/ways.py): comes some
seconds after a shard has halted itself, looks where it stands, signs what leads on, and comes again while it
stands.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bulkhead.domain.messages.control import ReleaseQuarantine
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.repair import ways
from bulkhead.repair.appended import appended
from bulkhead.repair.examine import Standing
from bulkhead.runtime.decisions import Repair
from bulkhead.simulation.broken import Broken, must
from bulkhead.simulation.gateways import Operator, push
from bulkhead.simulation.network import Connection, Network
from bulkhead.simulation.schedule import MS, S
from bulkhead.simulation.setting import IDENTITY
from bulkhead.snapshots.port import SnapshotStore
from bulkhead.wire.codec import encode

COMES_AFTER_US = (2 * S, 20 * S)
INTRUDED = "no shard of ours has said it"
RETRY_US = 500 * MS
VISITS_MAX = 100
"""To one shard, in a run. A stretch that is lost needs at most one for each of its sources, and two more."""


class Repairer:
    """`stands`: whether a process of a shard has halted itself. `tell` hears what is done."""

    def __init__(
        self,
        network: Network,
        snapshots: SnapshotStore,
        operator: Operator,
        speaking: Sequence[str],
        stands: Callable[[str], bool],
        tell: Callable[[str], object],
    ) -> None:
        self._network = network
        self._sources = ways.Sources(network.log, IDENTITY, snapshots)
        self._connection = Connection(network, "repairer", lambda: None)
        self._operator = operator
        self._speaking = speaking
        self._stands = stands
        self._tell = tell
        self._visits: Counter[str] = Counter()
        self._due: set[str] = set()
        self.damaged: Counter[str] = Counter()
        """by shard: how many frames its partition has lost that it had not read, or has too many"""
        self.signed: list[Repair] = []
        """what was decided"""

    def call(self, shard: str) -> None:
        """One of its processes has halted itself."""
        if shard not in self._due:
            self._due.add(shard)
            self._visit_after(shard, self._network.chance.randint(*COMES_AFTER_US))

    def _visit_after(self, shard: str, delay_us: int) -> None:
        self._network.schedule.after(delay_us, lambda: self._visit(shard))

    def _visit(self, shard: str) -> None:
        if not self._stands(shard):
            self._due.remove(shard)
            return
        self._visits[shard] += 1
        must(
            self._visits[shard] <= VISITS_MAX,
            f"{shard} still stands after {VISITS_MAX} visits",
        )
        try:
            self._lead_on(shard)
        except TemporaryError:
            self._visit_after(shard, RETRY_US)
            return
        self._visit_after(shard, self._network.chance.randint(*COMES_AFTER_US))

    def _lead_on(self, shard: str) -> None:
        found = ways.look(self._sources, shard, self._speaking)
        if found.standing is None:
            return  # its process has not read yet what was decided
        decisions = self._decisions(found, found.standing)
        self.signed += decisions
        self._operator.decide(*decisions)
        for each in decisions:
            self._tell(f"{shard} is led on by {type(each).__name__}")

    def _decisions(self, found: ways.Found, standing: Standing) -> Sequence[Repair]:
        """All that was lost is given again; what nobody may have said is passed, in one way or another."""
        if "resend" in standing.ways:
            with _sayable(standing.shard):
                return ways.resend(self._sources, found, "a stretch was lost")
        must("drop" in standing.ways, f"{standing.shard} can't be repaired: {standing.problem}")
        way = self._network.chance.choice(standing.ways)
        if way == "skip":
            return [ways.skip(standing, INTRUDED)]
        if way == "drop":
            return [ways.drop(standing, INTRUDED)]
        nothing = ReleaseQuarantine(standing.shard, "account nobody", False, INTRUDED)
        return [ways.substitute(standing, encode(nothing), INTRUDED)]

    def look_everywhere(self) -> None:
        """At rest: what was lost at the end of a partition, where nothing later has told so yet."""
        for shard in sorted(self.damaged):
            found = ways.look(self._sources, shard, self._speaking)
            if found.standing is not None:
                continue  # it is visited
            through = self._sources._replace(log=self._connection)
            with _sayable(shard):
                for source in appended(through, shard, found.lost, self._network.schedule.now_us):
                    self._tell(f"{shard} is given what it did not miss yet")
                    push(self._network, source)


@contextmanager
def _sayable(shard: str) -> Iterator[None]:
    """What was lost here has been said, so it can be said again."""
    try:
        yield
    except FatalError as problem:
        raise Broken(f"what {shard} has lost can't be said again: {problem}") from problem
