"""What the manifests run, run: an exchange in processes that stand for pods, on servers that are real."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.exchange_in_pods import command, missing

pytestmark = pytest.mark.k8s


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of each step."""
    if lacking := missing():
        pytest.skip(lacking)
    folder = tmp_path_factory.mktemp("pods")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command(folder), env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return {name: what for line in done.stdout.splitlines() for name, what in json.loads(line).items()}


def test_it_is_ready_when_every_shard_trades_and_not_before(steps: dict[str, Any]) -> None:
    assert steps["pods"] == ["head", "market-a", "market-b", "rest"]
    assert steps["before"] == 503
    assert steps["ready"] == "every shard trades\n"


def test_operators_type_their_commands_in_the_pod_that_founds_it(steps: dict[str, Any]) -> None:
    assert steps["order"]["status"] == 0, steps["order"]
    assert "OrderAccepted account id alice.main" in steps["order"]["told"]
    assert steps["status"]["status"] == 0, steps["status"]
    assert "book/0.b" in steps["status"]["told"]


def test_it_trades(steps: dict[str, Any]) -> None:
    assert "OrderFilled" in steps["traded"]


def test_it_trades_on_without_one_of_two_replicas_and_without_rays_head(steps: dict[str, Any]) -> None:
    assert "OrderFilled" in steps["traded without market-a"]
    assert "OrderFilled" in steps["traded without Ray's head"]


def test_pods_that_come_back_are_taken_in_again(steps: dict[str, Any]) -> None:
    assert steps["ready again"] == "every shard trades\n"


def test_prometheus_is_told_of_every_process(steps: dict[str, Any]) -> None:
    assert "\nbulkhead_ready 1\n" in steps["metrics"]
    assert 'bulkhead_running{boundary="market",shard="book/0",process="book/0"} 1' in steps["metrics"]


def test_another_topology_replaces_the_processes_that_it_is_about_and_no_other(steps: dict[str, Any]) -> None:
    assert steps["other processes"] == ["clock/0"]
    assert "OrderFilled" in steps["traded after the change"]
