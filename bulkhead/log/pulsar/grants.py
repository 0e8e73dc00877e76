"""Permissions in the namespace of a secured cluster, made what they should be, partition by partition."""

from collections import defaultdict
from collections.abc import Iterable

from bulkhead.log.port import Access
from bulkhead.log.pulsar.address import PulsarAddress
from bulkhead.log.pulsar.admin import PulsarAdmin
from bulkhead.log.pulsar.credentials import Credentials, subscription

Actions = dict[tuple[str, str], set[str]]
"""what a role may do: (Pulsar's partition, role) -> of produce and consume"""


def grant(address: PulsarAddress, accesses: Iterable[Access]) -> None:
    """Give and take what differs; roles that `accesses` does not name keep what they have."""
    accesses = list(accesses)
    wanted = _wanted(accesses)
    admin = PulsarAdmin(address, Credentials(address))
    try:
        found = _found(admin, {access.role for access in accesses})
        for key in sorted(wanted.keys() | found.keys()):
            actions = wanted.get(key, set())
            if actions != found.get(key, set()):
                admin.grant(*key, actions)
        for access in accesses:
            for partition, name in access.subscriptions:
                admin.create_subscription(pulsar_partition(partition), subscription(access.role, name))
    finally:
        admin.close()


def _wanted(accesses: list[Access]) -> Actions:
    wanted: Actions = defaultdict(set)
    for access in accesses:
        for action, partitions in (("produce", access.produces), ("consume", access.consumes)):
            for partition in partitions:
                wanted[pulsar_partition(partition), access.role].add(action)
    return wanted


def _found(admin: PulsarAdmin, roles: set[str]) -> Actions:
    return {
        (partition, role): actions
        for partition, granted in admin.grants().items()
        for role, actions in granted.items()
        if role in roles
    }


def pulsar_partition(partition: str) -> str:
    """orders/0 -> orders-partition-0"""
    topic, _, number = partition.rpartition("/")
    return f"{topic}-partition-{number}"
