"""One secured broker for the tests of a module, and one exchange on it."""

from collections.abc import Iterator

import pytest

from tests.support.pulsar import Broker, running_broker
from tests.support.secured import SecuredExchange, secured_exchange


@pytest.fixture(scope="package")
def secured_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running_broker(tmp_path_factory.mktemp("secured"), secured=True) as broker:
        yield broker


@pytest.fixture(scope="module")
def secured(
    secured_broker: Broker, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[SecuredExchange]:
    name = request.module.__name__.rpartition(".")[2].removeprefix("test_").replace("_", "-")
    with secured_exchange(secured_broker, tmp_path_factory.mktemp("exchange"), name) as exchange:
        yield exchange
