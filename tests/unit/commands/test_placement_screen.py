"""How a plan shows where processes are, and what boundaries have for themselves on nodes."""

from typing import Any

from rich.console import Console

from commands.placement_screen import Placed, draw_placement

PROCESSES: list[dict[str, Any]] = [
    {"process": "book/0", "wanted": "west-1 (or west-2)", "live": "west-2"},
    {"process": "book/1", "wanted": "west-2, 400 MiB", "live": None},
]
ROOM = {"boundary": "eth", "node": "west-2", "has": "the whole node, 400 MiB", "group": "venue/eth/west-2"}


def drawn(placed: Placed) -> list[list[str]]:
    """The words of each line, without rules and empty lines."""
    console = Console(width=100)
    with console.capture() as captured:
        draw_placement(placed, console)
    return [line.split() for line in captured.get().splitlines() if line.strip(" ─")]


def test_each_room_is_shown_with_what_it_has_and_what_it_is() -> None:
    assert drawn(Placed(PROCESSES, [{**ROOM, "state": "granted"}])) == [
        ["process", "wanted", "on", "is", "on"],
        ["book/0", "west-1", "(or", "west-2)", "west-2"],
        ["book/1", "west-2,", "400", "MiB"],
        ["boundary", "on", "has", "for", "itself", "is"],
        ["eth", "west-2", "the", "whole", "node,", "400", "MiB", "granted"],
    ]
    assert drawn(Placed([], [])) == []


def test_a_room_that_its_boundary_does_not_have_is_named_with_why() -> None:
    waits = {**ROOM, "state": "waits for the node west-2"}
    assert Placed(PROCESSES, [{**ROOM, "state": "granted"}, waits]).not_granted == [
        "the room of eth on west-2 (the whole node, 400 MiB) waits for the node west-2"
    ]
