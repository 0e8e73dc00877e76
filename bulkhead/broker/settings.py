"""How a development Pulsar server is configured: loopback only, quick to confirm, small.

What is measured behind the values is in docs/pulsar.md.
"""

import os
from pathlib import Path
from typing import NamedTuple

from bulkhead.broker.security import ADMIN, BROKER, Security


class Ports(NamedTuple):
    """Of one Pulsar server, all on the loopback interface."""

    broker: int
    """clients connect here"""
    web: int
    """administration and health"""
    storage: int
    """its bookie, which only the server itself connects to"""


_SETTINGS = {
    "bindAddress": "127.0.0.1",
    "advertisedAddress": "127.0.0.1",
    # Both, or its bookie listens on every interface.
    "listeningInterface": "lo",
    "allowEphemeralPorts": "true",
    # Latency: dispatch what was written at once, end to end p50 7.5 -> 2.3 ms ...
    "managedLedgerNewEntriesCheckDelayInMillis": "0",
    # ... don't gather writes in the journal, -> 1.1 to 1.3 ms ...
    "journalMaxGroupWaitMSec": "0",
    # ... and keep an acknowledgement at once: the default writes one every 10 s.
    "managedLedgerDefaultMarkDeleteRateLimit": "0",
    # A misspelled topic is an error, and an idle one stays.
    "allowAutoTopicCreation": "false",
    "brokerDeleteInactiveTopicsEnabled": "false",
    "webSocketServiceEnabled": "false",
    # Each message is handed on from thread to thread, and the cores are the exchange's too: a twentieth more
    # orders a second than with one or two threads of each kind for every core.
    **dict.fromkeys(
        (
            "numIOThreads",
            "topicOrderedExecutorThreadNum",
            "numOrderedExecutorThreads",
            "bookkeeperClientNumWorkerThreads",
            "serverNumIOThreads",
            "numJournalCallbackThreads",
        ),
        str(max(1, (os.cpu_count() or 1) // 2)),
    ),
}

ENVIRONMENT = {
    # Ready in 6 to 9 s, about 300 MB resident.
    "PULSAR_MEM": "-Xms128m -Xmx512m -XX:MaxDirectMemorySize=512m",
    "PULSAR_GC": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    # A space: the script takes an empty value for none and would write a log of its own.
    "PULSAR_GC_LOG": " ",
}


_SECURED_SETTINGS = {
    "tlsHostnameVerificationEnabled": "true",
    "brokerClientTlsEnabled": "true",
    "authenticationEnabled": "true",
    "authenticationProviders": "org.apache.pulsar.broker.authentication.AuthenticationProviderToken",
    "authorizationEnabled": "true",
    "superUserRoles": f"{ADMIN},{BROKER}",
    "brokerClientAuthenticationPlugin": "org.apache.pulsar.client.impl.auth.AuthenticationToken",
    "authenticateMetricsEndpoint": "true",
    # A subscription is made by an administrator or not at all (a reader needs none).
    "allowAutoSubscriptionCreation": "false",
    # Not enableLocalTransport, which would close the bookie's port: it can't read back entries above 16 KiB
    # (4.0.8: "Received invalid response ByteBufList"). So that port, on loopback, knows no passwords.
}


def configuration(home: Path, ports: Ports, security: Security | None = None) -> str:
    """The text of the server's configuration file: the one it came with, then what differs."""
    settings = {**_ports(ports, "" if security is None else "Tls"), **_SETTINGS}
    if security is not None:
        settings |= _SECURED_SETTINGS | {
            "tlsCertificateFilePath": str(security.certificate),
            "tlsKeyFilePath": str(security.certificate_key),
            "tlsTrustCertsFilePath": str(security.authority),
            "brokerClientTrustCertsFilePath": str(security.authority),
            "tokenPublicKey": f"file://{security.token_public_key}",
            "brokerClientAuthenticationParameters": f"file://{security.broker_token}",
        }
    shipped = (home / "conf" / "standalone.conf").read_text()
    # The shipped file has no newline at its end.
    return shipped + "\n\n" + "".join(f"{name}={value}\n" for name, value in settings.items())


def _ports(ports: Ports, kind: str) -> dict[str, str]:
    """The two ports of one kind, "" or "Tls"; none of the other."""
    closed = dict.fromkeys(
        ("brokerServicePort", "webServicePort", "brokerServicePortTls", "webServicePortTls"), ""
    )
    return closed | {f"brokerServicePort{kind}": str(ports.broker), f"webServicePort{kind}": str(ports.web)}


def command(home: Path, folder: Path, ports: Ports) -> list[str]:
    """The server's command line; `folder` holds its data. The script execs Java: the pid is the server's."""
    return [
        str(home / "bin" / "pulsar"),
        "standalone",
        "--no-functions-worker",
        "--no-stream-storage",
        "--bookkeeper-dir",
        str(folder / "data" / "bookkeeper"),
        "--bookkeeper-port",
        str(ports.storage),
        "--metadata-dir",
        str(folder / "data" / "metadata"),
        "--advertised-address",
        "127.0.0.1",
    ]
