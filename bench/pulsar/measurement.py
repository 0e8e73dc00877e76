"""The parts in one run: for each number of participants a fresh exchange, then runtime and relays."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from actors.attach import call
from bench.answers import ExchangeAnswers, reports_seen
from bench.census import DIFFERENCE_MAX, FramesWritten, difference, look_at_frame
from bench.desks import Turns
from bench.exchange import fresh_exchange
from bench.frames import Sender
from bench.memory import touch
from bench.pulsar.sizes import Load, Size
from bench.pulsar.topology import generated, names
from bench.pulsar.venue import BrokerVenue, own_broker
from bench.setting import Setting, open_sessions
from bench.stages import Course, Slice, Stage, relayed
from bulkhead.broker.server import Status
from bulkhead.log.open import open_log

Say = Callable[[str], None]


@dataclass(frozen=True)
class Round:
    """The same slice through runtime and relays, one after another."""

    runtime: Slice
    relay: Slice
    """with the runtime's cuts"""
    verifying: Slice
    """the same, which also verifies participants' signatures"""
    impatient: int
    """frames of the relay that did not wait for their cut any longer"""

    @property
    def counts(self) -> bool:
        return difference(self.runtime.census.hops, self.relay.census.hops) <= DIFFERENCE_MAX


class Kind(NamedTuple):
    """Of a load."""

    participants: int
    frame_events: int


class Pace(NamedTuple):
    """Of a load in the open loop."""

    participants: int
    frame_events: int
    per_s: int


@dataclass
class Measured:
    size: Size
    exchange: dict[Kind, Slice] = field(default_factory=dict)
    rounds: dict[Kind, list[Round]] = field(default_factory=dict)
    latencies_us: dict[Pace, dict[str, list[int]]] = field(default_factory=dict)
    """of exchange, runtime and relay"""
    reports: dict[int, dict[str, int]] = field(default_factory=dict)
    """of the exchange, by participants and kind"""
    up_s: dict[int, float] = field(default_factory=dict)
    """what it took to found and start an exchange, by participants"""
    path: dict[str, object] = field(default_factory=dict)

    def counted(self, kind: Kind) -> list[Round]:
        """The rounds that count; all of them, where none does."""
        rounds = self.rounds[kind]
        return [each for each in rounds if each.counts] or rounds


def measure(size: Size, parent: Path | None, say: Say) -> Measured:
    """All parts; `parent` is the folder to put broker and exchanges in, None the temporary one."""
    # And with it all that is started here, as by `chrt --batch 0 bulkhead up`: no thread that wakes takes the
    # place of one that works, so two cores take more orders a second (docs/performance.md).
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    found = Measured(size)
    with own_broker(parent, say) as server:
        for participants in size.participants:
            say(f"{participants} participants: starting an exchange")
            text = generated(f"bench{participants}", participants, server.service_url, server.admin_url)
            begun = time.monotonic()
            with fresh_exchange(text, parent) as installation:
                found.up_s[participants] = time.monotonic() - begun
                setting = Setting(installation, size.seed)
                _Measurement(found, setting, server, participants, say).run()
    return found


