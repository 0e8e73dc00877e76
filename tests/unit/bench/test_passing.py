import itertools
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.answers import PassedAnswers
from bench.census import BACK, REPORTS, TO_BOOK, TO_RISK, FramesWritten, look_at_frame
from bench.frames import Prepared, Signer
from bench.passing import PassingMachine
from bulkhead.errors import FatalError
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from bulkhead.snapshots.open import open_snapshots
from bulkhead.wire.frame import read_frame

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
IDENTITY = Identity("test", b"genesis-of-tests", b"m" * 32)
PARTICIPANT = (KEY.public_key().public_bytes_raw(), "reports.alice/0")
PARTITIONS = ["orders/0", "books/0", "reports.alice/0"]
EVENTS = [bytes([n]) * (n + 1) for n in range(50)]
_names = itertools.count()


class Course:
    def __init__(self) -> None:
        name = f"passing-{next(_names)}"
        self.log: Log = open_log(f"memory:{name}")
        for topic in ("orders", "books", "reports.alice", "dead_letters"):
            self.log.create_topic(topic, 1)
        self._snapshots = open_snapshots(f"memory:{name}")
        self.signer = Signer(self.log, IDENTITY, "orders/0", KEY, "alice")
        self.writer = self.log.writer("orders/0", "alice")
        self.risk, self.book = self.shard("risk/0"), self.shard("book/0")

    def shard(self, name: str) -> Shard:
        shard = Shard(
            PassingMachine(name, "book/0", PARTICIPANT if name == "risk/0" else None),
            {"risk/0": "orders/0", "book/0": "books/0"}[name],
            IDENTITY,
            self.log,
            self._snapshots,
            SnapshotPolicy(every_events=20, every_ticks=1),
            lambda: 0,
        )
        shard.restore()
        return shard

    def send(self, frames: list[Prepared]) -> None:
        for frame in frames:
            self.writer.send(frame.data, frame.last)
        self.writer.poll()

    def settle(self) -> None:
        for _ in range(4):
            self.risk.step(0.0)
            self.book.step(0.0)

    def came_back(self) -> list[bytes]:
        reader = self.log.reader("reports.alice/0", "test")
        return [event for _, data in reader.receive(1 << 20, 0.0) for event in read_frame(data).events]


def test_every_event_comes_back_once_through_all_hops_with_snapshots_taken_on_the_way() -> None:
    course = Course()
    course.send(course.signer.frames(EVENTS, 16))
    course.settle()
    assert course.came_back() == EVENTS
    assert course.risk.snapshots_taken
    assert course.book.snapshots_taken
    hops = FramesWritten(course.log, PARTITIONS, look_at_frame).since_last().hops
    assert {name: hop.events for name, hop in hops.items()} == dict.fromkeys(
        (TO_RISK, TO_BOOK, BACK, REPORTS), len(EVENTS)
    )


def test_a_restored_machine_goes_on_where_its_snapshot_was() -> None:
    course = Course()
    course.send(course.signer.frames(EVENTS, 16))
    course.settle()
    again = PassingMachine("risk/0", "book/0", PARTICIPANT)
    again.restore(course.risk.machine.snapshot())
    assert again.digest() == course.risk.machine.digest()
    assert again.streams() == course.risk.machine.streams()


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda frames: frames[1:], id="a gap"),
        pytest.param(lambda frames: [frames[0], Course().signer.frames(EVENTS, 16)[1]], id="another stream"),
    ],
)
def test_a_stream_that_does_not_go_on_stops_it(broken: Callable[[list[Prepared]], list[Prepared]]) -> None:
    course = Course()
    course.send(broken(course.signer.frames(EVENTS, 16)))
    with pytest.raises(FatalError, match="is broken"):
        course.settle()


def test_an_unknown_key_stops_it() -> None:
    course = Course()
    other = Signer(course.log, IDENTITY, "orders/0", Ed25519PrivateKey.generate(), "mallory")
    course.send(other.frames(EVENTS, 16))
    with pytest.raises(FatalError, match="no participant has the key"):
        course.settle()


def test_events_that_come_back_answer_the_commands_in_their_order() -> None:
    course = Course()
    course.send(course.signer.frames(EVENTS, 16))
    course.settle()
    answers = PassedAnswers()
    records = course.log.reader("reports.alice/0", "test").receive(1 << 20, 0.0)
    assert [n for _, data in records for n in answers.which(data)] == list(range(1, len(EVENTS) + 1))
