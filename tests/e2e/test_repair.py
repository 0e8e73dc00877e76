"""A partition that has lost its end under a shard that is behind it: FATAL, and the way back."""

import json
import shutil
from collections.abc import Iterator

import apsw
import pytest

from tests.support.repair import derive_book_0_again, place, skip_substitute_and_drop
from tests.support.running import RunningExchange

CHANGES = {"snapshots": {"every_events": 5}}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("repair"), CHANGES) as running:
        yield running


def lose_the_last(exchange: RunningExchange, frames: int) -> None:
    """As a disk does that had not been synced: the newest frames of books/0, and the book's snapshots."""
    state = exchange.folder / ".bulkhead" / "dev"
    (segment,) = sorted((state / "log" / "books" / "0").glob("*.segment"))
    connection = apsw.Connection(str(segment))
    connection.execute("delete from f where off > (select max(off) from f) - ?", (frames,))
    connection.close()
    shutil.rmtree(state / "snapshots" / "book" / "0")


def test_lost_frames_are_derived_again_and_trading_goes_on(
    exchange: RunningExchange,
) -> None:
    place(exchange, 30)
    exchange.down()
    lose_the_last(exchange, 25)
    derive_book_0_again(exchange)


def test_a_partition_that_has_lost_everything_is_derived_again(exchange: RunningExchange) -> None:
    """The shard went on when it had been given the stream that it stood before, and missed the others."""
    exchange.down()
    lose_the_last(exchange, 1_000_000)
    derive_book_0_again(exchange)


def test_an_event_that_can_not_be_is_skipped_substituted_or_dropped_with_its_frame(
    exchange: RunningExchange,
) -> None:
    skip_substitute_and_drop(exchange)


def test_what_is_not_wrong_can_not_be_repaired(exchange: RunningExchange) -> None:
    done = exchange.command("repair", "skip", "book/0", "--yes", "--reason", "to see")
    assert (done.status, "nothing to repair" in done.stderr) == (1, True)
    done = exchange.command("repair", "look", "book/9")
    assert (done.status, "no such shard" in done.stderr) == (1, True)
    done = exchange.command("repair", "look", "--json")
    assert done.status == 0, done.stdout
    assert {json.loads(line)["stands"] for line in done.stdout.splitlines()} == {False}
