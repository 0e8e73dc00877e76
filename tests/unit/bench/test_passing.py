import itertools
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.answers import PassedAnswers
from bench.census import BACK, REPORTS, TO_BOOK, TO_RISK, FramesWritten, look_at_frame
from bench.census import COPIES as COPIES_HOP
from bench.frames import Prepared, Sender, Signer
from bench.lanes import Report
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
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
COPIES = ("market_data/0",)
PARTITIONS = ["orders/0", "books/0", "market_data/0"]
EVENTS = [bytes([n]) * (n + 1) for n in range(50)]
_names = itertools.count()


def sender(number: int, name: str, key: Ed25519PrivateKey) -> Sender:
    return Sender(number, name, key.public_key().public_bytes_raw(), "orders/0", f"reports.{name}/0")


ALICE, BOB = sender(0, "alice", KEY), sender(1, "bob", OTHER_KEY)
PARTICIPANTS = {each.public_key: each.reports for each in (ALICE, BOB)}


def in_frames(signer: Signer, events_max: int) -> list[Prepared]:
    return [signer.frame(EVENTS[at : at + events_max]) for at in range(0, len(EVENTS), events_max)]


class Course:
    def __init__(self) -> None:
        name = f"passing-{next(_names)}"
        self.log: Log = open_log(f"memory:{name}")
        for topic in ("orders", "books", "market_data", "reports.alice", "reports.bob", "dead_letters"):
            self.log.create_topic(topic, 1)
        self._snapshots = open_snapshots(f"memory:{name}")
        self.signer = Signer(self.log, IDENTITY, ALICE, KEY)
        self.other = Signer(self.log, IDENTITY, BOB, OTHER_KEY)
        self.writer = self.log.writer("orders/0", "alice")
        self.risk, self.book = self.shard("risk/0"), self.shard("book/0")

    def shard(self, name: str) -> Shard:
        shard = Shard(
            PassingMachine(
                name, "book/0", PARTICIPANTS if name == "risk/0" else {}, () if name == "risk/0" else COPIES
            ),
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

    def came_back(self, reports: str = "reports.alice/0") -> list[bytes]:
        reader = self.log.reader(reports, "test")
        return [event for _, data in reader.receive(1 << 20, 0.0) for event in read_frame(data).events]


def test_every_event_comes_back_once_through_all_hops_with_snapshots_taken_on_the_way() -> None:
    course = Course()
    course.send(in_frames(course.signer, 16))
    course.settle()
    assert course.came_back() == EVENTS
    assert course.risk.snapshots_taken
    assert course.book.snapshots_taken
    reader = course.log.reader("reports.alice/0", "test")
    reports = [Report("reports.alice/0", data) for _, data in reader.receive(1 << 20, 0.0)]
    hops = FramesWritten(course.log, PARTITIONS, look_at_frame).since_last(reports).hops
    assert {name: hop.events for name, hop in hops.items()} == dict.fromkeys(
        (TO_RISK, TO_BOOK, BACK, COPIES_HOP, REPORTS), len(EVENTS)
    )


def test_everybody_gets_back_what_they_have_sent_also_after_a_restore_in_between() -> None:
    course = Course()
    frames = zip(in_frames(course.signer, 7), in_frames(course.other, 7), strict=True)
    course.send([frame for pair in frames for frame in pair])
    course.risk.step(0.0)
    again = PassingMachine("risk/0", "book/0", PARTICIPANTS, ())
    again.restore(course.risk.machine.snapshot())
    course.risk.machine = again
    course.settle()
    assert course.came_back() == EVENTS
    assert course.came_back("reports.bob/0") == EVENTS


def test_a_restored_machine_goes_on_where_its_snapshot_was() -> None:
    course = Course()
    course.send(in_frames(course.signer, 16))
    course.settle()
    again = PassingMachine("risk/0", "book/0", PARTICIPANTS, ())
    again.restore(course.risk.machine.snapshot())
    assert again.digest() == course.risk.machine.digest()
    assert again.streams() == course.risk.machine.streams()


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda frames: frames[1:], id="a gap"),
        pytest.param(lambda frames: [frames[0], in_frames(Course().signer, 16)[1]], id="another stream"),
    ],
)
def test_a_stream_that_does_not_go_on_stops_it(broken: Callable[[list[Prepared]], list[Prepared]]) -> None:
    course = Course()
    course.send(broken(in_frames(course.signer, 16)))
    with pytest.raises(FatalError, match="is broken"):
        course.settle()


def test_an_unknown_key_stops_it() -> None:
    course = Course()
    key = Ed25519PrivateKey.generate()
    course.send(in_frames(Signer(course.log, IDENTITY, sender(2, "mallory", key), key), 16))
    with pytest.raises(FatalError, match="no participant has the key"):
        course.settle()


def test_events_that_come_back_answer_the_commands_in_their_order() -> None:
    course = Course()
    course.send(in_frames(course.signer, 16))
    course.settle()
    answers = PassedAnswers()
    records = course.log.reader("reports.alice/0", "test").receive(1 << 20, 0.0)
    assert [n for _, data in records for n in answers.which(data)] == list(range(1, len(EVENTS) + 1))
