"""One change of what runs, as the supervisor is told it, and how it carries it out: bit by bit, between its
looks at the shards, so that it restarts what dies meanwhile.

Whenever it is interrupted, the same order given again completes it: what an actor is to be kept running with
is remembered before its process is started, and a process that is told to end does so without anybody.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from actors.launch import Launch
from bulkhead.supervision.budget import Budget
from bulkhead.topology.rooms import Room

Action = Literal["create", "change", "replace", "renew", "delete"]
Outcome = str
"""WORKING, DONE, BUSY, or why it can't be done"""
WORKING, DONE, BUSY = "working", "done", "busy"
READY_TIMEOUT_S = 180.0
FOLLOWS_TIMEOUT_S = 60.0
"""So long a standby may need to be as far as its primary, before that one is ended; and to be compared with
it, after it was put in the place of another.
"""
SAVES_TIMEOUT_S = 60.0
ENDS_TIMEOUT_S = 15.0
"""So long a process that was told to end may take; then it is killed, which is never wrong."""
LAG_MAX = 4
"""A tick a moment ago is always on its way: a few frames are no backlog."""


@dataclass(frozen=True)
class Order:
    ticket: str
    """drawn for each: who gives an order again asks how far it is"""
    action: Action
    name: str
    """of an actor or a boundary"""
    to: Launch | Budget | tuple[Room, ...] | None
    """what an actor is to run with, a boundary's policy, or all rooms; None: it is to be gone, or, of one
    that is to be renewed, what it runs with
    """
    kind: Literal["actor", "boundary", "rooms"] = "actor"
    build: str = ""
    """of a process that is to be renewed: which one it is to be of"""


class Impossible(Exception):
    """The order can't be carried out; the text says why, and what is so now."""


class Hands(Protocol):
    """What the supervisor can do. All of it is called in its own thread."""

    def launch(self, name: str) -> Launch | None:
        """What an actor is kept running with."""
        ...

    def replicas(self, shard: str) -> list[str]:
        """The actors of a shard."""
        ...

    def there(self, name: str) -> bool:
        """Whether it has a process."""
        ...

    def leads(self, name: str) -> bool:
        """Whether it may be the one that sends."""
        ...

    def ready(self, name: str) -> bool:
        """Whether it runs, and has applied what was there."""
        ...

    def build(self, name: str) -> str:
        """Which build its process is of; empty: it has not said so yet."""
        ...

    def agrees(self, name: str) -> bool:
        """Whether it has said the same as its primary, as far as that was compared: once at least. Who has
        nobody to be compared with, or no time by which to be, does.
        """
        ...

    def try_out(self, name: str, on_trial: bool) -> None:
        """Whether it is on trial: its death then counts in no budget; it is down until it is kept again."""
        ...

    def save(self, name: str) -> Any:
        """Have it take a snapshot; what `saved` is asked with."""
        ...

    def saved(self, name: str, question: Any) -> bool:
        """Whether that snapshot is durable. Impossible: it will not be."""
        ...

    def down(self, name: str) -> str:
        """Why it will not run before somebody acts; empty: it may."""
        ...

    def keep(self, launch: Launch) -> None:
        """Remember this and start it, with a whole budget where its boundary was halted."""
        ...

    def note(self, launch: Launch) -> None:
        """Remember that an actor, which runs, was told this."""
        ...

    def tell(self, launch: Launch) -> Any:
        """Have an actor adapt; a question whose answer tells when it has."""
        ...

    def answered(self, question: Any) -> bool:
        """Impossible: it will not be."""
        ...

    def end(self, name: str) -> None:
        """Tell its process to end between two steps, and take its end for no death."""
        ...

    def kill(self, name: str) -> None: ...

    def ended(self, name: str) -> bool:
        """Whether nothing of a process that was told to end is there any more."""
        ...

    def drop(self, name: str) -> None:
        """Keep it running no more."""
        ...

    def budget(self, boundary: str, budget: Budget | None) -> None:
        """A boundary's policy from now on; None: there is no such boundary."""
        ...

    def reserve(self, rooms: tuple[Room, ...]) -> None:
        """What boundaries have for themselves from now on: what is not in it is given up when it returns,
        what is new is theirs when nobody else has it.
        """
        ...


