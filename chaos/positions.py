"""Which shards work: what each actor says of itself, asked again and again without waiting for anybody.

A shard works if it is seen to move: if one process of it tells of more events than it told before. Time
alone moves every shard but views and gateways, ten times a second; probes (chaos/probes.py) move those too,
and everything while there is no time.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from actors.attach import Question
from chaos.kinds import SUPERVISOR


@dataclass
class _Actor:
    """One process, as far as it has answered since the failure. The supervisor moves by answering at all."""

    question: Question
    told: Any = None
    pid: int = 0
    events: int = 0

    def moves(self) -> bool:
        """Ask; whether it has moved since it was asked before."""
        answer = self.question.newest_answer()
        if answer is None or answer is self.told:
            return False
        self.told = answer
        pid = int(answer["pid"])
        events = sum(int(machine["events"]) for machine in answer.get("machines", ()))
        moved = "machines" not in answer or (pid == self.pid and events > self.events)
        self.pid, self.events = pid, events
        return moved


@dataclass
class Positions:
    """`actors`: shard -> the names of the actors of its replicas. Inside `attached`."""

    actors: Mapping[str, tuple[str, ...]]
    moved_ms: dict[str, float] = field(default_factory=dict)
    """shard -> from the failure to when it was first seen to move"""
    processes_ms: dict[str, float] = field(default_factory=dict)
    """the same of each of its processes, of which the others may move meanwhile"""
    _asked: dict[str, list[_Actor]] = field(default_factory=dict)
    _since: float = 0.0

    def begin(self, since: float) -> None:
        """Something has failed, at `since` of perf_counter: what is asked and answered from now on counts."""
        self.moved_ms.clear()
        self.processes_ms.clear()
        self._since = since
        self._asked = {
            shard: [_Actor(Question(name, "status")) for name in names]
            for shard, names in self.actors.items()
        }

    def look(self) -> None:
        """Ask all of them, and note who has moved for the first time."""
        for shard, actors in self._asked.items():
            for name, actor in zip(self.actors[shard], actors, strict=True):
                if actor.moves():
                    ms = round((time.perf_counter() - self._since) * 1000, 1)
                    self.moved_ms.setdefault(shard, ms)
                    self.processes_ms.setdefault(name, ms)


def actors_of(status: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Shard -> its actors, of what the supervisor tells; the supervisor itself too."""
    found: dict[str, tuple[str, ...]] = {SUPERVISOR: (SUPERVISOR,)}
    for row in status["shards"]:
        shard = str(row["replica_of"])
        found[shard] = (*found.get(shard, ()), str(row["shard"]))
    return found
