"""One field of a topology explained: from the models, by way of their JSON Schema, and from the effects."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any

from bulkhead.topology.plan.effects import ADDED, REMOVED, Effect, effect_of
from bulkhead.topology.problems import Path, field_text
from bulkhead.topology.schema import schema
from bulkhead.topology.values import DECIMAL_PATTERN, RANGE_PATTERN, TIME_OF_DAY_PATTERN

ANY = "NAME"
"""stands for a name that a file chooses, in the path of a field"""
_STEP = re.compile(r"\[(\d+|\*)\]|([^.\[\]]+)")
_EXAMPLES = {DECIMAL_PATTERN: '"0.01"', RANGE_PATTERN: "64-127", TIME_OF_DAY_PATTERN: '"08:00"'}
"""of values with a pattern"""
Node = dict[str, Any]


@dataclass(frozen=True)
class Explained:
    path: str
    description: str
    values: str
    """which it may have"""
    default: str | None
    """as it would be written; None: there is none"""
    required: bool
    example: str
    effects: dict[str, Effect] = field(default_factory=dict)
    """what a change does to a founded exchange, by whether it is `changed`, `added` or `removed`"""
    fields: dict[str, str] = field(default_factory=dict)
    """what is in it, with the first sentence of each"""


def explained(text: str) -> Explained:
    """`text` is a field's path, such as shards.risk.count or instruments.*.tick: `*` or any name stands for
    the names that a file chooses. LookupError says what there is instead.
    """
    path = tuple(int(number) if number.isdecimal() else name or 0 for number, name in _STEP.findall(text))
    node, required = schema(), False
    found: Path = ()
    for step in path:
        inside = _inside(node)
        name = (
            ANY if ANY in inside and step not in inside else step if step in inside else _number(inside, step)
        )
        if name is None:
            near = get_close_matches(str(step), [str(each) for each in inside], n=1)
            there = ", ".join(map(str, inside)) or "nothing"
            hint = f"did you mean {near[0]}?" if near else f"there is {there}"
            raise LookupError(f"{field_text(found) or 'a topology'} has no field {step}; {hint}")
        required = step in node.get("required", ())
        node, found = inside[name], (*found, step)
    inside = _inside(node)
    return Explained(
        path=field_text(found),
        description=" ".join(str(node.get("description", "")).split()),
        values=_values(node),
        default=None if inside or node.get("default") is None else _written(node["default"]),
        required=required,
        example=_example(node, inside),
        effects=_effects(found, inside),
        fields={str(name): _first_sentence(each) for name, each in inside.items()},
    )


def leaves() -> Iterator[Path]:
    """Every field without fields of its own; NAME stands for names that a file chooses, 0 for a number."""
    yield from _leaves((), schema())


def _leaves(path: Path, node: Node) -> Iterator[Path]:
    inside = _inside(node)
    if not inside:
        yield path
    for name, inner in inside.items():
        yield from _leaves((*path, name), inner)


def _inside(node: Node) -> dict[str | int, Node]:
    """What is in it: by name, by ANY where a file chooses names, by 0 where it is a list of such."""
    found: dict[str | int, Node] = {}
    for each in _kinds(node):
        found |= {name: _resolved(inner) for name, inner in each.get("properties", {}).items()}
        for inner in (*each.get("patternProperties", {}).values(), each.get("additionalProperties")):
            if isinstance(inner, dict):
                found[ANY] = _resolved(inner)
        items = each.get("items")
        if isinstance(items, dict) and _inside(_resolved(items)):
            found[0] = _resolved(items)
    return found


def _number(inside: dict[str | int, Node], step: str | int) -> int | None:
    return 0 if 0 in inside and isinstance(step, int) else None


def _kinds(node: Node) -> list[Node]:
    """The node, or each of several that it may be; without what stands for nothing."""
    choices = node.get("anyOf") or node.get("oneOf")
    return [_resolved(each) for each in choices if each.get("type") != "null"] if choices else [node]


@cache
def _definitions() -> Node:
    found: Node = schema()["$defs"]
    return found


def _resolved(node: Node) -> Node:
    """What a reference refers to, under the reference's own description and default."""
    if "$ref" not in node:
        return node
    definition: Node = _definitions()[node["$ref"].rpartition("/")[2]]
    return definition | {name: value for name, value in node.items() if name != "$ref"}


def _values(node: Node) -> str:
    return " or ".join(dict.fromkeys(_said(each) for each in _kinds(node)))


def _said(node: Node) -> str:
    if "enum" in node or "const" in node:
        return " | ".join(map(str, node.get("enum", [node.get("const")])))
    kind = node.get("type")
    if kind == "integer":
        bounds = [
            f"{word} {node[name]}" for name, word in (("minimum", "from"), ("maximum", "to")) if name in node
        ]
        return " ".join(["a whole number", *bounds])
    if kind == "string":
        return "a decimal number in quotes" if node.get("pattern") == DECIMAL_PATTERN else "text"
    if kind == "array":
        return (
            f"a list of: {_values(_resolved(node['items']))}"
            if isinstance(node.get("items"), dict)
            else "a list"
        )
    return {"boolean": "true | false", "object": "fields of its own"}.get(str(kind), "a value")


def _example(node: Node, inside: dict[str | int, Node]) -> str:
    """A value that it may have, as it would be written: its default, else the first that its kind allows."""
    if inside:
        return ""
    if node.get("default") not in (None, [], {}, ()):
        return _written(node["default"])
    (first, *_) = _kinds(node)
    if "enum" in first or "const" in first:
        return str(first.get("enum", [first.get("const")])[-1])
    if first.get("type") == "array":
        return f"[{_example(_resolved(first['items']), {})}]"
    if first.get("type") == "integer":
        return str(max(1, first.get("minimum", 1)))
    return _EXAMPLES.get(
        str(first.get("pattern")), {"boolean": "true"}.get(str(first.get("type")), "some-name")
    )


def _effects(path: Path, inside: dict[str | int, Node]) -> dict[str, Effect]:
    found: dict[str, Effect] = {}
    changed = _effect(path)
    # Of what only groups fields it is said where it is the same for all of them.
    if changed is not None and all(_effect((*path, name)) == changed for name in inside):
        found["changed"] = changed
    for word, sign in (("added", ADDED), ("removed", REMOVED)):
        effect = _effect(path, sign)
        if effect is not None and effect != changed:
            found[word] = effect
    return found


def _effect(path: Path, sign: str = "") -> Effect | None:
    try:
        return effect_of(path, sign)
    except LookupError:  # what only groups fields
        return None


def _written(default: Any) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def _first_sentence(node: Node) -> str:
    return " ".join(str(node.get("description", "")).split()).split(". ")[0].rstrip(".")