class Orders:
    """One at a time. `give` may be called from any thread, `go_on` by the supervisor's."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._lock = threading.Lock()
        self._ticket = ""
        self._outcome: Outcome = DONE
        self._steps: Iterator[None] = iter(())

    @property
    def working(self) -> bool:
        return self._outcome == WORKING

    def give(self, order: Order) -> Outcome:
        """Begin it, or say how far it is. BUSY: with another one, give it again."""
        with self._lock:
            if order.ticket == self._ticket:
                return self._outcome
            if self.working:
                return BUSY
            self._ticket, self._steps, self._outcome = order.ticket, _steps(self._hands, order), WORKING
            return WORKING

    def go_on(self) -> None:
        """As far as it goes without waiting."""
        if not self.working:
            return
        try:
            next(self._steps)
        except StopIteration:
            self._outcome = DONE
        except Impossible as problem:
            self._outcome = str(problem)


def _steps(hands: Hands, order: Order) -> Iterator[None]:
    if order.kind == "rooms":
        assert isinstance(order.to, tuple)
        hands.reserve(order.to)
    elif order.kind == "boundary":
        assert not isinstance(order.to, Launch | tuple)
        hands.budget(order.name, order.to)
    elif order.action == "delete":
        yield from _delete(hands, order.name)
    elif order.action == "renew":
        try:
            yield from _renew(hands, order.name, order.build)
        finally:
            hands.try_out(order.name, False)
    else:
        assert isinstance(order.to, Launch)
        if order.action == "change" and hands.there(order.name):
            yield from _change(hands, order.to)
        else:
            yield from _replace(hands, order.to)


def _change(hands: Hands, launch: Launch) -> Iterator[None]:
    question = hands.tell(launch)
    while not hands.answered(question):
        yield
    hands.note(launch)


def _replace(hands: Hands, launch: Launch) -> Iterator[None]:
    """Also of one that has no process: it is only started."""
    name = launch.actor
    if hands.there(name) and hands.launch(name) != launch:
        yield from _hand_over(hands, name)
        yield from _end(hands, name)
    if not hands.there(name):
        hands.keep(launch)
    yield from _until_ready(hands, name)


def _renew(hands: Hands, name: str, build: str) -> Iterator[None]:
    """Put a process of that build, which is installed, in the place of one of another, to run with the same.

    It is to begin where its shard is now: a build that does not know what the shard has been told before, as
    one that was gone back to, must not have to read it. And no process that follows is taken for a success,
    or is handed over to, before it was found to say what the one that leads says.
    """
    launch = hands.launch(name)
    if launch is None:
        raise Impossible(f"{name} is not kept running any more")
    replicas = hands.replicas(launch.shard)
    yield from _until(
        lambda: all(hands.build(each) for each in replicas if hands.there(each)),
        READY_TIMEOUT_S,
        f"not within {READY_TIMEOUT_S:g} s: {' or '.join(replicas)} does not say of which build it is:"
        f" `bulkhead status` says what it does",
    )
    if hands.there(name) and hands.build(name) != build:
        yield from _save(hands, replicas)
        yield from _hand_over(hands, name, hands.agrees)
    hands.try_out(name, True)
    if hands.there(name) and hands.build(name) != build:
        yield from _end(hands, name)
    if not hands.there(name):
        hands.keep(launch)
    yield from _until_ready(hands, name)
    if hands.build(name) != build:
        raise Impossible(
            f"{name} was started anew and is of build {hands.build(name)}, not {build}: install that one"
            f" where it runs, too ({', '.join(launch.nodes) or 'on this machine'})"
        )
    yield from _until_agreed(hands, name)


def _save(hands: Hands, replicas: list[str]) -> Iterator[None]:
    """Have the one that leads take a snapshot; where none works, there is none that could."""
    working = [each for each in replicas if hands.there(each) and not hands.down(each)]
    leads = next((each for each in working if hands.leads(each) or len(replicas) == 1), None)
    if leads is None:
        return
    question = hands.save(leads)
    yield from _until(
        lambda: hands.saved(leads, question),
        SAVES_TIMEOUT_S,
        f"not within {SAVES_TIMEOUT_S:g} s: {leads} has not saved a snapshot, where a process that is put in"
        f" its place would begin: `bulkhead status` says why",
    )


def _until_agreed(hands: Hands, name: str) -> Iterator[None]:
    """Of one that follows. Impossible: it has halted itself, or was not compared in time."""
    yield from _until(
        lambda: hands.agrees(name),
        FOLLOWS_TIMEOUT_S,
        f"{name} was not compared with its primary within {FOLLOWS_TIMEOUT_S:g} s: that is done by the"
        f" clock's ticks, once a shard has applied them",
        lambda: (why := hands.down(name)) and f"{name} follows no more: {why}",
    )


def _until(
    found: Callable[[], bool], timeout_s: float, problem: str, hopeless: Callable[[], str] = lambda: ""
) -> Iterator[None]:
    """Impossible: what `hopeless` says, as soon as it is not empty; `problem`, after that time."""
    give_up_at = time.monotonic() + timeout_s
    while not found():
        if why := hopeless():
            raise Impossible(why)
        if time.monotonic() > give_up_at:
            raise Impossible(problem)
        yield


def _delete(hands: Hands, name: str) -> Iterator[None]:
    if hands.there(name):
        yield from _hand_over(hands, name)
        yield from _end(hands, name)
    hands.drop(name)


def _hand_over(hands: Hands, name: str, trusted: Callable[[str], bool] = lambda _: True) -> Iterator[None]:
    """Before the process that sends ends: see to it that another, which is `trusted`, can take over. It does
    when it is offered the lease, which it is at the end of this one's loop.
    """
    launch = hands.launch(name)
    others = [other for other in hands.replicas(launch.shard) if other != name] if launch else []
    if not others or not hands.leads(name):
        return
    yield from _until(
        lambda: any(hands.ready(other) and trusted(other) for other in others),
        FOLLOWS_TIMEOUT_S,
        f"{name} is not ended: {', '.join(others)} would have to take over, and is not ready to: `bulkhead"
        f" status` says why",
    )


def _end(hands: Hands, name: str) -> Iterator[None]:
    hands.end(name)
    kill_at = time.monotonic() + ENDS_TIMEOUT_S
    while not hands.ended(name):
        if time.monotonic() > kill_at:
            hands.kill(name)
            kill_at += ENDS_TIMEOUT_S
        yield


def _until_ready(hands: Hands, name: str) -> Iterator[None]:
    yield from _until(
        lambda: hands.ready(name),
        READY_TIMEOUT_S,
        f"{name} was started and is not ready after {READY_TIMEOUT_S:g} s; it goes on by itself: `bulkhead"
        f" status` shows how far it is",
        lambda: (why := hands.down(name)) and f"{name} was started and is down: {why}",
    )
