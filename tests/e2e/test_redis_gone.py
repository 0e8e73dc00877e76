"""Redis is killed under an exchange that keeps its snapshots there, and comes back."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from actors.attach import call
from actors.audit import audit
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import process_started
from bulkhead.log.open import open_log
from bulkhead.machines.factory import make_reference
from bulkhead.redis_access.address import parse
from bulkhead.snapshots.open import open_snapshots
from bulkhead.views.reader import PageReader
from commands.replay import replay_shard
from tests.support.redis import RedisServer, running_redis
from tests.support.running import RunningExchange, shards_by_name, trade, until

pytestmark = pytest.mark.redis

VIEWS = ("view/0", "view/1")
EVERYBODY = ("risk/0", "risk/1", "book/0", "settlement/0", "settlement/1", "control/0", "clock/0")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with running_redis(tmp_path / "servers") as redis:
        yield redis


@pytest.fixture
def exchange(tmp_path: Path, redis: RedisServer) -> Iterator[RunningExchange]:
    snapshots = {
        "adapter": "redis",
        "directory": None,
        "url": redis.url,
        "password_file": redis.status.password_file,
        "every_events": 1000,
        "every_ticks": 5,
    }
    views = {"adapter": "redis", "url": redis.url, "password_file": redis.status.password_file}
    shards = {"views": [{"books": ["book/*"]}, {"accounts": ["risk/*"]}]}
    folder = tmp_path / "exchange"
    folder.mkdir()
    with RunningExchange(folder, {"snapshots": snapshots, "views": views, "shards": shards}) as running:
        yield running


def test_redis_gone_the_exchange_trades_on_says_so_recovers_from_the_log_and_keeps_snapshots_again(
    exchange: RunningExchange, redis: RedisServer
) -> None:
    trade(exchange, "BTC-USD", "0.01", "100")
    until(
        "the read side has it", lambda: last_price(exchange) == 100_00 and alices_bitcoins(exchange) == 10_01
    )
    with exchange.attached():
        until("everybody has a snapshot", lambda: all(kept(exchange, shard) for shard in EVERYBODY))
        redis.kill()
        trade(exchange, "BTC-USD", "0.01", "101")
        until("everybody says so", lambda: all("was not saved" in said(shard) for shard in EVERYBODY))
        until("the views say so", lambda: all("was not written" in said(view) for view in VIEWS))
    done = exchange.command("status")
    assert done.status == 0
    assert "book/0: snapshots: snapshot" in done.stdout

    with exchange.attached():
        killed = kill("book/0")
        until("book/0 is back", lambda: runs("book/0", other_than=killed))
        bought, sold = trade(exchange, "BTC-USD", "0.01", "102")
        assert bought.leaves == sold.leaves == 0
        assert_state_is_the_logs(exchange, "book/0")

        at = machine("book/0")["events"]
        redis.start_again()
        until("snapshots are kept again", lambda: kept(exchange, "book/0") > at)
        until("nobody says anything any more", lambda: not any(map(said, [*EVERYBODY, *VIEWS])))
        until("the read side has it", lambda: last_price(exchange) == 102_00)
        until("accounts too", lambda: alices_bitcoins(exchange) == 10_03)
        killed = kill("book/0")
        until("book/0 is back", lambda: runs("book/0", other_than=killed))
        restored = machine("book/0")
        assert restored["events"] - restored["frames"] > at
        trade(exchange, "BTC-USD", "0.01", "103")
        assert audit(exchange.installation).problems == []
    exchange.down()
    logs = exchange.installation.logs_kept.rglob("worker-*.out")
    assert any("reads the whole log" in log.read_text() for log in logs)
    assert_nobody_has_written_the_password_down(exchange, redis)


def last_price(exchange: RunningExchange) -> int:
    """Of BTC-USD, in ticks, as Redis has it."""
    with pages(exchange) as reader:
        page = reader.l1("BTC-USD")
    return int(page["last_trade"]["price_ticks"]) if page and page["last_trade"] else 0


def alices_bitcoins(exchange: RunningExchange) -> int:
    """In hundredths, as Redis has it."""
    with pages(exchange) as reader:
        page = reader.account("alice.main")
    return int(page["balances"]["BTC"]["total"]) // 1_000_000 if page else 0


def pages(exchange: RunningExchange) -> PageReader:
    parsed = parse(exchange.installation.views_address)
    assert parsed is not None
    return PageReader(parsed[0])


def machine(shard: str) -> dict[str, Any]:
    found: dict[str, Any] = call(shard, "status")["machines"][0]
    return found


def said(shard: str) -> str:
    return str(shards_by_name()[shard]["last_error"])


def kept(exchange: RunningExchange, shard: str) -> int:
    """How many inputs its newest snapshot covers; 0: it has none."""
    with closing(open_snapshots(exchange.installation.snapshots_address)) as store:
        newest = store.newest(shard)
        return 0 if newest is None else newest.inputs


def kill(shard: str) -> int:
    pid = int(shards_by_name()[shard]["pid"])
    os.kill(pid, signal.SIGKILL)
    until(f"process {pid} is gone", lambda: process_started(pid) is None)
    return pid


def runs(shard: str, other_than: int) -> bool:
    row = shards_by_name()[shard]
    return bool(row["state"] == "running" and row["pid"] != other_than)


def assert_state_is_the_logs(exchange: RunningExchange, shard: str) -> None:
    found = call(shard, "inspect")[0]
    log = open_log(exchange.installation.log_address)
    try:
        identity = identity_of(exchange.installation)
        again = replay_shard(log, identity, make_reference(shard), bytes.fromhex(found["position"]))
    finally:
        log.close()
    assert again["digest"] == found["digest"]


def assert_nobody_has_written_the_password_down(exchange: RunningExchange, redis: RedisServer) -> None:
    password = Path(redis.status.password_file).read_bytes()
    files = [path for path in exchange.folder.rglob("*") if path.is_file()]
    assert exchange.installation.logs_kept in {parent for path in files for parent in path.parents}
    assert [path for path in files if password in path.read_bytes()] == []
