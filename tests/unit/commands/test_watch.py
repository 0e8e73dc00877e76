"""`bulkhead watch` as a person and a program use it, on a log of files that real shards have written."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
from typer.testing import CliRunner

from bulkhead.client.connection import FILE_NAME, Connection
from bulkhead.domain.terms import Side
from bulkhead.log.open import open_log
from bulkhead.topology.derived import state_directory
from commands.watch import app
from tests.support.exchange import SHIPPED, MemoryExchange
from tests.support.running import DEADLINE_S
from tests.unit.commands.watching import exchange_in
from tests.unit.views.trading import place, trade_at_random

ROOT = Path(__file__).parents[3]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[tuple[MemoryExchange, Path]]:
    """A running exchange with a bid, an ask and one trade of BTC-USD; nobody has traded ETH-USD."""
    exchange, file = exchange_in(tmp_path)
    alice, carol = exchange.trader("alice"), exchange.trader("carol")
    alice.send(
        place("alice.main", "bid", Side.BUY, 30_000_00, 50_000_000),
        place("alice.main", "low", Side.BUY, 29_000_50, 100_000_000),
    )
    exchange.settle()
    carol.send(
        place("carol.main", "hit", Side.SELL, 30_000_00, 20_000_000),
        place("carol.main", "ask", Side.SELL, 30_010_05, 123_456_789),
    )
    exchange.settle()
    yield exchange, file
    exchange.log.close()


def run(file: Path, *arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments, "--topology", str(file)])


def test_once_as_json_gives_the_book_with_exact_decimals(started: tuple[MemoryExchange, Path]) -> None:
    result = run(started[1], "BTC-USD", "--once", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    answer = json.loads(result.stdout)
    assert [(level["price"], level["quantity"], level["orders"]) for level in answer["bids"]] == [
        ("30000.00", "0.30000000", 1),
        ("29000.50", "1.00000000", 1),
    ]
    assert answer["asks"] == [
        {
            "price": "30010.05",
            "quantity": "1.23456789",
            "orders": 1,
            "price_ticks": 30_010_05,
            "quantity_lots": 123_456_789,
        }
    ]
    (trade,) = answer["trades"]
    assert (trade["trade_id"], trade["price"], trade["quantity"], trade["aggressor_side"]) == (
        1,
        "30000.00",
        "0.20000000",
        "sell",
    )
    assert answer["counters"] == {
        "orders_added": 3,
        "orders_resting": 3,
        "trades": 1,
        "volume_lots": 20_000_000,
        "volume": "0.20000000",
    }
    assert (answer["exchange"], answer["instrument_id"], answer["phase"]) == ("dev", "BTC-USD", "continuous")
    assert answer["market_data"]["partition"] == "market_data/0"


def test_what_it_gives_is_what_the_book_has(tmp_path: Path) -> None:
    exchange, file = exchange_in(tmp_path)
    trade_at_random(exchange, 5, 300)
    for book, instrument_id in enumerate(("BTC-USD", "ETH-USD")):
        answer = json.loads(run(file, instrument_id, "--once", "--json", "--depth", "10000").stdout)
        truth = exchange.domain(f"book/{book}").partition.instruments[instrument_id].book
        for side in ("bids", "asks"):
            told = [(level["price_ticks"], level["quantity_lots"], level["orders"]) for level in answer[side]]
            levels = getattr(truth, side).depth()
            assert told == [(level.price_ticks, level.quantity_lots, level.orders) for level in levels]
    exchange.log.close()


def test_once_prints_the_asks_above_the_bids_in_the_order_of_their_prices(
    started: tuple[MemoryExchange, Path],
) -> None:
    result = run(started[1], "--once")
    assert (result.exit_code, result.stderr) == (0, "")
    text = result.stdout
    prices = ["30,010.05", "spread 10.05", "30,000.00    0.30000000", "29,000.50"]
    assert [text.find(price) for price in prices] == sorted(text.find(price) for price in prices)
    assert all(price in text for price in prices)
    assert "exchange dev" in text.splitlines()[0]


def test_depth_limits_the_levels_of_each_side(started: tuple[MemoryExchange, Path]) -> None:
    answer = json.loads(run(started[1], "--once", "--json", "--depth", "1").stdout)
    assert [level["price"] for level in answer["bids"]] == ["30000.00"]
    assert "29,000.50" not in run(started[1], "--once", "--depth", "1").stdout
    assert run(started[1], "--once", "--depth", "0").exit_code == 2


def test_an_instrument_that_nobody_has_traded_has_an_empty_book(
    started: tuple[MemoryExchange, Path],
) -> None:
    answer = json.loads(run(started[1], "SOL-USD", "--once", "--json").stdout)
    assert (answer["phase"], answer["bids"], answer["asks"], answer["trades"]) == ("halted", [], [], [])
    text = run(started[1], "SOL-USD", "--once").stdout
    assert "empty" in text
    assert "no trade yet" in text


def test_before_the_book_has_said_anything_the_phase_is_not_known(tmp_path: Path) -> None:
    exchange, file = exchange_in(tmp_path)
    connection_file = state_directory(exchange.topology, file) / FILE_NAME
    connection = Connection.load(connection_file)
    connection.model_copy(update={"genesis_id": "0" * 32}).write(connection_file)
    answer = json.loads(run(file, "--once", "--json").stdout)
    assert (answer["phase"], answer["bids"]) == (None, [])
    assert answer["market_data"]["frames_skipped"] > 0
    assert "not told yet" in run(file, "--once").stdout
    exchange.log.close()


def test_it_reads_an_exchange_that_has_been_stopped(started: tuple[MemoryExchange, Path]) -> None:
    started[0].log.close()
    assert len(json.loads(run(started[1], "--once", "--json").stdout)["bids"]) == 2


def test_an_exchange_that_was_never_started_is_said_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "topology.yaml"
    file.write_text(SHIPPED.read_text())
    result = run(file, "--once")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "exchange 'dev' was never started here" in result.stderr
    assert "bulkhead up" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["topology.yaml"]


def test_an_unknown_instrument_is_said_with_those_that_there_are(
    started: tuple[MemoryExchange, Path],
) -> None:
    result = run(started[1], "BTC-EUR", "--once")
    assert result.exit_code == 1
    assert "BTC-EUR" in result.stderr
    assert "BTC-USD, ETH-USD, SOL-USD" in result.stderr


def test_without_a_terminal_it_says_what_to_add(started: tuple[MemoryExchange, Path]) -> None:
    result = run(started[1])
    assert result.exit_code == 1
    assert "--once or --json" in result.stderr


COMMAND = [sys.executable, "-c", "from commands.watch import app; app()"]


@contextmanager
def killed_if_it_is_left(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Popen's own `with` waits for ever for what a test that has failed leaves running."""
    with process:
        try:
            yield
        finally:
            process.kill()  # nothing, if it has ended


