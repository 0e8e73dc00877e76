"""A whole exchange on a real broker, which trades while the broker, and its own processes, come and go."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from bulkhead.log.open import open_log
from bulkhead.log.pulsar.address import parse
from bulkhead.log.pulsar.admin import PulsarAdmin
from bulkhead.log.pulsar.credentials import Credentials
from tests.support.disturbed import Disturbance, replay_disturbed
from tests.support.pulsar import Broker, running_broker
from tests.support.running import RunningExchange
from tests.support.zombies import pause_replace_and_wake

pytestmark = pytest.mark.pulsar

PAUSE_S = 20.0
"""Longer than any patience of the log's adapter (5 s) and than one try to connect (10 s)."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One that the test may kill."""
    with running_broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture(scope="module")
def exchange(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    changes = {"exchange": "disturbed", "log": broker.topology}
    with RunningExchange(tmp_path_factory.mktemp("exchange"), changes) as running:
        yield running


def unload_everything(exchange: RunningExchange) -> None:
    """Every partition of every topic, one after another: as when brokers share the load anew."""
    address = parse(exchange.installation.log_address)
    assert address is not None
    with (
        closing(open_log(exchange.installation.log_address)) as log,
        closing(PulsarAdmin(address, Credentials(address))) as admin,
    ):
        for topic, partitions in log.topics().items():
            for number in range(partitions):
                admin.unload(f"{topic}-partition-{number}")


def test_nothing_is_lost_or_twice_and_no_shard_halts_whatever_the_broker_does(
    exchange: RunningExchange, broker: Broker
) -> None:
    def disturb(disturbance: Disturbance) -> None:
        disturbance.reached(500)
        unload_everything(exchange)
        disturbance.goes_on()
        pid = broker.server.status().pid
        os.kill(pid, signal.SIGSTOP)
        time.sleep(PAUSE_S)  # what is tested is a pause of this length: there is nothing to wait for
        os.kill(pid, signal.SIGCONT)
        disturbance.goes_on()
        broker.kill()
        broker.start_again()
        disturbance.goes_on()
        pause_replace_and_wake(exchange, "risk/0", disturbance)

    outcome = replay_disturbed(exchange, 4.0, disturb)
    assert outcome.problems == []
    assert outcome.restarts == 1  # of the process that the test has killed
