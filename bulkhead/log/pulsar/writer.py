"""Appends to one partition on Pulsar."""

import contextlib
import queue
import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from pulsar import Client, PulsarException, Result

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.pulsar.attempt import Attempt, close_quietly
from bulkhead.log.pulsar.failures import failure, failure_named

FRAME_BYTES_MAX = 5 * 1024 * 1024 - 10 * 1024
"""The broker's default maxMessageSize, less what a message has beside the frame (at most 10 KiB, by which the
broker's own limit is larger). A frame is cut at 128 KiB, so this is far away.
"""
IN_FLIGHT_MAX = 1000
"""Frames that the client has at once; further ones wait here, where nothing blocks and nothing is refused."""
CREATE_PATIENCE_S = 0.05
"""A producer is made in 5 to 10 ms: waited for once, so that a stream's first frame is not late."""
AWAY_S = 1.0
"""So long a connection may be gone before that is told: a topic that is unloaded is back in 0.35 s."""
RENEW_S = 3.0
"""After so long the producer is made anew: the client's own pauses between its tries grow to a minute."""
STALL_S = (5.0, 60.0)
"""A connected producer that has confirmed nothing for so long is made anew: about one in a hundred that lived
through unloading under load (client 3.13) never sent what it held. Doubled, up to the second, as long as that
does not help: then it is the broker that is slow, and repetitions would make it slower.
"""


class _Session:
    """The life of one producer: what it was given, what was confirmed of it, and the first refusal."""

    def __init__(self, producer: Any) -> None:
        self.producer = producer
        self.handed = 0
        """frames given to the producer and not taken off the queue as confirmed"""
        self.confirmed = 0
        """since it was last looked at"""
        self.refusal: str | None = None
        self.overtaken = False
        """a frame was confirmed after one before it was refused"""
        # The client's thread calls told for every frame, and the loop stands still meanwhile: 0.07 us, where
        # counting under a lock and notifying took 0.8.
        self._results: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def told(self, result: Any, _message_id: Any) -> None:
        # Nothing may be raised here: it would end the process.
        self._results.put(result)

    def look(self) -> None:
        """Count what came."""
        for _ in range(self._results.qsize()):
            self._count(self._results.get_nowait())

    def wait(self, timeout_s: float) -> None:
        """For the next result, unless there is one that was not looked at."""
        if not (self.confirmed or self.refusal):
            with contextlib.suppress(queue.Empty):
                self._count(self._results.get(timeout=timeout_s))

    def _count(self, result: Any) -> None:
        if result == Result.Ok:
            # Also for a repetition that the broker dropped: it has had the frame before.
            self.confirmed += 1
            self.overtaken = self.overtaken or self.refusal is not None
        elif self.refusal is None:
            self.refusal = result.name


