"""One session with the exchange, in whole numbers: commands out, reports in, and what is unanswered.

Which epoch a session takes: the key's epochs only have to grow. A number that was used before is not
refused but taken for a resend of that older stream, and dropped without a word; so a program that has lost
its state must not start again at 1. The wall clock in microseconds, or one more than the last epoch known
where that is higher, was never used before; should a clock have gone back, StaleSession tells the current
epoch and the next one is taken.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bulkhead.client.errors import ClientError, NoExchange, SessionLost
from bulkhead.client.inbox import Batch, Inbox
from bulkhead.client.listing import Listing
from bulkhead.client.sending import Sending
from bulkhead.client.unanswered import Command, Unanswered
from bulkhead.domain.messages.disconnect import Heartbeat
from bulkhead.domain.messages.linked import OrdersLinked
from bulkhead.domain.messages.moving import MovedAway, MovedHere
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.domain.messages.reports import (
    GapDetected,
    OrderStatus,
    SessionOpened,
    StaleSession,
    StreamMismatch,
)
from bulkhead.errors import TemporaryError
from bulkhead.runtime.identity import Identity
from bulkhead.wire.codec import encode

WAIT_S = 0.2
"""How long one wait lasts where there is no end to it; a report ends it at once."""
RETRY_S = 0.01
"""between two offers to a log that refuses: a full disk is not made room on any faster"""
TELL_AFTER_S = 1.0
"""A log that can't be read for a moment is not worth a word: an unloaded topic is back in 0.35 s."""
EPOCH_MAX = 2**63 - 1

_log = structlog.get_logger()


@dataclass(frozen=True)
class Session:
    """What the exchange said when the session was opened."""

    epoch: int
    previous_epoch: int
    """0: the key had none"""
    previous_last_sequence: int
    """commands of the previous session after this number were never taken; OpenSession itself has number 1"""
    open_orders: tuple[OrderStatus, ...]
    links: tuple[OrdersLinked, ...]
    """which of them belong together"""


