"""Every way to change one thing in a topology: each value, entry and field, by what kind of value it is."""

import json
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from bulkhead.topology.load import loads
from bulkhead.topology.models import Topology
from bulkhead.topology.problems import TopologyError

Path = tuple[str | int, ...]
NAMED = ("assets", "instruments", "participants", "boundaries", "balances", "order_notional_max")
"""mappings whose keys are names"""
ONE_BOUNDARY = {
    "all": {
        "contains": ["control/0", "clock/0", "risk/*", "book/*", "settlement/*", "view/*", "supervisor"],
        "restarts": {"budget": 1, "within_s": 1},
    }
}


def everything(topology: Topology) -> dict[str, Any]:
    """Its plain values, those included that the file leaves to their defaults."""
    values: dict[str, Any] = topology.model_dump(mode="json", exclude_none=True)
    if topology.log.adapter != "sqlite":
        del values["log"]["durability"]  # has a default there too, and may not be written
    return values


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Of every value, parents first; what only groups fields is changed by changing them."""
    if path and (
        not isinstance(value, dict) or path[-1] in (*NAMED, "slots") or set(path[-2:-1]) & set(NAMED)
    ):
        yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*path, number))


def pattern(path: Path) -> str:
    """The place without names and numbers: one of each pattern is enough."""
    return ".".join(
        "*" if isinstance(step, int) or (at and path[at - 1] in NAMED) else str(step)
        for at, step in enumerate(path)
    )


def edits(values: dict[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    """The whole with another value at `path`, likeliest valid first."""
    old = _at(values, path)
    for other in _others(old):
        yield _with(values, path, other)
    if path[-1] == "slots":
        yield _with(values, path, {0: ["1000-1003"]})
    if path[-1] == "retired":
        yield _with(values, path, [1])
    if path == ("log", "adapter"):  # whose fields the other one does not have
        yield {**values, "log": {"adapter": "pulsar" if old == "sqlite" else "sqlite"}}
    if path[0] == "approvals":  # of more operators than there are
        operators = [*values["keys"]["operators"], "operator2"]
        yield _with(_with(values, path, 2), ("keys", "operators"), operators)
    if path[-1] == "replicas":
        yield _with(values, path, "standby" if old == "none" else "none")
    if path[-1] == "development":
        yield _unfunded(_with(values, path, not old))
    name = path[-1]
    if isinstance(name, str) and len(path) > 1 and path[-2] in NAMED:
        yield _renamed(values, name, f"{name}2")
        extended = deepcopy(values)
        _at(extended, path[:-1])[f"{name}2"] = deepcopy(_at(values, path))
        yield extended
    if isinstance(old, str):
        yield _renamed(values, old, f"{old}2")
    yield _without(values, path)


def valid_edit(values: dict[str, Any], path: Path) -> Topology | None:
    """The first edit at `path` that makes another valid topology.

    Where an edit changes which shards there are, boundaries follow it.
    """
    for edited in edits(values, path):
        for whole in (edited, {**edited, "boundaries": ONE_BOUNDARY}):
            try:
                topology = loads(yaml.safe_dump(whole, sort_keys=False))
            except TopologyError:
                continue
            changed = everything(topology)
            if whole is not edited:
                changed["boundaries"] = values["boundaries"]
            if json.dumps(changed) != json.dumps(values):  # the order of names counts too
                return topology
    return None


def _others(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, max(value - 1, 1), value * 2)
    elif isinstance(value, str):
        yield from _other_texts(value)
    elif isinstance(value, dict):
        yield dict(reversed(value.items()))
    elif isinstance(value, list) and value:
        last = value[-1]
        yield from (value[::-1], value[:-1], [*value, f"{last}2" if isinstance(last, str) else last])


def _other_texts(value: str) -> Iterator[str]:
    try:
        number = Decimal(value)
    except InvalidOperation:
        choices = {
            "continuous": "halted",
            "halted": "continuous",
            "normal": "full",
            "actors": "redis",
            "price-time": "pro-rata",
        }
        if value in choices:
            yield choices[value]
        yield value.replace("*", "0")
        yield value.replace("0", "?")
        yield f"{value}2"
    else:
        for other in (number * 2, number / 2, number / 10, number + Decimal("0.0001")):
            yield format(other, "f")


def _at(values: Any, path: Path) -> Any:
    for step in path:
        values = values[step]
    return values


def _with(values: dict[str, Any], path: Path, other: Any) -> dict[str, Any]:
    edited = deepcopy(values)
    _at(edited, path[:-1])[path[-1]] = other
    return edited


def _without(values: dict[str, Any], path: Path) -> dict[str, Any]:
    edited = deepcopy(values)
    del _at(edited, path[:-1])[path[-1]]
    return edited


def _unfunded(values: dict[str, Any]) -> dict[str, Any]:
    for participant in values["participants"].values():
        participant["balances"] = {}
    return values


def _renamed(value: Any, old: str, new: str) -> Any:
    """With a name changed wherever it stands."""
    if isinstance(value, dict):
        return {new if name == old else name: _renamed(inner, old, new) for name, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, old, new) for inner in value]
    return new if value == old else value
