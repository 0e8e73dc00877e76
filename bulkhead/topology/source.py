"""Reads YAML without losing where things stand, and without the surprises of YAML 1.1.

PyYAML follows YAML 1.1, where `no` is a boolean, `010` is eight and `1:30` is ninety. Here a plain word is a
boolean only as `true` or `false`, a number only in plain decimal digits, and everything else is text, as in
YAML 1.2. Names written twice are refused (PyYAML keeps the last one), so are tags and merge keys.
"""

import re
from pathlib import Path as FilePath
from typing import Any

import yaml

from bulkhead.topology.problems import Path, Problem, TopologyError, field_text

# The C parser takes a tenth of the time that the Python one takes; not every build of PyYAML has it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?", re.ASCII)
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
# What PyYAML makes of plain text by itself; merge and value are a plain `<<` and `=`.
_IMPLICIT = ("null", "bool", "int", "float", "str", "map", "seq", "timestamp", "merge", "value")
_TAGS = {f"tag:yaml.org,2002:{name}" for name in _IMPLICIT}
VALUES_MAX = 500_000
"""More values than this are refused, since aliases of aliases can make a small file unbounded. 5,000
participants have about 100,000."""
DEPTH_MAX = 32
"""Fields within fields; a topology needs 6."""
BYTES_MAX = 16 * 1024 * 1024
# Integers longer than this cannot be a number of anything here (2^127 has 39 digits).
_DIGITS_MAX = 40


class Source:
    """A file that was read: its plain values, and where each of them stands."""

    def __init__(self, name: str, text: str) -> None:
        """Parse `text`. TopologyError lists every duplicate name and tag, or the one error of syntax."""
        self.name = name
        self._problems: list[Problem] = []
        self._count = 0
        self._index: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = {}
        self._root = self._compose(text)
        self.values = self._plain(self._root, (), ())
        if self._problems:
            raise TopologyError(self._problems, complete=False)

    @classmethod
    def read(cls, path: FilePath, name: str) -> "Source":
        """Read the file at `path`, called `name` in errors. TopologyError when it cannot be read."""
        try:
            content = path.read_bytes()
        except OSError as error:
            hint = "name another file with --topology or BULKHEAD_TOPOLOGY"
            problem = f"cannot be read: {error.strerror or error}"
            raise TopologyError([Problem(name, 1, 1, "", problem, hint)], complete=False) from error
        if len(content) > BYTES_MAX:
            problem = f"is {len(content)} bytes long, at most {BYTES_MAX} are read"
            raise TopologyError([Problem(name, 1, 1, "", problem, "is it the right file?")], complete=False)
        try:
            return cls(name, content.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            problem = f"byte {error.start} is not UTF-8"
            raise TopologyError(
                [Problem(name, line, 1, "", problem, "save it as UTF-8")], complete=False
            ) from error

    def place(self, path: Path, at_key: bool = False) -> tuple[str, int, int]:
        """File, line, column of the value at `path`, or of its name; else of the nearest thing above it."""
        node, mark = self._root, self._root.start_mark
        for number, step in enumerate(path):
            found = self._child(node, step)
            if found is None:
                break
            key, node = found
            last = number == len(path) - 1
            mark = key.start_mark if key is not None and (at_key or not last) else node.start_mark
        return self.name, mark.line + 1, mark.column + 1

    def written(self, path: Path) -> str | None:
        """The value at `path` as it was typed, None when it is not a single value."""
        node = self._root
        for step in path:
            found = self._child(node, step)
            if found is None:
                return None
            node = found[1]
        return node.value if isinstance(node, yaml.ScalarNode) else None

    def depth(self, path: Path) -> int:
        """How many steps of `path` something is written at."""
        node = self._root
        for number, step in enumerate(path):
            found = self._child(node, step)
            if found is None:
                return number
            node = found[1]
        return len(path)

    def _child(self, node: yaml.Node, step: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
        """The name, if it has one, and the value that `step` leads to."""
        if isinstance(node, yaml.MappingNode):
            if id(node) not in self._index:
                pairs = reversed(node.value)  # so that of a name written twice the first one is found
                self._index[id(node)] = {key.value: (key, value) for key, value in pairs if _is_text(key)}
            return self._index[id(node)].get(str(step))
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            return None, node.value[step]
        return None

    def _compose(self, text: str) -> yaml.Node:
        try:
            loader = _LOADER(text)
            try:
                root = loader.get_single_node()
            finally:
                loader.dispose()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            problem = f"is not YAML: {error.problem or error.context}"
            hint = _syntax_hint(str(error.problem))
            problems = [Problem(self.name, line, column, "", problem, hint)]
            raise TopologyError(problems, complete=False) from error
        except yaml.YAMLError as error:
            line = text.count("\n", 0, getattr(error, "position", 0)) + 1
            problem = f"is not YAML: {getattr(error, 'reason', error)}"
            hint = "remove the character that cannot be printed"
            raise TopologyError([Problem(self.name, line, 1, "", problem, hint)], complete=False) from error
        except RecursionError as error:
            problem = "is nested too deeply to be read"
            raise TopologyError([Problem(self.name, 1, 1, "", problem, "")], complete=False) from error
        if not isinstance(root, yaml.MappingNode):
            problem = "is empty" if root is None else "is not a mapping of fields"
            hint = "begin with `exchange: NAME`; `bulkhead topology schema` tells every field"
            raise TopologyError([Problem(self.name, 1, 1, "", problem, hint)], complete=False)
        return root

    def _plain(self, node: yaml.Node, path: Path, above: tuple[int, ...]) -> Any:
        self._count += 1
        if id(node) in above:
            self._refuse(node, path, "contains itself", "an alias cannot stand inside its own anchor")
            return None
        if len(above) > DEPTH_MAX:
            self._refuse(node, path[:DEPTH_MAX], "is nested too deeply", "a bracket too many?")
            return None
        if self._count > VALUES_MAX:
            problem = Problem(self.name, 1, 1, "", f"has more than {VALUES_MAX} values", "use fewer aliases")
            raise TopologyError([problem], complete=False)
        if node.tag not in _TAGS:
            self._refuse(node, path, f"has the tag {node.tag}", "leave tags out")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, (*above, id(node)))
        if isinstance(node, yaml.SequenceNode):
            inside = (*above, id(node))
            return [self._plain(item, (*path, number), inside) for number, item in enumerate(node.value)]
        return _scalar(node) if isinstance(node, yaml.ScalarNode) else None

    def _mapping(self, node: yaml.MappingNode, path: Path, above: tuple[int, ...]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(key, path, "has a name that is a list or a mapping", "names are text")
                continue
            name = key.value
            if key.tag == "tag:yaml.org,2002:merge":
                self._refuse(key, path, "merge keys (<<) are not used here", "write the fields out")
            elif name in values:
                hint = f"keep one of them; the first is on line {lines[name]}"
                self._refuse(key, (*path, name), "is written twice", hint)
            else:
                lines[name] = key.start_mark.line + 1
                values[name] = self._plain(value, (*path, name), above)
        return values

    def _refuse(self, node: yaml.Node, path: Path, problem: str, hint: str) -> None:
        mark = node.start_mark
        self._problems.append(
            Problem(self.name, mark.line + 1, mark.column + 1, field_text(path), problem, hint)
        )


def _is_text(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode)


def _scalar(node: yaml.ScalarNode) -> object:
    text = str(node.value)
    if node.style or node.tag == "tag:yaml.org,2002:str":  # quoted, or `!!str`, or a plain word
        return _float_or_text(node, text)
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text) and len(text) <= _DIGITS_MAX:
        return int(text)
    return _float_or_text(node, text)


def _float_or_text(node: yaml.ScalarNode, text: str) -> object:
    # YAML 1.1 reads 1e5 as text and 1.2 as a number: it is a float here, so that it gets a float's error.
    return float(text) if not node.style and _FLOAT.fullmatch(text) else text


def _syntax_hint(problem: str) -> str:
    if "\\t" in problem or "tab" in problem:
        return "indent with spaces, not with tabs"
    if "mapping values are not allowed" in problem:
        return "text with a colon needs quotes, and a field's own fields stand below it, indented"
    return "check quotes, brackets and indentation around here"
