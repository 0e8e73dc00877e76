"""Tables of cases: files of JSON lines that say, in the runner's contract, what goes in and what comes out.

["case", sentence] begins one, ["in", command] is carried out, each ["out", answer] after it is expected, in
that order and with its fields in that order. Every engine is held to the same tables.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Case:
    sentence: str
    steps: list[tuple[dict[str, Any], list[str]]] = field(default_factory=list)
    """each command with the lines that answer it"""


def cases(folder: Path) -> list[Case]:
    """Every case of every file in the folder, by file name."""
    found: list[Case] = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            kind, content = json.loads(line)
            if kind == "case":
                found.append(Case(f"{path.stem}: {content}"))
            elif kind == "in":
                found[-1].steps.append((content, []))
            else:
                assert kind == "out", f"{path.name}: {line}"
                found[-1].steps[-1][1].append(json.dumps(content, separators=(",", ":")))
    assert found, f"no cases in {folder}"
    return found


def assert_case(case: Case, handle: Callable[[dict[str, Any]], list[str]]) -> None:
    """Carry the case out and compare every answer, byte for byte."""
    for number, (command, expected) in enumerate(case.steps, 1):
        assert handle(command) == expected, f"{case.sentence}, step {number}: {command}"
