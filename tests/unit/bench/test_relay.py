"""The relay, and how it is loaded, on the memory log in this process."""

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.answers import RelayedAnswers
from bench.census import FramesWritten, difference, look_at_relayed, look_at_signed
from bench.frames import RELAY, Prepared, Sender, Signer, for_relay
from bench.lanes import Lane, Report, pace, saturate
from bench.relay import Gathered, Hop, Piece, Relay, _move
from bulkhead.log.open import open_log
from bulkhead.log.port import Log, Reader
from bulkhead.runtime.identity import Identity
from bulkhead.wire.frame import FRAME_BYTES_MAX

HEAD = b"h" * 40
KEYS = [Ed25519PrivateKey.from_private_bytes(bytes(range(n, n + 32))) for n in range(2)]
ALICE, BOB = SENDERS = [
    Sender(number, name, key.public_key().public_bytes_raw(), "orders/0", f"reports.{name}/0")
    for number, (name, key) in enumerate(zip(("alice", "bob"), KEYS, strict=True))
]
IDENTITY = Identity("test", b"genesis-of-tests", b"m" * 32)
_names = itertools.count()


def frames(count: int, events: int, sender: Sender = ALICE) -> list[Prepared]:
    size = RELAY.size + len(HEAD)
    return [
        for_relay(
            Prepared(sender, bytes(size) + bytes([n % 256]) * 10 * events, (n + 1) * events, events, size)
        )
        for n in range(count)
    ]


class EveryInbox:
    """Both participants' reports, for a lane of both."""

    def __init__(self, readers: dict[str, Reader]) -> None:
        self._readers = readers

    def receive(self, timeout_s: float) -> Sequence[Report]:
        return [
            Report(partition, data)
            for partition, reader in self._readers.items()
            for _, data in reader.receive(1 << 20, timeout_s / 100)
        ]


@contextmanager
def course(identity: Identity | None = None) -> Iterator[tuple[Log, Lane, Relay, Relay]]:
    """The two participants' way through risk/0 and book/0."""
    address = f"memory:bench-{next(_names)}"
    log = open_log(address)
    for topic in ("orders", "books", "market_data", *(f"reports.{sender.name}" for sender in SENDERS)):
        log.create_topic(topic, 1)
    reports = {sender.number: sender.reports for sender in SENDERS}
    numbers = {sender.public_key: sender.number for sender in SENDERS}
    risk = Relay(Hop(address, "risk/0", "book/0", reports, (), HEAD, identity, numbers))
    book = Relay(Hop(address, "book/0", "book/0", {}, ("market_data/0",), HEAD, identity, numbers))
    lane = Lane(
        "both",
        {"orders/0": log.writer("orders/0", "both")},
        EveryInbox({partition: log.reader(partition, "both") for partition in reports.values()}),
        {partition: RelayedAnswers() for partition in reports.values()},
    )
    try:
        yield log, lane, risk, book
    finally:
        risk.stop()
        book.stop()


def bodies(log: Log, partition: str) -> bytes:
    reader = log.reader(partition, "test")
    return b"".join(data[RELAY.unpack_from(data)[3] :] for _, data in reader.receive(1 << 20, 0.0))


def test_everybody_gets_back_what_they_have_sent_in_order() -> None:
    with course() as (log, lane, _, _):
        ours, others = frames(20, 8), frames(20, 8, BOB)
        sent = [frame for pair in zip(ours, others, strict=True) for frame in pair]
        assert saturate([lane], [sent], 64) > 0
        assert bodies(log, ALICE.reports) == b"".join(frame.data[frame.head :] for frame in ours)
        assert bodies(log, BOB.reports) == b"".join(frame.data[frame.head :] for frame in others)
        assert bodies(log, "market_data/0") == b"".join(frame.data[frame.head :] for frame in sent)


