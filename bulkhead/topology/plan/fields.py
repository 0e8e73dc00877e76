"""What two topologies say differently, by field: what is written otherwise and means the same is no
difference.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import BaseModel

from bulkhead.domain.keys import may
from bulkhead.topology.derived import boundary_of
from bulkhead.topology.models import Topology
from bulkhead.topology.plan.effects import ADDED, REMOVED, Effect, effect_of
from bulkhead.topology.problems import Path, field_text
from bulkhead.topology.values import SlotRange

_ENTRIES = ("assets", "instruments", "participants", "boundaries", "accounts")
"""mappings whose keys are names: an entry of which one side has none is one change"""


class FieldChange(NamedTuple):
    path: Path
    before: str | None
    """as text for people; None: not there"""
    after: str | None

    @property
    def field(self) -> str:
        return field_text(self.path)

    @property
    def effect(self) -> Effect:
        sign = ADDED if self.before is None else REMOVED if self.after is None else ""
        return effect_of(self.path, sign)

    def __str__(self) -> str:
        if self.before is None:
            return (
                f"{self.field}: added" if self.after == "" else f"{self.field}: {self.after}, was not there"
            )
        if self.after is None:
            return f"{self.field}: removed" if self.before == "" else f"{self.field}: no longer {self.before}"
        return f"{self.field}: {self.before} -> {self.after}"


def field_changes(before: Topology, after: Topology) -> list[FieldChange]:
    """In the order of the models' fields; entries by name."""
    return list(_changes((), _settled(before), _settled(after)))


def _settled(topology: Topology) -> dict[str, Any]:
    """Its values with every choice of how to write them made: defaults, ranges, patterns."""
    values: dict[str, Any] = _plain(topology)
    for name, instrument in topology.instruments.items():
        values["instruments"][name] |= {"tick": instrument.tick_size, "lot": instrument.lot_size}
    for name, participant in topology.participants.items():
        values["participants"][name] |= {
            "accounts": {account: {} for account in participant.account_ids},
            "keys": {key: ", ".join(may(allowed)) for key, allowed in participant.permissions.items()},
        }
    inside: dict[str, list[str]] = {name: [] for name in topology.boundaries}
    for shard, boundary in boundary_of(topology).items():
        inside[boundary].append(shard)
    for name, shards in inside.items():
        values["boundaries"][name]["contains"] = ", ".join(sorted(shards))
    values["shards"]["ingress"] = "gateway" if topology.has_gateways else "direct"
    return values


def _plain(value: Any) -> Any:
    """With numbers as they count: 0.0010 is 0.001, which text is not."""
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        # Numbers as names, since only items of lists are written with brackets.
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple) and not isinstance(value, SlotRange):
        return [_plain(item) for item in value]
    return value


def _changes(path: Path, before: Any, after: Any) -> Iterator[FieldChange]:
    if isinstance(before, list) and isinstance(after, list) and _nested([*before, *after]):
        before, after = dict(enumerate(before)), dict(enumerate(after))
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        whole = bool(path) and path[-1] in _ENTRIES
        for name in dict.fromkeys((*before, *after)):
            step = (*path, name)
            if whole and (name not in before or name not in after):
                yield FieldChange(step, None if name not in before else "", None if name not in after else "")
            else:
                yield from _changes(step, before.get(name), after.get(name))
    elif before != after:
        yield FieldChange(path, _text(before), _text(after))


def _nested(items: list[Any]) -> bool:
    return any(isinstance(item, Mapping) for item in items)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        said = (f"{name}: {_text(inner)}" for name, inner in value.items() if inner not in (None, [], {}))
        return f"{{{', '.join(said)}}}"
    if isinstance(value, list):
        return ", ".join(str(_text(item)) for item in value) or "none"
    return str(value)
