"""Whom the supervisor asks, and when: all often while something changes, each seldom where all is calm.

A question keeps its actor, the supervisor and Ray busy for 2 ms and more: five a second to each of ten actors
that have nothing to say took a tenth of a core from those that trade.
"""

import os
import select
import time
from collections.abc import Hashable

CALM_AFTER_S = 2.0
"""without a change of what any actor says of itself"""
SELDOM_S = 1.0
"""How often an actor is asked then."""


class Attention:
    """Of one supervisor, to the actors that it names. That the process of one has ended is seen at once, calm
    or not, where it is on this machine.
    """

    def __init__(self) -> None:
        self._asked_at: dict[str, float] = {}
        self._said: dict[str, Hashable] = {}
        self._processes: dict[str, _Process] = {}
        self._stirred_at = time.monotonic()

    def is_due(self, actor: str) -> bool:
        """Whether it is to be asked now."""
        now = time.monotonic()
        asked_at = self._asked_at.get(actor)
        if asked_at is None or now - self._stirred_at < CALM_AFTER_S or now - asked_at >= SELDOM_S:
            return True
        process = self._processes.get(actor)
        return process is not None and process.ended

    def asks(self, actor: str) -> None:
        self._asked_at[actor] = time.monotonic()

    def hears(self, actor: str, said: Hashable, pid: int | None) -> None:
        """What it says of itself, counts aside, and its process; None: that is on another machine."""
        if self._said.get(actor) != said:
            self._said[actor] = said
            self.stir()
        process = self._processes.get(actor)
        if pid != (process.pid if process is not None else None):
            self._drop(actor)
            if pid is not None:
                self._processes[actor] = _Process(pid)

    def stir(self) -> None:
        """Something has changed: what follows is to be seen soon."""
        self._stirred_at = time.monotonic()

    def forget(self, actor: str) -> None:
        """Its process is gone, or will be another."""
        self._asked_at.pop(actor, None)
        self._said.pop(actor, None)
        self._drop(actor)
        self.stir()

    def _drop(self, actor: str) -> None:
        if (process := self._processes.pop(actor, None)) is not None:
            process.close()


class _Process:
    """One of this machine, by a descriptor that the kernel makes readable when it ends."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._poll = select.poll()
        self._file: int | None = None
        try:
            self._file = os.pidfd_open(pid)
        except OSError:
            return  # it has just ended, or no kernel like this tells: the next question will
        self._poll.register(self._file, select.POLLIN)

    @property
    def ended(self) -> bool:
        return bool(self._poll.poll(0))

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
