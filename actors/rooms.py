"""Keeps for boundaries what they have for themselves on nodes: one placement group of Ray's for each.

A group is a reservation and nothing else. No process runs inside one: Ray kills what does when a group is
removed, a group can't be changed, and another one beside it is not granted while it has the whole node. So a
room comes and goes without anybody's death, and who is started waits for none. It is others that Ray keeps
away: each takes a share of its node (`placement.options`), of which an owner's group leaves nothing.
"""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import structlog

from actors.placement import CPUS, LABEL, MEMORY, NODE_UNIT
from bulkhead.topology.rooms import Room

LOOK_EVERY_S = 1.0
"""A look costs 0.7 ms."""
GRANTED = "granted"

_log = structlog.get_logger()


class Group(NamedTuple):
    """A placement group, as Ray tells of it."""

    state: str
    bundle: dict[str, float]


class Rooms:
    """In Ray, as it was a second ago at most; made and removed as is wanted."""

    def __init__(self, exchange: str) -> None:
        self._exchange = exchange
        self._groups: dict[str, Group] = {}
        """by name"""
        self._looked_at = 0.0

    def keep(self, wanted: Iterable[Room], *, at_once: bool = False) -> None:
        """Have these rooms and no others: also what somebody has removed is made again. Never waits for one
        to be granted.
        """
        if not at_once and time.monotonic() - self._looked_at < LOOK_EVERY_S:
            return
        from ray.exceptions import RaySystemError
        from ray.util.placement_group import get_placement_group, placement_group, remove_placement_group

        self._groups = self._found()
        rooms = {self.name(room): room for room in wanted}
        bundles = {name: bundle(room) for name, room in rooms.items()}
        unwanted, missing = differences(bundles, self._groups)
        for name in unwanted:
            _log.info("room is given up", room=name)
            with suppress(ValueError):  # somebody else has removed it meanwhile
                remove_placement_group(get_placement_group(name))
        for name in missing:
            _log.info("room is asked for", room=name, has=rooms[name].has)
            try:
                placement_group(
                    [bundles[name]],
                    strategy="STRICT_PACK",
                    name=name,
                    lifetime="detached",
                    bundle_label_selector=[{LABEL: rooms[name].node}],
                )
            except RaySystemError as problem:
                # Another supervisor, of which one is thought to be gone, has been faster.
                _log.warning("room was not made", room=name, why=str(problem))
        if unwanted or missing:
            self._groups = self._found()
        self._looked_at = time.monotonic()

    def status(self, room: Room, nodes: Mapping[str, str]) -> dict[str, str]:
        """What of this room is so: `state` is GRANTED, or why it is not. `nodes`: those there are, with their
        addresses; empty: it is away.
        """
        group = self._groups.get(self.name(room))
        if group is not None and group.state == "CREATED":
            state = GRANTED
        elif not nodes.get(room.node):
            state = f"waits for the node {room.node}"
        elif group is None:
            state = "is missing: it is asked for within seconds"
        else:
            state = (
                f"is not granted: {room.node} has not so much, or others have it; `ray list placement-groups`"
                " and `ray list actors` tell who"
            )
        return {
            "boundary": room.boundary,
            "node": room.node,
            "has": room.has,
            "group": self.name(room),
            "state": state,
        }

    def name(self, room: Room) -> str:
        """Of its placement group."""
        return f"{self._exchange}/{room.boundary}/{room.node}"

    def _found(self) -> dict[str, Group]:
        from ray.util.placement_group import placement_group_table

        table: Mapping[str, Mapping[str, Any]] = placement_group_table()
        return {
            each["name"]: Group(each["state"], dict(*each["bundles"].values()))
            for each in table.values()
            if each["name"].startswith(f"{self._exchange}/") and each["state"] != "REMOVED"
        }


def bundle(room: Room) -> dict[str, float]:
    """What Ray is to reserve for it: of the node's own resources (`placement.resources`)."""
    parts = {NODE_UNIT: float(room.whole), MEMORY: float(room.memory_mib), CPUS: float(room.cpus)}
    return {name: amount for name, amount in parts.items() if amount}


def differences(
    wanted: Mapping[str, Mapping[str, float]], live: Mapping[str, Group]
) -> tuple[list[str], list[str]]:
    """The groups to remove, then those to make: one that is to be otherwise is both."""
    unwanted = [name for name, group in live.items() if wanted.get(name) != group.bundle]
    return unwanted, [name for name in wanted if name not in live or name in unwanted]
