"""A manifest as attributes that a plan compares: one for each value, named by where it is."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from kubernetes.utils.quantity import parse_quantity

from bulkhead.topology.plan.objects import Attributes, Ref, Value

SHOWN = 80
"""Characters of a value that a person is shown; of a longer one there is a digest."""
OF_SERVER = ("apiVersion", "kind", "metadata", "status")
COMPARED_METADATA = ("labels", "annotations", "ownerReferences")
AMOUNT = re.compile(r"\.(requests|limits)\.[^.]+$")
NAMED_BY = ("kind", "name", "groupName", "key", "type")
"""what tells items of a list apart, where they have it: so that one more is not a change of all after it"""


def ref_of(manifest: dict[str, Any]) -> Ref:
    return manifest["kind"].lower(), manifest["metadata"]["name"]


def attributes(manifest: dict[str, Any]) -> Attributes:
    """All that somebody could have changed; what the server itself writes is left out."""
    compared = {name: value for name, value in manifest.items() if name not in OF_SERVER}
    compared |= {name: manifest["metadata"].get(name, {}) for name in COMPARED_METADATA}
    return dict(_values("", compared))


def _values(path: str, value: Any) -> Iterator[tuple[str, Value]]:
    if isinstance(value, dict) and value:
        for name in sorted(value):
            yield from _values(f"{path}.{name}" if path else name, value[name])
    elif isinstance(value, list) and value:
        for name, item in _named(value):
            yield from _values(f"{path}[{name}]", item)
    elif value not in ({}, [], None):
        yield path, _short(_amount(value) if AMOUNT.search(path) else value)


def _named(items: list[Any]) -> Iterator[tuple[str, Any]]:
    for by in NAMED_BY:
        names = [str(item[by]) for item in items if isinstance(item, dict) and by in item]
        if len(names) == len(items) == len(set(names)):
            yield from zip(names, items, strict=True)
            return
    yield from ((str(number), item) for number, item in enumerate(items))


def _amount(value: str | int) -> str:
    """Of memory or cores, of which 1000m and 1 are the same: KubeRay and the API server write them anew."""
    return f"{parse_quantity(value).normalize():f}"  # type: ignore[no-untyped-call]


def _short(value: Any) -> Value:
    if isinstance(value, bool | int):
        return value
    text = str(value)
    if len(text) <= SHOWN:
        return text
    return f"{len(text)} characters, sha256 {hashlib.sha256(text.encode()).hexdigest()[:12]}"
