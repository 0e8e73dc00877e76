"""What boundaries have for themselves on nodes, which Ray keeps for them. Run by tests/chaos/test_placed.py,
inside a network of machines.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from actors.attach import call
from actors.placement import NODE_UNIT, SHARE
from tests.support.changing import ChangingExchange
from tests.support.network import HEAD, MACHINES, PORT, Machine
from tests.support.running import command_line, environment, shards_by_name, trade, until

BACK_S = 600.0
"""A node takes 4 s to join on a free core, an actor 2 s to start there."""
NODES: dict[str, Any] = {name: {"zone": name.partition("-")[0]} for name in MACHINES}
BOUNDARIES: dict[str, Any] = {
    "btc": {"isolation": "node", "nodes": ["west-1", "east-1"], "replicas": "standby"},
    "eth": {"isolation": "node", "nodes": ["west-2"], "memory_mib": 400, "cpus": 1},
    "accounts-1": None,
    "sol": None,
    "views": None,
}
CHANGES: dict[str, Any] = {
    "placement": {
        "address": HEAD,
        "port": PORT,
        "nodes": {**NODES, "west-2": {"zone": "west", "memory_mib": 1024, "cpus": 2}},
    },
    "instruments": {"SOL-USD": None},
    "shards": {
        "risk": {"count": 1},
        "settlement": {"count": 1},
        "books": [{"instruments": ["BTC-USD"]}, {"instruments": ["ETH-USD"]}],
        "views": None,
    },
    "boundaries": BOUNDARIES,
}
WHOLE = "the whole node"
GRANTED = {"btc on west-1": "granted", "btc on east-1": "granted", "eth on west-2": "granted"}


@dataclass
class Placed:
    """The exchange, and the machines beside the head."""

    exchange: ChangingExchange
    machines: dict[str, Machine]

    @property
    def group(self) -> str:
        """What the names of its placement groups begin with."""
        return f"{self.exchange.installation.topology.exchange}/"


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Placed]:
    """It begins while east-1 is away."""
    exchange = ChangingExchange(tmp_path_factory.mktemp("placed"), CHANGES)
    machines = {name: Machine(name, exchange.topology_file) for name in MACHINES}
    up = subprocess.Popen(
        command_line("up", "--topology", exchange.topology_file), env=environment(), stdin=subprocess.DEVNULL
    )
    try:
        until("the head has made the token", exchange.installation.token_path.exists, BACK_S)
        for name in ("west-1", "west-2"):
            machines[name].start()
        assert up.wait(BACK_S) == 1  # it says so, and goes on without
        yield Placed(exchange, machines)
        assert [machine.stop() for machine in machines.values()] == [0, 0, 0]
    finally:
        up.kill()
        for machine in machines.values():
            machine.kill()
        exchange.force_down()


def rooms() -> dict[str, str]:
    """What each of them is, inside `attached`."""
    told = call("supervisor", "status")["rooms"]
    return {f"{room['boundary']} on {room['node']}": room["state"] for room in told}


def groups() -> dict[str, str]:
    """Ray's placement groups that there are, and their states; inside `attached`."""
    from ray.util.placement_group import placement_group_table

    table = placement_group_table().values()
    return {each["name"]: each["state"] for each in table if each["state"] != "REMOVED"}


def where() -> dict[str, str]:
    """Process -> the node that it is on, of those that run."""
    return {name: row["node"] for name, row in shards_by_name().items() if row["state"] == "running"}


def test_with_a_node_away_the_other_replica_trades_and_one_room_alone_waits(placed: Placed) -> None:
    trade(placed.exchange, "BTC-USD", "0.25", "60000.00")
    with placed.exchange.attached():
        assert rooms() == {**GRANTED, "btc on east-1": "waits for the node east-1"}
        assert groups() == {
            f"{placed.group}btc/west-1": "CREATED",
            f"{placed.group}btc/east-1": "PENDING",
            f"{placed.group}eth/west-2": "CREATED",
        }
        assert (where()["book/0"], shards_by_name()["book/0.b"]["state"]) == ("west-1", "waiting")
    drift = placed.exchange.command("topology", "drift")
    assert drift.status == 2
    assert f"the room of btc on east-1 ({WHOLE}) waits for the node east-1" in drift.stdout

    placed.machines["east-1"].start()
    with placed.exchange.attached():
        until("the other replica is there", lambda: where().get("book/0.b") == "east-1", BACK_S)
        until("its room is granted", lambda: rooms() == GRANTED, BACK_S)
    assert placed.exchange.command("topology", "drift").status == 0


