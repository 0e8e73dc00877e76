"""What the broker itself refuses: each role does exactly what its streams need, strangers do nothing."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from pulsar import (
    Authentication,
    AuthorizationError,
    Client,
    FileLogger,
    LoggerLevel,
    MessageId,
    PulsarException,
)

from bulkhead.broker.security import Security, write_token
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.ground import found
from bulkhead.log.open import open_log
from bulkhead.log.pulsar.address import PulsarAddress, parse
from bulkhead.log.pulsar.admin import PulsarAdmin
from bulkhead.log.pulsar.credentials import Credentials
from bulkhead.topology import derived
from bulkhead.topology.access import accesses, participant_role, shard_role
from tests.integration.log.helpers import frames
from tests.support.running import until
from tests.support.secured import SecuredExchange

pytestmark = pytest.mark.pulsar

PLUGIN = "org.apache.pulsar.client.impl.auth.AuthenticationToken"
Connect = Callable[[str], Any]


def address_of(exchange: SecuredExchange, role: str) -> PulsarAddress:
    address = parse(exchange.installation.log_address_of(role))
    assert address is not None
    return address


@pytest.fixture(scope="module")
def connected(secured: SecuredExchange) -> Iterator[Connect]:
    """Pulsar's own client under a role."""
    clients: dict[str, Any] = {}
    with ExitStack() as stack:

        def connect(role: str) -> Any:
            if role not in clients:
                address = address_of(secured, role)
                options = Credentials(address).client_options()
                logger = FileLogger(LoggerLevel.Error, os.devnull)
                clients[role] = Client(address.service_url, logger=logger, **options)
                stack.callback(clients[role].close)
            return clients[role]

        yield connect


def name_of(exchange: SecuredExchange, partition: str) -> str:
    topic, _, number = partition.rpartition("/")
    return address_of(exchange, "admin").partition(topic, int(number))


def partitions(exchange: SecuredExchange) -> list[str]:
    return [
        f"{topic.name}/{number}"
        for topic in derived.topics(exchange.topology)
        for number in range(topic.partitions)
    ]


def allowed(attempt: Callable[[], Any]) -> bool:
    try:
        attempt().close()
    except AuthorizationError:
        return False
    return True


def written_and_read(exchange: SecuredExchange, client: Any, role: str) -> tuple[set[str], set[str]]:
    """The partitions that a producer, and a reader, of the role can be made for."""
    writes, reads = set(), set()
    for partition in partitions(exchange):
        name = name_of(exchange, partition)
        if allowed(partial(client.create_producer, name)):
            writes.add(partition)
        if allowed(partial(client.create_reader, name, MessageId.earliest, subscription_role_prefix=role)):
            reads.add(partition)
    return writes, reads


def test_every_role_may_write_and_read_where_its_streams_go_and_nowhere_else(
    secured: SecuredExchange, connected: Connect
) -> None:
    for access in accesses(secured.topology):
        found_out = written_and_read(secured, connected(access.role), access.role)
        assert (access.role, *found_out) == (access.role, {*access.produces}, {*access.consumes})


def test_a_participant_writes_its_own_topic_reads_its_own_reports_and_what_is_public(
    secured: SecuredExchange,
) -> None:
    role = participant_role(secured.topology.exchange, "alice")
    (alice,) = [access for access in accesses(secured.topology) if access.role == role]
    assert (alice.produces, alice.consumes[0]) == (("ingress.alice/0",), "reports.alice/0")
    public = {f"{topic}/{book}" for topic in ("market_data", "market_snapshots") for book in range(3)}
    assert set(alice.consumes[1:]) == public
    with closing(secured.participant_log("alice")) as log:
        reader = log.reader("reports.bob/0", "a")
        with pytest.raises(FatalError, match=r"reports.bob/0: Pulsar says AuthorizationError; grant"):
            until("an answer", lambda: reader.receive(1000, 1.0))
        for partition in ("orders/1", "ingress.bob/0", "ingress/1", "books/0"):
            writer = log.writer(partition, "a")
            writer.send(b"frame", 1)
            with pytest.raises(FatalError, match=rf"{partition} as a: Pulsar says AuthorizationError; grant"):
                until("an answer", partial(writer.poll, 1.0))


def test_a_participant_makes_no_topic_and_no_subscription_and_administers_nothing(
    secured: SecuredExchange, connected: Connect
) -> None:
    role = participant_role(secured.topology.exchange, "alice")
    client, address = connected(role), address_of(secured, role)
    assert not allowed(lambda: client.create_producer(address.topic("new")))
    assert not allowed(lambda: client.create_producer(address.topic("reports.alice-2")))
    reports = address.partition("reports.alice", 0)
    assert not allowed(lambda: client.subscribe(reports, "anybody's"))
    assert not allowed(lambda: client.create_reader(reports, MessageId.earliest))
    namespace = f"{address.tenant}/{address.namespace}"
    http = httpx.Client(
        base_url=f"{address.admin_url}/admin/v2/", trust_env=False, **Credentials(address).http_options()
    )
    with http:
        for method, path, body in (
            ("PUT", f"persistent/{namespace}/new/partitions", 1),
            ("POST", f"persistent/{namespace}/orders/permissions/{role}", ["consume"]),
            ("GET", f"namespaces/{namespace}", None),
            ("POST", f"namespaces/{namespace}/retention", {}),
            ("GET", f"persistent/{namespace}/orders-partition-0/internalStats", None),
            ("PUT", f"persistent/{namespace}/reports.alice-partition-0/unload", None),
            ("DELETE", f"persistent/{namespace}/reports.alice/partitions", None),
            ("GET", "brokers/configuration/runtime", None),
        ):
            assert http.request(method, path, json=body).status_code in (401, 403), path


def test_no_topic_makes_itself_for_an_administrator_either(
    secured: SecuredExchange, connected: Connect
) -> None:
    with pytest.raises(PulsarException, match="TopicNotFound"):
        connected("admin").create_producer(address_of(secured, "admin").topic("misspelled"))


def strangers(security: Security, folder: Path, role: str) -> dict[str, dict[str, Any]]:
    """Clients' options that are not enough."""
    other = Security(folder / "other")
    other.make()
    write_token(other.token_key, role, folder / "forged.jwt")
    trusting = {"tls_trust_certs_file_path": str(security.authority), "tls_validate_hostname": True}

    def token(path: Path) -> Authentication:
        return Authentication(PLUGIN, f"file://{path}")

    return {
        "no token": trusting,
        "a token signed by another key": {**trusting, "authentication": token(folder / "forged.jwt")},
        "another authority": {
            "tls_trust_certs_file_path": str(other.authority),
            "authentication": token(security.admin_token),
        },
    }


def test_without_the_right_token_and_the_right_authority_nobody_gets_in(
    secured: SecuredExchange, tmp_path: Path
) -> None:
    address, security = address_of(secured, "admin"), secured.broker.server.security
    cases = [(address.service_url, options) for options in strangers(security, tmp_path, "admin").values()]
    cases.append((address.service_url.replace("pulsar+ssl", "pulsar"), {}))  # without encryption
    for url, options in cases:
        logger = FileLogger(LoggerLevel.Error, os.devnull)
        client = Client(url, logger=logger, operation_timeout_seconds=2, **options)
        with closing(client), pytest.raises(PulsarException):
            client.create_producer(address.partition("orders", 0))


def test_the_rest_api_and_the_metrics_answer_nobody_without_a_token(
    secured: SecuredExchange, tmp_path: Path
) -> None:
    address, security = address_of(secured, "admin"), secured.broker.server.security
    forged = strangers(security, tmp_path, "admin") and (tmp_path / "forged.jwt").read_text().strip()
    for headers in ({}, {"Authorization": f"Bearer {forged}"}):
        client = httpx.Client(
            base_url=address.admin_url, verify=security.context(), trust_env=False, headers=headers
        )
        with client:
            for path in ("/admin/v2/clusters", "/admin/v2/brokers/health", "/metrics/"):
                assert client.get(path).status_code == 401, path
    with pytest.raises(httpx.HTTPError):
        httpx.get(address.admin_url.replace("https", "http") + "/admin/v2/clusters", trust_env=False)


