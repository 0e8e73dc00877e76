"""One missing, one doubled, two swapped: of orders, reports, fills, ledger entries, on every kind of log."""

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from bulkhead.errors import TemporaryError
from bulkhead.log.open import open_log
from bulkhead.log.port import Writer
from bulkhead.log.pulsar.address import parse
from bulkhead.log.pulsar.admin import PulsarAdmin
from bulkhead.log.pulsar.credentials import Credentials
from chaos.checker.check import check
from chaos.checker.findings import Findings
from chaos.checker.messages import decode
from chaos.checker.sources import NoLog, Source, open_source
from chaos.checker.sqlite_log import SqliteSource
from tests.chaos.checker.editing import RecordedRun
from tests.support.pulsar import Broker
from tests.support.running import until

Events = list[bytes]
Change = Callable[[Events], None]
Stream = tuple[str, str]
"""partition and source"""

ORDERS = ("books/0", "risk/0")
REPORTS = ("reports.carol/0", "risk/0")


def ledger(run: RecordedRun) -> Stream:
    """A stream of legs to be settled."""
    streams = [(f"settlement/{number}", "book/0") for number in range(2)]
    return next(stream for stream in streams if places(run, stream, "SettleLeg"))


def places(run: RecordedRun, stream: Stream, name: str) -> list[int]:
    return [place for place, event in enumerate(run.events(*stream)) if is_called(event, name)]


def is_called(event: bytes, name: str) -> bool:
    return type(decode(event)).__name__ == name


def accepted(run: RecordedRun) -> list[int]:
    """Where orders that were accepted enter the book."""
    reports = map(decode, run.events(*REPORTS))
    ids = {report.order_id for report in reports if type(report).__name__ == "OrderAccepted"}
    events = run.events(*ORDERS)
    return [place for place in places(run, ORDERS, "EnterOrder") if decode(events[place]).order_id in ids]


def differing(run: RecordedRun, stream: Stream, name: str) -> list[int]:
    """Places of two neighbours called so that tell of different trades."""
    events = run.events(*stream)
    return [
        place
        for place in range(len(events) - 1)
        if all(is_called(event, name) for event in events[place : place + 2])
        and decode(events[place]).trade_id != decode(events[place + 1]).trade_id
    ]


def missing(place: int) -> Change:
    return lambda events: events.__delitem__(place)


def doubled(place: int) -> Change:
    return lambda events: events.insert(place, events[place])


def swapped(place: int) -> Change:
    def change(events: Events) -> None:
        events[place], events[place + 1] = events[place + 1], events[place]

    return change


def neighbours(found: list[int]) -> int:
    return next(place for place in found if place + 1 in found)


def accepted_then_told_of(run: RecordedRun) -> int:
    """The acceptance of an order of which the next report tells more."""
    reports: list[Any] = [decode(event) for event in run.events(*REPORTS)]
    return next(
        place
        for place in places(run, REPORTS, "OrderAccepted")
        if getattr(reports[place + 1], "order_id", None) == reports[place].order_id
    )


def told(of: Callable[[RecordedRun], tuple[Stream, Change]]) -> Callable[[RecordedRun], None]:
    """The log tells it so."""

    def spoil(run: RecordedRun) -> None:
        stream, change = of(run)
        run.retell(*stream, change)

    return spoil


SPOILED: dict[tuple[str, str], Callable[[RecordedRun], None]] = {
    ("orders", "lost"): told(lambda run: (ORDERS, missing(accepted(run)[5]))),
    ("orders", "doubled"): told(lambda run: (ORDERS, doubled(accepted(run)[5]))),
    ("orders", "misordered"): told(lambda run: (ORDERS, swapped(neighbours(accepted(run))))),
    # In the log, and not with the participant. One that nobody ever told is an order without an answer.
    ("reports", "lost"): lambda run: run.edit_lines(
        run.received("carol"), lambda lines: lines.__delitem__(20)
    ),
    ("reports", "doubled"): told(lambda run: (REPORTS, doubled(places(run, REPORTS, "OrderAccepted")[5]))),
    ("reports", "misordered"): told(lambda run: (REPORTS, swapped(accepted_then_told_of(run)))),
    ("fills", "lost"): told(lambda run: (REPORTS, missing(places(run, REPORTS, "OrderFilled")[5]))),
    ("fills", "doubled"): told(lambda run: (REPORTS, doubled(places(run, REPORTS, "OrderFilled")[5]))),
    ("fills", "misordered"): told(lambda run: (REPORTS, swapped(differing(run, REPORTS, "OrderFilled")[0]))),
    ("ledger", "lost"): told(lambda run: (ledger(run), missing(places(run, ledger(run), "SettleLeg")[5]))),
    ("ledger", "doubled"): told(lambda run: (ledger(run), doubled(places(run, ledger(run), "SettleLeg")[5]))),
    ("ledger", "misordered"): told(
        lambda run: (ledger(run), swapped(differing(run, ledger(run), "SettleLeg")[0]))
    ),
}
"""by subject and fault: what is done to a good run"""


