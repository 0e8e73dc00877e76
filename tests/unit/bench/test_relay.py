"""The relay, and how it is loaded, on the memory log in this process."""

import itertools
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.answers import RelayedAnswers
from bench.census import FramesWritten, difference, look_at_relayed
from bench.frames import RELAY, Prepared, for_relay
from bench.lanes import Lane, pace, saturate
from bench.relay import Relay, _exactly, _up_to_a_frame
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.wire.frame import FRAME_BYTES_MAX

HEAD = b"h" * 40
_names = itertools.count()


def frames(count: int, events: int) -> list[Prepared]:
    size = RELAY.size + len(HEAD)
    return [
        for_relay(Prepared(bytes(size) + bytes([n % 256]) * 10 * events, (n + 1) * events, events, size), 0)
        for n in range(count)
    ]


@contextmanager
def course() -> Iterator[tuple[Log, Lane, Relay, Relay]]:
    """One participant's way through risk/0 and book/0."""
    address = f"memory:bench-{next(_names)}"
    log = open_log(address)
    for topic in ("orders", "books", "reports.alice"):
        log.create_topic(topic, 1)
    risk = Relay(address, "risk/0", "book/0", "reports.alice/0", HEAD)
    book = Relay(address, "book/0", "book/0", "", HEAD)
    lane = Lane(
        "alice", log.writer("orders/0", "alice"), log.reader("reports.alice/0", "alice"), RelayedAnswers()
    )
    try:
        yield log, lane, risk, book
    finally:
        risk.stop()
        book.stop()


def test_everything_comes_back_as_it_was_sent_in_order() -> None:
    with course() as (log, lane, _, _):
        sent = frames(20, 8)
        assert saturate([lane], [sent], 32) > 0
        reader = log.reader("reports.alice/0", "test")
        bodies = b"".join(data[RELAY.unpack_from(data)[3] :] for _, data in reader.receive(1 << 20, 0.0))
        assert bodies == b"".join(frame.data[frame.head :] for frame in sent)


def test_a_relay_writes_frames_of_the_events_that_it_is_told_to() -> None:
    with course() as (log, lane, risk, book):
        written = FramesWritten(log, ["orders/0", "books/0", "reports.alice/0"], look_at_relayed)
        risk.follow({"books/0": [8, 24, 16], "reports.alice/0": [48]})
        book.follow({"orders/0": [32, 16]})
        saturate([lane], [frames(6, 8)], 48)
        found = written.since_last()
        assert [hop.frames for hop in found.hops.values()] == [6, 3, 2, 1]
        assert {hop.events for hop in found.hops.values()} == {48}
        assert found.cuts == {
            "relay/0": {"books/0": [8, 24, 16], "reports.alice/0": [48], "orders/0": [32, 16]}
        }
        assert difference(found.hops, found.hops) == 0.0


def test_a_paced_load_has_a_latency_for_every_command() -> None:
    with course() as (_, lane, _, _):
        latencies = pace([lane], [frames(30, 1)], 3000)
        assert len(latencies) == 30
        assert min(latencies) > 0


def test_a_cut_takes_whole_pieces_or_waits_and_never_goes_through_one() -> None:
    pieces = deque([(8, b"a"), (8, b"b"), (4, b"c")])
    assert _exactly(24, pieces) == []
    assert _exactly(16, pieces) == [(8, b"a"), (8, b"b")]
    assert list(pieces) == [(4, b"c")]
    with pytest.raises(ValueError, match="goes through a piece"):
        _exactly(2, pieces)


def test_without_cuts_a_frame_takes_what_there_is_up_to_the_size_at_which_a_shard_cuts() -> None:
    half = bytes(FRAME_BYTES_MAX // 2)
    pieces = deque([(1, half), (1, half), (1, b"x"), (1, bytes(FRAME_BYTES_MAX + 1))])
    assert [len(_up_to_a_frame(pieces)) for _ in range(3)] == [2, 1, 1]
    assert not pieces
