"""An exchange on several nodes, each in a network of its own: what is in tests/chaos/placed/stories.py."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.network import in_namespaces, missing

pytestmark = pytest.mark.chaos

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 900.0
"""It takes two minutes on two free cores."""


def test_nodes_that_are_killed_or_cut_off_stop_what_was_declared_and_nothing_is_lost(tmp_path: Path) -> None:
    if problem := missing():
        pytest.skip(problem)
    stories = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "--basetemp"]
    with (tmp_path / "stories.log").open("w+") as log:
        done = subprocess.run(
            in_namespaces([*stories, str(tmp_path / "stories"), "tests/chaos/placed/stories.py"]),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_S,
            check=False,
        )
        log.seek(0)
        assert done.returncode == 0, log.read()
