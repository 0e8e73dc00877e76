"""The rules change while an exchange trades, and back: nothing is lost, and every replay says the same."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from actors.audit import audit
from bulkhead.client import Client, connect
from bulkhead.domain.messages.reports import CancelRejected, OrderAccepted, OrderCanceled
from bulkhead.domain.reasons import Reason
from bulkhead.machines.engines import native_is_built
from tests.e2e.test_down_under_load import Seller
from tests.support.running import Done, RunningExchange, next_report, shards_by_name, until

STANDBY = {"replicas": "standby"}
CHANGES = {"boundaries": dict.fromkeys(("btc", "eth", "accounts-0", "accounts-1", "control"), STANDBY)}
BATCH = 200
"""orders between two looks at a command that runs: at least these are on their way meanwhile"""


@pytest.fixture(name="exchange", scope="module")
def _exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("upgrade"), CHANGES) as running:
        yield running


class Load:
    """Two participants who send orders all the while."""

    def __init__(self, exchange: RunningExchange, stack: ExitStack, batch: int = BATCH) -> None:
        self._exchange = exchange
        self._batch = batch
        self.sent = 0
        self.sellers = [
            Seller(stack.enter_context(connect(exchange.connection, name, window=100_000, timeout_s=240.0)))
            for name in ("flow0", "flow2")
        ]

    def send(self) -> None:
        for seller in self.sellers:
            seller.send(self._batch, self.sent)
            seller.heard()
        self.sent += self._batch

    def during(self, *arguments: str) -> Done:
        """A command, with orders on their way from before it to after it."""
        self.send()
        with ThreadPoolExecutor(1) as pool:
            command = pool.submit(self._exchange.command, *arguments)
            while not command.done():
                self.send()
        self.send()
        return command.result()

    def all_answered_once(self) -> None:
        for seller in self.sellers:
            until("all are answered", lambda seller=seller: seller.heard() == self.sent, 240.0)  # type: ignore[misc]
            assert set(seller.accepted.values()) == {1}


def rest(client: Client, name: str) -> None:
    client.place("alice.main", "ETH-USD", "buy", "0.5", "2000", client_order_id=name)
    next_report(client, OrderAccepted)


def cancel(client: Client, name: str) -> CancelRejected | OrderCanceled:
    client.cancel("alice.main", name)
    found: CancelRejected | OrderCanceled = next_report(client, (CancelRejected, OrderCanceled)).message
    return found


def kill_primary(exchange: RunningExchange, shard: str) -> None:
    """kill -9, and wait for another."""

    def primary() -> int:
        rows = [row for row in shards_by_name().values() if row["replica_of"] == shard]
        return next((int(row["pid"]) for row in rows if row["role"] == "primary"), 0)

    with exchange.attached():
        pid = until(f"{shard} has a primary", primary)
        os.kill(pid, signal.SIGKILL)
        until(f"{shard} has another primary", lambda: primary() not in (0, pid))


def version(exchange: RunningExchange) -> int:
    found = exchange.command("upgrade", "--json").json
    assert found["to"] is None
    return int(found["version"])


def test_a_rule_is_upgraded_under_load_and_back_and_the_whole_log_replays_to_equal_digests(
    exchange: RunningExchange, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        load = Load(exchange, stack)
        alice = stack.enter_context(connect(exchange.connection, "alice"))
        for name in ("first", "second", "third"):
            rest(alice, name)
        assert exchange.command("phase", "ETH-USD", "closed", "--reason", "the day is over").status == 0
        refused = cancel(alice, "first")
        assert isinstance(refused, CancelRejected)
        assert refused.reason is Reason.INSTRUMENT_HALTED

        done = load.during("upgrade", "--to", "2", "--reason", "cancels at night")
        assert (done.status, version(exchange)) == (0, 2), done.stderr
        told = [line.split()[0] for line in done.stderr.splitlines() if "has version 2" in line]
        assert [name.split("/")[0] for name in told] == sorted(
            (name.split("/")[0] for name in told), key=["settlement", "book", "risk"].index
        )
        assert isinstance(cancel(alice, "first"), OrderCanceled)
        kill_primary(exchange, "book/1")
        kill_primary(exchange, "risk/0")
        load.send()
        assert isinstance(cancel(alice, "second"), OrderCanceled)

        done = load.during("upgrade", "--undo", "--reason", "it was noisy")
        assert (done.status, version(exchange)) == (0, 1), done.stderr
        assert isinstance(cancel(alice, "third"), CancelRejected)
        load.all_answered_once()
    with exchange.attached():
        assert audit(exchange.installation).problems == []
        errors = [row["last_error"] for row in shards_by_name().values()]
        assert not any(errors), errors
    exchange.down()
    engines = ("native", "reference") if native_is_built() else ("reference",)
    replays = [exchange.command("replay", "--engine", engine) for engine in engines]
    assert {each.status for each in replays} == {0}, replays[0].stderr
    assert len({each.stdout for each in replays}) == 1
    exchange.up()


def test_who_changed_the_rules_and_why_is_in_the_log(exchange: RunningExchange) -> None:
    exchange.command("upgrade", "--to", "2", "--reason", "again")
    exchange.command("upgrade", "--undo", "--reason", "and back")
    lines = exchange.command("history", "--operators", "--json").stdout.splitlines()
    told = [line for line in lines if '"ChangeBehaviour"' in line]
    assert any('"again"' in line and '"taken"' in line for line in told)
    assert any('"and back"' in line and '"taken"' in line for line in told)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--to", "1"), "behaviour_same"),
        (("--to", "3"), "this build knows no version above 2"),
        (("--undo",), "there is no version before 1"),
        (("--to", "2", "--undo"), "not two of them"),
        (("--to", "2", "--build"), "not two of them"),
    ],
)
def test_what_cannot_be_is_refused_with_words_and_changes_nothing(
    exchange: RunningExchange, arguments: tuple[str, ...], words: str
) -> None:
    done = exchange.command("upgrade", *arguments, "--reason", "a test")
    assert done.status == 1
    assert words in done.stderr
    assert version(exchange) == 1


def test_a_process_that_is_not_there_to_be_asked_refuses_it(exchange: RunningExchange) -> None:
    exchange.down()
    done = exchange.command("upgrade", "--to", "2", "--reason", "a test")
    assert done.status == 1
    assert "does not run here" in done.stderr
    exchange.up()
    assert version(exchange) == 1
