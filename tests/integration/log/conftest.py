from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkhead.log.port import Log
from tests.integration.log.adapters import ADAPTERS, Adapter, Promise, needed, promising


@pytest.fixture(params=[adapter.parameter for adapter in ADAPTERS.values()])
def adapter(request: pytest.FixtureRequest) -> Adapter:
    return needed(request, request.param)


@pytest.fixture(params=[ADAPTERS[name].parameter for name in promising(Promise.PROCESSES, Promise.KILLS)])
def shared_adapter(request: pytest.FixtureRequest) -> Adapter:
    return needed(request, request.param)


@pytest.fixture
def log(adapter: Adapter, tmp_path: Path) -> Iterator[Log]:
    """A log with the topics orders (2 partitions) and books (1)."""
    log = adapter.open(tmp_path / "log")
    log.create_topic("orders", 2)
    log.create_topic("books", 1)
    yield log
    log.close()
