"""Pulsar's objects of one exchange: tenant, namespace, topics, and what each role may do."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, TypeVar

from bulkhead.log.administration import Objects, Value, Wanted
from bulkhead.log.port import LEASE_TOPIC, Access
from bulkhead.log.pulsar.address import PulsarAddress
from bulkhead.log.pulsar.admin import LABEL, PulsarAdmin
from bulkhead.log.pulsar.credentials import Credentials, subscription
from bulkhead.log.pulsar.grants import grant, pulsar_partition
from bulkhead.log.pulsar.log import LEASE_RETENTION_MINUTES, OPEN_TOPICS, PulsarLog
from bulkhead.log.pulsar.topic_policies import TopicPolicies, topic_policies

ASKED_AT_ONCE = 8
"""Questions on their way to the broker, which answers one in about 2 ms."""

Answer = TypeVar("Answer")


class PulsarAdministration:
    def __init__(self, address: PulsarAddress, wanted: Wanted) -> None:
        self._address = address
        self._wanted = wanted
        self._accesses = {access.role: access for access in wanted.accesses} if address.token else {}
        self._admin = PulsarAdmin(address, Credentials(address))
        self._log = PulsarLog(address)

    def wanted(self) -> Objects:
        found: Objects = {
            ("tenant", self._address.tenant): {},
            ("namespace", self._namespace): {
                "label": self._wanted.exchange,
                **{name: _text(policy) for name, policy in self._admin.policies.items()},
            },
        }
        for name, partitions in self._wanted.topics.items():
            found["topic", name] = {
                "partitions": partitions,
                "missing": (),
                "deduplication": OPEN_TOPICS.fullmatch(name) is None and not _of_leases(name),
                "retention_minutes": LEASE_RETENTION_MINUTES if _of_leases(name) else None,
                "label": self._wanted.exchange,
            }
        for role, access in self._accesses.items():
            found["role", role] = _role(_grants(access), _cursors(access))
        return found

    def live(self, *, closely: bool = False) -> Objects:
        policies = self._admin.namespace()
        found: Objects = {}
        if policies is not None or self._admin.has_tenant():
            found["tenant", self._address.tenant] = {}
        if policies is None:
            return found
        found["namespace", self._namespace] = {
            "label": policies.get("properties", {}).get(LABEL),
            **{name: _compared(policies.get(name), wanted) for name, wanted in self._admin.policies.items()},
        }
        return found | self._topics(closely) | self._roles()

    def make(self, kind: str, name: str) -> None:
        if kind == "tenant":
            self._admin.create_tenant()
        elif kind == "namespace":
            self._make_namespace()
        elif kind == "topic":
            self._make_topic(name)
        else:
            grant(self._address, [self._accesses[name]])

    def delete(self, kind: str, name: str) -> None:
        if kind == "topic":
            self._admin.delete_topic(name)
        else:
            assert kind == "role"  # tenants and namespaces stay: others may be in them
            for partition, roles in self._admin.grants().items():
                if name in roles:
                    self._admin.grant(partition, name, ())

    def bounds(self) -> dict[str, str]:
        return self._admin.configuration()

    def close(self) -> None:
        self._log.close()
        self._admin.close()

    @property
    def _namespace(self) -> str:
        return f"{self._address.tenant}/{self._address.namespace}"

    def _make_namespace(self) -> None:
        self._admin.create_namespace()
        there = self._admin.namespace() or {}
        for name, wanted in self._admin.policies.items():
            if not _contains(there.get(name), wanted):
                self._admin.set_policy(name)
        self._admin.set_namespace_label(self._wanted.exchange)

    def _make_topic(self, name: str) -> None:
        described = self._admin.topic(name)
        if not described:
            self._admin.create_topic(name, self._wanted.topics[name], self._wanted.exchange)
        elif _label(described) != self._wanted.exchange:
            self._admin.set_label(name, self._wanted.exchange)
        self._log.create_topic(name, self._wanted.topics[name])
        if not _of_leases(name) and self._admin.retention_minutes(name) is not None:
            self._admin.forget_retention(name)

    def _topics(self, closely: bool) -> Objects:
        """A wanted topic with just the partitions that it should have is asked for its label only `closely`:
        it was made with it.
        """
        existing = self._admin.existing_partitions()
        policies = topic_policies(self._address, self._admin, existing)
        there: dict[str, set[str]] = {}
        for partition in existing:
            there.setdefault(partition.rpartition("-partition-")[0], set()).add(partition)
        wanted = {name: _partitions(name, count) for name, count in self._wanted.topics.items()}
        names = self._admin.topics()
        asked = [name for name in names if closely or there.get(name) != set(wanted.get(name, ()))]
        described = self._ask_all(PulsarAdmin.topic, asked)
        found: Objects = {}
        for name in names:
            if name in described:
                count, label = int(described[name].get("partitions", 0)), _label(described[name])
            else:
                count, label = self._wanted.topics[name], self._wanted.exchange
            if name in wanted or label == self._wanted.exchange:
                found["topic", name] = {
                    "partitions": count,
                    "missing": tuple(each for each in _partitions(name, count) if each not in existing),
                    "label": label,
                    **policies.get(name, TopicPolicies())._asdict(),
                }
        return found

    def _roles(self) -> Objects:
        """Of ours: by the end of their names, which no other exchange's have."""
        if not self._address.token:
            return {}
        ours = f"@{self._wanted.exchange}.bulkhead"
        grants: dict[str, set[str]] = {role: set() for role in self._accesses}
        for partition, roles in self._admin.grants().items():
            for role, actions in roles.items():
                if role.endswith(ours):
                    grants.setdefault(role, set()).update(f"{action} {partition}" for action in actions)
        there = self._subscriptions()
        found: Objects = {}
        for role, granted in grants.items():
            access = self._accesses.get(role)
            cursors = {each for each in _cursors(access) if each in there} if access else set()
            if granted or cursors or (access and not _grants(access)):
                found["role", role] = _role(granted, cursors)
        return found

    def _subscriptions(self) -> set[str]:
        """As in a role's cursors, of the partitions where there should be some."""
        read = {partition for access in self._accesses.values() for partition, _ in access.subscriptions}
        partitions = sorted(pulsar_partition(partition) for partition in read)
        found = self._ask_all(PulsarAdmin.subscriptions, partitions)
        return {f"{name} on {partition}" for partition, names in found.items() for name in names}

    def _ask_all(self, ask: Callable[[PulsarAdmin, str], Answer], names: list[str]) -> dict[str, Answer]:
        """The answer about each. Every thread has a client of its own: httpx's is said to be shareable, and
        under load one thread was seen to read from a connection that another had closed.
        """

        def ask_some(some: list[str]) -> list[tuple[str, Answer]]:
            with closing(PulsarAdmin(self._address, Credentials(self._address))) as admin:
                return [(name, ask(admin, name)) for name in some]

        shares = [names[number::ASKED_AT_ONCE] for number in range(min(ASKED_AT_ONCE, len(names)))]
        with ThreadPoolExecutor(ASKED_AT_ONCE) as threads:
            answers = dict(answer for share in threads.map(ask_some, shares) for answer in share)
        return {name: answers[name] for name in names}


