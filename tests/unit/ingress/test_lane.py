"""A lane says how long it has nothing to do; on a clock that the test turns."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from bulkhead.domain.ingress.model import Entrance
from bulkhead.domain.messages.ingress import FramesForwarded
from bulkhead.domain.messages.participant import CancelOrder
from bulkhead.domain.messages.quotes import MassQuote, Quote
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Side
from bulkhead.log.memory import MemoryLog, MemoryStore
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.ingress.lane import REFUSAL_PAUSE_S, WINDOW_FRAMES, Lane
from bulkhead.runtime.ingress.outlet import Outlet
from bulkhead.runtime.ingress.pace import BURST_S, FRAME_COMMANDS_MIN
from bulkhead.runtime.source import Source
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import signer_source

IDENTITY = Identity("test", b"genesis-of-tests", b"m" * 32)
FRAMES_PER_S = 16
"""a power of two, so that the clock is exact"""


class Laned:
    """alice's lane on a log in memory, and its clock."""

    def __init__(self) -> None:
        self.log = MemoryLog(MemoryStore())
        self.log.create_topic("orders", 1)
        self.log.create_topic("ingress.alice", 1)
        self.now_s = 1024.0
        self.outlet = Outlet(self.log, "orders/0", "gateway")
        self.entrance = Entrance("alice")
        self.entrance.commands_per_s_max = FRAMES_PER_S * FRAME_COMMANDS_MIN
        self.entrance.keys = frozenset({public_bytes(key_of("alice"))})
        self.lane = self.run()

    def run(self) -> Lane:
        return Lane(self.log, IDENTITY, self.entrance, 0, self.outlet, lambda: self.now_s)

    def write(self, *frames: bytes) -> None:
        with closing(self.log.writer("ingress.alice/0", "alice")) as writer:
            for number, frame in enumerate(frames, 1):
                writer.send(frame, number)
            writer.poll()

    def orders(self, count: int, to: str = "orders/0", key: str = "alice") -> list[bytes]:
        """Frames of one command each."""
        return self.frames([encode(CancelOrder("alice.main", f"{n}")) for n in range(count)], to, key)

    def frames(self, events: list[bytes], to: str = "orders/0", key: str = "alice") -> list[bytes]:
        """Of one event each."""
        signer = signer_source(public_bytes(key_of(key)), 1)
        with closing(
            Source(
                self.log,
                IDENTITY,
                signer,
                to,
                SignatureSealer(key_of(key)),
                "alice",
                through="ingress.alice/0",
            )
        ) as source:
            return [source.frame([event], 0) for event in events]

    def forwarded(self) -> list[bytes]:
        with closing(self.log.reader("orders/0", "test")) as reader:
            return [frame for _, frame in reader.receive(1 << 30, 0.0)]


@pytest.fixture(name="run")
def _run() -> Iterator[Laned]:
    made = Laned()
    yield made
    made.lane.close()
    made.outlet.close()


def test_frames_beyond_the_rate_wait_and_the_lane_says_how_long(run: Laned) -> None:
    frames = run.orders(3 * FRAMES_PER_S)
    run.write(*frames)
    begun_s = run.now_s
    while wait_s := run.lane.step(0.0):
        assert len(run.forwarded()) <= FRAMES_PER_S * (run.now_s - begun_s + BURST_S) + 1
        run.now_s += wait_s
    assert run.forwarded() == frames
    assert run.now_s - begun_s == pytest.approx(3 - BURST_S, abs=2 / FRAMES_PER_S)


def test_a_mass_quote_waits_as_long_as_its_quotes_would(run: Laned) -> None:
    quotes = tuple(Quote(f"q{number}", Side.BUY, 96, 4) for number in range(2 * FRAME_COMMANDS_MIN))
    frames = run.frames([encode(MassQuote("r", "alice.main", "X-USD", "g", quotes))] * FRAMES_PER_S)
    run.write(*frames)
    begun_s = run.now_s
    while wait_s := run.lane.step(0.0):
        run.now_s += wait_s
    assert run.forwarded() == frames
    assert run.now_s - begun_s == pytest.approx(2 - BURST_S, abs=2 / FRAMES_PER_S)


def test_a_step_before_the_time_that_it_said_takes_nothing(run: Laned) -> None:
    run.write(*run.orders(10))
    assert run.lane.step(0.0) > 0.0
    taken = run.forwarded()
    assert run.lane.step(0.0) > 0.0
    assert run.forwarded() == taken


def test_each_frame_that_is_refused_costs_its_sender_the_same_time(run: Laned) -> None:
    order = run.orders(1)
    run.write(b"garbage", b"garbage", b"garbage", *order)
    waited = 0
    while wait_s := run.lane.step(0.0):
        assert wait_s == pytest.approx(REFUSAL_PAUSE_S)
        run.now_s += wait_s
        waited += 1
    assert (waited, run.lane.refused, run.forwarded()) == (3, 3, order)


def test_what_somebody_who_has_moved_has_signed_for_another_shard_is_passed_over(run: Laned) -> None:
    """It is sent again, signed for this one. It takes its time as what is forwarded does, and no pause."""
    run.entrance.has_moved = True
    before, after = run.orders(2, "orders/1"), run.orders(2)
    strange = [*run.orders(1, "orders/1", "bob"), *run.orders(1, "books/0")]
    run.write(*before, *after, *strange)
    while wait_s := run.lane.step(0.0):
        run.now_s += wait_s
    assert run.forwarded() == after
    *refused, told = run.lane.collect(run.outlet.confirmed())
    assert [(each.ordinal, each.reason) for each in refused] == [
        (5, Reason.FRAME_FOREIGN),
        (6, Reason.FRAME_FOREIGN),
    ]
    assert told.ordinal == 6


def test_the_same_of_somebody_who_never_moved_is_refused(run: Laned) -> None:
    run.write(*run.orders(1, "orders/1"))
    run.lane.step(0.0)
    [refused, _] = run.lane.collect(run.outlet.confirmed())
    assert refused.reason is Reason.FRAME_FOREIGN


def test_a_lane_that_has_gone_to_another_gateway_takes_nothing_more(run: Laned) -> None:
    frames = run.orders(3)
    run.write(*frames[:1])
    run.lane.step(0.0)
    run.write(*frames[1:])
    run.lane.receive(0.0)
    run.entrance.gone = True
    assert run.lane.step(0.0) == 0.0
    assert run.lane.take() == 0.0
    assert run.forwarded() == frames[:1]


def test_a_window_that_is_full_has_room_once_what_was_done_is_collected(run: Laned) -> None:
    run.entrance.commands_per_s_max = 10**6
    frames = run.orders(WINDOW_FRAMES + 1)
    run.write(*frames)
    while not run.lane.waits_for_room:
        run.now_s += run.lane.step(0.0)
    assert run.forwarded() == frames[:-1]
    assert run.lane.step(0.0) > 0.0
    told = run.lane.collect(run.outlet.confirmed())
    assert [message.ordinal for message in told] == [WINDOW_FRAMES]
    assert run.lane.step(0.0) == 0.0
    assert run.forwarded() == frames


def test_what_was_received_and_not_taken_is_the_next_run_s(run: Laned) -> None:
    frames = run.orders(10)
    run.write(*frames)
    run.lane.step(0.0)
    [told] = run.lane.collect(run.outlet.confirmed())
    assert isinstance(told, FramesForwarded)
    assert told.ordinal < len(frames)
    run.lane.close()
    run.entrance.forwarded = (told.ordinal, told.position)
    run.lane = run.run()
    while wait_s := run.lane.step(0.0):
        run.now_s += wait_s
    assert run.forwarded() == frames
