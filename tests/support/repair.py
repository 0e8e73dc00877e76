"""An operator's ways back from FATAL, the same on every log."""

import itertools
import json
import os
import signal
from contextlib import closing
from typing import Any

from bulkhead.client import Client, connect
from bulkhead.domain.messages.orders import OrderEntered
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderRejected
from bulkhead.domain.reasons import Reason
from bulkhead.installation.founding import identity_of
from bulkhead.log.open import open_log
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import encode
from tests.support.running import RunningExchange, next_report, shards_by_name, until

_forgers = itertools.count()


def looks(exchange: RunningExchange, shard: str) -> dict[str, Any]:
    found: dict[str, Any] = exchange.command("repair", "look", shard, "--json").json
    return found


def goes_on(exchange: RunningExchange, shard: str) -> None:
    """Its boundary with it."""
    with exchange.attached():
        until(f"{shard} goes on", lambda: shards_by_name()[shard]["state"] == "running")
        boundary = shards_by_name()[shard]["boundary"]
    assert not exchange.status()["boundaries"][boundary]["halted"]


def place(exchange: RunningExchange, count: int) -> None:
    """So many orders of alice, one after another is answered."""
    with connect(exchange.connection, "alice") as alice:
        for _ in range(count):
            alice.place("alice.main", "BTC-USD", "buy", "0.1", "200")
            next_report(alice, OrderAccepted)


def resend_what_is_lost(exchange: RunningExchange, shard: str) -> list[str]:
    """Until the shard can go on. The sources of the streams that were broken."""
    resent = []
    while (found := looks(exchange, shard))["stands"]:
        assert "resend" in found["ways"], found
        done = exchange.command("repair", "resend", shard, "--reason", "the disk was not synced")
        assert done.status == 0, done.stderr
        resent.append(found["source"])
        assert len(resent) < 20, f"it is given the same again and again: {resent}"
    return resent


def _forge(exchange: RunningExchange, *messages: Any) -> None:
    """As somebody who has the internal key: a frame that book/2 can't bear."""
    identity = identity_of(exchange.installation)
    name = f"risk/{7 + next(_forgers)}"
    with closing(open_log(exchange.installation.log_address)) as log:
        stream = Source(log, identity, name, "books/2", MacSealer(identity.mac_key), f"forger {name}")
        stream.send([encode(message) for message in messages], 0)
        stream.flush()
    with exchange.attached():
        until("book/2 is FATAL", lambda: shards_by_name()["book/2"]["state"] == "halted")


def skip_substitute_and_drop(exchange: RunningExchange) -> None:
    """book/2 is given what it can't bear, three times, and is helped in three ways."""
    _forge(exchange, OrderEntered(77))
    done = exchange.command("repair", "skip", "book/2", "--yes", "--reason", "forged")
    assert (done.status, "OrderEntered(order_id=77)" in done.stderr) == (0, True), done.stderr
    goes_on(exchange, "book/2")

    _forge(exchange, OrderEntered(78))
    assert looks(exchange, "book/2")["event"] == {"type": "OrderEntered", "order_id": 78}
    file = exchange.folder / "event.json"
    file.write_text(json.dumps({"type": "SetPhase", "instrument_id": "SOL-USD", "phase": 1}))
    done = exchange.command("repair", "substitute", "book/2", file, "--yes", "--reason", "to trade it")
    assert done.status == 0, done.stderr
    goes_on(exchange, "book/2")
    with connect(exchange.connection, "alice") as alice:
        alice.place("alice.main", "SOL-USD", "buy", "1", "20")
        next_report(alice, OrderAccepted)  # it was halted before

    _forge(exchange, OrderEntered(79))
    refused = exchange.command("repair", "resend", "book/2", "--reason", "a slip")
    assert (refused.status, "does not help" in refused.stderr) == (1, True)
    done = exchange.command("repair", "drop", "book/2", "--yes", "--reason", "forged")
    assert done.status == 0, done.stderr
    goes_on(exchange, "book/2")
    assert "frame_dropped" in exchange.command("dead-letters").stdout
    exchange.check_replay("book/2")


def buy(client: Client, instrument_id: str, quantity: str, price: str) -> Any:
    """The answer."""
    client.place("alice.main", instrument_id, "buy", quantity, price)
    return next_report(client, (OrderAccepted, OrderRejected)).message


def _end_for_good(exchange: RunningExchange, shard: str) -> None:
    """Kill it: its boundary has no restart to spend."""
    with exchange.attached():
        os.kill(shards_by_name()[shard]["pid"], signal.SIGKILL)
        until(f"{shard} stays down", lambda: shards_by_name()[shard]["state"] == "down")


def lose_and_release_a_book(exchange: RunningExchange) -> str:
    """book/1, whose boundary must have no restarts: what it holds is given back, and used elsewhere. What the
    command told.
    """
    with connect(exchange.connection, "alice") as alice:
        for _ in range(2):
            assert isinstance(buy(alice, "ETH-USD", "1000", "400"), OrderAccepted)
        assert buy(alice, "BTC-USD", "1", "300000").reason is Reason.BALANCE
        _end_for_good(exchange, "book/1")
        alice.place("alice.main", "ETH-USD", "buy", "1", "400")  # waits for the book, as it did before

        done = exchange.command("repair", "release-orders", "ETH-USD", "--yes", "--reason", "lost")
        assert done.status == 0, done.stderr
        assert "its orders end: 3, of participants: 1" in done.stderr
        ends = [next_report(alice, OrderCanceled).message for _ in range(3)]
        assert {report.reason for report in ends} == {Reason.BOOK_LOST}
        assert alice.unanswered == 0
        assert isinstance(buy(alice, "BTC-USD", "1", "300000"), OrderAccepted)
        assert buy(alice, "ETH-USD", "1", "400").reason is Reason.INSTRUMENT_HALTED
    return done.stderr


def derive_book_0_again(exchange: RunningExchange) -> None:
    """Start the exchange, whose book/0 has lost frames, and give them to it again; then it trades."""
    assert "book/0 is FATAL" in exchange.command("up", "--no-dashboard").stderr
    assert "clock/0" in resend_what_is_lost(exchange, "book/0")
    goes_on(exchange, "book/0")
    place(exchange, 1)
    exchange.check_replay("book/0")
