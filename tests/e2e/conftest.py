"""The logs that the exchanges of these tests have."""

from typing import Any

import pytest


@pytest.fixture(scope="module", params=["sqlite", pytest.param("pulsar", marks=pytest.mark.pulsar)])
def on_each_log(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the topology of a module's own exchange says of its log: its tests run on the embedded one, and on
    the broker of the session.
    """
    return {} if request.param == "sqlite" else {"log": request.getfixturevalue("pulsar_broker").topology}
