"""What is set for single topics, of all of them at once: the broker keeps it in a topic of the namespace.

Its REST API tells one policy of one topic: an exchange of 5,000 topics would take minutes to look at.
"""

import io
import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any, NamedTuple

from fastavro import parse_schema, schemaless_reader
from pulsar import Client, Message, MessageId, PulsarException, Timeout

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.pulsar.address import PulsarAddress
from bulkhead.log.pulsar.admin import PulsarAdmin
from bulkhead.log.pulsar.attempt import close_quietly
from bulkhead.log.pulsar.connection import connect
from bulkhead.log.pulsar.credentials import Credentials
from bulkhead.log.pulsar.failures import failure

CHANGES = "__change_events"
"""PIP-39: an event a change, by topic; the broker compacts it to the newest ones."""
QUEUE_MESSAGES = 1000
ARRIVAL_MS = 10_000
"""So long the broker may take to send what it has."""


class TopicPolicies(NamedTuple):
    """None: nothing is set for the topic, so the namespace's policy or the broker's holds."""

    deduplication: bool | None = None
    retention_minutes: int | None = None


def topic_policies(
    address: PulsarAddress, admin: PulsarAdmin, partitions: Iterable[str]
) -> dict[str, TopicPolicies]:
    """By topic, of those that have any; `partitions`: all that are in the namespace, Pulsar's own too.

    TemporaryError: the broker is away; FatalError: it refuses, or writes what nobody here can read.
    """
    changes = [partition for partition in partitions if partition.partition("-partition-")[0] == CHANGES]
    if not changes:
        return {}
    credentials = Credentials(address)
    schemas = _Schemas(admin)
    newest: dict[str, TopicPolicies | None] = {}
    client = connect(address, credentials)
    try:
        for partition in changes:
            for message in _messages(client, address, partition, credentials):
                newest[_topic(message)] = schemas.policies(message)
    finally:
        close_quietly(client)
    return {topic: policies for topic, policies in newest.items() if policies is not None}


def _messages(
    client: Client, address: PulsarAddress, partition: str, credentials: Credentials
) -> Iterator[Message]:
    """All that there are now, but those that are overtaken."""
    what = f"reading {partition} in {address}"
    try:
        reader = client.create_reader(
            f"persistent://{address.tenant}/{address.namespace}/{partition}",
            MessageId.earliest,
            receiver_queue_size=QUEUE_MESSAGES,
            is_read_compacted=True,
            subscription_role_prefix=credentials.subscription("policies"),
        )
        with closing(reader):
            while reader.has_message_available():
                yield reader.read_next(ARRIVAL_MS)
    except Timeout as error:
        raise TemporaryError(f"{what}: the broker has more and does not send it; try again") from error
    except PulsarException as error:
        raise failure(error, what) from error


def _topic(message: Message) -> str:
    """Its key is the whole name of the topic that an event is about."""
    return str(message.partition_key()).rpartition("/")[2]


class _Schemas:
    """How the events are written: a broker that was upgraded has left some of the version before."""

    def __init__(self, admin: PulsarAdmin) -> None:
        self._by_version = {
            version: parse_schema(json.loads(text)) for version, text in admin.schemas(CHANGES).items()
        }

    def policies(self, message: Message) -> TopicPolicies | None:
        """None: all that was set for the topic was taken back."""
        data = message.data()
        if not data:
            return None
        version = int.from_bytes(message.schema_version().encode(), "big")
        schema = self._by_version.get(version)
        if schema is None:
            raise FatalError(
                f"{CHANGES} has an event of schema {version}, and the broker knows"
                f" {sorted(self._by_version)}: it needs to be Pulsar 4.0 or newer"
            )
        event: Any = schemaless_reader(io.BytesIO(data), schema)
        told = (event.get("topicPoliciesEvent") or {}).get("policies")
        if told is None:
            return None
        retention = told.get("retentionPolicies")
        return TopicPolicies(
            told.get("deduplicationEnabled"),
            None if retention is None else retention["retentionTimeInMinutes"],
        )
