"""Reads one partition on Pulsar."""

import threading
import time
from collections.abc import Callable
from typing import Any

from pulsar import Client, ConsumerType, InitialPosition, MessageId, PulsarException, Timeout

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.port import Position, Record
from bulkhead.log.pulsar.admin import PulsarAdmin
from bulkhead.log.pulsar.attempt import Attempt, close_quietly
from bulkhead.log.pulsar.failures import failure
from bulkhead.log.pulsar.positions import Place, decode, encode, message_id, nothing_there

QUEUE_MESSAGES = 100
"""Fetched ahead by the client: at most 13 MB of frames of the usual 128 KiB."""
SLICES = 10
SLICE_S = (0.05, 1.0)
"""The client's wait can't be interrupted, so it is cut into so many, of so long at least and at most. 20
looks a second cost an idle reader 0.16% of a core: little for a shard, which waits 0.5 s at a time, much for
the 500 lanes of a gateway, which wait 10 s and cost 0.013% each. A message ends a wait at once.
"""
ARRIVAL_S = 5.0
"""How long a message may take that the broker says is there."""
AWAY_S = 1.0
"""So long a connection may be gone before that is told: a topic that is unloaded is back in 0.35 s."""
ACKNOWLEDGE_S = 0.1
"""So long an acknowledgement waits for its connection, which takes 10 to 50 ms: the loop stands still."""
RENEW_S = 3.0
"""After so long it is made anew: the client's own pauses between its tries grow to a minute."""
STALL_S = 3.0
"""After so long without a message the broker is asked whether there is one: a connected producer of client
3.13 was seen to have forgotten what it held, so a connected reader is not trusted either.
"""


