"""A Pulsar server: `standalone`, which is broker, storage and metadata in one process."""

import http.client
from pathlib import Path
from typing import ClassVar

from bulkhead.broker.distribution import check_java, pulsar_home
from bulkhead.broker.kind import Addresses, Launch, PortNumbers, Progress
from bulkhead.broker.settings import ENVIRONMENT, Ports, command, configuration


class Pulsar:
    """Implements kind.Kind."""

    name = "pulsar"
    title = "Pulsar"
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
        conf = folder / "standalone.conf"
        conf.write_text(configuration(program, Ports(**ports)))
        environment = {
            **ENVIRONMENT,
            "PULSAR_STANDALONE_CONF": str(conf),
            "PULSAR_LOG_DIR": str(folder / "logs"),
        }
        return Launch(command(program, folder, Ports(**ports)), environment)

    def is_healthy(self, folder: Path, ports: PortNumbers) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", ports["web"], timeout=10)
        try:
            connection.request("GET", "/admin/v2/brokers/health")
            with connection.getresponse() as answer:
                answer.read()
                return answer.status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def addresses(self, folder: Path, ports: PortNumbers) -> Addresses:
        return Addresses(f"pulsar://127.0.0.1:{ports['broker']}", f"http://127.0.0.1:{ports['web']}")
