"""Readings in, ticks out. It never goes back: a reading at or before the last one is not distributed."""

from bulkhead.domain.machine import Handler, Outbox, State
from bulkhead.domain.messages.control import ClockRead, DefineShards, Tick
from bulkhead.domain.messages.settlement_shards import SettlementRetired
from bulkhead.domain.messages.shards import ShardRetired


class ClockMachine:
    def __init__(self) -> None:
        self.number = 0
        self.time_ms = 0
        self.destinations: list[str] = []
        self.retired: set[str] = set()
        """partitions of shards that are told no time any more"""
        self.handlers: dict[type, Handler] = {
            ClockRead: self._read,
            DefineShards: self._define_shards,
            ShardRetired: self._shard_retired,
            SettlementRetired: self._settlement_retired,
        }

    def _define_shards(self, event: DefineShards, out: Outbox) -> None:
        every = [
            *(f"orders/{shard}" for shard in range(event.risk_shards)),
            *(f"books/{shard}" for shard in range(event.book_shards)),
            *(f"settlement/{shard}" for shard in range(event.settlement_shards)),
            "control/0",
        ]
        self.destinations = [partition for partition in every if partition not in self.retired]

    def _shard_retired(self, event: ShardRetired, out: Outbox) -> None:
        self._retire(f"orders/{event.risk_shard}")

    def _settlement_retired(self, event: SettlementRetired, out: Outbox) -> None:
        self._retire(f"settlement/{event.settlement_shard}")

    def _retire(self, partition: str) -> None:
        self.retired.add(partition)
        self.destinations = [each for each in self.destinations if each != partition]

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
        return {
            "number": self.number,
            "time_ms": self.time_ms,
            "destinations": list(self.destinations),
            # Not in the snapshots of an exchange that has retired none: they stay what they were.
            **({"retired": sorted(self.retired)} if self.retired else {}),
        }

    def load(self, state: State) -> None:
        self.number, self.time_ms = state["number"], state["time_ms"]
        self.destinations = list(state["destinations"])
        self.retired = set(state.get("retired", ()))