class Link:
    """`open` comes first. Commands go to the risk shard whose reports the inbox reads.

    `idle`, if given, is called instead of waiting: it may make reports arrive.
    """

    def __init__(
        self,
        sending: Sending,
        inbox: Inbox,
        identity: Identity,
        idle: Callable[[], None] | None,
        now_us: Callable[[], int],
        patience_s: float,
    ) -> None:
        self._sending = sending
        self._identity = identity
        self._idle = idle
        self._now_us = now_us
        self._patience_s = patience_s
        self._unreadable_since: float | None = None
        self._told_unreadable = False
        self._opened: SessionOpened | None = None
        self._open_orders: list[OrderStatus] = []
        self._links: list[OrdersLinked] = []
        self._stale: StaleSession | None = None
        self._lost: SessionLost | None = None
        self.inbox = inbox
        self.unanswered = Unanswered()
        self.on_answer: Callable[[int, Any], None] | None = None
        self.listing: Listing | None = None
        """of live orders, while one is waited for"""
        self.reported_at_us = 0
        self.beat_every_us = 0
        """so long after the last event sent a heartbeat is; 0: none is"""
        self.numbers_held = False
        """commands that are not sent yet have numbers already: nothing may be sent before them"""

    def open(self, last_epoch: int, timeout_s: float) -> Session:
        """Begin a session above `last_epoch`, 0 if none is known. NoExchange when no answer comes in time."""
        if self.inbox.is_moving and not self.wait(timeout_s, lambda: not self.inbox.is_moving):
            raise NoExchange(self._on_its_way(timeout_s))
        epoch = max(last_epoch + 1, self._now_us())
        while True:
            self._begin(epoch)
            if not self.wait(timeout_s, self._is_open):
                raise NoExchange(
                    f"exchange {self._identity.exchange_id!r} has not answered within {timeout_s:g} s:"
                    f" nobody reads {self._sending.written}, or this key is not registered there (where its"
                    f" participant has moved, connection.json has to be fetched anew); `bulkhead status`"
                    f" shows what runs"
                )
            if self._opened is not None:
                opened = self._opened
                return Session(
                    epoch,
                    opened.previous_epoch,
                    opened.previous_last_sequence,
                    tuple(self._open_orders),
                    tuple(self._links),
                )
            assert self._stale is not None  # _is_open
            epoch, self._stale = self._stale.current_epoch + 1, None

    def _begin(self, epoch: int) -> None:
        if epoch > EPOCH_MAX:
            raise ClientError(
                f"the key {self._sending.public_key.hex()} has used its last epoch: register another key for"
                f" the participant"
            )
        self._sending.begin(epoch, self.inbox.shard)
        self.send([encode(OpenSession())])

    def _on_its_way(self, timeout_s: float) -> str:
        return (
            f"the participant is moving to risk/{self.inbox.shard}, which has not said within {timeout_s:g} s"
            f" that it has come: again when `bulkhead status` shows that this shard runs"
        )

    def _is_open(self) -> bool:
        if self._stale is not None:
            return True
        return self._opened is not None and len(self._open_orders) == self._opened.open_orders

    # -- commands

    @property
    def _epoch(self) -> int:
        return self._sending.epoch

    @property
    def last_sequence(self) -> int:
        """Of the last event sent in this session."""
        return self._sending.last

    @property
    def unsent(self) -> int:
        """Frames that the log has not taken; while the participant moves, 1 for all."""
        return 0 if self._lost is not None and self._sending.stopped else self._sending.pending

    def usable(self) -> None:
        """Raise SessionLost if the exchange takes nothing more from this session."""
        if self._lost is not None:
            raise self._lost

    def register(self, command: Command, sequence: int) -> bytes:
        """The event that says `command`, which counts as unanswered from now on."""
        event = encode(command)
        self.unanswered.sent(command, sequence)
        return event

    def send(self, events: Sequence[bytes]) -> None:
        self._sending.send(events)

    def _beat(self) -> None:
        if not self.beat_every_us or self.numbers_held or self._lost is not None:
            return
        if self._now_us() - self._sending.sent_at_us >= self.beat_every_us:
            self.send([encode(Heartbeat())])

    def flush(self, timeout_s: float) -> None:
        """Return when the log has everything. TemporaryError when the time is over: it stays queued."""
        deadline = time.monotonic() + timeout_s
        while self.unsent:
            if self._sending.stopped:
                if time.monotonic() >= deadline:
                    raise TemporaryError(self._on_its_way(timeout_s))
                self._read_or_idle(WAIT_S)
                continue
            try:
                self._sending.poll(WAIT_S)
            except TemporaryError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(RETRY_S)

    # -- reports

    def read(self, timeout_s: float) -> None:
        """Take what the log has into the inbox, after at most `timeout_s` of waiting for it.

        A log that can't be read is no report, for as long as the patience lasts; TemporaryError after that.
        """
        self._beat()
        self._sending.push()
        answers: list[tuple[int, Any]] = []
        for batch in self._batches(timeout_s):
            self.reported_at_us = batch.reported_at_us
            for message in batch.messages:
                if self.listing is not None:
                    self.listing.hear(message)
                sequence = self.unanswered.answered(message)
                if sequence is not None:
                    self._sending.taken(sequence)
                    answers.append((sequence, message))
                elif type(message) in _OF_SESSIONS:
                    self._session_report(message)
        # After all of them are counted: what is called may send, wait, or raise.
        if self.on_answer is not None:
            for sequence, message in answers:
                self.on_answer(sequence, message)

    def _batches(self, timeout_s: float) -> list[Batch]:
        try:
            batches = self.inbox.read(timeout_s)
        except TemporaryError as problem:
            now = time.monotonic()
            if self._unreadable_since is None:
                self._unreadable_since = now
            unreadable_s = now - self._unreadable_since
            if unreadable_s >= TELL_AFTER_S and not self._told_unreadable:
                self._told_unreadable = True
                _log.warning("client_log_unreadable", patience_s=self._patience_s, error=str(problem))
            if unreadable_s >= self._patience_s:
                raise
            time.sleep(RETRY_S)
            return []
        if self._told_unreadable:
            _log.info("client_log_readable_again")
        self._unreadable_since, self._told_unreadable = None, False
        return batches

    def _session_report(self, message: Any) -> None:
        if isinstance(message, MovedAway):
            self._sending.stop()
            return
        if isinstance(message, OrderStatus | OrdersLinked):
            if self._opened is not None and len(self._open_orders) < self._opened.open_orders:
                if isinstance(message, OrderStatus):
                    self._open_orders.append(message)
                else:
                    self._links.append(message)
            return
        if message.public_key != self._sending.public_key:
            return
        if isinstance(message, MovedHere):
            self._moved(message)
        elif isinstance(message, SessionOpened):
            if message.epoch == self._epoch:
                self._opened = message
                self._sending.taken(1)
            elif message.epoch > self._epoch:
                self._lose(f"a newer session of the same key, {message.epoch}, was opened")
        elif isinstance(message, StaleSession):
            if message.epoch != self._epoch:
                return
            if self._opened is None:
                self._stale = message
            else:
                self._lose(f"a newer session of the same key, {message.current_epoch}, was opened")
        elif self._opened is not None:
            self._lose(f"its stream of commands does not go on: {message!r}; the log has lost some of it")

    def _moved(self, here: MovedHere) -> None:
        """Go on at the risk shard that has the participant now."""
        if not self._epoch or self._lost is not None:
            return
        # A session that it does not know was opened at the old one, which did not read that any more.
        last = here.last if here.epoch == self._epoch else 0
        try:
            self._sending.resume(here.risk_shard, last)
        except ValueError as problem:
            self._lose(f"risk/{here.risk_shard}, to which its participant has moved, is elsewhere: {problem}")

    def _lose(self, why: str) -> None:
        if self._lost is None:
            self._lost = SessionLost(
                f"session {self._epoch} of key {self._sending.public_key.hex()[:16]}… is over: {why}. Connect"
                f" again: the new"
                f" session tells which commands were taken and which orders are open"
            )

    def wait(self, timeout_s: float | None, until: Callable[[], bool]) -> bool:
        """Read until `until()`; whether it holds after `timeout_s` seconds (None: for ever). SessionLost."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            left_s = WAIT_S if deadline is None else deadline - time.monotonic()
            self._read_or_idle(max(0.0, min(left_s, WAIT_S)))
            if until():
                return True
            self.usable()
            if left_s <= 0:
                return False

    def _read_or_idle(self, timeout_s: float) -> None:
        if self._idle is None:
            self.read(timeout_s)
        else:
            self._idle()
            self.read(0.0)

    def close(self) -> None:
        self._sending.stop()
        self.inbox.close()


_OF_SESSIONS = frozenset(
    {
        SessionOpened,
        StaleSession,
        GapDetected,
        StreamMismatch,
        OrderStatus,
        OrdersLinked,
        MovedAway,
        MovedHere,
    }
)
