"""A book is saved and loaded, as `python -m bench.snapshot` measures it."""

from pathlib import Path

import pytest

from bench.snapshot import book, loaded
from bulkhead.machines.engines import Engine, native_is_built
from bulkhead.snapshots.open import open_snapshots


@pytest.mark.parametrize("engine", Engine)
def test_a_book_of_many_orders_is_saved_and_loaded(tmp_path: Path, engine: Engine) -> None:
    if engine is Engine.NATIVE and not native_is_built():
        pytest.skip("the native engine is not built")
    payload = book(1000, engine).snapshot()
    assert len(payload) > 1000 * 20
    assert loaded(open_snapshots(f"files:{tmp_path}"), payload, engine).keys() == {
        "saved_s",
        "loaded_s",
        "restored_s",
        "restored_cpu_s",
    }
