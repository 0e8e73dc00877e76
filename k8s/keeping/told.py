"""What a changed resource says otherwise than the exchange was told. Pure."""

from collections.abc import Iterable, Iterator

import yaml
from pydantic import ValidationError

from bulkhead.topology.models import Topology
from bulkhead.topology.plan.effects import Effect, Level
from bulkhead.topology.plan.fields import field_changes
from bulkhead.topology.plan.steps import Held
from k8s.keeping.api import Manifest

TOPOLOGY_KEY = "topology.yaml"
"""Of the ConfigMap that the exchange's pods read."""

_SHARDS = tuple(
    f"shards.{kind}.{field}" for kind in ("risk", "settlement") for field in ("count", "slots", "retired")
)
_SHARDED = Effect(
    Level.REFUSED,
    "accounts would be looked for on a shard that does not have them, and on Kubernetes no command moves"
    " slots yet: put it back",
)


def told_otherwise(live: Iterable[Manifest], wanted: Topology) -> Iterator[tuple[Level, Held]]:
    """Beside the topology that was applied last, which is in the exchange's ConfigMap: what is refused,
    because it would lose something or no longer fit what is in the log, and what only a command does. Nothing
    where none was applied.
    """
    for manifest in live:
        if text := topology_in(manifest):
            yield from _differences(text, wanted)


def topology_in(manifest: Manifest) -> str:
    """As text; empty where there is none."""
    is_config = manifest["kind"] == "ConfigMap"
    return str(manifest.get("data", {}).get(TOPOLOGY_KEY, "")) if is_config else ""


def _differences(text: str, wanted: Topology) -> Iterator[tuple[Level, Held]]:
    try:
        before = Topology.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError):
        return  # edited by hand, or of another version: it is replaced
    for change in field_changes(before, wanted):
        effect = _SHARDED if change.field.startswith(_SHARDS) else change.effect
        yield effect.level, Held(change.field, str(change), effect.text)
