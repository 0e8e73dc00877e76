"""The JSON Schema accepts what the exchange accepts, and tells editors what each field is for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bulkhead.topology.schema import schema
from bulkhead.topology.source import Source

HERE = Path(__file__).parent
FILES = [HERE.parents[2] / "topology.yaml", HERE / "small.yaml"]


def properties(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, definition in {"Topology": node, **node["$defs"]}.items():
        for field, value in definition.get("properties", {}).items():
            yield f"{name}.{field}", value


def test_the_schema_is_a_schema_and_describes_every_field() -> None:
    Draft202012Validator.check_schema(schema())
    silent = [name for name, field in properties(schema()) if not field.get("description")]
    assert silent == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_schema_accepts_a_valid_file(file: Path) -> None:
    values = Source.read(file, file.name).values
    assert [error.message for error in Draft202012Validator(schema()).iter_errors(values)] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("exchange: test", "exchange: Test!"),
        ("decimals: 10", "decimal: 10"),
        ("trading: continuous", "trading: sometimes"),
        ("isolation: process", "isolation: island"),
        ('price_increment: "0.01"', "price_increment: 0.01"),
        ("count: 25", "count: 0"),
        ("  BTC-USD:", "  BTC/USD:"),
    ],
)
def test_the_schema_refuses_what_one_value_shows_to_be_wrong(old: str, new: str) -> None:
    text = (HERE / "small.yaml").read_text()
    assert text.count(old) == 1
    values = Source("small.yaml", text.replace(old, new)).values
    assert not Draft202012Validator(schema()).is_valid(values)
