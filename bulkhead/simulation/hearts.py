"""Heartbeats under virtual time: what runtime/heartbeat.py does over sockets. Beats come late, get lost, stay
away while two replicas are cut off from each other; a connection breaks when the process at its end dies.
"""

from bulkhead.simulation.network import Network
from bulkhead.simulation.schedule import MS
from bulkhead.supervision.suspicion import Suspicion

BEAT_US = 1_000 * MS
"""Twenty times as long as on real processes: beats are most of what happens in a quiet exchange."""
LOST_EACH = 200
"""of so many beats one gets lost"""


class Hearts:
    """All hearts that beat. cut: pairs of parties that do not hear each other; trusted: nobody suspects
    anybody; still: nobody beats any more.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.cut: set[frozenset[str]] = set()
        self.trusted = False
        self.still = False
        self.by_name: dict[str, Heart] = {}


class Heart:
    """Of one process, whose name it says."""

    def __init__(self, hearts: Hearts, name: str) -> None:
        self._hearts = hearts
        self._name = name
        self.listeners: list[Ear] = []
        hearts.by_name[name] = self

    def beat(self) -> None:
        for ear in list(self.listeners):
            if self._hearts.network.chance.randrange(LOST_EACH):
                ear.hear(self._name, alive=True)

    def close(self) -> None:
        """Its process is dead: who is connected learns it, unless cut off."""
        del self._hearts.by_name[self._name]
        for ear in list(self.listeners):
            ear.hear(self._name, alive=False)


class Ear:
    """A `Listening` for succession: listens to one heart at a time, with the product's `Suspicion`."""

    def __init__(self, hearts: Hearts, party: str, after_us: int) -> None:
        self._hearts = hearts
        self._party = party
        self._schedule = hearts.network.schedule
        self._suspicion = Suspicion(after_us, self._schedule.now_us)
        self._name = ""
        self._heart: Heart | None = None
        self._latest_us = 0
        """when the last beat that is on its way arrives: none overtakes another"""

    @property
    def suspects(self) -> bool:
        return not self._hearts.trusted and self._suspicion.suspects(self._schedule.now_us)

    def suspect(self) -> None:
        """Without any cause."""
        self._suspicion.lost()

    def follow(self, name: str) -> None:
        if name == self._name:
            return
        self.close()
        self._name = name
        self._suspicion.follow(self._schedule.now_us)
        if not name or self._is_cut(name):
            return
        self._heart = self._hearts.by_name.get(name)
        if self._heart is None:
            self._suspicion.lost()
        else:
            self._heart.listeners.append(self)

    def hear(self, name: str, alive: bool) -> None:
        """A beat, or the end of the connection, is on its way."""
        if self._is_cut(name):
            return
        self._latest_us = max(self._latest_us, self._schedule.now_us + self._hearts.network.delay_us())
        self._schedule.at(self._latest_us, lambda: self._heard(name, alive))

    def _heard(self, name: str, alive: bool) -> None:
        if name != self._name:
            return
        if alive:
            self._suspicion.heard(self._schedule.now_us)
        else:
            self._suspicion.lost()

    def _is_cut(self, name: str) -> bool:
        return frozenset((self._party, name)) in self._hearts.cut

    def close(self) -> None:
        if self._heart is not None:
            self._heart.listeners.remove(self)
            self._heart = None
