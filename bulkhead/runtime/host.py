"""Runs one shard's loop in a thread of its own and answers questions about it from any other."""

import os
import queue
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, closing, suppress
from typing import Any, Protocol, TypedDict

import structlog

from bulkhead.domain.behaviour import NEWEST
from bulkhead.errors import FatalError, Superseded, TemporaryError
from bulkhead.machines.interface import MachineRaised
from bulkhead.runtime.decisions import decisions_partition
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.heartbeat import Watch
from bulkhead.runtime.quarantine import Quarantine
from bulkhead.runtime.shard import ACKNOWLEDGEMENT, SNAPSHOTS, Shard, SkipMissed, SnapshotsUnreadable
from bulkhead.runtime.succession import Succession

RECEIVE_TIMEOUT_S = 0.5
"""How long an idle loop waits for input before it looks at questions and stops; both interrupt it anyway."""
BACKOFF_S = (0.01, 1.0)
"""The first wait after a temporary error, and the longest: it doubles in between."""
SNAPSHOTS_PATIENCE_S = 5.0
"""So long a shard that starts asks for its snapshots before it reads the whole log instead: a Redis server
that was killed and is restarted is back within it, unless it keeps much.
"""
LAG_EVERY_S = 0.25
LAG_EVERY_BUSY_S = 5.0
"""How often the lag is asked for, and how often under load: on Pulsar the broker is asked, some milliseconds
in which nothing is applied. Four times a second that was 1.6 % of the loop's time (docs/performance.md).
"""
CALM_FRAMES_MAX = 25
"""So many frames in LAG_EVERY_S are no load: ticks are ten a second."""
ANSWER_TIMEOUT_S = 30.0
STUCK_AFTER_S = 5.0
"""A loop that has not gone round for so long is as good as gone: its replicas are to take over."""
SETTLE_EVERY_S = 0.05
"""How often a process that can't apply an event looks whether it is decided."""
ADVISORY = (SNAPSHOTS, ACKNOWLEDGEMENT)
"""Problems that are shown and hold nothing up."""
OUT_OF_MEMORY = 70
"""exit status of a process that ran out of memory"""

_log = structlog.get_logger()


class Status(TypedDict):
    shard: str
    partition: str
    state: str
    """starting, running, superseded or halted (its last_error says by whom, or why), or stopped"""
    role: str
    """of one of several replicas: primary, standby or active; else empty"""
    agreed_tick: int
    """up to which a replica has compared what it says with what the primary says; 0 where it never has"""
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
    quarantined: tuple[str, ...]
    """what it has halted because of an event that it can't apply"""
    saved: int
    """of its events, those that the newest snapshot covers"""
    rules_known: int
    """the newest version of the rules that this process's build knows"""


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


class Companion(Protocol):
    """Does something beside a shard's loop, in its thread, and never waits."""

    def after_step(self) -> Mapping[str, Exception]:
        """What it can't do now, to be shown; it holds up no input. FatalError: the shard is to halt."""
        ...

    def close(self) -> None: ...


class Together:
    """Two companions of one loop."""

    def __init__(self, first: Companion, second: Companion) -> None:
        self._first, self._second = first, second

    def after_step(self) -> Mapping[str, Exception]:
        return {**self._first.after_step(), **self._second.after_step()}

    def close(self) -> None:
        self._first.close()
        self._second.close()