class PulsarWriter:
    """A `Writer`: every frame is one message, never part of a client's batch, whose sequence id is the number
    of the frame's last event.

    Unconfirmed frames stay in this writer's queue. When a producer is lost, the next one, of the same name,
    is given all of them again under the same ids: what had arrived is dropped by the broker where it removes
    repetitions, and by the receiver everywhere.
    """

    def __init__(self, client: Client, topic: str, name: str, producer: str, *, shared: bool = False) -> None:
        """`shared`: participants write to this topic too, and could take the producer's name. So each
        producer made here gets one that nobody can know before; it serves no purpose there.
        """
        self._shared = shared
        self._client = client
        self._topic = topic
        self._name = name
        self._producer = producer
        self._queue: deque[tuple[bytes, int]] = deque()
        self._confirmed = 0
        self._session: _Session | None = None
        self._attempt: Attempt[Any] | None = None
        self._given_up: Any = None
        """a producer to close before the next one takes its name"""
        self._away_since: float | None = None
        self._moved_at = 0.0
        """when a frame was last confirmed, or the first one given to the producer"""
        self._stall_s = STALL_S[0]
        self._fatal: FatalError | None = None
        self._closed = False

    def send(self, frame: bytes, last_sequence: int) -> None:
        if len(frame) > FRAME_BYTES_MAX:
            raise ValueError(
                f"{self._name}: a frame of {len(frame)} bytes is more than Pulsar takes, {FRAME_BYTES_MAX}"
            )
        if last_sequence < 1:
            # The client takes 0 for none and numbers the message itself.
            raise ValueError(f"{self._name}: a frame's last sequence is at least 1, not {last_sequence}")
        self._queue.append((bytes(frame), last_sequence))

    def pending(self) -> int:
        return len(self._queue)

    def prepare(self) -> bool:
        if self._session is None and not self._closed and self._fatal is None:
            with contextlib.suppress(TemporaryError, FatalError):  # `poll` tells, once there is a frame
                self._open(0.0, patience_s=0.0)
        return self._session is not None

    def poll(self, timeout_s: float = 0.0) -> int:
        if self._closed:
            raise FatalError(f"{self._name}: this writer is closed; make a new one")
        if self._fatal is not None:
            raise self._fatal
        deadline = time.monotonic() + timeout_s
        while True:
            self._collect()
            if not self._queue:
                return self._confirmed
            self._open(max(deadline - time.monotonic(), 0.0))
            self._hand_over()
            self._check_stall()
            away_s = self._away_s()
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                self._collect()
                if away_s >= AWAY_S:
                    raise TemporaryError(
                        f"{self._name}: no connection to the broker for {away_s:.0f} s, {len(self._queue)}"
                        f" frames of {self._producer} are kept; is it up?"
                    )
                return self._confirmed
            if self._session is not None:
                self._session.wait(min(left_s, AWAY_S))

    def _collect(self) -> None:
        """Take what was confirmed off the queue. What was refused is what all that follows will be."""
        session = self._session
        if session is None:
            return
        session.look()
        confirmed, refusal, session.confirmed = session.confirmed, session.refusal, 0
        if session.overtaken:
            self._fatal = FatalError(
                f"{self._name}: Pulsar refused a frame of {self._producer} ({refusal}) and took a later one:"
                f" the stream has a hole; derive it again from an older snapshot of its source"
            )
            raise self._fatal
        if confirmed:
            self._moved_at, self._stall_s = time.monotonic(), STALL_S[0]
        for _ in range(confirmed):
            self._queue.popleft()
        session.handed -= confirmed
        self._confirmed += confirmed
        if refusal is not None:
            self._drop()
            problem = failure_named(refusal, f"appending to {self._name} as {self._producer}")
            if isinstance(problem, FatalError):
                self._fatal = problem
            raise problem

    def _open(self, timeout_s: float, patience_s: float = CREATE_PATIENCE_S) -> None:
        """Go on with making a producer, unless there is one."""
        if self._session is not None:
            return
        if self._attempt is not None and self._attempt.overdue():
            self._drop()
        if self._attempt is None:
            self._attempt = Attempt(self._create(), close_quietly)
            timeout_s = max(timeout_s, patience_s)
        try:
            made = self._attempt.result(timeout_s)
        except PulsarException as error:
            self._attempt = None
            problem = failure(error, f"appending to {self._name} as {self._producer}")
            if isinstance(problem, FatalError):
                self._fatal = problem
            raise problem from error
        if made is not None:
            self._attempt = None
            self._session = _Session(made)

    def _create(self) -> Callable[[], Any]:
        """What makes a producer, once the one before it has let go of its name; called in another thread."""
        client, topic, producer = self._client, self._topic, self._producer
        given_up, self._given_up = self._given_up, None
        if self._shared:
            producer = f"{producer}/{secrets.token_hex(8)}"

        def create() -> Any:
            if given_up is not None:
                close_quietly(given_up)
            return client.create_producer(
                topic,
                producer_name=producer,
                # With a batch the broker remembers its first id only: repeated ones were stored twice.
                batching_enabled=False,
                # Never given up: a frame that is given up may still arrive, after later ones.
                send_timeout_millis=0,
                block_if_queue_full=False,
                max_pending_messages=IN_FLIGHT_MAX,
            )

        return create

    def _check_stall(self) -> None:
        """TemporaryError, and a new producer, when this one has long confirmed nothing of what it has."""
        session = self._session
        if session is None or not session.handed:
            return
        quiet_s = time.monotonic() - self._moved_at
        if quiet_s >= self._stall_s:
            self._stall_s = min(2 * self._stall_s, STALL_S[1])
            self._drop()
            raise TemporaryError(
                f"{self._name}: {len(self._queue)} frames of {self._producer} have waited {quiet_s:.0f} s for"
                f" the broker's word and are sent again; look at the broker if this stays"
            )

    def _hand_over(self) -> None:
        session = self._session
        if session is None:
            return
        if not session.handed:
            self._moved_at = time.monotonic()
        last = min(len(self._queue), IN_FLIGHT_MAX)
        for index in range(session.handed, last):
            frame, last_sequence = self._queue[index]  # near an end a deque is quick
            session.handed += 1
            session.producer.send_async(frame, session.told, sequence_id=last_sequence)

    def _away_s(self) -> float:
        """For how long there has been no connection; 0 while there is one. May give the producer up."""
        if self._session is not None and self._session.producer.is_connected():
            self._away_since = None
            return 0.0
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
        if self._session is not None and now - self._away_since >= RENEW_S:
            self._drop()
        return now - self._away_since

    def _drop(self) -> None:
        """Let go of the producer: all that is not confirmed will be given to the next one."""
        if self._attempt is not None:
            self._attempt.abandon()
            self._attempt = None
        if self._session is not None:
            self._given_up = self._session.producer
            self._session = None

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._drop()
        if self._given_up is not None:
            close_quietly(self._given_up)
        self._queue.clear()
