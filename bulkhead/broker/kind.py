"""The seam between a server's life as a process (server.py) and what runs in that process."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

Progress = Callable[[str], None]
"""Told what is being done, in a line."""
PortNumbers = Mapping[str, int]
"""Ports of one server on the loopback interface, by what each is for."""


class Launch(NamedTuple):
    """How a configured server is started. No secret is in it: both are seen by others on the machine."""

    command: list[str]
    environment: dict[str, str]
    """beside the caller's own"""


class Addresses(NamedTuple):
    """Where a server is found."""

    service_url: str
    """of its clients"""
    admin_url: str = ""
    """of its REST API; empty where it has none"""
    password_file: str = ""
    """holds what its clients have to say; empty where it asks for nothing"""


class Kind(Protocol):
    """What differs between the servers that this package runs; `folder` is one server's own."""

    name: str
    title: str
    """for people"""
    program: str
    """that it runs: of one program one server is started at a time"""
    standard_ports: ClassVar[PortNumbers]
    """taken where they are free; the first is for clients, `web` (where there is one) for administration"""
    healthy_timeout_s: float
    stop_timeout_s: float

    def find(self, progress: Progress) -> Path:
        """Where its program is, fetched if need be. BrokerError: what is missing, and how to get it."""
        ...

    def configure(self, program: Path, folder: Path, ports: PortNumbers) -> Launch:
        """Write its configuration into `folder`, which exists."""
        ...

    def is_healthy(self, folder: Path, ports: PortNumbers) -> bool:
        """Whether it does its work now; waits for its answer for some seconds at most."""
        ...

    def addresses(self, folder: Path, ports: PortNumbers) -> Addresses: ...
