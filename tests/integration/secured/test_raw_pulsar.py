"""examples/raw_pulsar.py over TLS, with a Python that has three packages and none of ours."""

import json
from pathlib import Path

import pytest

from tests.support.running import ROOT
from tests.support.secured import SecuredExchange
from tests.support.stranger import Stranger

pytestmark = pytest.mark.pulsar

NEEDED = ("pulsar", "_pulsar", "certifi", "cryptography", "_cffi_backend", "msgpack")
"""What docs/wire.md names, and what those are built on."""


def test_a_stranger_trades_with_its_token_the_documented_bytes_and_three_packages(
    secured: SecuredExchange, tmp_path: Path
) -> None:
    options = ["--participant", "carol", "--price", "150.5", "--quantity", "0.25", "--timeout", "60"]
    stranger, example = Stranger(tmp_path, NEEDED), ROOT / "examples" / "raw_pulsar.py"
    connection = secured.installation.connection_path
    done = secured.while_running(lambda: stranger.run(example, connection, *options))
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    mine = [report for report in reports if report["report"] in ("OrderAccepted", "OrderCanceled")]
    assert [report["report"] for report in mine] == ["OrderAccepted", "OrderCanceled"]
    assert mine[1]["quantity_lots"] == 25_000_000