@pytest.fixture(params=["sqlite", pytest.param("pulsar", marks=pytest.mark.pulsar)])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[RecordedRun], Source]:
    """The log of a recorded run, on files or copied to a broker."""
    if request.param == "sqlite":
        return lambda run: SqliteSource(run.folder / "log")
    broker: Broker = request.getfixturevalue("pulsar_broker")
    address = broker.address(f"checker-{tmp_path.name[-40:]}")
    return lambda run: copied(SqliteSource(run.folder / "log"), address)


def written(writer: Writer) -> None:
    """Return when the log has everything."""

    def taken() -> bool:
        with suppress(TemporaryError):  # a busy broker: the same is tried again
            writer.poll(1.0)
        return not writer.pending()

    until("the log has taken all frames", taken)


def copied(source: SqliteSource, address: str) -> Source:
    with closing(open_log(address)) as log:
        partitions = source.partitions()
        for topic in sorted({partition.partition("/")[0] for partition in partitions}):
            log.create_topic(topic, sum(partition.startswith(f"{topic}/") for partition in partitions))
        for partition in partitions:
            writer = log.writer(partition, "copy")
            for offset, frame in source.frames(partition):
                writer.send(frame, offset)
            written(writer)
    return open_source(address)


def judged(run: RecordedRun, source: Source) -> Findings:
    with closing(source):
        return check(
            source, run.facts["exchange_id"], bytes.fromhex(run.facts["genesis_id"]), run.key, run.evidence
        )


def test_a_good_run_is_good_wherever_its_log_is(
    run: RecordedRun, source: Callable[[RecordedRun], Source]
) -> None:
    found = judged(run, source(run)).summary()
    assert found["problems"] == []
    assert [found[name] for name in ("lost", "doubled", "misordered", "contradicted")] == [0, 0, 0, 0]
    assert found["frames"] == judged(run, SqliteSource(run.folder / "log")).summary()["frames"] > 1000


@pytest.mark.parametrize(("subject", "fault"), SPOILED, ids=map("-".join, SPOILED))
def test_one_fault_is_found_as_what_it_is(
    run: RecordedRun, source: Callable[[RecordedRun], Source], subject: str, fault: str
) -> None:
    SPOILED[subject, fault](run)
    found = judged(run, source(run))
    assert getattr(found.subjects()[subject], fault) > 0, found.summary()["problems"]


def test_a_log_that_is_not_there_is_nothing_to_judge(tmp_path: Path) -> None:
    with pytest.raises(NoLog, match="is the log elsewhere"):
        open_source(f"sqlite:{tmp_path}/nowhere?durability=normal").partitions()
    with pytest.raises(NoLog, match="a kind that this checker can't read"):
        open_source("memory:here")


@pytest.mark.pulsar
def test_a_topic_on_pulsar_is_read_whole_over_ledgers_with_a_dense_offset(
    pulsar_broker: Broker, tmp_path: Path
) -> None:
    address = pulsar_broker.address("checker-ledgers")
    sent = [bytes([number]) * 100 for number in range(1, 31)]
    parts = parse(address)
    assert parts is not None
    with closing(open_log(address)) as log, closing(PulsarAdmin(parts, Credentials(parts))) as admin:
        log.create_topic("orders", 2)
        writer = log.writer("orders/1", "test")
        for number, frame in enumerate(sent, 1):
            writer.send(frame, number)
            written(writer)
            if number % 10 == 0:
                admin.unload("orders-partition-1")  # another ledger begins
    with closing(open_source(address)) as source:
        assert source.partitions() == ["orders/0", "orders/1"]
        assert list(source.frames("orders/0")) == []
        assert list(source.frames("orders/1")) == list(enumerate(sent, 1))


@pytest.mark.pulsar
def test_a_broker_that_is_away_is_nothing_to_judge(pulsar_broker: Broker) -> None:
    nobody = pulsar_broker.address("away").replace(pulsar_broker.status.admin_url, "http://127.0.0.1:1")
    with closing(open_source(nobody)) as source, pytest.raises(NoLog, match="is the broker up"):
        source.partitions()
