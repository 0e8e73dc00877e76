"""Ingress gateways that a test steps, and what a topology with gateways needs."""

from typing import Any

from bulkhead.domain.ingress.machine import IngressMachine
from bulkhead.log.port import Log
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.ingress.gateway import Gateway
from bulkhead.runtime.shard import Shard

BOUNDARY: dict[str, Any] = {
    "ingress": {"contains": ["ingress/*"], "restarts": {"budget": 20, "within_s": 60}}
}
"""To merge into the shipped topology's boundaries."""
WITH_GATEWAYS: dict[str, Any] = {"shards": {"ingress": "gateway"}, "boundaries": BOUNDARY}
"""Changes to the shipped topology."""


class SteppedGateway:
    """One run of the gateway of `shard`, in the test's thread: nothing waits."""

    def __init__(self, log: Log, identity: Identity, shard: Shard) -> None:
        machine = shard.machine
        assert isinstance(machine, ReferenceMachine)
        assert isinstance(machine.domain, IngressMachine)
        self._known = machine.domain.ingress
        self.gateway = Gateway(log, identity, self._known, self.tell, lambda _: False)

    def tell(self) -> int:
        return self.gateway.tell()

    def step(self) -> int:
        """Every lane once, without waiting, then tell: frames taken and events told."""
        self.open_lanes()
        return sum(lane.step(0.0) for lane in self.gateway.lanes.values()) + self.tell()

    def open_lanes(self) -> None:
        for entrance in list(self._known.entrances.values()):
            if entrance.participant_id not in self.gateway.lanes:
                self.gateway.open_lane(entrance)

    def close(self) -> None:
        self.gateway.close()
