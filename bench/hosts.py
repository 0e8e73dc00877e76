"""The actors of the second and third part: started in the exchange's Ray, beside its own."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from actors.launch import Launch
from actors.shard import ShardActor
from bench.passing import make_passing
from bench.relay import Hop, Relay
from bulkhead.machines.interface import Machine

ANSWER_TIMEOUT_S = 60.0


class PassingActor(ShardActor):
    """A shard's actor that hosts a passing machine; everything else is the product's."""

    def __init__(
        self, launch: Launch, book: str, participants: Mapping[bytes, str], copies: Sequence[str]
    ) -> None:
        self._book = book
        self._participants = participants
        self._copies = copies
        super().__init__(launch)

    def _machines(self) -> list[tuple[str, Callable[[], Machine]]]:
        shard, engine = self._launch.shard, self._launch.engine
        return [
            (shard, lambda: make_passing(engine, shard, self._book, self._participants, self._copies)),
        ]


class RelayActor:
    """A relay's hop in a process of its own."""

    def __init__(self, hop: Hop) -> None:
        self._relay = Relay(hop)

    def follow(self, cuts: dict[str, list[int]]) -> None:
        self._relay.follow(cuts)

    def status(self) -> dict[str, Any]:
        relay = self._relay
        machine = {"shard": relay.shard, "state": "relaying", "last_error": relay.problem}
        return {"pid": os.getpid(), "machines": [machine], "impatient": relay.impatient}

    def stop(self) -> None:
        self._relay.stop()


@contextmanager
def hosted(actor: type, arguments: list[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """Actors of one class, running while the block lasts. Inside `attached`."""
    import ray  # reads its environment when it is imported, which `attached` sets

    handles: list[Any] = []
    try:
        for some in arguments:
            handles.append(ray.remote(actor).options(num_cpus=0).remote(*some))  # noqa: PERF401  # all that
            # were started are to be stopped, also when one fails
        yield handles
        ask([(handle, "stop") for handle in handles])
    finally:
        for handle in handles:
            ray.kill(handle)


def ask(questions: list[tuple[Any, ...]]) -> list[Any]:
    """(actor, method, arguments…) of each, at once; the answers."""
    import ray

    answers = [getattr(actor, method).remote(*arguments) for actor, method, *arguments in questions]
    found: list[Any] = ray.get(answers, timeout=ANSWER_TIMEOUT_S)
    return found


def problems(actors: list[Any]) -> str:
    """Why actors have stopped, as far as they have."""
    machines = [
        machine for status in ask([(actor, "status") for actor in actors]) for machine in status["machines"]
    ]
    return "; ".join(f"{m['shard']} is {m['state']}: {m['last_error']}" for m in machines if m["last_error"])


def pids(actors: list[Any]) -> list[int]:
    """The actors' processes, when they have started."""
    return [status["pid"] for status in ask([(actor, "status") for actor in actors])]
