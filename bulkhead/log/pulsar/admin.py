"""The part of Pulsar's REST API that the exchange needs: a tenant, a namespace, topics, what they hold."""

from collections.abc import Collection
from typing import Any
from urllib.parse import quote

import httpx

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.names import is_topic
from bulkhead.log.pulsar.address import PulsarAddress
from bulkhead.log.pulsar.credentials import Credentials
from bulkhead.log.pulsar.positions import Extent, Ledger

TIMEOUT_S = 10.0
"""Of one answer; creating a topic on a busy broker takes about a second."""

NAMESPACE_POLICIES = {
    # Nothing is deleted: what may be trimmed is decided by snapshots, not by age or by who has read it.
    "retention_policies": {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1},
    # Else a subscription that nobody reads any more stops every producer once it is 10 GB behind.
    "backlog_quota_map": {
        "destination_storage": {"limitSize": -1, "limitTime": -1, "policy": "producer_request_hold"}
    },
    # A misspelled topic is an error, and an idle one stays, with its permissions.
    "autoTopicCreationOverride": {"allowAutoTopicCreation": False},
    "inactive_topic_policies": {
        "inactiveTopicDeleteMode": "delete_when_no_subscriptions",
        "maxInactiveDurationSeconds": 86_400,
        "deleteWhileInactive": False,
    },
}
SECURED_POLICIES = {
    # A subscription's name begins with the role that may use it: nobody takes or moves another's.
    "subscription_auth_mode": "Prefix",
    "autoSubscriptionCreationOverride": {"allowAutoSubscriptionCreation": False},
}
LABEL = "bulkhead.exchange"
"""The property of a namespace or topic that says which exchange it is of."""
_POLICY_PATHS: dict[str, tuple[str, str | None]] = {
    "retention_policies": ("retention", None),
    "backlog_quota_map": ("backlogQuota?backlogQuotaType=destination_storage", "destination_storage"),
    "autoTopicCreationOverride": ("autoTopicCreation", None),
    "inactive_topic_policies": ("inactiveTopicPolicies", None),
    "subscription_auth_mode": ("subscriptionAuthMode", None),
    "autoSubscriptionCreationOverride": ("autoSubscriptionCreation", None),
}
"""where each is set, and which part of it is the body; none: all of it"""
_EARLIEST = {"ledgerId": -1, "entryId": -1, "partitionIndex": -1}
_NOT_THERE, _THERE_ALREADY = 404, 409
_JSON, _METADATA = "application/json", "application/vnd.partitioned-topic-metadata+json"


