"""Readings in, ticks out. It never goes back: a reading at or before the last one is not distributed."""

from bulkhead.domain.machine import Handler, Outbox, State
from bulkhead.domain.messages.control import ClockRead, DefineShards, Tick


class ClockMachine:
    def __init__(self) -> None:
        self.number = 0
        self.time_ms = 0
        self.destinations: list[str] = []
        self.handlers: dict[type, Handler] = {ClockRead: self._read, DefineShards: self._define_shards}

    def _define_shards(self, event: DefineShards, out: Outbox) -> None:
        self.destinations = [
            *(f"orders/{shard}" for shard in range(event.risk_shards)),
            *(f"books/{shard}" for shard in range(event.book_shards)),
            *(f"settlement/{shard}" for shard in range(event.settlement_shards)),
            "control/0",
        ]

    def _read(self, event: ClockRead, out: Outbox) -> None:
        if event.time_ms <= self.time_ms:
            return
        self.number += 1
        self.time_ms = event.time_ms
        tick = Tick(self.number, self.time_ms)
        for destination in self.destinations:
            out.send(destination, tick)

    @property
    def tick(self) -> int:
        return self.number

    def state(self) -> State:
        return {"number": self.number, "time_ms": self.time_ms, "destinations": list(self.destinations)}

    def load(self, state: State) -> None:
        self.number, self.time_ms = state["number"], state["time_ms"]
        self.destinations = list(state["destinations"])