class _Measurement:
    """With one number of participants."""

    def __init__(
        self, found: Measured, setting: Setting, server: Status, participants: int, say: Say
    ) -> None:
        self._found = found
        self._size = found.size
        self._setting = setting
        self._server = server
        self._participants = participants
        self._tell = say
        senders = setting.senders(names(participants))
        count = min(participants, self._size.lanes_max)
        self._lanes: list[list[Sender]] = [senders[number::count] for number in range(count)]
        self._window = self._size.window // count

    def run(self) -> None:
        venue = BrokerVenue(self._server, self._setting.topology, self._lanes)
        course = self._setting.course([sender for lane in self._lanes for sender in lane], venue)
        with closing(venue):
            half_per_s = self._exchange(venue, course)
            call("supervisor", "shut_down")  # its ticks would go on beside what is measured next
            self._rounds(course, half_per_s)
        beside = {"broker": "its own", "scheduling": "batch", "touched_mib": self._size.touched_mib}
        self._found.path = {**self._setting.path(), **beside}

    def _exchange(self, venue: BrokerVenue, course: Course) -> int:
        """The real machines; half of what they take a second."""
        size, found = self._size, self._found
        self._say("preparing signed frames")
        address = self._setting.installation.log_address
        with closing(open_log(address)) as log:
            desks = [[self._setting.trading_desk(log, sender) for sender in lane] for lane in self._lanes]
            lanes = venue.lanes(log, address, ExchangeAnswers)
            answers = {
                name: each
                for lane in lanes
                for name, each in lane.answers.items()
                if isinstance(each, ExchangeAnswers)
            }
            turns = Turns(desks)
            open_sessions(lanes, [[desk.opening() for desk in lane] for lane in desks])
            written = FramesWritten(log, course.partitions(), look_at_frame)
            stage = Stage(lanes, self._setting.processes(), self._setting.problems, venue.broker, written)
            for load in size.loads:
                self._say(f"the exchange, {load.frame_events:,} orders a frame")
                warm = turns.queues(size.warm(load) // 4, load.frame_events)
                full = turns.queues(size.exchange(load, self._participants), load.frame_events)
                stage.run(warm, self._window)
                touch(size.touched_mib)
                found.exchange[self._kind(load)] = stage.run(full, self._window)
            for lane, some in zip(self._lanes, desks, strict=True):
                for sender, desk in zip(lane, some, strict=True):
                    desk.expect(answers[sender.reports])
            half_per_s = round(found.exchange[Kind(self._participants, size.half_frame_events)].per_s / 2)
            for pace in self._paces(half_per_s):
                self._say(f"the exchange, {pace.per_s:,} orders a second")
                paced = turns.queues(self._commands(pace), pace.frame_events)
                found.latencies_us[pace] = {"exchange": stage.pace(paced, pace.per_s)}
            found.reports[self._participants] = reports_seen(answers.values())
        return half_per_s

    def _rounds(self, course: Course, half_per_s: int) -> None:
        """Runtime and relays, slice by slice in turn: what else the machine does meets all alike."""
        size, found = self._size, self._found
        self._say("starting runtime and relays")
        with (
            closing(open_log(self._setting.installation.log_address)) as log,
            course.runtime(self._setting.installation.directory / "stages") as runtime,
            course.relay("relay") as relay,
            course.relay("verifying", verifies=True) as verifying,
        ):
            turns = Turns([[self._setting.passing_desk(log, each) for each in lane] for lane in self._lanes])
            for load in size.loads:
                commands = [size.warm(load), *[load.slice] * size.slices]
                rounds = []
                for number, count in enumerate(commands):
                    self._say(f"runtime and relays, {load.frame_events:,} a frame, slice {number}")
                    signed = turns.queues(count, load.frame_events)
                    plain = relayed(signed)
                    touch(size.touched_mib)
                    passed = runtime.run(signed, self._window)
                    before = relay.impatient()
                    relay.follow(passed.census.cuts)
                    verifying.follow(passed.census.cuts)
                    moved = relay.run(plain, self._window)
                    impatient = relay.impatient() - before
                    verified = verifying.run(signed, self._window)
                    rounds.append(Round(passed, moved, verified, impatient))
                found.rounds[self._kind(load)] = rounds[1:]  # the first one warms up
            for pace in self._paces(half_per_s):
                self._say(f"runtime and relay, {pace.per_s:,} orders a second")
                paced = turns.queues(self._commands(pace), pace.frame_events)
                found.latencies_us[pace]["runtime"] = runtime.pace(paced, pace.per_s)
                found.latencies_us[pace]["relay"] = relay.pace(relayed(paced), pace.per_s)

    def _say(self, what: str) -> None:
        self._tell(f"{self._participants} participants: {what}")

    def _kind(self, load: Load) -> Kind:
        return Kind(self._participants, load.frame_events)

    def _paces(self, half_per_s: int) -> Sequence[Pace]:
        size = self._size
        return (
            Pace(self._participants, 1, size.per_s),
            Pace(self._participants, size.half_frame_events, half_per_s),
        )

    def _commands(self, pace: Pace) -> int:
        return self._size.paced if pace.frame_events == 1 else pace.per_s * self._size.half_s