def next_line(process: subprocess.Popen[bytes]) -> Any:
    """What the next line that it prints says; the test fails when none comes."""
    assert process.stdout is not None
    return json.loads(readable(process.stdout).readline())


def readable(source: IO[bytes]) -> IO[bytes]:
    """`source`, unbuffered, when there is something to read of it, or its end."""
    assert select.select([source], [], [], DEADLINE_S)[0], f"nothing came within {DEADLINE_S:g} s"
    return source


def test_as_json_it_prints_each_change_and_ends_with_ctrl_c(started: tuple[MemoryExchange, Path]) -> None:
    exchange, file = started
    arguments = ["ETH-USD", "--json", "--topology", str(file)]
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )
    with killed_if_it_is_left(process):
        assert next_line(process)["bids"] == []
        bob = exchange.trader("bob")
        bob.send(place("bob.main", "eth", Side.BUY, 2_000_00, 100_000_000, "ETH-USD"))
        exchange.settle()
        assert next_line(process)["bids"][0]["price"] == "2000.00"
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, output, errors) == (0, b"", b"")


def test_on_a_terminal_the_book_moves_and_ctrl_c_gives_the_terminal_back(
    started: tuple[MemoryExchange, Path],
) -> None:
    exchange, file = started
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        [*COMMAND, "--topology", str(file)],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"},
        start_new_session=True,
    )
    os.close(theirs)
    with killed_if_it_is_left(process), os.fdopen(ours, "rb", buffering=0) as terminal:
        screen = read_until(terminal, b"30,010.05")
        assert b"\x1b[?1049h" in screen
        bob = exchange.trader("bob")
        bob.send(place("bob.main", "better", Side.BUY, 30_005_25, 10_000_000))
        exchange.settle()
        read_until(terminal, b"30,005.25")
        process.send_signal(signal.SIGINT)
        read_until(terminal, b"\x1b[?1049l")
        assert process.wait(timeout=DEADLINE_S) == 0


def read_until(terminal: IO[bytes], wanted: bytes) -> bytes:
    """What the terminal shows up to `wanted`; the test fails when the process ends before, or is silent."""
    shown = b""
    while wanted not in shown:
        try:
            part = readable(terminal).read(4096)
        except OSError as error:  # Linux: nobody has the other end open any more
            raise AssertionError(f"it ended before {wanted!r} was seen: {shown!r}") from error
        assert part, f"it ended before {wanted!r} was seen: {shown!r}"
        shown += part
    return shown


def test_a_partition_that_lost_frames_ends_it_with_what_was_seen(
    started: tuple[MemoryExchange, Path], tmp_path: Path
) -> None:
    exchange, file = started
    frames = exchange.log.reader("market_data/0", "test").receive(1 << 30, 0.0)
    address = f"sqlite:{tmp_path}/torn"
    with closing(open_log(address)) as torn:
        torn.create_topic("market_data", 1)
        torn.create_topic("market_snapshots", 1)
        writer = torn.writer("market_data/0", "test")
        for number, record in enumerate(frames[1:], 1):
            writer.send(record.frame, number)
        while writer.pending():
            writer.poll(1.0)
    point_to(exchange, file, address)
    result = run(file, "--once")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "book/0" in result.stderr
    assert "2 came where 1 was expected" in result.stderr


def test_a_log_without_market_data_is_said_with_its_address(
    started: tuple[MemoryExchange, Path], tmp_path: Path
) -> None:
    exchange, file = started
    point_to(exchange, file, f"sqlite:{tmp_path}/empty")
    result = run(file, "--once")
    assert result.exit_code == 1
    assert "there is no topic 'market_data'" in result.stderr
    assert f"{tmp_path}/empty" in result.stderr


def point_to(exchange: MemoryExchange, file: Path, address: str) -> None:
    """Write the connection file anew, with another log."""
    connection_file = state_directory(exchange.topology, file) / FILE_NAME
    Connection.load(connection_file).model_copy(update={"log": address}).write(connection_file)
