"""The one place that names where pages are kept."""

from collections.abc import Callable

from bulkhead.machines.interface import Machine
from bulkhead.redis_access.address import FORM, RedisAddress, parse
from bulkhead.views.accounts import AccountChanges
from bulkhead.views.served import MarketChanges, ServedView


def serve(
    address: str,
    genesis_id: bytes,
    machine: Machine,
    partition: str,
    changes: AccountChanges | MarketChanges,
    wake: Callable[[], None],
) -> ServedView:
    """What writes the pages of one partition to `address`; ValueError if that is no address of pages.

    `wake` interrupts the loop's wait for input, when there is something to write and it can be.
    """
    # Here, because only who writes should wait 0.2 s for Redis' client, and hold its 22 MB.
    from bulkhead.views.redis import RedisFeed

    return ServedView(machine, RedisFeed(_parsed(address), genesis_id, partition, wake), changes)


def erase_pages(address: str) -> None:
    """Delete everything under the address's prefix. TemporaryError: the same call goes on."""
    from bulkhead.redis_access.client import erase

    erase(_parsed(address))


def _parsed(address: str) -> RedisAddress:
    found = parse(address)
    if found is None or found[1]:
        raise ValueError(f"{address!r} is no address of pages; allowed: {FORM}")
    return found[0]
