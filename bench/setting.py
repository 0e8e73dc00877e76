"""An exchange as the benchmarks see it: who takes part, which shards, what the numbers went through."""

import time
from collections.abc import Sequence

from actors.attach import call
from actors.launch import Launch
from actors.launches import launches
from bench.desks import Desk, PassingDesk, TradingDesk
from bench.exchange import BOOK, INSTRUMENT_ID
from bench.flow import OrderFlow
from bench.frames import Prepared, Sender, Signer
from bench.lanes import Lane
from bench.source import commit
from bench.stages import Course, Venue
from bulkhead.client.connection import Connection
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation
from bulkhead.log.port import Log
from bulkhead.machines.engines import native_build
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.frame import AUTHENTICATION_BYTES, authenticated_bytes

ANSWER_TIMEOUT_S = 60.0
"""Of the sessions' opening: a shard's first report to each participant may need a producer of its own."""


class Setting:
    """A running exchange; used inside `attached`."""

    def __init__(self, installation: Installation, seed: int) -> None:
        self.installation = installation
        self.topology = installation.topology
        self.identity = identity_of(installation)
        self._connection = Connection.load(installation.connection_path)
        self._seed = seed

    def senders(self, names: Sequence[str]) -> list[Sender]:
        senders = []
        for number, name in enumerate(names):
            participant, key = self._connection.participant(name), self._connection.private_key(name)
            public_key = key.public_key().public_bytes_raw()
            senders.append(Sender(number, name, public_key, participant.orders, participant.reports))
        return senders

    def trading_desk(self, log: Log, sender: Sender) -> TradingDesk:
        return TradingDesk(self._signer(log, sender), self._flow(sender))

    def passing_desk(self, log: Log, sender: Sender) -> Desk:
        return PassingDesk(self._signer(log, sender), self._flow(sender))

    def _signer(self, log: Log, sender: Sender) -> Signer:
        return Signer(log, self.identity, sender, self._connection.private_key(sender.name))

    def _flow(self, sender: Sender) -> OrderFlow:
        accounts = self._connection.participant(sender.name).accounts
        return OrderFlow(sender.name, accounts, INSTRUMENT_ID, self._seed)

    def processes(self) -> list[int]:
        """The exchange's shards'."""
        return [shard["pid"] for shard in call("supervisor", "status")["shards"]]

    def problems(self) -> str:
        """Why shards of the exchange have stopped, as far as they have."""
        shards = call("supervisor", "status")["shards"]
        return "; ".join(
            f"{s['shard']} is {s['state']}: {s['last_error']}" for s in shards if s["last_error"]
        )

    def course(self, senders: Sequence[Sender], venue: Venue) -> Course:
        shards = {f"risk/{sender.orders.split('/')[1]}" for sender in senders} | {BOOK}
        on_the_way = [launch for launch in self._launches() if launch.shard in shards]
        return Course(senders, on_the_way, BOOK, self.identity, self._head(senders[0].orders), venue)

    def _launches(self) -> list[Launch]:
        return launches(self.installation, self.identity.genesis_id)

    def _head(self, orders: str) -> bytes:
        """As long as that of a frame between two shards; the numbers are some that it could have."""
        authenticated = authenticated_bytes(
            self.identity.exchange_id,
            self.identity.genesis_id,
            BOOK,
            orders,
            100_000,
            2**31,
            2**50,
            512,
            b"",
        )
        return MacSealer(self.identity.mac_key).seal(authenticated)[AUTHENTICATION_BYTES:]

    def path(self) -> dict[str, object]:
        """What the numbers went through."""
        topology = self.topology
        return {
            "log": topology.log.adapter,
            "engine": self.installation.engine_running(),
            "native_build": native_build(),
            "signed": True,
            "replicas": sorted({boundary.replicas for boundary in topology.boundaries.values()}),
            "durability": topology.log.durability if topology.log.adapter == "sqlite" else "the broker's",
            "snapshots": f"{topology.snapshots.adapter}, every {topology.snapshots.every_events:,} events",
            "commit": commit(),
        }


def open_sessions(lanes: Sequence[Lane], openings: Sequence[Sequence[Prepared]]) -> None:
    """Send every participant's OpenSession, by lane, and wait for the answers."""
    for lane, frames in zip(lanes, openings, strict=True):
        for frame in frames:
            lane.send(frame)
        lane.flush()
        missing = {frame.sender.reports for frame in frames}
        give_up_at = time.monotonic() + ANSWER_TIMEOUT_S
        while missing:
            for partition, data in lane.receive():
                lane.answers[partition].count(data)
                missing.discard(partition)
            if missing and time.monotonic() > give_up_at:
                raise RuntimeError(f"{lane.name}: no answer to {len(missing)} of {len(frames)} OpenSession")
