"""A Pulsar server: `standalone`, which is broker, storage and metadata in one process."""

import http.client
from pathlib import Path
from typing import ClassVar

from bulkhead.broker.distribution import check_java, pulsar_home
from bulkhead.broker.kind import Addresses, Launch, PortNumbers, Progress
from bulkhead.broker.security import Security
from bulkhead.broker.settings import ENVIRONMENT, Ports, command, configuration

HEALTH = "/admin/v2/brokers/health"
ANSWER_TIMEOUT_S = 10.0


class Pulsar:
    """Implements kind.Kind."""

    name = "pulsar"
    title = "Pulsar"
    program = "pulsar"
    standard_ports: ClassVar[PortNumbers] = Ports(broker=6650, web=8080, storage=3181)._asdict()
    """Pulsar's own, so that one server on a machine is where people look for it."""
    healthy_timeout_s = 180.0
    """About 10 s on two free cores; a machine that does other work as well takes many times that."""
    stop_timeout_s = 75.0
    """The server gives itself 60 s to put everything down (brokerShutdownTimeoutMs)."""

    def find(self, progress: Progress) -> Path:
        check_java()
        return pulsar_home(progress)

    def configure(self, program: Path, folder: Path, ports: PortNumbers) -> Launch:
        return self._launch(program, folder, Ports(**ports), None)

    @staticmethod
    def _launch(program: Path, folder: Path, ports: Ports, security: Security | None) -> Launch:
        conf = folder / "standalone.conf"
        conf.write_text(configuration(program, ports, security))
        environment = {
            **ENVIRONMENT,
            "PULSAR_STANDALONE_CONF": str(conf),
            "PULSAR_LOG_DIR": str(folder / "logs"),
        }
        return Launch(command(program, folder, ports), environment)

    def is_healthy(self, folder: Path, ports: PortNumbers) -> bool:
        return _answers(http.client.HTTPConnection("127.0.0.1", ports["web"], timeout=ANSWER_TIMEOUT_S), {})

    def addresses(self, folder: Path, ports: PortNumbers) -> Addresses:
        return Addresses(f"pulsar://127.0.0.1:{ports['broker']}", f"http://127.0.0.1:{ports['web']}")


class SecuredPulsar(Pulsar):
    """With TLS, tokens and permissions; what it needs for that is in folder/security."""

    name = "secured-pulsar"
    title = "secured Pulsar"
    standard_ports: ClassVar[PortNumbers] = Ports(broker=6651, web=8443, storage=3181)._asdict()

    def configure(self, program: Path, folder: Path, ports: PortNumbers) -> Launch:
        security = security_of(folder)
        security.make()
        return self._launch(program, folder, Ports(**ports), security)

    def is_healthy(self, folder: Path, ports: PortNumbers) -> bool:
        security = security_of(folder)
        connection = http.client.HTTPSConnection(
            "127.0.0.1", ports["web"], timeout=ANSWER_TIMEOUT_S, context=security.context()
        )
        return _answers(connection, {"Authorization": f"Bearer {security.admin_token.read_text().strip()}"})

    def addresses(self, folder: Path, ports: PortNumbers) -> Addresses:
        return Addresses(f"pulsar+ssl://127.0.0.1:{ports['broker']}", f"https://127.0.0.1:{ports['web']}")


def security_of(folder: Path) -> Security:
    """Of a secured server whose folder this is."""
    return Security(folder / "security")


def _answers(connection: http.client.HTTPConnection, headers: dict[str, str]) -> bool:
    """Whether a broker says that it is healthy."""
    try:
        connection.request("GET", HEALTH, headers=headers)
        with connection.getresponse() as answer:
            answer.read()
            return answer.status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