def test_ray_starts_nobody_elses_process_on_a_node_that_is_a_boundarys_own(placed: Placed) -> None:
    with placed.exchange.attached():
        assert lands_on("west-2", SHARE) == "head"  # the stand-in: Ray has refused it the node
        assert lands_on("west-2", 0) == "west-2"  # which is there, and starts what asks for none of it
        assert lands_on("head", SHARE) == "head"


def lands_on(node: str, share: float) -> str:
    """Where Ray starts an actor of a stranger, who asks for so much of that node, or else for the head."""
    import ray

    class Stranger:
        def node(self) -> str:
            from ray import get_runtime_context

            return str(get_runtime_context().get_node_labels()[NODE_UNIT])

    actor: Any = (
        ray.remote(Stranger)
        .options(
            num_cpus=0,
            resources={NODE_UNIT: share},
            label_selector={NODE_UNIT: node},
            fallback_strategy=[{"label_selector": {NODE_UNIT: "head"}}],
        )
        .remote()
    )
    found = str(ray.get(actor.node.remote(), timeout=BACK_S))
    ray.kill(actor)
    return found


def test_a_process_that_is_killed_comes_back_where_its_room_is_which_nobody_took_meanwhile(
    placed: Placed,
) -> None:
    with placed.exchange.attached():
        before = shards_by_name()["book/1"]
        os.kill(before["pid"], signal.SIGKILL)
        until("it is dead", lambda: shards_by_name()["book/1"]["restarts"] > before["restarts"], BACK_S)
        assert groups()[f"{placed.group}eth/west-2"] == "CREATED"
        until("it is back", lambda: where().get("book/1") == "west-2", BACK_S)
    trade(placed.exchange, "ETH-USD", "0.25", "3000.00")


def test_a_room_that_somebody_removes_is_made_again_and_no_process_ends(placed: Placed) -> None:
    from ray.util.placement_group import get_placement_group, placement_group_table, remove_placement_group

    def ids() -> dict[str, str]:
        table = placement_group_table().items()
        return {each["name"]: key for key, each in table if each["state"] == "CREATED"}

    with placed.exchange.attached():
        name, before, processes = f"{placed.group}eth/west-2", ids(), shards_by_name()
        remove_placement_group(get_placement_group(name))
        until("it is there again", lambda: ids().get(name, before[name]) != before[name], BACK_S)
        assert {each["pid"] for each in shards_by_name().values()} == {
            each["pid"] for each in processes.values()
        }


def test_what_one_boundary_gives_up_another_has_after_apply_and_old_rooms_are_gone(placed: Placed) -> None:
    changes = {
        "btc": {"isolation": "node", "nodes": ["west-1"]},
        "eth": {"isolation": "node", "nodes": ["east-1"], "memory_mib": 300},
        "accounts-0": {"nodes": ["west-2"]},
    }
    placed.exchange.edit({"boundaries": {**BOUNDARIES, **changes}})
    assert placed.exchange.planned(2)[0] == "change placement rooms"
    placed.exchange.apply("a node is to be given back")
    told = placed.exchange.command("topology", "plan", "--json").json
    live = {each["process"]: each["live"] for each in told["placement"]}
    assert (live["book/0"], live["book/1"], live["risk/0"]) == ("west-1", "east-1", "west-2")
    with placed.exchange.attached():
        until("who has moved has its rooms", lambda: {*rooms().values()} == {"granted"}, BACK_S)
        assert groups() == {f"{placed.group}btc/west-1": "CREATED", f"{placed.group}eth/east-1": "CREATED"}
    trade(placed.exchange, "BTC-USD", "0.25", "60000.00")
    trade(placed.exchange, "ETH-USD", "0.25", "3000.00")
