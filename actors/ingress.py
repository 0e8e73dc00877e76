"""The actor of an ingress shard: its machine, and the gateway that forwards its participants' frames."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from actors.launch import Launch
from actors.shard import ShardActor
from bulkhead.domain.ingress.machine import IngressMachine
from bulkhead.log.open import open_log
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.host import Companion
from bulkhead.runtime.ingress.gateway import behind
from bulkhead.runtime.ingress.threads import GatewayThreads
from bulkhead.runtime.shard import Shard

SWITCH_INTERVAL_S = 0.0005
"""So long one participant's thread may keep the others waiting for Python's lock: at Python's own 5 ms each
of ten that are busy would add 5 ms to an order of the eleventh.
"""


class IngressActor(ShardActor):
    def __init__(self, launch: Launch) -> None:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._gateway: GatewayThreads | None = None
        super().__init__(launch)

    def _companion(self) -> Callable[[Shard], Companion]:
        return self._accompany

    def _accompany(self, shard: Shard) -> GatewayThreads:
        machine, launch = shard.machine, self._launch
        assert isinstance(machine, ReferenceMachine)
        assert isinstance(machine.domain, IngressMachine)

        self._gateway = GatewayThreads(
            lambda: open_log(launch.log_address),
            launch.identity(),
            machine.domain.ingress,
            partial(behind, shard),
        )
        return self._gateway

    def status(self) -> dict[str, Any]:
        """The machine's; what its gateway has refused counts as refused."""
        status = super().status()
        refused = self._gateway.refused if self._gateway is not None else 0
        status["machines"] = [
            {**machine, "refused": machine["refused"] + refused} for machine in status["machines"]
        ]
        return status