def test_a_relay_writes_frames_of_the_events_that_it_is_told_to() -> None:
    with course() as (log, lane, risk, book):
        written = FramesWritten(log, ["orders/0", "books/0", "market_data/0"], look_at_relayed)
        risk.follow({"books/0": [8, 24, 16], ALICE.reports: [48]})
        book.follow({"orders/0": [32, 16], "market_data/0": [20, 28]})
        saturate([lane], [frames(6, 8)], 48)
        found = written.since_last(lane.arrived)
        assert [hop.frames for hop in found.hops.values()] == [6, 3, 2, 2, 1]
        assert {hop.events for hop in found.hops.values()} == {48}
        assert found.cuts == {
            "relay/0": {
                "books/0": [8, 24, 16],
                ALICE.reports: [48],
                "orders/0": [32, 16],
                "market_data/0": [20, 28],
            }
        }
        assert difference(found.hops, found.hops) == 0.0


def test_a_relay_that_waits_in_vain_for_its_cut_sends_what_it_has_and_says_so() -> None:
    with course() as (log, lane, risk, _):
        written = FramesWritten(log, ["books/0"], look_at_relayed)
        risk.follow({"books/0": [32, 16]})
        saturate([lane], [frames(6, 8)], 16)
        cuts = written.since_last().cuts["relay/0"]["books/0"]
        assert sum(cuts) == 48
        assert len(cuts) > 2
        assert risk.impatient > 0


def test_a_relay_that_verifies_takes_signed_frames_and_moves_the_same_events() -> None:
    with course(IDENTITY) as (log, lane, _, _):
        signer = Signer(log, IDENTITY, ALICE, KEYS[0])
        sent = [signer.frame([bytes([n]) * 20, b"x"]) for n in range(8)]
        saturate([lane], [sent], 8)
        assert bodies(log, ALICE.reports) == b"".join(frame.data[frame.head :] for frame in sent)
        seen = FramesWritten(log, ["orders/0"], look_at_signed).since_last()
        assert seen.hops["participant -> orders"].events == seen.hops["book -> orders"].events == 16


def test_a_paced_load_has_a_latency_for_every_command() -> None:
    with course() as (_, lane, _, _):
        latencies = pace([lane], [frames(30, 2)], 6000)
        assert len(latencies) == 60
        assert min(latencies) > 0


def test_a_cut_takes_whole_pieces_or_waits() -> None:
    gathered = Gathered()
    for piece in (Piece(8, b"a"), Piece(8, b"b"), Piece(4, b"c")):
        gathered.add(piece)
    assert gathered.at_least(24, divisible=False) == []
    assert gathered.at_least(12, divisible=False) == [Piece(8, b"a"), Piece(8, b"b")]
    assert gathered.events == 4


def test_a_piece_that_nobody_reads_is_divided_at_the_cut() -> None:
    gathered = Gathered()
    for piece in (Piece(8, b"a" * 8), Piece(8, b"b" * 16)):
        gathered.add(piece)
    assert gathered.at_least(12, divisible=True) == [Piece(8, b"a" * 8), Piece(4, b"b" * 8)]
    assert gathered.at_least(4, divisible=True) == [Piece(4, b"b" * 8)]
    assert gathered.events == 0


@pytest.mark.parametrize(
    ("cuts", "written", "left"),
    [
        pytest.param([8, 8, 8], 8, [8, 8], id="as it was to be"),
        pytest.param([8, 8, 8], 3, [5, 8, 8], id="shorter, for want of patience: the rest of it follows"),
        pytest.param([8, 8, 8], 10, [6, 8], id="longer: the next is so much shorter"),
        pytest.param([8, 2, 8], 11, [7], id="longer by more than the next"),
        pytest.param([8], 9, [], id="the last"),
    ],
)
def test_the_next_cut_makes_up_for_a_frame_that_could_not_end_at_its_own(
    cuts: list[int], written: int, left: list[int]
) -> None:
    moved = deque(cuts)
    _move(moved, written)
    assert list(moved) == left


def test_without_cuts_a_frame_takes_what_there_is_up_to_the_size_at_which_a_shard_cuts() -> None:
    half = bytes(FRAME_BYTES_MAX // 2)
    gathered = Gathered()
    for body in (half, half, b"x", bytes(FRAME_BYTES_MAX + 1)):
        gathered.add(Piece(1, body))
    assert [len(gathered.up_to_a_frame()) for _ in range(3)] == [2, 1, 1]
    assert not gathered.pieces
    assert gathered.events == 0
