"""An exchange on several nodes, each in a network of its own: what is in tests/chaos/placed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.network import in_namespaces, missing

pytestmark = pytest.mark.chaos

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 1100.0
"""For a machine that does much else: a node joins in 4 s on a free core, and in minutes at a load of 50."""


def test_nodes_that_are_killed_or_cut_off_stop_what_was_declared_and_nothing_is_lost(tmp_path: Path) -> None:
    tell("stories.py", tmp_path)


def test_a_boundary_has_its_rooms_for_itself_and_trades_while_one_is_away(tmp_path: Path) -> None:
    tell("rooms.py", tmp_path)


def tell(name: str, tmp_path: Path) -> None:
    """Run that file's tests inside the network."""
    if problem := missing():
        pytest.skip(problem)
    stories = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "--basetemp"]
    with (tmp_path / "stories.log").open("w+") as log:
        done = subprocess.run(
            in_namespaces([*stories, str(tmp_path / "stories"), f"tests/chaos/placed/{name}"]),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_S,
            check=False,
        )
        log.seek(0)
        assert done.returncode == 0, log.read()
