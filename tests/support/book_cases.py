"""The tables of tests/cases/book, as the README there describes them. Every engine is held to them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "cases" / "book"


@dataclass
class BookCase:
    sentence: str
    steps: list[tuple[dict[str, Any], list[str]]] = field(default_factory=list)
    """each command with the lines that answer it"""


def book_cases() -> list[BookCase]:
    """Every case of every table, by file name."""
    found: list[BookCase] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        table = yaml.load(path.read_text(), yaml.CSafeLoader)
        assert table.keys() == {"rule", "follows", "cases"}, path.name
        for entry in table["cases"]:
            case = BookCase(f"{path.stem}: {entry['case']}")
            for step in entry["steps"]:
                ((kind, content),) = step.items()
                if kind == "in":
                    case.steps.append((_command(content), []))
                else:
                    assert kind == "out", f"{path.name}: {step}"
                    case.steps[-1][1].append(json.dumps(content, separators=(",", ":")))
            found.append(case)
    assert found
    return found


def _command(content: dict[str, Any]) -> dict[str, Any]:
    return {"account_id": "a", **content} if content["type"] == "place" else content
