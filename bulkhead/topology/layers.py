"""A topology that extends another one: base and overlay, merged as a JSON merge patch (RFC 7396) is.

Mappings are merged name by name, a null takes away what the base has, and anything else replaces it, lists
too. As with kustomize's overlays every file is plain YAML: nothing in it is a template.
"""

from pathlib import Path as FilePath
from typing import Any, Protocol

import yaml

from bulkhead.topology.problems import Path, Problem, TopologyError
from bulkhead.topology.source import Source

EXTENDS = "extends"
LAYERS_MAX = 10
"""A chain of more is a circle, or nobody can say any more what it means."""


class Read(Protocol):
    """A topology's values, and where each was written."""

    @property
    def values(self) -> dict[str, Any]: ...

    def place(self, path: Path, at_key: bool = False) -> tuple[str, int, int]:
        """File, line and column of the value at `path`; else of the nearest thing above it."""
        ...

    def written(self, path: Path) -> str | None:
        """The value at `path` as it was typed, None when it is not a single value."""
        ...


class Layers:
    """What was read from several files: the overlay first, then what it extends, and so on."""

    def __init__(self, layers: list[Source]) -> None:
        self._layers = layers
        self.values: dict[str, Any] = {}
        for layer in reversed(layers):
            own = {name: value for name, value in layer.values.items() if name != EXTENDS}
            self.values = merged(self.values, own)

    def place(self, path: Path, at_key: bool = False) -> tuple[str, int, int]:
        return self._of(path).place(path, at_key)

    def written(self, path: Path) -> str | None:
        return self._of(path).written(path)

    def _of(self, path: Path) -> Source:
        """The highest layer that has something there; else the one that has most of what is above it."""
        return max(self._layers, key=lambda layer: layer.depth(path))


def read(file: FilePath) -> Read:
    """Read `file` and all that it extends. TopologyError: one can't be read, or they go in a circle."""
    layers = [Source.read(file, str(file))]
    while (base := layers[-1].values.get(EXTENDS)) is not None:
        if not isinstance(base, str) or not base:
            raise _error(layers[-1], "is no file's name", "write the base's, relative to this file")
        if len(layers) == LAYERS_MAX:
            raise _error(layers[-1], f"makes more than {LAYERS_MAX} layers", "is it a circle?")
        path = FilePath(layers[-1].name).parent / base
        layers.append(Source.read(path, str(path)))
    return layers[0] if len(layers) == 1 else Layers(layers)


def text_of(file: FilePath) -> str:
    """One file that says all that `file` and what it extends say, to be kept elsewhere."""
    found = read(file)
    return file.read_text() if isinstance(found, Source) else yaml.safe_dump(found.values, sort_keys=False)


def merged(base: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """As RFC 7396 has it."""
    result = dict(base)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            below = result.get(name)
            result[name] = merged(below if isinstance(below, dict) else {}, value)
        else:
            result[name] = value
    return result


def _error(layer: Source, problem: str, hint: str) -> TopologyError:
    return TopologyError([Problem(*layer.place((EXTENDS,)), EXTENDS, problem, hint)], complete=False)
