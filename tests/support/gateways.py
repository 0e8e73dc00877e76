"""Ingress gateways that a test steps, and what a topology with gateways needs."""

from typing import Any

from bulkhead.domain.ingress.machine import IngressMachine
from bulkhead.log.port import Log
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.ingress.gateway import Gateway
from bulkhead.runtime.ingress.lane import Lane
from bulkhead.runtime.ingress.threads import wall_clock_us
from bulkhead.runtime.shard import Shard

BOUNDARY: dict[str, Any] = {
    "ingress": {"contains": ["ingress/*"], "restarts": {"budget": 20, "within_s": 60}}
}
"""To merge into the shipped topology's boundaries."""
WITH_GATEWAYS: dict[str, Any] = {"shards": {"ingress": "gateway"}, "boundaries": BOUNDARY}
"""Changes to the shipped topology."""


class SteppedGateway:
    """One run of the gateway of `shard`, in the test's thread: its clock stands still until a lane waits."""

    def __init__(self, log: Log, identity: Identity, shard: Shard) -> None:
        machine = shard.machine
        assert isinstance(machine, ReferenceMachine)
        assert isinstance(machine.domain, IngressMachine)
        self._known = machine.domain.ingress
        self.now_s = 0.0
        self.gateway = Gateway(log, identity, self._known, wall_clock_us, lambda: self.now_s)

    def step(self) -> int:
        """Take all that is there, and tell: how many events that made."""
        self.open_lanes()
        for lane in self.gateway.lanes.values():
            self.step_lane(lane)
        return self.gateway.tell()

    def step_lane(self, lane: Lane) -> None:
        """As often as it says that there is more to do."""
        while wait_s := lane.step(0.0):
            self.now_s += wait_s
            if lane.waits_for_room:
                self.gateway.tell()

    def open_lanes(self) -> None:
        for lane in self.gateway.take_out_gone():
            lane.close()
        for entrance in list(self._known.entrances.values()):
            if entrance.participant_id not in self.gateway.lanes:
                self.gateway.open_lane(entrance)

    def close(self) -> None:
        self.gateway.close()
