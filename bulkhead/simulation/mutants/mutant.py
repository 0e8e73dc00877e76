"""What a deliberate bug is, and how it gets into the product."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

PutIn = AbstractContextManager[object]
"""While it lasts, the product has the bug."""


@dataclass(frozen=True)
class Mutant:
    """`power_loss`: it shows only where a log has lost its end; `flips`: only where a replica differs;
    `poison`: only where machines raise, all of a shard's or one; `repairs`: only where an operator repairs;
    `replicas` false: only where there are none, which would go on with what a log has lost. `shown_by`: the
    seed that showed it before; where it does no longer, all are tried.
    """

    name: str
    does: str
    put_in: Callable[[], PutIn]
    power_loss: bool = False
    flips: bool = False
    poison: bool = False
    repairs: bool = False
    replicas: bool = True
    shown_by: int = 1


@contextmanager
def replaced(owner: Any, name: Any, new: Any) -> Iterator[None]:
    """`new` in the place of what an object, a class or a dict has under that name."""
    old = owner[name] if isinstance(owner, dict) else getattr(owner, name)
    put = owner.__setitem__ if isinstance(owner, dict) else lambda key, value: setattr(owner, key, value)
    put(name, new)
    try:
        yield
    finally:
        put(name, old)