class PulsarAdmin:
    """Administers one namespace of one cluster. TemporaryError: nobody answers, or not now; FatalError: the
    cluster refuses. It may be used from several threads.
    """

    def __init__(self, address: PulsarAddress, credentials: Credentials) -> None:
        self._address = address
        self._path = f"{address.tenant}/{address.namespace}"
        self._secured = bool(credentials.role)
        # The environment's proxies are for the outside; the cluster is ours.
        self._http = httpx.Client(
            base_url=f"{address.admin_url}/admin/v2/",
            timeout=TIMEOUT_S,
            trust_env=False,
            **credentials.http_options(),
        )

    @property
    def policies(self) -> dict[str, Any]:
        """Those that the namespace should have."""
        return NAMESPACE_POLICIES | (SECURED_POLICIES if self._secured else {})

    def has_tenant(self) -> bool:
        return self._ask("GET", f"tenants/{self._address.tenant}") is not None

    def create_tenant(self) -> None:
        clusters = [name for name in self._ask("GET", "clusters") if name != "global"]
        body = {"adminRoles": [], "allowedClusters": clusters}
        self._make("PUT", f"tenants/{self._address.tenant}", body)

    def namespace(self) -> dict[str, Any] | None:
        """Its policies as they are; None where there is no such namespace."""
        found: dict[str, Any] | None = self._ask("GET", f"namespaces/{self._path}")
        return found

    def create_namespace(self) -> None:
        """Make tenant and namespace, unless they are there; then their policies stay as they are."""
        if self.namespace() is None:
            if not self.has_tenant():
                self.create_tenant()
            self._make("PUT", f"namespaces/{self._path}", self.policies)

    def set_policy(self, name: str) -> None:
        """Make one of the namespace's policies what it should be."""
        path, part = _POLICY_PATHS[name]
        value = self.policies[name]
        self._ask("POST", f"namespaces/{self._path}/{path}", value if part is None else value[part])

    def set_namespace_label(self, label: str) -> None:
        self._ask("PUT", f"namespaces/{self._path}/properties", {LABEL: label})

    def configuration(self) -> dict[str, str]:
        """What the broker that answers runs with; {} where this role may not know."""
        try:
            found: dict[str, str] = self._ask("GET", "brokers/configuration/runtime") or {}
        except FatalError:  # for superusers only, which a tenant's administrator is not
            return {}
        return found

    def grants(self) -> dict[str, dict[str, set[str]]]:
        """What is granted in the namespace: partition (such as orders-partition-0) or topic -> role ->
        actions."""
        policies = self._ask("GET", f"namespaces/{self._path}") or {}
        found: dict[str, dict[str, list[str]]] = policies.get("auth_policies", {}).get("destination_auth", {})
        return {
            topic.rpartition("/")[2]: {role: set(actions) for role, actions in roles.items()}
            for topic, roles in found.items()
        }

    def grant(self, partition: str, role: str, actions: Collection[str]) -> None:
        """Let `role` do exactly `actions`, of produce and consume, with a partition; none: nothing more."""
        path = f"{self._topic(partition)}/permissions/{quote(role, safe='')}"
        if actions:
            self._ask("POST", path, sorted(actions))
        else:
            self._ask("DELETE", path)

    def create_subscription(self, partition: str, name: str) -> None:
        """Make a durable cursor at the partition's beginning, unless it is there."""
        path = f"{self._topic(partition)}/subscription/{quote(name, safe='')}"
        self._make("PUT", path, _EARLIEST)

    def subscriptions(self, partition: str) -> list[str]:
        """Their names; none where there is no such partition."""
        return sorted(self._ask("GET", f"{self._topic(partition)}/subscriptions") or [])

    def topic(self, topic: str) -> dict[str, Any]:
        """`partitions` and `properties` of a topic; {} where there is none."""
        return self._ask("GET", f"{self._topic(topic)}/partitions") or {}

    def existing_partitions(self) -> set[str]:
        """Every partition that is there, such as orders-partition-0, Pulsar's own too: a creation that was
        interrupted has left some out."""
        found = self._ask("GET", f"persistent/{self._path}?includeSystemTopic=true") or []
        return {str(name).rpartition("/")[2] for name in found}

    def set_label(self, topic: str, label: str) -> None:
        self._ask("PUT", f"{self._topic(topic)}/properties", {LABEL: label})

    def schemas(self, topic: str) -> dict[int, str]:
        """Every schema that its messages have had, by version."""
        found = self._ask("GET", f"schemas/{self._path}/{topic}/schemas") or {}
        return {each["version"]: each["data"] for each in found.get("getSchemaResponses", ())}

    def retention_minutes(self, topic: str) -> int | None:
        """What is set for the topic itself; None: nothing, so the namespace's policy holds."""
        found = self._ask("GET", f"{self._topic(topic)}/retention")
        return int(found["retentionTimeInMinutes"]) if found else None

    def forget_retention(self, topic: str) -> None:
        """The namespace's policy holds again."""
        self._ask("DELETE", f"{self._topic(topic)}/retention")

    def delete_topic(self, topic: str) -> None:
        """With all that it holds, whoever is connected."""
        self._ask("DELETE", f"{self._topic(topic)}/partitions?force=true")

    def topics(self) -> list[str]:
        """The namespace's partitioned topics, by name, without Pulsar's own."""
        found = self._ask("GET", f"persistent/{self._path}/partitioned") or []
        names = (str(topic).rpartition("/")[2] for topic in found)
        return sorted(name for name in names if is_topic(name) and not name.startswith("__"))

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has; 0 where there is none."""
        return int(self.topic(topic).get("partitions", 0))

    def create_topic(self, topic: str, partitions: int, label: str | None = None) -> None:
        path = f"{self._topic(topic)}/partitions"
        if label is None:
            self._make("PUT", path, partitions)
        else:
            self._make("PUT", path, {"partitions": partitions, "properties": {LABEL: label}}, _METADATA)

    def grow_topic(self, topic: str, partitions: int) -> None:
        self._make("POST", f"{self._topic(topic)}/partitions", partitions)

    def complete_topic(self, topic: str) -> None:
        """Make the partitions that its creation, interrupted, has left out."""
        self._ask("POST", f"{self._topic(topic)}/createMissedPartitions")

    def set_deduplication(self, topic: str, wanted: bool) -> None:
        """Whether the broker drops what a producer of the same name has sent before."""
        self._ask("POST", f"{self._topic(topic)}/deduplicationEnabled", wanted)

    def set_retention(self, topic: str, minutes: int) -> None:
        """For how long a topic's messages are kept that nobody waits for."""
        policy = {"retentionTimeInMinutes": minutes, "retentionSizeInMB": -1}
        self._ask("POST", f"{self._topic(topic)}/retention", policy)

    def extent(self, partition: str) -> Extent:
        """What one partition, such as orders-partition-0, holds now."""
        found = self._ask("GET", f"{self._topic(partition)}/internalStats")
        if found is None:
            raise FatalError(f"there is no {partition} in {self._address}; create it with create_topic first")
        ledgers = [Ledger(each["ledgerId"], each["entries"]) for each in found["ledgers"]]
        # The one that grows is told apart: its own entry in the list counts when it is closed.
        current, _, entry = str(found["lastConfirmedEntry"]).partition(":")
        return Extent(
            [
                Ledger(each.number, int(entry) + 1) if each.number == int(current) else each
                for each in sorted(ledgers)
            ]
        )

    def unload(self, partition: str) -> None:
        """Let the broker put a partition down and take it up again: what happens when brokers share load."""
        self._ask("PUT", f"{self._topic(partition)}/unload")

    def delete_topics(self) -> None:
        """Delete every topic, whoever is connected to it, with all that they hold.

        The namespace stays: the broker was seen to delete one halfway, and then it could neither be used nor
        deleted.
        """
        for topic in self.topics():
            self.delete_topic(topic)

    def close(self) -> None:
        self._http.close()

    def _topic(self, topic: str) -> str:
        return f"persistent/{self._path}/{quote(topic, safe='')}"

    def _make(self, method: str, path: str, body: object, media_type: str = _JSON) -> None:
        """Make something that another process may make at the same time."""
        self._ask(method, path, body, allowed=_THERE_ALREADY, media_type=media_type)

    def _ask(
        self,
        method: str,
        path: str,
        body: object = None,
        allowed: int = _NOT_THERE,
        media_type: str = _JSON,
    ) -> Any:
        """The answer's JSON, {} where there is none; None for the one status that is `allowed` to be."""
        what = f"{method} {self._address.admin_url}/admin/v2/{path}"
        try:
            answer = self._http.request(method, path, json=body, headers={"Content-Type": media_type})
        except httpx.HTTPError as error:
            raise TemporaryError(
                f"{what}: {str(error) or type(error).__name__}; is the broker up?"
            ) from error
        if answer.status_code == allowed:
            return None
        if answer.status_code in (401, 403):
            raise FatalError(
                f"{what}: {answer.status_code} {answer.text[:200]}; give this role the permission"
            )
        if answer.is_error:
            raise TemporaryError(
                f"{what}: {answer.status_code} {answer.text[:200]}; look at the broker if this stays"
            )
        return answer.json() if answer.content else {}
