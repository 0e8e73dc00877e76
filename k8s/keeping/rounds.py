"""Which Exchange has its round when: each one after a change, one round of it at a time, others beside it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

Key = tuple[str, str]
"""(namespace, name) of an Exchange"""
log = logging.getLogger(__name__)


class Rounds:
    """`run` has one round; what it raises is logged, and the Exchange has its next when it is woken again."""

    def __init__(self, run: Callable[[Key], Awaitable[None]]) -> None:
        self._run = run
        self._due: set[Key] = set()
        self._running: dict[Key, asyncio.Task[None]] = {}

    def wake(self, key: Key) -> None:
        """It has a round as soon as the one that it has is over; woken often meanwhile, it has one."""
        self._due.add(key)
        if key not in self._running:
            self._running[key] = asyncio.create_task(self._go_on(key))

    def stop(self) -> None:
        for task in self._running.values():
            task.cancel()

    async def _go_on(self, key: Key) -> None:
        try:
            while key in self._due:
                self._due.discard(key)
                try:
                    await self._run(key)
                except Exception:  # of one exchange: the others go on
                    log.exception("the round of %s/%s has failed", *key)
        finally:
            del self._running[key]
