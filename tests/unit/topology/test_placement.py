"""Where processes are placed follows from the topology; what can't be placed is refused before it starts."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bulkhead.errors import FatalError
from bulkhead.topology.load import loads
from bulkhead.topology.models import Topology
from bulkhead.topology.placement import Grounds
from bulkhead.topology.placing import Placement
from bulkhead.topology.problems import Problem, TopologyError
from bulkhead.topology.processes import Process
from tests.support.running import edited_topology

THREE = {"west-1": {"zone": "west"}, "west-2": {"zone": "west"}, "east-1": {"zone": "east"}}
PLACEMENT = {"address": "10.0.0.1", "nodes": THREE}
STANDBY = {"replicas": "standby"}


def text(boundaries: dict[str, Any], **changes: Any) -> str:
    return edited_topology({"placement": PLACEMENT, "boundaries": boundaries, **changes})


def placed(boundaries: dict[str, Any]) -> dict[str, str]:
    """Process -> where, of those that are not on the head alone."""
    places = Grounds(loads(text(boundaries))).places
    return {process.name: str(place) for process, place in places.items() if str(place) != "head"}


def problems_of(boundaries: dict[str, Any], **changes: Any) -> list[Problem]:
    with pytest.raises(TopologyError) as caught:
        loads(text(boundaries, **changes))
    return caught.value.problems


def test_a_topology_that_places_nothing_has_everything_on_the_head() -> None:
    places = Grounds(loads(edited_topology({}))).places
    assert {str(place) for place in places.values()} == {"head"}
    assert Process("supervisor", "a") in places


def test_a_named_node_is_every_process_and_two_are_one_for_each_replica() -> None:
    assert placed({"btc": {"nodes": ["east-1"]}}) == {"book/0": "east-1"}
    assert placed({"btc": {"nodes": ["west-2", "east-1"], **STANDBY}}) == {
        "book/0": "west-2",
        "book/0.b": "east-1",
    }


def test_a_zone_is_spread_over_its_nodes_which_stand_in_for_each_other() -> None:
    assert placed({"accounts-0": {"zones": ["west"]}}) == {
        "settlement/0": "west-1 (or west-2)",
        "risk/0": "west-2 (or west-1)",
    }


def test_two_replicas_in_one_zone_never_meet_on_a_node_whoever_stands_in() -> None:
    assert placed({"accounts-0": {"zones": ["west"], **STANDBY}}) == {
        "risk/0": "west-1",
        "risk/0.b": "west-2",
        "settlement/0": "west-1",
        "settlement/0.b": "west-2",
    }


def test_a_zone_does_not_count_the_nodes_that_a_boundary_has_for_itself() -> None:
    found = placed({"btc": {"isolation": "node", "nodes": ["west-1"]}, "eth": {"zones": ["west"]}})
    assert found == {"book/0": "west-1", "book/1": "west-2"}


def test_limits_are_of_each_process_and_cores_are_given_one_after_another() -> None:
    boundaries = {
        "btc": {"nodes": ["west-1"], "memory_mib": 512, "cpus": 2},
        "eth": {"nodes": ["west-1"], "cpus": 1},
    }
    places = Grounds(loads(text(boundaries))).places
    first, second = places[Process("book/0", "a")], places[Process("book/1", "a")]
    assert (str(first), str(second)) == ("west-1, 512 MiB, 2 cores", "west-1, 1 core")
    assert (first.first_cpu, second.first_cpu) == (0, 2)


@pytest.mark.parametrize(
    ("boundaries", "field", "problem", "hint"),
    [
        (
            {"btc": {"nodes": ["west-3"]}},
            "boundaries.btc.nodes[0]",
            "no node has the name west-3",
            "did you mean",
        ),
        ({"btc": {"zones": ["wst"]}}, "boundaries.btc.zones[0]", "no zone has the name wst", "mean west?"),
        (
            {"btc": {"nodes": ["west-1"], "zones": ["west"]}},
            "boundaries.btc.zones",
            "named already",
            "not both",
        ),
        ({"btc": {"zones": ["west", "east"]}}, "boundaries.btc.zones", "no second replica", "name one"),
        (
            {"supervisor": {"nodes": ["west-1"]}},
            "boundaries.supervisor.nodes",
            "is on the head",
            "remove nodes",
        ),
        (
            {"btc": {"isolation": "node"}},
            "boundaries.btc.isolation",
            "does not say which",
            "write nodes: [NAME]",
        ),
        (
            {"btc": {"isolation": "zone", "nodes": ["west-1"]}},
            "boundaries.btc.isolation",
            "claims a zone of its own and does not say which",
            "write zones",
        ),
        (
            {"btc": {"isolation": "node", "nodes": ["west-1"]}, "eth": {"nodes": ["west-1"]}},
            "boundaries.eth.nodes",
            "west-1 joins it to the boundary btc, which claims a node of its own",
            "name other nodes, or write isolation: process in btc",
        ),
        (
            {"btc": {"isolation": "zone", "zones": ["east"]}, "eth": {"zones": ["east"]}},
            "boundaries.eth.zones",
            "every node of the zone east belongs to another boundary: east-1 to btc",
            "name another zone",
        ),
        (
            {"btc": {"isolation": "node", "nodes": ["head"]}},
            "boundaries.btc.nodes",
            "the head joins it to Ray and the supervisor",
            "name other nodes",
        ),
        (
            {"btc": {"isolation": "node", "nodes": ["west-1"], **STANDBY}},
            "boundaries.btc.replicas",
            "both replicas of book/0 are in one failure domain: the node west-1",
            "name two nodes",
        ),
        (
            {"btc": {"isolation": "zone", "zones": ["west", "west"], **STANDBY}},
            "boundaries.btc.replicas",
            "both replicas of book/0 are in one failure domain: the zone west",
            "name two zones",
        ),
    ],
)
def test_what_can_not_be_placed_is_refused(
    boundaries: dict[str, Any], field: str, problem: str, hint: str
) -> None:
    found = next(each for each in problems_of(boundaries) if each.field == field)
    assert problem in found.problem
    assert hint in found.hint


def test_limits_that_pass_what_a_node_has_are_refused() -> None:
    small = {"address": "10.0.0.1", "nodes": {"small": {"memory_mib": 1000, "cpus": 2}}}
    boundaries = {"accounts-0": {"nodes": ["small"], "memory_mib": 512, "cpus": 1}}
    (found,) = problems_of(boundaries, placement=small)
    assert (found.field, found.problem) == (
        "placement.nodes.small.memory_mib",
        "what is placed there may use 1,024 MiB together, and it has 1,000",
    )
    small["nodes"] = {"small": {"memory_mib": 1024, "cpus": 1}}
    (found,) = problems_of(boundaries, placement=small)
    assert found.problem == "what is placed there may use 2 cores together, and it has 1"


def test_in_production_several_nodes_do_not_depend_on_the_files_of_one() -> None:
    found = next(each for each in problems_of({}, development=False) if each.field == "placement")
    assert "one machine has the log's files, the snapshots' files" in found.problem


def test_the_one_loopback_address_that_ray_does_not_keep_is_refused() -> None:
    (found,) = problems_of({}, placement={**PLACEMENT, "address": "127.0.0.1"})
    assert (found.field, found.problem) == (
        "placement.address",
        "Ray would take another address for 127.0.0.1",
    )


def test_an_exchange_on_several_machines_says_where_its_head_is_and_one_in_pods_need_not() -> None:
    placement = {name: value for name, value in PLACEMENT.items() if name != "address"}
    assert loads(text({}, placement=placement)).placement is not None
    with pytest.raises(FatalError, match=r"placement\.address is left out"):
        _ = Placement.model_validate(placement).head


def test_a_node_has_a_name_that_a_label_can_have_and_an_address_is_one() -> None:
    placement = {"address": "10.0.0.256", "nodes": {"West_1": {}}}
    assert [(each.field, each.problem) for each in problems_of({}, placement=placement)] == [
        ("placement.address", "10.0.0.256 is not an IPv4 address"),
        ("placement.nodes.West_1", "West_1 is not a name"),
    ]


def test_a_thousand_boundaries_are_placed_at_once() -> None:
    values = yaml.safe_load((Path(__file__).parent / "small.yaml").read_text())
    values["placement"] = PLACEMENT
    values["boundaries"] |= {
        f"b{number}": {
            "contains": [f"risk/{number}"],
            "zones": ["west"],
            "restarts": {"budget": 1, "within_s": 60},
        }
        for number in range(1000)
    }
    values["shards"]["risk"]["count"] = 1000
    values["boundaries"]["trading"]["contains"] = ["book/0", "settlement/*"]
    topology: Topology = loads(yaml.safe_dump(values))
    crowd = [place.node for place in Grounds(topology).places.values()]
    assert crowd.count("west-1") == crowd.count("west-2") == 500
