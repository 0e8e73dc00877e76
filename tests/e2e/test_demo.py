"""`bulkhead demo` as a newcomer runs it, on the beginning of the recording."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.machines.factory import make_reference
from bulkhead.topology.load import load
from commands.replay import replay_shard
from tests.support.running import (
    COMMAND_TIMEOUT_S,
    SHIPPED,
    RunningExchange,
    command_line,
    environment,
    run,
    until,
)

COMMANDS = "10842"
"""The last of these trades: its answer comes before its fills, which a demo once did not wait for."""


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, dict[str, Any]]]:
    """Two demos, each in a folder of its own: the folders and what the last lines said."""
    found = []
    for _ in range(2):
        folder = tmp_path_factory.mktemp("demo")
        done = run("demo", "--commands", COMMANDS, "--folder", folder, "--topology", SHIPPED, cwd=Path("/"))
        assert done.status == 0, done.stderr
        assert Demo(folder).processes() == {}
        found.append((folder, done.json))
    return found


class Demo(RunningExchange):
    """The exchange that a demo has made in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.topology_file = folder / "topology.yaml"
        self.installation = Installation(load(self.topology_file), self.topology_file)
        self._sessions: set[int] = set()


def test_two_demos_come_to_the_same_trades_and_resting_orders_and_their_ledgers_balance(
    demos: list[tuple[Path, dict[str, Any]]],
) -> None:
    (_, first), (_, second) = demos
    for summary in (first, second):
        assert summary["commands"] == int(COMMANDS)
        assert summary["accepted"] + summary["rejected"] == summary["orders"]
        assert set(summary["rejected_by_reason"]) == {"post_only"}
        assert summary["ledger_balanced"]
        assert summary["unrecorded_trades"] == 0
        assert summary["trades"] == summary["reproduced_trades"] > 0
        assert summary["p99_ms"] >= summary["p50_ms"] > 0
        assert summary["orders_per_second"] > 0
        assert summary["path"]["log"] == "sqlite"
    for name in (
        "orders",
        "accepted",
        "rejected",
        "trades",
        "trades_digest",
        "resting_orders",
        "resting_digest",
    ):
        assert first[name] == second[name], name


def test_a_recorded_partition_replayed_gives_the_digests_that_its_demo_told_every_time(
    demos: list[tuple[Path, dict[str, Any]]],
) -> None:
    for folder, summary in demos:
        installation = Demo(folder).installation
        log = open_log(installation.log_address)
        try:
            for shard in ("risk/0", "book/0", "settlement/1"):
                position = bytes.fromhex(summary["positions"][shard])
                once, twice = (
                    replay_shard(log, identity_of(installation), make_reference(shard), position)
                    for _ in range(2)
                )
                assert once["digest"] == summary["digests"][shard]
                assert once == twice
        finally:
            log.close()
    # The command goes on to the end of each partition, where ticks have come since.
    whole = run("replay", "--topology", demos[0][0] / "topology.yaml", cwd=Path("/"))
    told = [json.loads(line) for line in whole.stdout.splitlines()]
    assert {line["shard"] for line in told} == {name for name in demos[0][1]["digests"] if "view" not in name}


def test_ctrl_c_in_the_middle_of_a_demo_leaves_nothing_running(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo = subprocess.Popen(
        command_line("demo", "--speed", "1", "--folder", folder, "--topology", SHIPPED),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd="/",
        start_new_session=True,
    )
    assert demo.stderr is not None
    assert demo.stdout is not None
    with demo:
        try:
            shown = next((line for line in demo.stderr if "commands answered" in line), "")
            assert shown
            made = Demo(folder)
            assert made.processes()
            os.kill(demo.pid, signal.SIGINT)
            told = demo.stderr.read()
            assert demo.wait(timeout=COMMAND_TIMEOUT_S) == 130, told
            assert demo.stdout.read() == ""
            until("nothing of it runs", lambda: made.processes() == {})
        finally:
            demo.kill()
            Demo(folder).force_down()
