"""What boundaries have for themselves on nodes follows from the topology."""

from typing import Any

from bulkhead.topology.load import loads
from bulkhead.topology.rooms import rooms
from tests.support.running import edited_topology

NODES = {
    "west-1": {"zone": "west", "memory_mib": 4096, "cpus": 4},
    "west-2": {"zone": "west"},
    "east-1": {"zone": "east", "cpus": 8},
}


def told(boundaries: dict[str, Any], nodes: dict[str, Any] | None = None) -> dict[str, str]:
    placement = {"address": "10.0.0.1", "nodes": nodes or NODES}
    found = rooms(loads(edited_topology({"placement": placement, "boundaries": boundaries})))
    return {f"{room.boundary} on {room.node}": room.has for room in found}


def test_who_claims_nothing_has_no_room_nor_has_anybody_on_one_machine() -> None:
    assert told({"btc": {"nodes": ["west-1"]}}) == {}
    limited = {"btc": {"memory_mib": 512, "cpus": 1}}
    assert rooms(loads(edited_topology({"boundaries": limited}))) == ()


def test_a_boundary_that_is_isolated_has_each_of_its_nodes_or_of_its_zones_whole() -> None:
    apart = {"isolation": "node", "nodes": ["west-2", "east-1"], "replicas": "standby"}
    assert told({"btc": apart}) == {"btc on west-2": "the whole node", "btc on east-1": "the whole node"}
    zone = {"isolation": "zone", "zones": ["west"]}
    assert told({"btc": zone}) == {"btc on west-1": "the whole node", "btc on west-2": "the whole node"}


def test_limits_are_reserved_where_a_node_says_what_it_has() -> None:
    limits = {"memory_mib": 512, "cpus": 1}
    both = {"nodes": ["west-1", "east-1"], "replicas": "standby", **limits}
    # settlement/0 and risk/0, each twice
    assert told({"accounts-0": both}) == {
        "accounts-0 on west-1": "1,024 MiB, 2 cores",
        "accounts-0 on east-1": "2 cores",
    }
    assert told({"accounts-0": {"nodes": ["west-2"], **limits}}) == {}


def test_in_a_zone_limits_are_reserved_where_processes_are_wanted_not_where_they_stand_in() -> None:
    assert told({"btc": {"zones": ["west"], "memory_mib": 512}}) == {"btc on west-1": "512 MiB"}


def test_the_head_has_rooms_too() -> None:
    head = {"head": {"memory_mib": 2048}, **NODES}
    assert told({"btc": {"memory_mib": 512}}, head) == {"btc on head": "512 MiB"}
