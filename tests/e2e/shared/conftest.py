"""One exchange for all tests that only trade at it: starting one takes 12 s."""

from collections.abc import Iterator

import pytest

from tests.support.running import RunningExchange


@pytest.fixture(scope="package")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("exchange"), dashboard=True) as running:
        yield running
