import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.answers import PassedAnswers
from bench.census import BACK, REPORTS, TO_BOOK, TO_RISK, FramesWritten, look_at_frame
from bench.census import COPIES as COPIES_HOP
from bench.frames import Prepared, Sender, Signer
from bench.lanes import Report
from bench.passing import make_passing
from bulkhead.errors import FatalError
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.machines.engines import Engine
from bulkhead.machines.interface import Machine, Output
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from bulkhead.snapshots.open import open_snapshots
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.frame import authenticated_bytes, read_frame
from tests.support.native_book import ENGINES, needs_native_engine

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


def passing(engine: Engine, name: str) -> Machine:
    if name == "risk/0":
        return make_passing(engine, name, "book/0", PARTICIPANTS, ())
    return make_passing(engine, name, "book/0", {}, COPIES)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = request.param
    return engine


class Course:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
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
            passing(self._engine, name),
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


def test_every_event_comes_back_once_through_all_hops_with_snapshots_taken_on_the_way(engine: Engine) -> None:
    course = Course(engine)
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


def test_everybody_gets_back_what_they_have_sent_also_after_a_restore_in_between(engine: Engine) -> None:
    course = Course(engine)
    frames = zip(in_frames(course.signer, 7), in_frames(course.other, 7), strict=True)
    course.send([frame for pair in frames for frame in pair])
    course.risk.step(0.0)
    again = passing(engine, "risk/0")
    again.restore(course.risk.machine.snapshot())
    course.risk.machine = again
    course.settle()
    assert course.came_back() == EVENTS
    assert course.came_back("reports.bob/0") == EVENTS


def test_a_restored_machine_goes_on_where_its_snapshot_was(engine: Engine) -> None:
    course = Course(engine)
    course.send(in_frames(course.signer, 16))
    course.settle()
    again = passing(engine, "risk/0")
    again.restore(course.risk.machine.snapshot())
    assert again.digest() == course.risk.machine.digest()
    assert again.streams() == course.risk.machine.streams()


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda frames: frames[1:], id="a gap"),
        pytest.param(
            lambda frames: [frames[0], in_frames(Course(Engine.REFERENCE).signer, 16)[1]], id="another stream"
        ),
    ],
)
def test_a_stream_that_does_not_go_on_stops_it(
    engine: Engine, broken: Callable[[list[Prepared]], list[Prepared]]
) -> None:
    course = Course(engine)
    course.send(broken(in_frames(course.signer, 16)))
    with pytest.raises(FatalError, match="is broken"):
        course.settle()


def test_an_unknown_key_stops_it(engine: Engine) -> None:
    course = Course(engine)
    key = Ed25519PrivateKey.generate()
    course.send(in_frames(Signer(course.log, IDENTITY, sender(2, "mallory", key), key), 16))
    with pytest.raises(FatalError, match="no participant has the key"):
        course.settle()


def test_events_that_come_back_answer_the_commands_in_their_order(engine: Engine) -> None:
    course = Course(engine)
    course.send(in_frames(course.signer, 16))
    course.settle()
    answers = PassedAnswers()
    records = course.log.reader("reports.alice/0", "test").receive(1 << 20, 0.0)
    assert [n for _, data in records for n in answers.which(data)] == list(range(1, len(EVENTS) + 1))


def same(machines: list[Machine], frame: bytes) -> list[Output]:
    outputs, others = (machine.apply_frame(b"p", frame) for machine in machines)
    assert outputs == others
    for asked in ("snapshot", "digest", "streams"):
        one, other = (getattr(machine, asked)() for machine in machines)
        assert one == other
    one, other = machines
    other.restore(one.snapshot())
    one.restore(other.freeze().snapshot())
    return outputs


def in_one_frame(source: str, outputs: Sequence[Output]) -> bytes:
    """What a shard would send of these outputs, which follow each other in one stream."""
    first, body = outputs[0], b"".join(output.body for output in outputs)
    authenticated = authenticated_bytes(
        IDENTITY.exchange_id,
        IDENTITY.genesis_id,
        source,
        first.destination,
        first.first,
        first.crc,
        0,
        sum(output.events for output in outputs),
        body,
    )
    return MacSealer(IDENTITY.mac_key).seal(authenticated)


_sent = st.tuples(
    st.sampled_from(("alice", "bob")), st.lists(st.binary(max_size=300), min_size=1, max_size=9)
)
_back = st.tuples(st.just("back"), st.integers(0, 3), st.integers(1, 4))


@needs_native_engine
@settings(max_examples=60)
@given(st.lists(st.one_of(_sent, _back), max_size=40))
def test_the_native_machine_says_and_holds_what_the_reference_does(history: list[Any]) -> None:
    """Frames go to the book as they come; back come several in one, and some again."""
    course = Course(Engine.REFERENCE)
    signers = {"alice": course.signer, "bob": course.other}
    risk, book = ([passing(engine, name) for engine in Engine] for name in ("risk/0", "book/0"))
    back: list[Output] = []
    came = 0
    for who, *what in history:
        if who == "back":
            again, more = what
            some = back[max(came - again, 0) : came + more]
            came = min(came + more, len(back))
            if some:
                same(risk, in_one_frame("book/0", some))
            continue
        frame = signers[who].frame(what[0]).data
        to_book = same(risk, frame)
        assert same(risk, frame) == []  # it is known
        said = same(book, in_one_frame("risk/0", to_book))
        assert [output.destination for output in said] == ["orders/0", *COPIES]
        back.append(said[0])
