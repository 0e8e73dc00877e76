"""The one broker that the tests marked `pulsar` share; it is started when the first of them needs it."""

from collections.abc import Iterator

import pytest

from tests.support.pulsar import Broker, session_broker


@pytest.fixture(scope="session")
def pulsar_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with session_broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker
