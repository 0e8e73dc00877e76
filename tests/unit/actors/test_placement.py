"""What Ray is told of where an actor is to be, and the limits that its process is held to."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from actors.launch import Launch
from actors.launches import launches
from actors.placement import Nodes, _cores, hold, options, resources
from bulkhead.installation.state import Installation
from bulkhead.runtime.host import OUT_OF_MEMORY
from bulkhead.topology.load import load
from bulkhead.topology.placing import Node
from tests.support.running import ROOT, edited_topology

PLACEMENT = {"address": "10.0.0.1", "nodes": {"west-1": {"zone": "west"}, "west-2": {"zone": "west"}}}


def launch(folder: Path, placed: bool = True, **boundary: object) -> Launch:
    """Of book/0, whose boundary has these fields."""
    file = folder / "topology.yaml"
    changes = {"boundaries": {"btc": boundary}, "placement": PLACEMENT if placed else None}
    file.write_text(edited_topology(changes))
    return next(each for each in launches(Installation(load(file), file), b"") if each.actor == "book/0")


def test_an_actor_goes_to_its_node_and_while_that_is_away_to_the_zones_other_one(tmp_path: Path) -> None:
    assert options(launch(tmp_path, zones=["west"]).nodes) == {
        "label_selector": {"bulkhead-node": "west-1"},
        "fallback_strategy": [{"label_selector": {"bulkhead-node": "west-2"}}],
    }
    assert options(launch(tmp_path).nodes) == {"label_selector": {"bulkhead-node": "head"}}


def test_an_actor_takes_a_share_of_its_node_unless_the_node_is_its_boundarys_alone(tmp_path: Path) -> None:
    sharing = launch(tmp_path, nodes=["west-1"])
    assert options(sharing.nodes, shares_node=sharing.shares_node)["resources"] == {"bulkhead-node": 0.0001}
    assert not launch(tmp_path, isolation="node", nodes=["west-1"]).shares_node
    assert not launch(tmp_path, isolation="zone", zones=["west"]).shares_node
    assert not launch(tmp_path, placed=False).shares_node


def test_a_node_has_one_unit_and_what_the_topology_says_of_it() -> None:
    assert resources(Node()) == {"bulkhead-node": 1}
    has = {"bulkhead-node": 1, "bulkhead-memory-mib": 8192, "bulkhead-cpus": 4}
    assert resources(Node(memory_mib=8192, cpus=4)) == has


def test_a_machine_without_the_unit_is_no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"Alive": True, "NodeManagerAddress": "10.0.0.3", "Labels": {"bulkhead-node": "west-1"}}
    placed = launch(tmp_path, nodes=["west-1"])
    monkeypatch.setattr("ray.nodes", lambda: [{**told, "Resources": {"CPU": 2.0}}])
    assert Nodes().addresses([placed]) == {"west-1": ""}
    assert Nodes().addresses([replace(placed, in_pods=True)]) == {"west-1": "10.0.0.3"}
    monkeypatch.setattr("ray.nodes", lambda: [{**told, "Resources": {"bulkhead-node": 1.0}}])
    assert Nodes().addresses([placed]) == {"west-1": "10.0.0.3"}


def test_where_there_is_one_machine_ray_is_told_of_no_place(tmp_path: Path) -> None:
    assert options(launch(tmp_path, placed=False).nodes) == {}


def test_an_actor_waits_for_a_node_that_is_not_there_and_says_how_it_joins(tmp_path: Path) -> None:
    placed = launch(tmp_path, zones=["west"])
    nodes = Nodes()
    nodes._looked_at = float("inf")  # nobody is asked: nothing is there
    assert nodes.addresses([placed]) == {"west-1": "", "west-2": ""}
    assert nodes.awaited(placed) == (
        "waits for the node west-1 or west-2: `bulkhead node join west-1`, typed there"
    )
    nodes._addresses = {"west-2": "10.0.0.3"}
    assert nodes.awaited(placed) == ""


def test_in_pods_nobody_is_told_to_join_a_node(tmp_path: Path) -> None:
    placed = replace(launch(tmp_path), nodes=("btc-a",), in_pods=True)
    nodes = Nodes()
    nodes._looked_at = float("inf")
    nodes.addresses([placed])
    assert nodes.awaited(placed) == (
        "waits for the pod btc-a: `kubectl get pods -l bulkhead.dev/boundary=btc` says what it does"
    )


def test_cores_are_those_behind_the_ones_of_others_and_all_where_there_are_fewer() -> None:
    assert _cores([0, 2, 4, 6], first=1, count=2) == {2, 4}
    assert _cores([0, 2, 4, 6], first=3, count=2) == {6, 0}
    assert _cores([0, 1], first=7, count=16) == {0, 1}


def test_a_process_that_needs_more_memory_than_its_boundary_allows_dies(tmp_path: Path) -> None:
    launch(tmp_path, placed=False, memory_mib=160)
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.hungry", str(tmp_path / "topology.yaml")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (OUT_OF_MEMORY, ""), done.stderr


def test_a_limit_below_what_a_process_takes_when_it_begins_is_told(tmp_path: Path) -> None:
    held = launch(tmp_path, placed=False, memory_mib=128)
    kept = bytes(bytearray(200 << 20))
    with pytest.raises(MemoryError, match=r"book/0 may have 128 MiB and takes [0-9]+ MiB before it begins"):
        hold(held)
    del kept