def test_a_role_whose_token_the_broker_does_not_take_is_told_to_look_at_it_and_keeps_its_frames(
    secured: SecuredExchange, tmp_path: Path
) -> None:
    strangers(secured.broker.server.security, tmp_path, participant_role(secured.topology.exchange, "bob"))
    address = secured.installation.log_address.replace(
        str(secured.installation.tokens.path("admin")), str(tmp_path / "forged.jwt")
    )
    with closing(open_log(address)) as log:
        writer = log.writer("orders/0", "bob")
        writer.send(b"frame", 1)
        with pytest.raises(TemporaryError, match="no connection"):
            until("it is told", lambda: writer.poll(1.0))
        assert writer.pending() == 1


def test_a_token_that_is_not_there_or_is_none_is_named(secured: SecuredExchange, tmp_path: Path) -> None:
    with pytest.raises(FatalError, match=r"nobody.jwt, the token of this role, can't be read"):
        open_log(secured.installation.log_address_of("nobody"))
    path = secured.installation.tokens.path("garbled")
    path.write_text("not a token")
    with pytest.raises(FatalError, match=r"garbled.jwt holds no token with a subject"):
        open_log(secured.installation.log_address_of("garbled"))


def test_founding_again_grants_nothing_twice_and_takes_back_what_is_too_much(
    secured: SecuredExchange,
) -> None:
    address = address_of(secured, "admin")
    admin = PulsarAdmin(address, Credentials(address))
    with closing(admin):
        before = admin.grants()
        alice = participant_role(secured.topology.exchange, "alice")
        admin.grant("orders-partition-0", alice, ["consume", "produce"])
        admin.grant("orders-partition-1", "somebody-else", ["consume"])
        found(secured.installation)
        after = admin.grants()
        assert after["orders-partition-1"].pop("somebody-else") == {"consume"}
        assert after == before
        admin.grant("orders-partition-1", "somebody-else", [])


def test_a_hole_in_the_namespace_s_policies_is_closed_by_the_next_up(secured: SecuredExchange) -> None:
    address = address_of(secured, "admin")
    path = f"{address.admin_url}/admin/v2/namespaces/{address.tenant}/{address.namespace}"
    with httpx.Client(trust_env=False, **Credentials(address).http_options()) as http:
        assert http.post(f"{path}/subscriptionAuthMode", json="None").status_code == 204
        assert (
            http.post(
                f"{path}/retention", json={"retentionTimeInMinutes": 1440, "retentionSizeInMB": 1}
            ).status_code
            == 204
        )
        found(secured.installation)
        policies = http.get(path).json()
    assert policies["subscription_auth_mode"] == "Prefix"
    assert policies["retention_policies"] == {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}


def test_a_shard_s_acknowledgement_moves_the_cursor_that_was_made_for_it_and_nobody_else_s(
    secured: SecuredExchange, connected: Connect
) -> None:
    role = shard_role(secured.topology.exchange, "control/0")
    with closing(secured.log_of(role)) as log:
        reader = log.reader("control/0", "control/0")
        position = reader.receive(1, 5.0)[0].position
        reader.acknowledge(position)
    theirs = f"{shard_role(secured.topology.exchange, 'risk/0')}-risk/0"
    assert not allowed(lambda: connected(role).subscribe(name_of(secured, "control/0"), theirs))


def test_what_is_left_to_read_is_known_to_a_reader_that_may_only_read(secured: SecuredExchange) -> None:
    with secured.connect("alice"), closing(secured.participant_log("alice")) as log:
        reader = log.reader("reports.alice/0", "a")
        count = reader.lag()
        assert count > 0
        assert len(frames(reader, count)) == count
        assert reader.lag() == 0