def _label(described: dict[str, Any]) -> str:
    """Nothing where it has none, which is no exchange's name."""
    return str(described.get("properties", {}).get(LABEL, ""))


def _partitions(topic: str, count: int) -> list[str]:
    return [f"{topic}-partition-{number}" for number in range(count)]


def _of_leases(topic: str) -> bool:
    return topic.startswith(LEASE_TOPIC)


def _compared(live: object, wanted: object) -> str:
    """A policy as text: what is wanted where it says all of that (a broker adds fields of its own)."""
    return _text(wanted if _contains(live, wanted) else live)


def _text(policy: object) -> str:
    return json.dumps(policy, sort_keys=True)


def _contains(live: object, wanted: object) -> bool:
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(_contains(live.get(name), wanted[name]) for name in wanted)
    return live == wanted


def _grants(access: Access) -> set[str]:
    produces = {f"produce {pulsar_partition(partition)}" for partition in access.produces}
    return produces | {f"consume {pulsar_partition(partition)}" for partition in access.consumes}


def _cursors(access: Access) -> set[str]:
    return {
        f"{subscription(access.role, name)} on {pulsar_partition(partition)}"
        for partition, name in access.subscriptions
    }


def _role(grants: set[str], cursors: set[str]) -> dict[str, Value]:
    return {"may": tuple(sorted(grants)), "cursors": tuple(sorted(cursors))}
