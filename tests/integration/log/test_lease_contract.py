"""What the lease of every log adapter does: the newest to take it has it, and the one before finds out."""

import contextlib
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkhead.errors import FatalError, Superseded
from bulkhead.log.port import HOLDER_CHARACTERS_MAX, RECORD_BYTES_MAX, Holding, Lease, Log
from tests.integration.log.adapters import Adapter
from tests.support.running import until

RISK = "leases.risk/1"


@pytest.fixture
def log(adapter: Adapter, tmp_path: Path) -> Iterator[Log]:
    log = adapter.open(tmp_path / "log")
    log.create_topic("leases.risk", 2)
    yield log
    log.close()


def superseded(lease: Lease) -> str:
    """What a lease is told that another has taken, once word of it has come."""

    def look() -> str | None:
        try:
            lease.check()
        except Superseded as news:
            return str(news)
        return None

    return until("it is superseded", look)


def seen(watcher: Lease, record: bytes, holder: Lease) -> Holding:
    """What a watcher sees once a record has come; its holder goes on looking meanwhile, as a loop does."""

    def look() -> Holding | None:
        holder.check()
        found = watcher.holding()
        return found if found is not None and found.record == record else None

    return until(f"record {record!r}", look)


def test_whoever_takes_it_has_it_until_another_does_and_the_one_before_is_told_by_whom(log: Log) -> None:
    old, new = log.lease(RISK, "pid 1 on a"), log.lease(RISK, "pid 2 on a")
    assert old.holding() is None
    old.take()
    for _ in range(3):
        old.check()
    new.take()
    assert superseded(old) == f"pid 2 on a has taken {RISK} from pid 1 on a, which sends nothing more"
    for _ in range(3):
        new.check()
    with pytest.raises(Superseded):
        old.check()


def test_a_lease_that_is_prepared_is_not_taken(log: Log) -> None:
    old, new = log.lease(RISK, "old"), log.lease(RISK, "new")
    old.take()
    until("it is prepared", new.prepare)
    assert new.holding() == Holding("old", b"")
    old.check()
    new.take()
    superseded(old)


def test_a_superseded_holder_can_take_it_back(log: Log) -> None:
    old, new = log.lease(RISK, "old"), log.lease(RISK, "new")
    old.take()
    new.take()
    superseded(old)
    old.take()
    old.check()
    assert "old has taken" in superseded(new)


def test_two_that_call_themselves_the_same_are_two(log: Log) -> None:
    old, new = log.lease(RISK, "twin"), log.lease(RISK, "twin")
    old.take()
    new.take()
    assert superseded(old) == f"a newer process has taken {RISK} from twin, which sends nothing more"
    new.check()


def test_taking_what_one_holds_already_changes_nothing(log: Log) -> None:
    lease = log.lease(RISK, "a")
    lease.take()
    lease.take()
    lease.check()
    assert lease.holding() == Holding("a", b"")


def test_leases_of_other_partitions_are_others(log: Log) -> None:
    one, other = log.lease("leases.risk/0", "a"), log.lease(RISK, "a")
    one.take()
    assert other.holding() is None
    other.take()
    one.check()
    other.check()


def test_what_a_holder_publishes_is_seen_by_those_who_hold_nothing(log: Log) -> None:
    lease, watcher = log.lease(RISK, "a"), log.lease(RISK, "watcher")
    lease.take()
    assert watcher.holding() == Holding("a", b"")
    for record in (b"\0\1", b"", bytes(RECORD_BYTES_MAX), b"last"):
        lease.publish(record)
        assert seen(watcher, record, lease) == Holding("a", record)


def test_of_many_records_at_once_the_last_arrives(log: Log) -> None:
    lease, watcher = log.lease(RISK, "a"), log.lease(RISK, "watcher")
    lease.take()
    for number in range(200):
        lease.publish(b"%d" % number)
    seen(watcher, b"199", lease)


