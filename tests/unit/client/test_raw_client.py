"""examples/raw_client.py, as its own process, on the embedded log."""

import ast
import json
import subprocess
import sys
from pathlib import Path

from tests.unit.client.conftest import Running, exchange_on_files

EXAMPLE = Path(__file__).parents[3] / "examples" / "raw_client.py"


def run(*arguments: str | Path) -> tuple[int, list[dict[str, object]], str]:
    done = subprocess.run(
        [sys.executable, "-I", EXAMPLE, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_a_stranger_places_an_order_and_cancels_it_with_the_documented_bytes_alone(tmp_path: Path) -> None:
    exchange, connection = exchange_on_files(tmp_path)
    with Running(exchange):
        status, reports, errors = run(
            connection, "--participant", "bob", "--quantity", "0.5", "--price", "100.25"
        )
    assert (status, errors) == (0, "")
    assert [report["report"] for report in reports] == ["SessionOpened", "OrderAccepted", "OrderCanceled"]
    assert reports[-1]["quantity_lots"] == 50_000_000
    exchange.log.close()


def test_a_stranger_is_told_why_its_order_is_refused(tmp_path: Path) -> None:
    exchange, connection = exchange_on_files(tmp_path)
    with Running(exchange):
        status, reports, _ = run(connection, "--instrument", "SOL-USD")
    assert status == 1
    assert (reports[-1]["report"], reports[-1]["reason"]) == ("OrderRejected", 21)
    exchange.log.close()


def test_a_stranger_is_told_when_nobody_answers(tmp_path: Path) -> None:
    exchange, connection = exchange_on_files(tmp_path)
    status, reports, errors = run(connection, "--timeout", "0.1")
    assert (status, reports) == (2, [])
    assert "is the exchange up?" in errors
    exchange.log.close()


def test_a_stranger_who_names_nobody_is_told_who_there_is(tmp_path: Path) -> None:
    exchange, connection = exchange_on_files(tmp_path)
    status, reports, errors = run(connection, "--participant", "nobody")
    assert (status, reports) == (2, [])
    assert "the exchange has no participant nobody; it has alice, bob, carol" in errors
    exchange.log.close()


def test_the_example_imports_nothing_of_ours() -> None:
    tree = ast.parse(EXAMPLE.read_text())
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        )
    }
    assert imported - sys.stdlib_module_names == {"apsw", "cryptography", "msgpack"}
