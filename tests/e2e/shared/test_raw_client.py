"""examples/raw_client.py at an exchange that runs, with a Python that has three packages and none of ours."""

import json
from pathlib import Path

from tests.support.running import ROOT, RunningExchange
from tests.support.stranger import Stranger

NEEDED = ("apsw", "cryptography", "_cffi_backend", "msgpack")
"""What docs/wire.md names, and what cryptography itself is built on."""


def test_a_stranger_trades_with_three_packages_and_the_documented_bytes_alone(
    exchange: RunningExchange, tmp_path: Path
) -> None:
    options = ["--participant", "carol", "--price", "150.5", "--quantity", "0.25"]
    done = Stranger(tmp_path, NEEDED).run(ROOT / "examples" / "raw_client.py", exchange.connection, *options)
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    mine = [report for report in reports if report["report"] in ("OrderAccepted", "OrderCanceled")]
    assert [report["report"] for report in mine] == ["OrderAccepted", "OrderCanceled"]
    assert mine[1]["quantity_lots"] == 25_000_000
