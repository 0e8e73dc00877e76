"""The JSON Schema of a topology file, for editors and other programs."""

from typing import Any

from bulkhead.topology.models import Topology

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """What a topology file may say, as far as one value can be judged alone; `validate` knows the rest."""
    closed: dict[str, Any] = _closed(Topology.model_json_schema(mode="validation"))
    return {"$schema": DIALECT} | closed


def _closed(node: Any) -> Any:
    # Pydantic says what the values under well-formed names are, and forgets to forbid other names.
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {name: _closed(value) for name, value in node.items()}
    return closed | {"additionalProperties": False} if "patternProperties" in closed else closed
