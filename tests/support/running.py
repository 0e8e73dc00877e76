"""A real exchange for a test: the command as a user runs it, in a folder of its own, and its processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import yaml

from actors.attach import attached, call
from bulkhead.client import Client, Report, connect
from bulkhead.domain.messages.reports import OrderAccepted, OrderFilled
from bulkhead.installation.state import Installation, process_started, session_members
from bulkhead.topology.load import load

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "topology.yaml"
COMMAND_TIMEOUT_S = 240.0
"""Of one command: `up` takes 12 s on two free cores; a machine that does other work as well takes longer."""
DEADLINE_S = 60.0
"""Of one condition: a shard that was killed is back in 2 s."""
TICK_MS = 250
"""Its ticks are most of what an exchange costs the machine that waits, and two may wait beside each other."""

Found = TypeVar("Found")


def until(what: str, look: Callable[[], Found | None], deadline_s: float = DEADLINE_S) -> Found:
    """Ask `look` again and again until its answer counts as true; the answer. AssertionError in the end.

    The one place where tests of real processes wait.
    """
    ends_at = time.monotonic() + deadline_s
    while not (found := look()):
        assert time.monotonic() < ends_at, f"not within {deadline_s:g} s: {what}"
        time.sleep(0.05)
    return found


def edited_topology(changes: Mapping[str, Any]) -> str:
    """The shipped topology with `changes` merged into it; a null takes a field away."""
    values = yaml.safe_load(SHIPPED.read_text())
    merge(values, changes)
    return yaml.safe_dump(values, sort_keys=False)


def calm_topology(changes: Mapping[str, Any]) -> str:
    """As above, of an exchange that is to run: its clock ticks less often than the shipped one."""
    calm = {"clock": {"tick_ms": TICK_MS}}
    merge(calm, changes)
    return edited_topology(calm)


def merge(values: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Into `values`; a null takes a field away."""
    for name, change in changes.items():
        if change is None:
            values.pop(name, None)
        elif isinstance(change, Mapping) and isinstance(values.get(name), dict):
            merge(values[name], change)
        else:
            values[name] = change


def command_line(*arguments: str | Path) -> list[str]:
    return [sys.executable, str(ROOT / "cli.py"), *map(str, arguments)]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The last line of standard output."""
        return json.loads(self.stdout.splitlines()[-1])


def run(*arguments: str | Path, cwd: Path, timeout_s: float = COMMAND_TIMEOUT_S) -> Done:
    """Run the command as a user does, away from the checkout. One that takes too long is interrupted as a
    user would, so that it ends what it has started; AssertionError then, with what it said.
    """
    with subprocess.Popen(
        command_line(*arguments),
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            stdout, stderr = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=COMMAND_TIMEOUT_S)
            raise AssertionError(f"{arguments[0]} was not done within {timeout_s:g} s: {said}") from None
        finally:
            process.kill()
    return Done(process.returncode, stdout, stderr)


def environment() -> dict[str, str]:
    """A newcomer's: nothing that names an exchange or a Ray."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "BULKHEAD_"))}


def listening(pid: int) -> set[str]:
    """The local addresses, as the kernel writes them, at which a process listens."""
    inodes = {
        os.readlink(link).removeprefix("socket:[").removesuffix("]")
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if link.is_symlink() and os.readlink(link).startswith("socket:[")
    }
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                # An IPv4 address within an IPv6 one stands in its last 8 digits.
                found.add(fields[1].partition(":")[0][-8:])
    return found


class RunningExchange:
    """One exchange in `folder`. With `with` it is up at the beginning and down at the end, come what may."""

    def __init__(
        self, folder: Path, changes: Mapping[str, Any] | None = None, dashboard: bool = False
    ) -> None:
        self.folder = folder
        self.dashboard = dashboard
        self.topology_file = folder / "topology.yaml"
        self.topology_file.write_text(calm_topology(changes or {}))
        self.installation = Installation(load(self.topology_file), self.topology_file)
        self.told = ""
        """what the last `up` printed for a person"""
        self._sessions: set[int] = set()

    def command(self, *arguments: str | Path) -> Done:
        """A command about this exchange, from a folder that has nothing to do with it."""
        return run(*arguments, "--topology", self.topology_file, cwd=Path("/"))

    def up(self) -> None:
        done = self.command("up", *([] if self.dashboard else ["--no-dashboard"]))
        assert done.status == 0, done.stderr
        self.told = done.stderr
        assert self.processes()

    def down(self) -> None:
        done = self.command("down")
        assert done.status == 0, done.stderr

    def __enter__(self) -> Self:
        try:
            self.up()
        except BaseException:
            self.force_down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.force_down()

    def force_down(self) -> None:
        """Down, whatever state it is in; what is left after that is a failure of its own."""
        try:
            self.down()
        finally:
            left = self.processes()
            for pid in left:
                os.kill(pid, 9)
        assert not left, f"`down` left processes running: {left}"

    @property
    def connection(self) -> Path:
        return self.installation.connection_path

    def processes(self) -> dict[int, str]:
        """Every live process that belongs to it: pid to command line.

        They name its folder or its Ray's in their command line or environment, or they are in the session of
        a head that was seen.
        """
        running = self.installation.running()
        if running is not None:
            self._sessions.add(running.pid)
        members = {pid for session in self._sessions for pid in session_members(session)}
        names = (f"{self.folder}/".encode(), str(self.installation.ray_directory).encode())
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal() or int(entry.name) == os.getpid():
                continue
            try:
                line = (entry / "cmdline").read_bytes()
                told = line + (entry / "environ").read_bytes()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            pid = int(entry.name)
            if (pid in members or any(name in told for name in names)) and process_started(pid) is not None:
                found[pid] = line.replace(b"\0", b" ").decode(errors="replace")[:200]
        return found

    def check_replay(self, shard: str) -> None:
        """A replay of its partition up to where the shard is comes to its state, digest by digest."""
        (machine,) = self.command("status", shard, "--json").json["machines"]
        done = self.command("replay", shard, "--until", machine["position"])
        assert done.status == 0, done.stderr
        assert done.json["digest"] == machine["digest"]

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Actors can be called inside the block, with `actors.attach.call`."""
        with attached(self.installation):
            yield

    def status(self) -> dict[str, Any]:
        """As the command prints it; whatever its exit status."""
        found: dict[str, Any] = self.command("status", "--json").json
        return found


def shards_by_name() -> dict[str, dict[str, Any]]:
    """What the supervisor knows of every shard; inside `attached`."""
    return {row["shard"]: row for row in call("supervisor", "status")["shards"]}


def next_report(client: Client, kind: type | tuple[type, ...]) -> Report:
    """The next report of a kind; earlier ones of other kinds are passed over."""
    for report in client.reports(DEADLINE_S):
        if isinstance(report.message, kind):
            return report
    raise AssertionError(f"{client.participant_id} was told of no {kind} within {DEADLINE_S:g} s")


def trade(exchange: RunningExchange, instrument_id: str, quantity: str, price: str) -> tuple[Report, Report]:
    """Bob sells, alice buys from him: the fills of the buyer and of the seller."""
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "bob") as bob:
        bob.place("bob.main", instrument_id, "sell", quantity, price)
        next_report(bob, OrderAccepted)
        alice.place("alice.main", instrument_id, "buy", quantity, price)
        return next_report(alice, OrderFilled), next_report(bob, OrderFilled)
