"""examples/raw_client.py at an exchange that runs, with a Python that has three packages and none of ours."""

import importlib.util
import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support.running import COMMAND_TIMEOUT_S, ROOT, RunningExchange, environment

NEEDED = ("apsw", "cryptography", "_cffi_backend", "msgpack")
"""What docs/wire.md names, and what cryptography itself is built on."""
NONE_OF_OURS = """
import importlib.util, sys
if any(map(importlib.util.find_spec, ("bulkhead", "msgspec", "pydantic", "actors"))):
    sys.exit("this interpreter has more than the three packages")
"""


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter in an environment of its own; the packages are those that the tests run with."""
    folder = tmp_path_factory.mktemp("stranger")
    venv.create(folder, with_pip=False)
    site = next(folder.glob("lib/python*/site-packages"))
    for name in NEEDED:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        origin = origin.parent if origin.name.startswith("__init__.") else origin
        (site / origin.name).symlink_to(origin)
    return folder / "bin" / Path(sys.executable).name


def test_a_stranger_trades_with_three_packages_and_the_documented_bytes_alone(
    exchange: RunningExchange, stranger: Path
) -> None:
    program = stranger.parent / "raw_client.py"
    program.write_text(NONE_OF_OURS + (ROOT / "examples" / "raw_client.py").read_text())
    options = ["--participant", "carol", "--price", "150.5", "--quantity", "0.25"]
    done = subprocess.run(
        [str(stranger), "-I", str(program), str(exchange.connection), *options],
        env=environment(),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    mine = [report for report in reports if report["report"] in ("OrderAccepted", "OrderCanceled")]
    assert [report["report"] for report in mine] == ["OrderAccepted", "OrderCanceled"]
    assert mine[1]["quantity_lots"] == 25_000_000
