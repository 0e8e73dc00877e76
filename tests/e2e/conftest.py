"""One exchange for all tests that only trade at it: starting one takes 12 s."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.running import RunningExchange


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", pytest.param("pulsar", marks=pytest.mark.pulsar)])
def on_each_log(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the topology of a module's own exchange says of its log: its tests run on the embedded one, and on
    the broker of the session.
    """
    return {} if request.param == "sqlite" else {"log": request.getfixturevalue("pulsar_broker").topology}
