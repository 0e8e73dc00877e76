"""The native engine reads the wire's table as it is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bulkhead.wire import rust

WIRE = Path(__file__).parents[3] / "engine" / "src" / "wire"


@pytest.mark.parametrize("what", [rust.messages, rust.vocabulary], ids=["messages", "vocabulary"])
def test_what_the_native_engine_reads_is_current(what: Callable[[], str]) -> None:
    name = what.__name__
    written = (WIRE / f"{name}.rs").read_text()
    assert written == what(), f"python -m bulkhead.wire.rust {name} > engine/src/wire/{name}.rs"
