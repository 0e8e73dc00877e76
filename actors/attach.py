"""Joining a running exchange's Ray as a second driver: for the commands, for tests, for researchers."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from actors.environment import prepare_ray
from bulkhead.installation.state import Installation, Running

CALL_TIMEOUT_S = 20.0
ASK_AGAIN_EVERY_S = 0.2


class NotRunning(Exception):
    """Nothing runs in this state directory, or what runs there can't be joined."""


class NoAnswer(NotRunning):
    """The exchange runs, but this actor is not there, has just died, or did not answer in time."""


@contextmanager
def attached(installation: Installation) -> Iterator[Running]:
    """Join it for as long as the block lasts. NotRunning where there is nothing to join."""
    running = installation.running()
    if running is None or not running.address:
        raise NotRunning(
            f"exchange {installation.topology.exchange!r} does not run here: start it with `bulkhead up`"
        )
    prepare_ray(installation.token_path, installation.topology.placement is not None)
    import ray  # reads its environment when it is imported
    from ray._raylet import AuthenticationTokenLoader  # type: ignore[attr-defined]  # Ray's stub leaves it out

    # It keeps the first token that it has read: with it a second exchange could not be joined.
    AuthenticationTokenLoader.instance().reset_cache()
    try:
        ray.init(
            address=running.address,
            namespace=installation.topology.exchange,
            log_to_driver=False,
            logging_level=logging.ERROR,
            _node_ip_address=running.node_address or running.address.rpartition(":")[0],
        )
    except Exception as problem:
        raise NotRunning(
            f"exchange {installation.topology.exchange!r} has a head process ({running.pid}), but its Ray "
            f"can't be joined: {problem}. Trading may go on; `bulkhead down` and `bulkhead up` start Ray anew"
        ) from problem
    try:
        yield running
    finally:
        ray.shutdown()


def call(actor: str, method: str, *arguments: Any) -> Any:
    """Call a named actor's method inside `attached`. NoAnswer where nobody answers now."""
    import ray
    from ray.exceptions import GetTimeoutError, RayActorError

    try:
        handle = ray.get_actor(actor)
    except ValueError as problem:  # an actor that is down has no name
        raise NoAnswer(
            f"there is no actor {actor!r} now: `bulkhead status` lists those that are"
        ) from problem
    try:
        return ray.get(getattr(handle, method).remote(*arguments), timeout=CALL_TIMEOUT_S)
    except (GetTimeoutError, RayActorError) as problem:
        raise NoAnswer(
            f"{actor} does not answer: {problem}; `bulkhead status` says what it does"
        ) from problem


def call_restarted(actor: str, method: str, *arguments: Any) -> Any:
    """The same, of an actor that may have just died: NoAnswer only if its restart is waited for in vain."""
    ends_at = time.monotonic() + CALL_TIMEOUT_S
    while True:
        try:
            return call(actor, method, *arguments)
        except NoAnswer:
            if time.monotonic() > ends_at:
                raise
        time.sleep(ASK_AGAIN_EVERY_S)


def kill(actor: str) -> None:
    """kill -9 of a named actor, on whatever node it is, inside `attached`. NoAnswer: there is none."""
    import ray

    try:
        ray.kill(ray.get_actor(actor))
    except ValueError as problem:
        raise NoAnswer(
            f"there is no actor {actor!r} now: `bulkhead status` lists those that are"
        ) from problem


def restart(actor: str) -> None:
    """kill -9 of a named actor that Ray starts again, inside `attached`. NoAnswer: there is none."""
    import ray

    try:
        ray.kill(ray.get_actor(actor), no_restart=False)
    except ValueError as problem:
        raise NoAnswer(
            f"there is no actor {actor!r} now: `bulkhead status` lists those that are"
        ) from problem


class Question:
    """One repeated question to an actor that the asker never waits for."""

    def __init__(self, actor: str, method: str, *arguments: Any) -> None:
        self._actor, self._method, self._arguments = actor, method, arguments
        self._reference: Any = None
        self._answer: Any = None

    def newest_answer(self) -> Any:
        """The last answer there is, None before the first; asks again if nothing is on its way.

        An actor that has died, or that is being restarted, has no newer one.
        """
        import ray

        try:
            if self._reference is not None and ray.wait([self._reference], timeout=0.0)[0]:
                answered, self._reference = self._reference, None
                self._answer = ray.get(answered)
            if self._reference is None:
                self._reference = getattr(ray.get_actor(self._actor), self._method).remote(*self._arguments)
        except (ray.exceptions.RayError, ValueError):  # ValueError: there is none of that name now
            self._reference = None
        return self._answer
