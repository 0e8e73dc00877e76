"""The installation that a command is about, without what only starting and stopping one needs."""

from bulkhead.installation.state import Installation
from commands.topology import TopologyOption, read_topology


def open_installation(
    topology: TopologyOption, engine: str | None = None, dashboard: bool = False
) -> Installation:
    """Ends with status 1 where the topology is not right, and what is wrong on stderr."""
    return Installation(*read_topology(topology), engine, dashboard)
