"""What holds for every test: how hypothesis runs, that nothing is skipped unseen in CI, the servers."""

import os
import signal
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from bulkhead.log.open import end_process
from tests.support.pulsar import Broker, session_broker
from tests.support.redis import RedisServer, running_redis
from tests.support.workers import FilesAndFolders, longest_first

# No deadline and no check of speed: a test never asserts a time, and the cores may be shared.
settings.register_profile(
    "bulkhead", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("bulkhead")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skip is a failure: elsewhere a test may lack its component, there the component is missing. But
    for what needs a Rust toolchain, where .ci/run says at its end that the machine has none.
    """
    report = yield
    without_rust = bool(os.environ.get("BULKHEAD_WITHOUT_RUST")) and "native engine" in str(report.longrepr)
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail") and not without_rust:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        longest_first(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesAndFolders:
    return FilesAndFolders(config, log)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The one server that a worker's tests marked `redis` share; it is started when the first needs it."""
    with running_redis(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(scope="session")
def pulsar_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The one broker that a worker's tests marked `pulsar` share; as above."""
    with session_broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


ENDED = pytest.StashKey[int]()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[ENDED] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    end_process(config.stash.get(ENDED, 0))


# A shell starts what it puts into the background with SIGINT ignored, and every child inherits that: the
# tests that end a command with Ctrl-C would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
