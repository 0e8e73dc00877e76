"""What of a machine can halt by itself, while the rest goes on: one instrument, one account."""

from typing import Any

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import ReleaseQuarantine

ALONE = "this event alone"
"""the subject of an event that nothing has to halt for: it is refused, and nothing is changed by it"""


class Isolation:
    """Of a machine of which nothing can halt by itself; others say what they know better.

    A subject is a name such as "instrument BTC-USD" or "account alice". Once it is halted none of its events
    reaches its handler: each is refused or put aside, until the subject is released.
    """

    def subject(self, message: Any) -> str:
        """What `message` concerns; "" where that is more than one instrument or account. It stays the same
        while the subject is halted.
        """
        return ""

    def is_stranger(self, message: Any) -> bool:
        """Whether `message` is about somebody who is not known here: one who may be on the way here."""
        return False

    def halt(self, subject: str, out: Outbox) -> None:
        """Tell who has to know. Nothing that may be wrong is touched."""

    def resume(self, subject: str, out: Outbox) -> None:
        """Undo `halt`; what was put aside follows."""

    def refuse(self, message: Any, out: Outbox) -> bool:
        """Answer a message of a halted subject; False where nobody waits for an answer: it is put aside."""
        return False

    def put_aside(self, message: Any) -> None:
        """Take note of what must be known at once of a message that is put aside."""

    def take_up(self, message: Any) -> None:
        """Undo `put_aside`: the message's handler follows."""

    def discard(self, message: Any, out: Outbox) -> None:
        """Do what is left to be done for a message that was put aside and will never be handled."""
        raise ValueError(f"it has happened, and can only be applied: {message}")


def nothing_to_release(state: Any, decision: ReleaseQuarantine, out: Outbox) -> None:
    """What handles a release while nothing of a machine is halted; else machines/aside.py does."""
