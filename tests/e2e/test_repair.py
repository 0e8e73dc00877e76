"""A partition that has lost its end under a shard that is behind it: FATAL, and the way back."""

import itertools
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import apsw
import pytest

from bulkhead.client import connect
from bulkhead.domain.messages.orders import OrderEntered
from bulkhead.domain.messages.reports import OrderAccepted
from bulkhead.installation.founding import identity_of
from bulkhead.log.open import open_log
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import encode
from tests.support.running import RunningExchange, next_report, shards_by_name, until

_forgers = itertools.count()
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


def looks(exchange: RunningExchange) -> dict[str, Any]:
    found: dict[str, Any] = exchange.command("repair", "look", "book/0", "--json").json
    return found


def place(exchange: RunningExchange, count: int) -> None:
    with connect(exchange.connection, "alice") as alice:
        for _ in range(count):
            alice.place("alice.main", "BTC-USD", "buy", "0.1", "200")
            next_report(alice, OrderAccepted)


def test_lost_frames_are_derived_again_and_trading_goes_on(
    exchange: RunningExchange,
) -> None:
    place(exchange, 30)
    exchange.down()
    lose_the_last(exchange, 25)
    assert "book/0 is FATAL" in exchange.command("up").stderr
    resent = []
    while (found := looks(exchange))["stands"]:
        assert "resend" in found["ways"], found
        done = exchange.command("repair", "resend", "book/0", "--reason", "the disk was not synced")
        assert done.status == 0, done.stderr
        resent.append(found["source"])
    assert "clock/0" in resent
    with exchange.attached():
        until("book/0 goes on", lambda: shards_by_name()["book/0"]["state"] == "running")
    boundary = exchange.status()["boundaries"]["btc"]
    assert not boundary["halted"]
    place(exchange, 1)
    exchange.check_replay("book/0")


def forge(exchange: RunningExchange, *messages: Any) -> None:
    """As somebody who has the internal key: a frame that book/2 can't bear."""
    identity = identity_of(exchange.installation)
    name = f"risk/{7 + next(_forgers)}"
    with closing(open_log(exchange.installation.log_address)) as log:
        stream = Source(log, identity, name, "books/2", MacSealer(identity.mac_key), f"forger {name}")
        stream.send([encode(message) for message in messages], 0)
        stream.flush()
    with exchange.attached():
        until("book/2 is FATAL", lambda: shards_by_name()["book/2"]["state"] == "halted")


def goes_on(exchange: RunningExchange) -> None:
    with exchange.attached():
        until("book/2 goes on", lambda: shards_by_name()["book/2"]["state"] == "running")
    assert exchange.command("status").status == 0


def test_an_event_that_can_not_be_is_skipped_substituted_or_dropped_with_its_frame(
    exchange: RunningExchange,
) -> None:
    forge(exchange, OrderEntered(77))
    done = exchange.command("repair", "skip", "book/2", "--yes", "--reason", "forged")
    assert (done.status, "OrderEntered(order_id=77)" in done.stderr) == (0, True), done.stderr
    goes_on(exchange)

    forge(exchange, OrderEntered(78))
    found = exchange.command("repair", "look", "book/2", "--json").json
    assert found["event"] == {"type": "OrderEntered", "order_id": 78}
    file = exchange.folder / "event.json"
    file.write_text(json.dumps({"type": "SetPhase", "instrument_id": "SOL-USD", "phase": 1}))
    done = exchange.command("repair", "substitute", "book/2", file, "--yes", "--reason", "to trade it")
    assert done.status == 0, done.stderr
    goes_on(exchange)
    with connect(exchange.connection, "alice") as alice:
        alice.place("alice.main", "SOL-USD", "buy", "1", "20")
        next_report(alice, OrderAccepted)  # it was halted before

    forge(exchange, OrderEntered(79))
    refused = exchange.command("repair", "resend", "book/2", "--reason", "a slip")
    assert (refused.status, "does not help" in refused.stderr) == (1, True)
    done = exchange.command("repair", "drop", "book/2", "--yes", "--reason", "forged")
    assert done.status == 0, done.stderr
    goes_on(exchange)
    assert "frame_dropped" in exchange.command("dead-letters").stdout
    exchange.check_replay("book/2")


def test_what_is_not_wrong_can_not_be_repaired(exchange: RunningExchange) -> None:
    done = exchange.command("repair", "skip", "book/0", "--yes", "--reason", "to see")
    assert (done.status, "nothing to repair" in done.stderr) == (1, True)
    done = exchange.command("repair", "look", "book/9")
    assert (done.status, "no such shard" in done.stderr) == (1, True)
    done = exchange.command("repair", "look", "--json")
    assert done.status == 0
    assert {json.loads(line)["stands"] for line in done.stdout.splitlines()} == {False}
