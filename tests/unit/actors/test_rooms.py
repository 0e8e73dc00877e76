"""Which placement groups are made and removed, and what is told of them."""

from actors.rooms import GRANTED, Group, Rooms, bundle, differences
from bulkhead.topology.rooms import Room

ETH = Room("eth", "west-2", whole=True, memory_mib=400, cpus=1)
ETH_BUNDLE = {"bulkhead-node": 1.0, "bulkhead-memory-mib": 400.0, "bulkhead-cpus": 1.0}


def rooms(**groups: Group) -> Rooms:
    """Of an exchange whose groups are these, by their boundaries; all on west-2."""
    found = Rooms("venue")
    found._groups = {f"venue/{boundary}/west-2": group for boundary, group in groups.items()}
    return found


def test_a_room_reserves_what_its_boundary_has_for_itself() -> None:
    assert bundle(ETH) == ETH_BUNDLE
    assert bundle(Room("btc", "west-1", whole=False, memory_mib=512)) == {"bulkhead-memory-mib": 512.0}


def test_what_is_missing_is_made_what_is_otherwise_is_made_anew_what_nobody_wants_is_removed() -> None:
    same, small = Group("CREATED", {"a": 1.0}), Group("PENDING", {"a": 2.0})
    wanted = {"same": {"a": 1.0}, "grown": {"a": 3.0}, "new": {"a": 1.0}}
    live = {"same": same, "grown": small, "old": same}
    assert differences(wanted, live) == (["grown", "old"], ["grown", "new"])
    assert differences(wanted, {name: Group("CREATED", parts) for name, parts in wanted.items()}) == ([], [])


def test_a_room_that_is_not_granted_says_why() -> None:
    there, away = {"west-2": "10.0.0.3"}, {"west-2": ""}
    granted = rooms(eth=Group("CREATED", ETH_BUNDLE)).status(ETH, there)
    assert granted == {
        "boundary": "eth",
        "node": "west-2",
        "has": "the whole node, 400 MiB, 1 core",
        "group": "venue/eth/west-2",
        "state": GRANTED,
    }
    pending = rooms(eth=Group("PENDING", ETH_BUNDLE))
    assert pending.status(ETH, away)["state"] == "waits for the node west-2"
    assert "west-2 has not so much, or others have it" in pending.status(ETH, there)["state"]
    assert rooms().status(ETH, there)["state"].startswith("is missing")
