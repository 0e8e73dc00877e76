"""What stops a participant's own trading, where it asked: cancel on disconnect, protection of its quotes, its
kill switch.
"""

from collections.abc import Callable, Sequence
from typing import Any

from bulkhead.client.link import Link
from bulkhead.domain.messages.disconnect import SetDisconnect
from bulkhead.domain.messages.kill_switch import KillOwn, ReleaseOwn
from bulkhead.domain.messages.protection import ResetProtection, SetProtection

DISCONNECT_S_MIN, DISCONNECT_S_MAX = 1.0, 86_400.0
BEATS = 3
"""heartbeats in the time after which a silent session is disconnected: two may be late"""


def check_disconnect_s(after_s: float) -> None:
    """ValueError: the exchange would not take it."""
    if after_s and not DISCONNECT_S_MIN <= after_s <= DISCONNECT_S_MAX:
        raise ValueError(
            f"cancel on disconnect is after {DISCONNECT_S_MIN:g} to {DISCONNECT_S_MAX:g} s of silence, or 0"
            f" for never, not {after_s:g}"
        )


class Guards:
    """Of one session; each method returns the request's id, which the report that answers it carries."""

    def __init__(
        self, link: Link, submit: Callable[[Sequence[Any]], int], new_request_id: Callable[[], str]
    ) -> None:
        self._link = link
        self._submit = submit
        self._new_request_id = new_request_id

    def cancel_on_disconnect(self, after_s: float) -> str:
        """Have all orders of the participant canceled once nothing has been heard from this session for
        `after_s` seconds of the exchange's time; 0: never. ValueError: not 0 and not 1 s to a day.

        From now on heartbeats are sent wherever the client reads reports or waits. So a program that hangs is
        disconnected as well as one that is gone: read more often than every third of that time. Answered by
        DisconnectSet. After Disconnected was reported, say it again to trade on.
        """
        check_disconnect_s(after_s)
        self._link.beat_every_us = int(after_s * 1_000_000) // BEATS
        return self._send(SetDisconnect(self._new_request_id(), int(after_s * 1_000)))

    def protect(self, quote_group: str, window_s: float, *, lots: int = 0, fills: int = 0) -> str:
        """Have the group's orders canceled, and no more taken, once so many lots (in whole numbers, of all
        instruments together) or so many fills came within a window of up to 60 s; 0: any number, of both: no
        protection. Answered by ProtectionSet; ProtectionTripped is told when it happens.
        """
        request = self._new_request_id()
        return self._send(SetProtection(request, quote_group, int(window_s * 1_000), lots, fills))

    def reset_protection(self, quote_group: str) -> str:
        """Take orders of the group again, and begin to count anew."""
        return self._send(ResetProtection(self._new_request_id(), quote_group))

    def kill(self) -> str:
        """Have every live order of the participant canceled, of all its accounts and keys, and no more taken:
        from the moment that the exchange reads it until `release`, or until an operator lets go. Cancels are
        taken all the while. It never waits for the window, and takes a key that may cancel. Answered by
        OwnKillSwitchSet, then each order by OrderCanceled (killed) or MassCancelMissed.
        """
        return self._send(KillOwn(self._new_request_id()))

    def release(self) -> str:
        """Lift what `kill` has stopped; takes a key that may trade. What an operator has stopped stays so,
        and no order comes back.
        """
        return self._send(ReleaseOwn(self._new_request_id()))

    def _send(self, command: SetDisconnect | SetProtection | ResetProtection | KillOwn | ReleaseOwn) -> str:
        self._submit((command,))
        return command.request_id
