"""Nodes die, are cut off and come back. Run by tests/chaos/test_placed.py, inside a network of machines.

The exchange's log is a folder of files that all machines see, which are one machine after all: so what is cut
off can still write, which is the worst that it could do.
"""

import json
import os
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from actors.attach import call
from actors.audit import audit
from bulkhead.client.connection import Connection
from bulkhead.topology.radius import Effect, Exchange
from chaos.boundary import BoundaryRun
from chaos.load import Load
from chaos.verdict import compared
from tests.support.network import HEAD, MACHINES, PORT, Machine
from tests.support.running import ROOT, RunningExchange, command_line, environment, shards_by_name, until

GOES_ON = 200
"""Commands that are answered meanwhile: a second's."""
BACK_S = 600.0
"""A node takes 4 s to join on a free core, an actor 2 s to start there."""
MANY = {"budget": 1000, "within_s": 3600}
EITHER = {"zones": ["west", "east"], "replicas": "standby", "restarts": MANY}
CHANGES: dict[str, Any] = {
    "placement": {
        "address": HEAD,
        "port": PORT,
        "nodes": {name: {"zone": name.partition("-")[0]} for name in MACHINES},
    },
    "instruments": {"SOL-USD": None},
    "shards": {
        "risk": {"count": 1},
        "settlement": {"count": 1},
        "books": [{"instruments": ["BTC-USD"]}, {"instruments": ["ETH-USD"]}],
        "views": None,
    },
    "boundaries": {
        "btc": EITHER,
        "accounts-0": EITHER,
        "eth": {
            "isolation": "node",
            "nodes": ["west-2"],
            "memory_mib": 400,
            "cpus": 1,
            "restarts": MANY,
        },
        "accounts-1": None,
        "sol": None,
        "views": None,
    },
}
TAKEN_OVER = {"book/0", "risk/0", "settlement/0"}


@dataclass
class Placed:
    """The exchange, and the machines beside the head."""

    exchange: RunningExchange
    machines: dict[str, Machine]

    def complete(self) -> None:
        """Every process runs where it was placed, inside `attached`; of two one is the primary."""

        def look() -> bool:
            rows = shards_by_name().values()
            return all(row["state"] == "running" for row in rows) and all(
                {"primary"} <= {row["role"] for row in rows if row["replica_of"] == shard}
                for shard in TAKEN_OVER
            )

        until("every process runs", look, BACK_S)


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Placed]:
    exchange = RunningExchange(tmp_path_factory.mktemp("placed"), CHANGES)
    machines = {name: Machine(name, exchange.topology_file) for name in MACHINES}
    up = subprocess.Popen(
        command_line("up", "--topology", exchange.topology_file), env=environment(), stdin=subprocess.DEVNULL
    )
    try:
        until("the head has made the token", exchange.installation.token_path.exists, BACK_S)
        for machine in machines.values():
            machine.start()
        assert up.wait(BACK_S) == 0
        yield Placed(exchange, machines)
        assert [machine.stop() for machine in machines.values()] == [0, 0, 0]
    finally:
        up.kill()
        for machine in machines.values():
            machine.kill()
        exchange.force_down()


def test_every_process_is_where_the_topology_says_within_its_limits(placed: Placed) -> None:
    exchange = placed.exchange
    told = exchange.command("topology", "plan", "--json").json
    assert told["nothing_to_do"]
    assert {each["process"]: each["live"] for each in told["placement"]} == {
        each["process"]: each["wanted"].partition(",")[0] for each in told["placement"]
    }
    with exchange.attached():
        pid = int(shards_by_name()["book/1"]["pid"])
    soft, hard = resource.prlimit(pid, resource.RLIMIT_DATA)
    assert 400 << 20 < soft == hard < 1 << 30  # what was mapped and not used comes on top
    assert len(os.sched_getaffinity(pid)) == 1


def test_nothing_is_lost_or_doubled_when_nodes_die_and_a_cut_off_copy_runs_on(
    placed: Placed, tmp_path: Path
) -> None:
    exchange, machines = placed.exchange, placed.machines
    evidence = tmp_path / "evidence"
    with ExitStack() as stack:
        stack.enter_context(exchange.attached())
        placed.complete()
        load = stack.enter_context(load_of(exchange, evidence))

        def trading(what: str, look: Callable[[], bool]) -> None:
            def send_and_look() -> bool:
                load.keep_pace()
                return look()

            until(what, send_and_look, BACK_S)

        def goes_on() -> None:
            least = load.commands + GOES_ON
            trading(f"{GOES_ON} more commands are answered", lambda: load.commands - load.unanswered >= least)

        goes_on()
        machines["west-1"].kill()
        goes_on()
        trading("what was there waits for its node", lambda: "waiting" in states())
        machines["west-1"].start()
        trading("it is back", lambda: states() == {"running"})

        rows = shards_by_name().values()
        cut = next(str(row["node"]) for row in rows if row["role"] == "primary")
        copies = [int(row["pid"]) for row in rows if row["node"] == cut]
        machines[cut].cut_off()
        goes_on()
        assert all(Path(f"/proc/{pid}").exists() for pid in copies)  # they run on
        trading("Ray takes it for dead", lambda: not call("supervisor", "status")["nodes"][cut])
        goes_on()
        machines[cut].join_up()
        trading("it has joined again by itself", lambda: states() == {"running"})
        goes_on()
        until("every command is answered", lambda: load.read() == 0 == load.unanswered, BACK_S)
        assert audit(exchange.installation).problems == []
    assert judged(exchange, evidence) == {"lost": 0, "doubled": 0, "misordered": 0, "contradicted": 0}


def load_of(exchange: RunningExchange, evidence: Path) -> Load:
    """Load of all participants, and what they sent and heard."""
    connection = Connection.load(exchange.connection)
    return Load(exchange.installation.topology, connection, evidence, random.Random(1), lambda *_: None)


def states() -> set[str]:
    """Of all processes."""
    return {row["state"] for row in shards_by_name().values()}


def judged(exchange: RunningExchange, evidence: Path) -> dict[str, int]:
    """By the checker, which shares no code with the exchange."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "chaos.checker", "--connection", str(exchange.connection)),
            *("--evidence", str(evidence), "--internal-key", str(exchange.installation.mac_key_path)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    return {name: told[name] for name in ("lost", "doubled", "misordered", "contradicted")}


@dataclass
class Lost:
    """A failure of machines, for chaos.boundary: they stay away until they are started again."""

    machines: list[Machine]
    victims: Collection[str] = ()
    problem: str = ""

    def strike(self) -> None:
        for machine in self.machines:
            machine.kill()

    def restore(self) -> None:
        for machine in self.machines:
            machine.start()


@pytest.mark.parametrize(
    ("name", "lost", "stops"),
    [("node west-1", ["west-1"], set()), ("zone west", ["west-1", "west-2"], {"book/1"})],
)
def test_the_declared_radius_of_a_node_and_of_a_zone_is_what_stops(
    placed: Placed, name: str, lost: list[str], stops: set[str]
) -> None:
    installation = placed.exchange.installation
    radius = Exchange(installation.topology).radius(name)
    assert {shard for shard, effect in radius.shards.items() if effect is Effect.STOPS} == stops
    with placed.exchange.attached():
        placed.complete()
    run = BoundaryRun(installation, name, Lost([placed.machines[each] for each in lost]), print)
    found = compared(run.radius, run.observe())
    assert found["differences"] == []
    assert stops <= {*found["observed"]["stops"]}
    degrades = {*found["declared"]["degrades"]}
    assert TAKEN_OVER <= degrades == {*found["observed"]["degrades"]}