class ShardHost:
    """One shard's thread. `make` builds the shard in that thread: its log belongs to it alone. `accompany`
    makes its companion, once it is restored.

    Where `make` builds a Follower, it takes over when the primary is suspected, or goes, and follows again
    when it is superseded: it is made anew then; but the only process of a shard (`alone`) ends.
    `suspect_after_s`: so long that primary may be silent. `leaves` is called when it will send nothing more,
    and before it closes what it has open: whoever follows is to take over then. It is made anew, too, when
    its machine has raised (runtime/quarantine.py).
    """

    def __init__(
        self,
        name: str,
        partition: str,
        make: Callable[[], Shard],
        accompany: Callable[[Any], Companion] | None = None,
        suspect_after_s: float = 1.0,
        alone: bool = False,
        leaves: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self._leaves = leaves
        self.alone = alone
        """no other replica of the shard is there to take over from one that superseded it"""
        self._suspect_after_s = suspect_after_s
        self._watch: Watch | None = None
        self._stepped_at = time.monotonic()
        self._quarantine = Quarantine()
        self._make = make
        self._accompany = accompany
        self._questions: queue.SimpleQueue[tuple[Callable[[Shard], Any], Future[Any]]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._shard: Shard | None = None
        self._lag = _Lag()
        self._status: Status = {
            "shard": name,
            "partition": partition,
            "state": "starting",
            "role": "",
            "agreed_tick": 0,
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
            "quarantined": (),
            "saved": 0,
            "rules_known": NEWEST,
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
            raise RuntimeError(f"{self.name} has stopped")
        answer: Future[Any] = Future()
        self._questions.put((question, answer))
        shard = self._shard
        if shard is not None:
            shard.interrupt()
        return answer.result(ANSWER_TIMEOUT_S)

    def beats(self) -> bool:
        """Whether the loop goes on: what its replicas are told."""
        return self._status["state"] == "running" and time.monotonic() - self._stepped_at < STUCK_AFTER_S

    def suspect_after(self, seconds: float) -> None:
        """So long a primary may be silent from now on. In the loop's thread: by `ask`."""
        self._suspect_after_s = seconds
        if self._watch is not None:
            self._watch.allow(seconds)

    def _run(self) -> None:
        try:
            while self._live_or_halt():
                pass
        except MemoryError:
            os._exit(OUT_OF_MEMORY)  # in no state to go on: its death is what the supervisor acts on
        except Exception:  # noqa: BLE001  # going on would skip an input
            why = traceback.format_exc()
            _log.error("halted", shard=self.name, why=why)
            self._end("halted", why)

    def _live_or_halt(self) -> bool:
        """Whether there is another life: of a shard that is FATAL once an operator has repaired something."""
        try:
            return self._live()
        except FatalError as problem:
            _log.error("halted", shard=self.name, why=str(problem))
            return self._end("halted", str(problem), repairable=True)

    def _live(self) -> bool:
        """From a snapshot to the end: to a stop, to being superseded, or to an event that the state must be
        derived again for. Whether there is another life.
        """
        self._shard = None
        shard = self._shard = self._make()
        self._quarantine.begin(shard)
        try:
            if not (self._patiently(shard, shard.restore) and self._patiently(shard, shard.take_lease)):
                return False
            self._note(shard, "running")
            _log.info("running", shard=self.name, events=shard.machine.events_applied)
            again = self._loop(shard)
        except SkipMissed as news:
            _log.warning("derives its state again", shard=self.name, why=str(news))
            again = True
        except Superseded as news:
            _log.warning("superseded", shard=self.name, by=str(news))
            again = isinstance(shard, Follower) and not self.alone  # it follows from now on
            if not again:
                shard.close()  # a broker lets one producer of a name in: the newer process waits for it
                self._end("superseded", str(news))
                return False
        if not again:
            self._note(shard, "stopped")
            _log.info("stopped", shard=self.name)
        shard.close()
        return again

    def _patiently(self, shard: Shard, begin: Callable[[], None]) -> bool:
        """Restore, or take the lease, however long that can't be done; False when it was stopped before.

        When snapshots stay unreadable the whole log is read instead.
        """
        wait_s = BACKOFF_S[0]
        give_up_at = time.monotonic() + SNAPSHOTS_PATIENCE_S
        while True:
            try:
                begin()
                return True
            except SnapshotsUnreadable as problem:
                if time.monotonic() >= give_up_at:
                    _log.warning("reads the whole log, without a snapshot", shard=self.name, why=str(problem))
                    shard.restore_from_log(problem)
                    return True
                self._note(shard, "starting", {SNAPSHOTS: problem})
            except TemporaryError as problem:
                self._note(shard, "starting", {shard.partition: problem})
            _log.warning("can't start for now", shard=self.name, problem=self._status["last_error"])
            if self._stopping.wait(wait_s):
                shard.close()
                return False
            wait_s = min(2 * wait_s, BACKOFF_S[1])

    def _end(self, state: str, why: str, repairable: bool = False) -> bool:
        """Do nothing more, and still show what it holds; until it is stopped, or repaired (then True)."""
        self._status = {**self._status, "state": state, "last_error": why}
        shard = self._shard
        decisions = shard.decisions if shard is not None and repairable else None
        repairs = len(decisions.decided.repairs) if decisions is not None else 0
        while not self._stopping.is_set():
            self._answer(0.2)
            if decisions is not None and shard is not None:
                with suppress(TemporaryError):  # it will be asked again
                    decisions.read()
                if len(decisions.decided.repairs) > repairs:
                    _log.info("repaired", shard=self.name)
                    shard.close()
                    return True
        return False

    def _loop(self, shard: Shard) -> bool:
        """Whether it ended to be derived again."""
        with ExitStack() as stack:
            succession = None
            if isinstance(shard, Follower) and not shard.primary:
                watch = self._watch = Watch(self._suspect_after_s, shard.interrupt)
                succession = stack.enter_context(closing(Succession(shard, watch)))
            companion = self._accompany(shard) if self._accompany is not None else None
            if companion is not None:
                stack.enter_context(closing(companion))
            try:
                self._step_on(shard, succession, companion)
            except MachineRaised as raised:
                return self._settle(shard, raised, succession)
            return False

    def _settle(self, shard: Shard, raised: MachineRaised, succession: Succession | None) -> bool:
        """Whether to derive the state again; False when it was stopped before."""
        why = traceback.format_exc()
        _log.warning("raised", shard=self.name, why=why)
        try:
            if self._quarantine.tries_again(shard, raised):
                return True
            while not self._stopping.is_set():
                problems: Mapping[str, Exception] = {}
                try:
                    problems = self._succeed(shard, succession)
                    if self._quarantine.settle(shard, raised, why):
                        _log.error("quarantined", shard=self.name, raised=str(raised), halts=raised.subject)
                        return True
                except TemporaryError as problem:
                    problems = {decisions_partition(self.name): problem}
                self._note(shard, "starting", {self.name: raised, **problems})
                self._answer(SETTLE_EVERY_S)
        except FatalError as problem:
            raise FatalError(f"{problem}\n{why}") from raised
        return False

    def _step_on(self, shard: Shard, succession: Succession | None, companion: Companion | None) -> None:
        wait_s = 0.0
        while not self._stopping.is_set():
            self._stepped_at = time.monotonic()
            applied = shard.frames_applied
            problems = self._succeed(shard, succession)
            problems |= shard.step(RECEIVE_TIMEOUT_S)
            beside = companion.after_step() if companion is not None else {}
            self._note(shard, "running", {**problems, **beside})
            self._answer(0.0)
            # While input goes on, a destination that refuses must not slow the others.
            refused = {where: problem for where, problem in problems.items() if where not in ADVISORY}
            if refused and shard.frames_applied == applied:
                wait_s = min(max(BACKOFF_S[0], 2 * wait_s), BACKOFF_S[1])
                _log.warning("log refuses for now", shard=self.name, problems=str(refused), wait_s=wait_s)
                self._stopping.wait(wait_s)
            else:
                wait_s = 0.0
        shard.confirm(1.0)
        with suppress(Superseded, TemporaryError):  # without an offer a replica takes over by suspicion
            shard.offer_lease()
        self._leaves()

    def _succeed(self, shard: Shard, succession: Succession | None) -> dict[str, TemporaryError]:
        """Take over, where the primary is suspected. Why it can't be done now, where it should."""
        if succession is None or not isinstance(shard, Follower) or shard.primary:
            return {}
        begun_at = time.monotonic()
        problems = succession.look()
        if shard.primary:
            took_ms = round(1000 * (time.monotonic() - begun_at), 1)
            _log.info("took over", shard=self.name, ms=took_ms)
        return problems

    def _answer(self, timeout_s: float) -> None:
        try:
            question, answer = (
                self._questions.get(timeout=timeout_s) if timeout_s else self._questions.get_nowait()
            )
        except queue.Empty:
            return
        if self._shard is None:
            answer.set_exception(RuntimeError(f"{self.name} did not start: {self._status['last_error']}"))
            return
        try:
            answer.set_result(question(self._shard))
        except Exception as problem:  # noqa: BLE001  # the asker's to handle, not the loop's
            answer.set_exception(problem)

    def _note(self, shard: Shard, state: str, problems: Mapping[str, Exception] | None = None) -> None:
        self._status = {
            "shard": self.name,
            "partition": shard.partition,
            "state": state,
            "role": shard.role if isinstance(shard, Follower) and not self.alone else "",
            "agreed_tick": shard.agreed_tick if isinstance(shard, Follower) else 0,
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
            "quarantined": tuple(shard.machine.quarantined()),
            "saved": shard.events_saved,
            "rules_known": NEWEST,
        }