class PulsarReader:
    """A `Reader` over the client's reader, which is made, and made again, at the position reached.

    It holds no subscription that the broker keeps; `acknowledge` keeps one beside it.
    """

    def __init__(
        self, client: Client, admin: PulsarAdmin, topic: str, number: int, name: str, subscription: str
    ) -> None:
        self._client = client
        self._admin = admin
        self._topic = topic
        self._number = number
        self._name = name
        self._subscription = subscription
        self._at: Place | None = None
        """of the last frame given out"""
        self._held: tuple[Place, bytes] | None = None
        """taken from the client, not given out yet"""
        self._attempt: Attempt[Any] | None = None
        self._reader: Any = None
        self._given_up: Any = None
        """a reader to close"""
        self._heard_at = time.monotonic()
        """when a message came last, or it was last made sure that there is none"""
        self._away_since: float | None = None
        self._cursor: Attempt[Any] | None = None
        self._lag = 0
        self._interrupted = threading.Event()
        self._closed = False

    def seek(self, position: Position | None) -> None:
        place = None
        if position is not None:
            place = decode(position, self._name)
            if self._first(MessageId.deserialize(encode(self._number, place))) != place:
                raise nothing_there(self._name, place, self._first(MessageId.latest))
        self._drop()
        self._at = place

    def seek_back(self, frames: int) -> None:
        before = self._admin.extent(self._partition).before_last(frames)
        self._drop()
        self._at = before

    def receive(self, bytes_max: int, timeout_s: float) -> list[Record]:
        if self._closed:
            raise FatalError(f"{self._name}: this reader is closed; make a new one")
        # Without time to wait, the broker itself is asked whether there is anything more.
        exact = timeout_s <= 0
        taken = self._held or (self._look() if exact else self._wait(timeout_s))
        if taken is None:
            self._interrupted.clear()
        records: list[Record] = []
        room = bytes_max
        while taken is not None:
            self._held = taken
            place, frame = taken
            room -= len(frame)
            if room < 0 and records:
                break
            records.append(Record(encode(self._number, place), frame))
            self._at, self._held = taken[0], None
            try:
                taken = self._look() if exact else self._take(0.0)
            except TemporaryError:
                break  # what is here is given out first
        return records

    def _wait(self, timeout_s: float) -> tuple[Place, bytes] | None:
        """The next message; None when the time is over or the reader is interrupted."""
        deadline = time.monotonic() + timeout_s
        longest_s = min(max(timeout_s / SLICES, SLICE_S[0]), SLICE_S[1])
        while not self._interrupted.is_set():
            left_s = max(deadline - time.monotonic(), 0.0)
            slice_s = min(left_s, longest_s)
            if self._connected(slice_s):
                taken = self._take(slice_s)
                if taken is None and time.monotonic() - self._heard_at >= STALL_S:
                    taken = self._look()
                if taken is not None:
                    return taken
            if not left_s:
                self._tell_if_away()
                return None
        return None

    def _look(self) -> tuple[Place, bytes] | None:
        """The next message if the broker has one."""
        # Making a reader is waited for; one that has lost its connection tells so at once.
        if not self._connected(ARRIVAL_S if self._reader is None else 0.0):
            raise TemporaryError(f"{self._name}: no connection to the broker yet; is it up?")
        taken = self._take(0.0)
        if taken is None and self._has_more():
            taken = self._take(ARRIVAL_S)
            if taken is None:
                self._drop()
                raise TemporaryError(f"{self._name}: the broker has more and does not send it; asking anew")
        self._heard_at = time.monotonic()
        return taken

    def _take(self, timeout_s: float) -> tuple[Place, bytes] | None:
        """The client's next message after the position; None if none comes in time."""
        while True:
            try:
                message = self._reader.read_next(int(timeout_s * 1000))
            except Timeout:
                return None
            except PulsarException as error:
                self._drop()
                raise failure(error, f"reading {self._name}") from error
            except BaseException:
                # An interrupt, which may have swallowed a message: whatever comes next is read again.
                self._drop()
                raise
            found = message.message_id()
            place = Place(found.ledger_id(), found.entry_id())
            self._heard_at = time.monotonic()
            if self._at is None or place > self._at:
                return place, message.data()

    def _has_more(self) -> bool:
        try:
            return bool(self._reader.has_message_available())
        except PulsarException as error:
            raise failure(error, f"asking how far {self._name} goes") from error

    def _connected(self, timeout_s: float) -> bool:
        """Whether there is a reader with a connection; makes one, and waits for it up to `timeout_s`."""
        if self._reader is not None and not self._reader.is_connected():
            if self._away_s() < RENEW_S:
                time.sleep(timeout_s)  # the client is about to connect again by itself
                return False
            self._drop()
        if self._reader is None:
            self._away_s()
            self._open(timeout_s)
        if self._reader is None:
            return False
        self._away_since = None
        return True

    def _away_s(self) -> float:
        """For how long there has been no connection; from now on where there was one a moment ago."""
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
        return now - self._away_since

    def _tell_if_away(self) -> None:
        """TemporaryError when there has been no connection for long enough to be told."""
        if self._away_since is not None and (away_s := self._away_s()) >= AWAY_S:
            raise TemporaryError(f"{self._name}: no connection to the broker for {away_s:.0f} s; is it up?")

    def _open(self, timeout_s: float) -> None:
        """Go on with making the client's reader at the position."""
        if self._attempt is not None and self._attempt.overdue():
            self._drop()
        if self._attempt is None:
            self._attempt = Attempt(self._create(), close_quietly)
        try:
            self._reader = self._attempt.result(timeout_s)
        except PulsarException as error:
            self._attempt = None
            raise failure(error, f"reading {self._name}") from error
        if self._reader is not None:
            self._attempt = None

    def _create(self) -> Callable[[], Any]:
        """What makes the client's reader; called in another thread."""
        at = MessageId.earliest
        if self._at is not None:
            at = MessageId.deserialize(encode(self._number, self._at))
        client, topic, subscription = self._client, self._topic, self._subscription
        given_up, self._given_up = self._given_up, None

        def create() -> Any:
            if given_up is not None:
                close_quietly(given_up)
            return client.create_reader(
                topic, at, receiver_queue_size=QUEUE_MESSAGES, subscription_role_prefix=subscription
            )

        return create

    def _drop(self) -> None:
        """Let go of the client's reader: the next one begins after the position."""
        self._held = None
        if self._attempt is not None:
            self._attempt.abandon()
            self._attempt = None
        if self._reader is not None:
            if self._given_up is not None:
                close_quietly(self._given_up)
            self._given_up, self._reader = self._reader, None

    def interrupt(self) -> None:
        self._interrupted.set()

    def acknowledge(self, position: Position) -> None:
        """Moves a durable cursor named as the subscription, which retention would look at.

        A consumer that takes no message: reading by it would make the broker's cursor the position, and let
        one process only read under a name.
        """
        place = decode(position, self._name)
        if self._cursor is not None and self._cursor.overdue():
            self._cursor.abandon()
            self._cursor = None
        if self._cursor is None:
            client, topic, subscription = self._client, self._topic, self._subscription
            self._cursor = Attempt(
                lambda: client.subscribe(
                    topic,
                    subscription,
                    consumer_type=ConsumerType.Failover,
                    initial_position=InitialPosition.Earliest,
                    receiver_queue_size=0,
                ),
                close_quietly,
            )
        try:
            cursor = self._cursor.result(ACKNOWLEDGE_S)
            if cursor is None:
                raise TemporaryError(
                    f"acknowledging in {self._name}: no connection to the broker yet; is it up?"
                )
            cursor.acknowledge_cumulative(message_id(self._number, place))
        except PulsarException as error:
            self._cursor.abandon()
            self._cursor = None
            raise failure(error, f"acknowledging in {self._name}") from error

    def end(self) -> Position | None:
        place = self._first(MessageId.latest)
        return None if place is None else encode(self._number, place)

    def _first(self, start: Any) -> Place | None:
        """Where the first message at or after `start` stands, None if there is none: read by a reader of its
        own.

        Not asked through the REST API, which a participant has no business with.
        """
        client, topic, subscription = self._client, self._topic, self._subscription
        attempt: Attempt[Any] = Attempt(
            lambda: client.create_reader(
                topic,
                start,
                receiver_queue_size=1,
                subscription_role_prefix=subscription,
                start_message_id_inclusive=True,
            ),
            close_quietly,
        )
        try:
            reader = attempt.result(ARRIVAL_S)
            if reader is None:
                raise TemporaryError(f"{self._name}: no connection to the broker yet; is it up?")
            if not reader.has_message_available():
                return None
            found = reader.read_next(int(ARRIVAL_S * 1000)).message_id()
            return Place(found.ledger_id(), found.entry_id())
        except PulsarException as error:
            raise failure(error, f"asking what {self._name} holds") from error
        finally:
            attempt.abandon()

    def lag(self) -> int:
        """While the broker is away: what it was before."""
        try:
            at_end = self._held is None and self._reader is not None and self._reader.is_connected()
            # A question to the broker costs a tenth of what counting through its REST API does, which the
            # role that reads a partition may do too.
            if at_end and not self._has_more():
                self._lag = 0
            else:
                self._lag = self._admin.extent(self._partition).after(self._at)
        except TemporaryError:
            return self._lag
        return self._lag

    @property
    def _partition(self) -> str:
        return self._topic.rpartition("/")[2]

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._drop()
        if self._given_up is not None:
            close_quietly(self._given_up)
        if self._cursor is not None:
            self._cursor.abandon()
