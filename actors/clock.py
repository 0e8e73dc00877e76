"""The actor of the clock: its machine, and the gateway that reads the wall clock for it."""

from typing import Any

from actors.launch import Launch
from actors.shard import ShardActor
from bulkhead.log.open import open_log
from bulkhead.runtime.clock_gateway import ClockGateway


class ClockActor(ShardActor):
    def __init__(self, launch: Launch) -> None:
        super().__init__(launch)
        self._gateway = ClockGateway(open_log(launch.log_address), launch.identity(), launch.tick_ms)
        self._gateway.start()

    def status(self) -> dict[str, Any]:
        """The machine's; halted where the gateway is, since no time comes any more."""
        status = super().status()
        if self._gateway.problem:
            status["machines"] = [
                {**machine, "state": "halted", "last_error": self._gateway.problem}
                for machine in status["machines"]
            ]
        return status

    def stop(self) -> None:
        self._gateway.stop()
        super().stop()
