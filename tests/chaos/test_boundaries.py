"""What a boundary's failure stops: that boundary, visibly, and nothing else."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from actors.attach import call
from bulkhead.domain.messages.control import Tick
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import process_started
from bulkhead.log.open import open_log
from bulkhead.runtime.source import Source
from bulkhead.runtime.steps import Step
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import encode
from tests.support.running import RunningExchange, shards_by_name, trade, until

pytestmark = pytest.mark.chaos

CHANGES = {"boundaries": {"accounts-0": {"restarts": {"budget": 1, "within_s": 3600}}}}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("boundaries"), CHANGES) as running:
        yield running


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    until(f"process {pid} is gone", lambda: process_started(pid) is None)


def running_pid(shard: str, other_than: int = 0) -> int:
    """The process of a shard that runs, once it is another one than that."""

    def look() -> int | None:
        row = shards_by_name()[shard]
        found = row["state"] == "running" and row["pid"] != other_than
        return int(row["pid"]) if found else None

    return until(f"{shard} runs", look)


def test_a_boundary_that_has_spent_its_restarts_is_halted_visibly_and_the_others_trade_on(
    exchange: RunningExchange,
) -> None:
    with exchange.attached():
        first = running_pid("settlement/0")
        kill(first)
        kill(running_pid("settlement/0", other_than=first))
        until(
            "accounts-0 is halted", lambda: call("supervisor", "status")["boundaries"]["accounts-0"]["halted"]
        )
        until("all of accounts-0 is down", lambda: shards_by_name()["risk/0"]["state"] == "down")
    done = exchange.command("status", "--json")
    accounts = done.json["boundaries"]["accounts-0"]
    assert done.status == 1
    assert accounts["halted"].startswith("settlement/0 died")
    assert accounts["restarts"] == 1
    assert shards_down(done.json) == {"risk/0", "settlement/0"}
    one = exchange.command("status", "risk/0")
    assert (one.status, "there is no actor 'risk/0' now" in one.stderr) == (1, True)
    bought, sold = trade(exchange, "BTC-USD", "0.01", "100")
    assert bought.leaves == sold.leaves == 0

    # The supervisor dies: it finds the others as they were, and has not forgotten.
    with exchange.attached():
        before = {shard: row["pid"] for shard, row in shards_by_name().items() if row["state"] == "running"}
        supervisor = call("supervisor", "status")["pid"]
        kill(supervisor)
        for shard, pid in before.items():
            assert running_pid(shard) == pid
        status = call("supervisor", "status")
    assert status["pid"] != supervisor
    assert status["boundaries"]["accounts-0"] == accounts
    assert shards_down(status) == {"risk/0", "settlement/0"}


def test_a_shard_that_hangs_is_silent_and_told_with_the_step_that_it_is_in(exchange: RunningExchange) -> None:
    with exchange.attached():
        pid = running_pid("control/0")
        os.kill(pid, signal.SIGSTOP)
        try:
            until("control/0 is silent", lambda: shards_by_name()["control/0"]["state"] == "silent")
            step = shards_by_name()["control/0"]["step"]
            assert step in {f"{step.value} {step.name.lower()}" for step in Step}
            told = exchange.command("status").stdout
        finally:
            os.kill(pid, signal.SIGCONT)
        assert f"control/0 does not answer; its loop is in step {step}" in told
        assert running_pid("control/0") == pid


def shards_down(status: dict[str, list[dict[str, str]]]) -> set[str]:
    return {row["shard"] for row in status["shards"] if row["state"] == "down"}


def forge_a_gap(exchange: RunningExchange, partition: str) -> None:
    """A frame of risk/0 that its MAC proves, with a number far ahead: as if the log had lost some."""
    log = open_log(exchange.installation.log_address)
    try:
        identity = identity_of(exchange.installation)
        forged = Source(
            log, identity, "risk/0", partition, MacSealer(identity.mac_key), "test", last=1_000_000
        )
        forged.send([encode(Tick(1, 1))], time.time_ns() // 1000)
        forged.flush()
    finally:
        log.close()


def test_a_gap_in_an_internal_stream_halts_its_boundary_visibly_and_the_others_trade_on(
    exchange: RunningExchange,
) -> None:
    forge_a_gap(exchange, "books/1")
    with exchange.attached():
        until("eth is halted", lambda: call("supervisor", "status")["boundaries"]["eth"]["halted"])
        row = shards_by_name()["book/1"]
        assert row["state"] == "halted"
        assert process_started(row["pid"]) is not None
        assert call("book/1", "inspect")[0]["shard"] == "book/1"  # it still shows what it holds
    done = exchange.command("status", "--json")
    why = done.json["boundaries"]["eth"]["halted"]
    assert done.status == 1
    assert why.startswith("book/1 is FATAL: ")
    assert "risk/0" in why
    assert "1000001" in why
    bought, sold = trade(exchange, "BTC-USD", "0.01", "101")
    assert bought.leaves == sold.leaves == 0


def test_up_starts_what_it_can_and_says_which_boundary_stays_halted(exchange: RunningExchange) -> None:
    forge_a_gap(exchange, "books/2")
    exchange.down()
    done = exchange.command("up", "--no-dashboard")
    assert done.status == 1
    assert "Halted, while the rest trades: " in done.stderr
    assert "book/2 is FATAL: " in done.stderr
    status = exchange.status()
    assert status["boundaries"]["sol"]["halted"]
    # What had only spent its restarts is back: somebody has looked at it, and started it again.
    assert not status["boundaries"]["accounts-0"]["halted"]
    bought, sold = trade(exchange, "BTC-USD", "0.01", "102")
    assert bought.leaves == sold.leaves == 0