def test_what_a_superseded_holder_publishes_nobody_sees(log: Log) -> None:
    old, new = log.lease(RISK, "old"), log.lease(RISK, "new")
    old.take()
    new.take()
    new.publish(b"new")
    with contextlib.suppress(Superseded):
        old.publish(b"old")
    superseded(old)
    with pytest.raises(Superseded):
        old.publish(b"old")
    assert seen(old, b"new", new) == Holding("new", b"new")
    new.publish(b"newer")
    assert seen(log.lease(RISK, "watcher"), b"newer", new) == Holding("new", b"newer")


def test_a_taker_begins_without_a_record(log: Log) -> None:
    old, new = log.lease(RISK, "old"), log.lease(RISK, "new")
    old.take()
    old.publish(b"here")
    seen(new, b"here", old)
    new.take()
    assert new.holding() == Holding("new", b"")


def test_a_lease_outlives_its_holder_and_the_log_that_it_was_made_with(
    adapter: Adapter, log: Log, tmp_path: Path
) -> None:
    lease = log.lease(RISK, "a")
    lease.take()
    lease.publish(b"here")
    seen(lease, b"here", lease)
    log.close()
    with contextlib.closing(adapter.open(tmp_path / "log")) as again:
        assert again.lease(RISK, "b").holding() == Holding("a", b"here")


@pytest.mark.parametrize("closed", [False, True])
def test_one_that_was_never_taken_or_is_closed_says_so(log: Log, closed: bool) -> None:
    lease = log.lease(RISK, "a")
    if closed:
        lease.take()
        lease.close()
        lease.close()
    with pytest.raises(FatalError, match=r"leases.risk/1.*take it before"):
        lease.check()


def test_what_can_not_be_a_lease_is_refused(log: Log) -> None:
    log.create_topic("orders", 1)
    with pytest.raises(ValueError, match=r"orders/0.*leases\."):
        log.lease("orders/0", "a")
    with pytest.raises(FatalError, match=r"leases\.risk/2"):
        log.lease("leases.risk/2", "a")
    for holder in ("", "two\nlines", "ä", "x" * (HOLDER_CHARACTERS_MAX + 1)):
        with pytest.raises(ValueError, match="name it by"):
            log.lease(RISK, holder)
    lease = log.lease(RISK, "a" * HOLDER_CHARACTERS_MAX)
    lease.take()
    with pytest.raises(ValueError, match="at most 256 bytes"):
        lease.publish(bytes(RECORD_BYTES_MAX + 1))
    lease.publish(bytes(RECORD_BYTES_MAX))


def test_of_those_that_take_it_at_once_one_has_it_and_every_other_is_told(
    adapter: Adapter, log: Log, tmp_path: Path
) -> None:
    with contextlib.ExitStack() as stack:
        logs = [stack.enter_context(contextlib.closing(adapter.open(tmp_path / "log"))) for _ in range(4)]
        leases = [each.lease(RISK, f"pid {number}") for number, each in enumerate(logs)]
        threads = [threading.Thread(target=lease.take) for lease in leases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        holding = log.lease(RISK, "watcher").holding()
        assert holding is not None
        for number, lease in enumerate(leases):
            if holding.holder == f"pid {number}":
                lease.check()
            else:
                assert holding.holder in superseded(lease)


@pytest.mark.parametrize("seed", range(3))
def test_after_any_history_the_last_to_take_it_has_it_with_its_last_record(log: Log, seed: int) -> None:
    chance = random.Random(seed)
    leases = [log.lease(RISK, f"pid {number}") for number in range(3)]
    taken: set[int] = set()
    model = Holding("", b"")
    for step in range(40):
        number = chance.randrange(3)
        lease, name = leases[number], f"pid {number}"
        if number not in taken or chance.random() < 0.3:
            lease.take()
            taken.add(number)
            model = Holding(name, b"")
        elif model.holder == name:
            record = b"%d" % step
            lease.publish(record)
            model = Holding(name, record)
        else:
            assert superseded(lease).startswith(model.holder)
            with pytest.raises(Superseded):
                lease.publish(b"nobody reads this")
    holder = next(lease for number, lease in enumerate(leases) if model.holder == f"pid {number}")
    assert seen(log.lease(RISK, "watcher"), model.record, holder) == model
