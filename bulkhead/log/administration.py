"""What a log has beside frames, as objects with attributes: so that what is there can be compared with what
should be, and made so.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from bulkhead.log.port import Access

Value = str | int | bool | None | tuple[str, ...]
Objects = dict[tuple[str, str], dict[str, Value]]
"""(kind, name) -> attributes. Kinds: tenant, namespace, topic, role."""


class Wanted(NamedTuple):
    """What an exchange needs of its log."""

    exchange: str
    """its name: the label of what is made for it"""
    topics: Mapping[str, int]
    """their partitions"""
    accesses: Iterable[Access]
    """of every role, where the log knows roles"""


class Administration(Protocol):
    """Compares and changes one log. TemporaryError: it is away; FatalError: it refuses."""

    def wanted(self) -> Objects:
        """What should be, in the order in which it is to be made."""
        ...

    def live(self, *, closely: bool = False) -> Objects:
        """What is there and is wanted, or carries the exchange's label. Nothing is made by looking.

        `closely`: what can only be asked one by one too, which takes long where there are thousands.
        """
        ...

    def make(self, kind: str, name: str) -> None:
        """Bring one object to what is wanted. Repeated, or after an interrupted try, it completes it."""
        ...

    def delete(self, kind: str, name: str) -> None:
        """Delete one object with all that it holds."""
        ...

    def bounds(self) -> dict[str, str]:
        """What the log's servers run with, by the names of their settings."""
        ...

    def close(self) -> None: ...
