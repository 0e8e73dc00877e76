"""Runs one shard's loop in a thread of its own and answers questions about it from any other."""

import os
import queue
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypedDict

import structlog

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.runtime.shard import Shard

RECEIVE_TIMEOUT_S = 0.5
"""How long an idle loop waits for input before it looks at questions and stops; both interrupt it anyway."""
BACKOFF_S = (0.01, 1.0)
"""The first wait after a temporary error, and the longest: it doubles in between."""
LAG_EVERY_S = 0.25
LAG_EVERY_BUSY_S = 5.0
"""How often the lag is asked for, and how often under load: on Pulsar the broker is asked, some milliseconds
in which nothing is applied. Four times a second that was 1.6 % of the loop's time (docs/performance.md).
"""
CALM_FRAMES_MAX = 25
"""So many frames in LAG_EVERY_S are no load: ticks are ten a second."""
ANSWER_TIMEOUT_S = 30.0
OUT_OF_MEMORY = 70
"""exit status of a process that ran out of memory"""

_log = structlog.get_logger()


class Status(TypedDict):
    shard: str
    partition: str
    state: str
    """starting, running, halted (its last_error says why) or stopped"""
    position: str
    """of the last frame applied, in hexadecimal"""
    lag: int
    """frames of the partition that are not applied"""
    frames: int
    """applied since the process started"""
    events: int
    """applied, in all its history"""
    refused: int
    """frames since the process started that could not be verified"""
    duplicates: int
    """internal events dropped as repetitions since the process started"""
    pending: int
    """frames sent that the log has not confirmed"""
    snapshots: int
    """taken since the process started"""
    tick: int
    last_error: str


class _Lag:
    """How far a shard is behind, as it was when that was asked last."""

    def __init__(self) -> None:
        self._known = 0
        self._asked_at = 0.0
        self._looked_at = 0.0
        self._frames = 0
        """applied when it was looked at whether to ask"""

    def of(self, shard: Shard, at_once: bool) -> int:
        """Asks, if it is time to, or `at_once`."""
        now = time.monotonic()
        if at_once or now - self._looked_at >= LAG_EVERY_S:
            calm = shard.frames_applied - self._frames <= CALM_FRAMES_MAX
            self._looked_at, self._frames = now, shard.frames_applied
            if at_once or calm or now - self._asked_at >= LAG_EVERY_BUSY_S:
                self._known, self._asked_at = shard.lag(), now
        return self._known


class ShardHost:
    """One shard's thread. `make` builds the shard in that thread: its log belongs to it alone."""

    def __init__(self, name: str, partition: str, make: Callable[[], Shard]) -> None:
        self._name = name
        self._make = make
        self._questions: queue.SimpleQueue[tuple[Callable[[Shard], Any], Future[Any]]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._shard: Shard | None = None
        self._lag = _Lag()
        self._status: Status = {
            "shard": name,
            "partition": partition,
            "state": "starting",
            "position": "",
            "lag": 0,
            "frames": 0,
            "events": 0,
            "refused": 0,
            "duplicates": 0,
            "pending": 0,
            "snapshots": 0,
            "tick": 0,
            "last_error": "",
        }
        self._thread = threading.Thread(target=self._run, name=f"shard {name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End the loop between two steps, with what it has sent confirmed if the log allows."""
        self._stopping.set()
        if self._shard is not None:
            self._shard.interrupt()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def status(self) -> Status:
        """What the loop last wrote down; never waits for it."""
        return self._status

    def ask(self, question: Callable[[Shard], Any]) -> Any:
        """Run `question` on the shard between two steps and return its answer. TimeoutError, RuntimeError."""
        if self._status["state"] == "stopped":
            raise RuntimeError(f"{self._name} has stopped")
        answer: Future[Any] = Future()
        self._questions.put((question, answer))
        shard = self._shard
        if shard is not None:
            shard.interrupt()
        return answer.result(ANSWER_TIMEOUT_S)

    def _run(self) -> None:
        try:
            shard = self._shard = self._make()
            if not self._restore(shard):
                return
            self._note(shard, "running")
            _log.info("running", shard=self._name, events=shard.machine.events_applied)
            self._loop(shard)
            self._note(shard, "stopped")
            _log.info("stopped", shard=self._name)
            shard.close()
        except FatalError as problem:
            self._halt(str(problem))
        except MemoryError:
            os._exit(OUT_OF_MEMORY)  # in no state to go on: its death is what the supervisor acts on
        except Exception:  # noqa: BLE001  # a machine's own: going on would skip an input
            self._halt(traceback.format_exc())

    def _restore(self, shard: Shard) -> bool:
        """Restore, however long the snapshots can't be read; False when it was stopped before."""
        wait_s = BACKOFF_S[0]
        while True:
            try:
                shard.restore()
            except TemporaryError as problem:
                self._note(shard, "starting", {"snapshots": problem})
                _log.warning("snapshots can't be read for now", shard=self._name, problem=str(problem))
            else:
                return True
            if self._stopping.wait(wait_s):
                shard.close()
                return False
            wait_s = min(2 * wait_s, BACKOFF_S[1])

    def _halt(self, why: str) -> None:
        self._status = {**self._status, "state": "halted", "last_error": why}
        _log.error("halted", shard=self._name, why=why)
        while not self._stopping.is_set():  # a halted shard still shows what it holds
            self._answer(0.2)

    def _loop(self, shard: Shard) -> None:
        wait_s = 0.0
        while not self._stopping.is_set():
            applied = shard.frames_applied
            problems = shard.step(RECEIVE_TIMEOUT_S)
            self._note(shard, "running", problems)
            self._answer(0.0)
            # While input goes on, a destination that refuses must not slow the others.
            if problems and shard.frames_applied == applied:
                wait_s = min(max(BACKOFF_S[0], 2 * wait_s), BACKOFF_S[1])
                _log.warning("log refuses for now", shard=self._name, problems=str(problems), wait_s=wait_s)
                self._stopping.wait(wait_s)
            else:
                wait_s = 0.0
        shard.confirm(1.0)

    def _answer(self, timeout_s: float) -> None:
        try:
            question, answer = (
                self._questions.get(timeout=timeout_s) if timeout_s else self._questions.get_nowait()
            )
        except queue.Empty:
            return
        if self._shard is None:
            answer.set_exception(RuntimeError(f"{self._name} did not start: {self._status['last_error']}"))
            return
        try:
            answer.set_result(question(self._shard))
        except Exception as problem:  # noqa: BLE001  # the asker's to handle, not the loop's
            answer.set_exception(problem)

    def _note(self, shard: Shard, state: str, problems: dict[str, TemporaryError] | None = None) -> None:
        self._status = {
            "shard": self._name,
            "partition": shard.partition,
            "state": state,
            "position": shard.position.hex() if shard.position else "",
            "lag": self._lag.of(shard, at_once=state != "running"),
            "frames": shard.frames_applied,
            "events": shard.machine.events_applied,
            "refused": shard.frames_refused,
            "duplicates": shard.machine.duplicates_dropped,
            "pending": shard.publisher.pending(),
            "snapshots": shard.snapshots_taken,
            "tick": shard.machine.tick,
            "last_error": "; ".join(f"{where}: {problem}" for where, problem in (problems or {}).items()),
        }
