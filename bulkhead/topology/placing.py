"""What a topology says of the machines that an exchange runs on."""

from typing import Annotated

from pydantic import Field

from bulkhead.errors import FatalError
from bulkhead.topology.base import Model
from bulkhead.topology.values import Address, NodeName, WholeNumber

NO_ADDRESS = (
    "is left out, and the other nodes reach the head by it",
    "write the address that the head has in the network of all nodes; only on Kubernetes is none needed",
)
"""what is wrong where several machines are an exchange, and what to do"""
HEAD = "head"
"""The node where `bulkhead up` is typed: Ray's head and the supervisor are there."""


class Node(Model):
    """One machine. `bulkhead node join NAME`, typed there, makes it part of the exchange."""

    zone: NodeName | None = None
    """What it fails together with: a rack, a room, a data centre. Left out: it is in no zone."""
    memory_mib: Annotated[WholeNumber, Field(ge=128, le=4_194_304)] | None = None
    """How much the processes with a memory limit that are placed there may have together, in MiB. Left out:
    nothing is added up."""
    cpus: Annotated[WholeNumber, Field(ge=1, le=1_024)] | None = None
    """How many cores the processes with a limit of cores that are placed there may have together."""


class Placement(Model):
    """The machines that an exchange runs on."""

    address: Address | None = None
    """Of the head, as the other nodes reach it: a private network's, since whoever reaches it and has the
    exchange's token may run anything there. It has to be given where several machines are an exchange; on
    Kubernetes it means nothing."""
    port: Annotated[WholeNumber, Field(ge=1024, le=65_535)] = 6379
    """Where nodes join, on the head."""
    nodes: dict[NodeName, Node] = Field(min_length=1)
    """The machines, by name. The head, where `bulkhead up` is typed, has the name head; it need not be
    listed, unless it is in a zone."""

    @property
    def head(self) -> str:
        """The address, where several machines are an exchange. FatalError: it was left out."""
        if self.address is None:
            raise FatalError(f"placement.address {NO_ADDRESS[0]}; {NO_ADDRESS[1]}")
        return self.address
