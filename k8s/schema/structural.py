"""The JSON Schema of a topology as a structural schema, the kind that a custom resource can have.

A structural schema says each value's type at its place: no references, no alternatives but "text or a whole
number", no patterns for names. It prunes defaults too: the API server would write them into the resource, and
`validate` tells what was written from what was left out.
"""

from typing import Any

from bulkhead.topology.schema import schema
from bulkhead.topology.values import (
    EXCHANGE_PATTERN,
    ID_PATTERN,
    KEY_PATTERN,
    SHARD_PATTERN,
    TENANT_PATTERN,
)
from k8s.schema.rules import RULES

Schema = dict[str, Any]

NAMES_MAX = {
    "assets": 200,
    "instruments": 500,
    "participants": 5_000,
    "boundaries": 500,
    "phases": 50,
    "slots": 1_024,
}
"""how many names a mapping may have, by its field; others, which are by asset, as many as there are assets"""
ITEMS_MAX = {"books": 500, "views": 50, "contains": 500, "instruments": 1, "operators": 20}
"""how many items a list may have. Both are what keeps the rules within the API server's budget."""
ITEMS = 1_024
TEXT_MAX = 1_024
"""characters of an address or a file's name"""
LENGTHS = {ID_PATTERN: 32, EXCHANGE_PATTERN: 32, KEY_PATTERN: 32, SHARD_PATTERN: 22, TENANT_PATTERN: 64}
"""of what has these patterns; a rule that compares them costs by it"""
COPIED = ("type", "enum", "minimum", "maximum", "minLength", "minItems", "maxItems", "minProperties")


def topology_schema() -> Schema:
    """What spec.topology may say."""
    found = schema()
    definitions: dict[str, Schema] = found["$defs"]
    # A resource is whole: there is no file beside it that it could extend.
    properties = {name: value for name, value in found["properties"].items() if name != "extends"}
    return _Reader(definitions).read(found | {"properties": properties}, ())


class _Reader:
    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = definitions

    def read(self, node: Schema, path: tuple[str, ...]) -> Schema:
        """`path`: the names of fields down to it, * for any name or item."""
        described = node.get("description")
        node = self._plain(node)
        if "oneOf" in node:
            # A list or a mapping: only who reads the topology can tell them apart.
            return _described({"x-kubernetes-preserve-unknown-fields": True}, described)
        if "anyOf" in node:
            return _described(_whole_number_or_text(node["anyOf"]), described)
        result = {name: node[name] for name in COPIED if name in node}
        if "const" in node:
            result["enum"] = [node["const"]]
        kind = node["type"]
        if kind == "object":
            result |= self._object(node, path)
        elif kind == "array":
            result.setdefault("maxItems", ITEMS_MAX.get(path[-1], ITEMS))
            result["items"] = self.read(node["items"], (*path, "*"))
        elif kind == "integer":
            result["format"] = "int64"
        elif kind == "string" and "enum" not in result:
            result |= {"pattern": node["pattern"]} if "pattern" in node else {}
            result["maxLength"] = LENGTHS.get(result.get("pattern", ""), TEXT_MAX)
        if path in RULES:
            result["x-kubernetes-validations"] = [rule.written() for rule in RULES[path]]
        return _described(result, described or node.get("description"))

    def _object(self, node: Schema, path: tuple[str, ...]) -> Schema:
        if "properties" in node:
            properties = {name: self.read(value, (*path, name)) for name, value in node["properties"].items()}
            required = {"required": node["required"]} if node.get("required") else {}
            return {"properties": properties} | required
        patterns = list(node.get("patternProperties", {}).values())
        named: Schema = patterns[0] if patterns else node["additionalProperties"]
        most = NAMES_MAX.get(path[-1], NAMES_MAX["assets"])
        return {"additionalProperties": self.read(named, (*path, "*")), "maxProperties": most}

    def _plain(self, node: Schema) -> Schema:
        """Without references, and without "or nothing": a field that says nothing is left out."""
        if "$ref" in node:
            return self._plain(self._definitions[node["$ref"].removeprefix("#/$defs/")])
        kinds = [each for each in node.get("anyOf", ()) if each != {"type": "null"}]
        return self._plain(kinds[0]) if len(kinds) == 1 else node


def _whole_number_or_text(kinds: list[Schema]) -> Schema:
    (text,) = [each for each in kinds if each.get("type") == "string"]
    return {
        "x-kubernetes-int-or-string": True,
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "pattern": text["pattern"],
        "maxLength": 82,  # a sign, 40 digits, a point, 40 more
    }


def _described(result: Schema, text: str | None) -> Schema:
    return {"description": " ".join(text.split())} | result if text else result
