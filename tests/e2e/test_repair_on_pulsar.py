"""The ways back from FATAL, and from a lost book, where the log is a Pulsar broker."""

import shutil
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from bulkhead.log.pulsar.address import parse
from bulkhead.log.pulsar.admin import PulsarAdmin
from bulkhead.log.pulsar.credentials import Credentials
from tests.support.pulsar import Broker
from tests.support.repair import derive_book_0_again, lose_and_release_a_book, place, skip_substitute_and_drop
from tests.support.running import RunningExchange

pytestmark = pytest.mark.pulsar

CHANGES = {
    "exchange": "repaired",
    "snapshots": {"every_events": 5},  # of a stream that stays silent they tell what was lost
    "boundaries": {"eth": {"restarts": {"budget": 0, "within_s": 60}}},
}


@pytest.fixture(scope="module")
def exchange(pulsar_broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    changes = {**CHANGES, "log": pulsar_broker.topology}
    with RunningExchange(tmp_path_factory.mktemp("exchange"), changes) as running:
        yield running


def truncate(exchange: RunningExchange, partition: str) -> None:
    """As an administrator's slip: all that a partition held is gone."""
    address = parse(exchange.installation.log_address)
    assert address is not None
    with closing(PulsarAdmin(address, Credentials(address))) as admin:
        admin.unload(partition)  # what it grows by is not truncated, so let it begin anew
    topic = f"persistent/{address.tenant}/{address.namespace}/{partition}"
    done = httpx.delete(f"{address.admin_url}/admin/v2/{topic}/truncate", trust_env=False, timeout=60.0)
    done.raise_for_status()


def test_a_partition_that_was_truncated_is_derived_again_and_trading_goes_on(
    exchange: RunningExchange,
) -> None:
    place(exchange, 3)
    exchange.down()
    truncate(exchange, "books-partition-0")
    shutil.rmtree(exchange.folder / ".bulkhead" / "dev" / "snapshots" / "book" / "0")
    derive_book_0_again(exchange)


def test_an_event_that_can_not_be_is_skipped_substituted_or_dropped_with_its_frame(
    exchange: RunningExchange,
) -> None:
    skip_substitute_and_drop(exchange)


def test_what_a_lost_book_holds_is_released_and_used_elsewhere(exchange: RunningExchange) -> None:
    lose_and_release_a_book(exchange)
