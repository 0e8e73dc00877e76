"""Machines on this one: a network namespace each, on a bridge, so that one can be killed whole or cut off.

    python -m tests.support.network PROGRAM [ARGUMENT…]

makes the network and becomes the program. It has to be started by `in_namespaces`, in namespaces of its own
for network, mounts and processes: nothing of it is seen outside, and nothing of it is left afterwards.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.running import command_line, environment

HEAD = "10.77.0.1"
PORT = 6379
MACHINES = {"west-1": "10.77.0.2", "west-2": "10.77.0.3", "east-1": "10.77.0.4"}
"""By the names of their nodes."""


def in_namespaces(program: Sequence[str]) -> list[str]:
    """The command that runs a program in the network; when it ends, everything that it started does."""
    as_root = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
    namespaces = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    return ["unshare", *as_root, *namespaces, sys.executable, "-m", "tests.support.network", *program]


def missing() -> str:
    """Why there can be no such network here; empty: there can."""
    for tool in ("unshare", "ip", "mount"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed (Debian: util-linux, iproute2)"
    done = subprocess.run(
        in_namespaces(["true"]), cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else f"no namespaces for networks can be made: {done.stderr.strip()}"


def main(program: Sequence[str]) -> None:
    _run("mount", "-t", "tmpfs", "tmpfs", "/run")  # where `ip netns` keeps its names
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", "bridge", "type", "bridge")
    _run("ip", "addr", "add", f"{HEAD}/24", "dev", "bridge")
    _run("ip", "link", "set", "bridge", "up")
    for name, address in MACHINES.items():
        _run("ip", "netns", "add", name)
        _run("ip", "link", "add", f"to-{name}", "type", "veth", "peer", "name", "net", "netns", name)
        _run("ip", "link", "set", f"to-{name}", "master", "bridge", "up")
        for inside in (f"addr add {address}/24 dev net", "link set net up", "link set lo up"):
            _run("ip", "-netns", name, *inside.split())
    os.execvp(program[0], [*program])


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Machine:
    """One of MACHINES, inside the network. It runs `bulkhead node join` from `start` until it is killed."""

    def __init__(self, name: str, topology_file: Path) -> None:
        self.name = name
        self._topology_file = topology_file
        self._join: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        join = command_line("node", "join", self.name, "--topology", self._topology_file)
        with open(self._topology_file.parent / f"{self.name}.log", "ab") as log:
            self._join = subprocess.Popen(
                ["ip", "netns", "exec", self.name, *join],
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """kill -9 of everything that runs on it, as when its power goes."""
        while pids := _run("ip", "netns", "pids", self.name).split():
            for pid in pids:
                os.kill(int(pid), signal.SIGKILL)
            if self._join is not None:
                self._join.wait()

    def stop(self) -> int:
        """As an operator does; the exit status of what joined."""
        assert self._join is not None
        self._join.terminate()
        return self._join.wait(timeout=60.0)

    def cut_off(self) -> None:
        """Nobody hears it any more, nor it anybody; what runs on it runs on."""
        _run("ip", "link", "set", f"to-{self.name}", "down")

    def join_up(self) -> None:
        _run("ip", "link", "set", f"to-{self.name}", "up")


if __name__ == "__main__":
    main(sys.argv[1:])
