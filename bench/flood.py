"""`python -m bench.flood`: what one participant's frames that cannot be verified cost the others.

A process writes frames with a wrong signature, as fast as the log takes them, under one participant's name.
Another participant on the same risk shard and one on another send orders at a steady rate, before and
meanwhile. A latency is from when an order was due to when its answer was read. The last line is one JSON
object.
"""

import itertools
import json
import multiprocessing
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from actors.attach import attached, call
from bench.exchange import INSTRUMENT_ID, TOPOLOGY, fresh_exchange
from bulkhead.client import Client, connect
from bulkhead.client.connection import Connection, Participant
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.domain.messages.reports import OrderRejected
from bulkhead.domain.reasons import Reason
from bulkhead.errors import TemporaryError
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.machines.factory import make_reference
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from bulkhead.runtime.source import Source
from bulkhead.snapshots.open import open_snapshots
from bulkhead.topology.load import load
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import signer_source

ATTACKER, NEIGHBOUR, ELSEWHERE = "flow0", "flow1", "flow2"
"""The shipped topology puts the first two on one risk shard, the third on the other."""
IN_FLIGHT = 500
"""Frames of the flood that the log has not confirmed: enough to keep it busy."""
GATEWAYS = """
  ingress:
    contains: [ingress/*]
    restarts: {budget: 20, within_s: 60}
log:
"""
"""A boundary, put before the shipped topology's log."""
ALONE_FRAMES = 10_000
"""About a second of one risk shard."""
ANSWER_TIMEOUT_S = 120.0
"""For what is still unanswered when a phase has ended: the flood's backlog is before it."""


class Steady(threading.Thread):
    """One participant's orders, `per_s` a second for `seconds`, or until it is told to stop; its answers when
    it has ended.
    """

    def __init__(self, client: Client, per_s: int, seconds: float | None) -> None:
        super().__init__(name=client.participant_id)
        self.answered: list[tuple[float, float]] = []
        """when each order was due, and when its answer was read; in the order of the answers"""
        self.unanswered = 0
        self.refused: set[float] = set()
        """when those were due that were refused, as slots moved"""
        self.account_id = f"{client.participant_id}.00"
        self._client = client
        self._orders, self._per_s = None if seconds is None else int(per_s * seconds), per_s
        self._stopping = threading.Event()

    @property
    def latencies_us(self) -> list[int]:
        return [int((at - due) * 1e6) for due, at in self.answered]

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        client = self._client
        due_at: dict[str, float] = {}

        def answered(_: int, report: Any) -> None:
            due = due_at.pop(report.client_order_id)
            self.answered.append((due, time.monotonic()))
            if isinstance(report, OrderRejected) and report.reason is Reason.SLOT_MOVING:
                self.refused.add(due)

        client.on_answer = answered
        begun = time.monotonic()
        for number in itertools.count() if self._orders is None else range(self._orders):
            if self._stopping.is_set():
                break
            due = begun + number / self._per_s
            while (left_s := due - time.monotonic()) > 0:
                client.raw_reports(left_s)
            name = f"{time.monotonic_ns():x}"
            due_at[name] = due
            # Far from any trade, and gone at once: nothing piles up.
            client.place(
                self.account_id,
                INSTRUMENT_ID,
                "buy",
                "0.0001",
                "1",
                time_in_force="ioc",
                client_order_id=name,
            )
        give_up_at = time.monotonic() + ANSWER_TIMEOUT_S
        while due_at and time.monotonic() < give_up_at:
            client.raw_reports(0.1)
        self.unanswered = len(due_at)


def flood(address: str, frame: bytes, partition: str, per_s: int, stop: Event, sent: Any) -> None:
    """In a process of its own: the frame again and again, so often a second."""
    with closing(open_log(address)) as log:
        writer = log.writer(partition, "flood")
        number, begun = 0, time.monotonic()
        while not stop.is_set():
            due = (time.monotonic() - begun) * per_s
            while number < due and writer.pending() < IN_FLIGHT:
                number += 1
                writer.send(frame, number)
            with suppress(TemporaryError):
                sent.value = writer.poll(0.01)
            time.sleep(0.001)


def forged_frame(installation: Installation) -> bytes:
    """Well formed, for the attacker's partition, signed by a key that is not the one it names."""
    connection = Connection.load(installation.connection_path)
    named, other = (connection.private_key(name) for name in (NEIGHBOUR, ATTACKER))
    source = signer_source(named.public_key().public_bytes_raw(), 1 << 62)
    partition = connection.participant(ATTACKER).orders
    with closing(open_log(connection.log_address(ATTACKER))) as log:
        made = Source(log, identity_of(installation), source, partition, SignatureSealer(other), "flood")
        return made.frame([encode(OpenSession())], 0)


@contextmanager
def flooding(installation: Installation, per_s: int, told: dict[str, Any]) -> Iterator[None]:
    """Flood while the block lasts; `told` is given the frames sent and refused, per second."""
    connection = Connection.load(installation.connection_path)
    context = multiprocessing.get_context("spawn")
    stop, sent = context.Event(), context.Value("q", 0)
    attacker = connection.participant(ATTACKER)
    partition = attacker.ingress or attacker.orders
    process = context.Process(
        target=flood,
        args=(connection.log_address(ATTACKER), forged_frame(installation), partition, per_s, stop, sent),
    )
    refused, begun = _refused(attacker), time.monotonic()
    process.start()
    try:
        yield
        seconds = time.monotonic() - begun
        told["flood_sent_per_s"] = round(sent.value / seconds)
        told["flood_refused_per_s"] = round((_refused(attacker) - refused) / seconds)
    finally:
        stop.set()
        process.join()


def _refused(participant: Participant) -> int:
    """Frames by whoever reads what the participant writes."""
    shard = participant.orders.replace("orders", "ingress" if participant.ingress else "risk")
    return int(call(shard, "status")["machines"][0]["refused"])


def refusal_cpu_us() -> float:
    """What one such frame costs the process of a risk shard that does nothing else: CPU, so that other work
    on the machine does not count. From a log in memory; what it says goes to one too.
    """
    identity = Identity("flood", b"genesis of flood", b"k" * 32)
    named, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    with closing(open_log("memory:flood")) as log:
        for topic in ("orders", "dead_letters"):
            log.create_topic(topic, 1)
        policy = SnapshotPolicy(every_events=1_000_000, every_ticks=1_000_000)
        snapshots = open_snapshots("memory:flood")
        shard = Shard(make_reference("risk/0"), "orders/0", identity, log, snapshots, policy, lambda: 0)
        shard.restore()
        source = signer_source(named.public_key().public_bytes_raw(), 1)
        made = Source(log, identity, source, "orders/0", SignatureSealer(other), "flood")
        frame, writer = made.frame([encode(OpenSession())], 0), log.writer("orders/0", "flood")
        for number in range(1, ALONE_FRAMES + 1):
            writer.send(frame, number)
        writer.poll()
        begun = time.process_time()
        while shard.frames_refused < ALONE_FRAMES:
            shard.step(0.0)
        return round((time.process_time() - begun) / ALONE_FRAMES * 1e6, 1)


def phase(clients: Sequence[Client], per_s: int, seconds: float) -> list[Steady]:
    steady = [Steady(client, per_s, seconds) for client in clients]
    for each in steady:
        each.start()
    for each in steady:
        each.join()
    return steady


def summary(steady: Steady) -> dict[str, float | int]:
    found = sorted(steady.latencies_us)
    return {
        "p50_ms": found[len(found) // 2] / 1000,
        "p99_ms": found[len(found) * 99 // 100] / 1000,
        "max_ms": found[-1] / 1000,
        "unanswered": steady.unanswered,
    }


def measure(installation: Installation, per_s: int, seconds: float, flood_per_s: int) -> dict[str, Any]:
    topology = installation.topology
    told: dict[str, Any] = {"log": topology.log.adapter, "gateway": topology.has_gateways}
    told |= {"per_s": per_s, "seconds": seconds}
    told["refusal_cpu_us"] = refusal_cpu_us()
    path = installation.connection_path
    with connect(path, NEIGHBOUR) as neighbour, connect(path, ELSEWHERE) as elsewhere:
        clients = (neighbour, elsewhere)
        phase(clients, per_s, 2.0)
        before = phase(clients, per_s, seconds)
        with flooding(installation, flood_per_s, told):
            time.sleep(1.0)  # the flood's process has started
            during = phase(clients, per_s, seconds)
        for name, index in (("same_shard", 0), ("other_shard", 1)):
            told[name] = {"before": summary(before[index]), "during": summary(during[index])}
    return told


def with_gateways() -> str:
    """The shipped topology with them."""
    shipped = TOPOLOGY.read_text()
    return shipped.replace("  # ingress: gateway", "  ingress: gateway").replace("\nlog:\n", GATEWAYS)


def main(
    topology: Annotated[
        Path | None, typer.Option(help="An exchange that runs. Default: a fresh one on the embedded log.")
    ] = None,
    per_s: Annotated[int, typer.Option(help="Orders a second of each of the others.")] = 100,
    seconds: Annotated[float, typer.Option(help="Of each of the two phases.")] = 20.0,
    flood_per_s: Annotated[
        int, typer.Option(help="Unverifiable frames a second; more than a shard can refuse starves it.")
    ] = 2000,
    gateway: Annotated[
        bool, typer.Option("--gateway", help="The fresh exchange has ingress gateways.")
    ] = False,
    alone: Annotated[
        bool, typer.Option("--alone", help="Only what refusing one frame costs a shard.")
    ] = False,
) -> None:
    """Measure the others' latencies without and under a flood."""
    if alone:
        told = {"refusal_cpu_us": refusal_cpu_us()}
    elif topology is None:
        with fresh_exchange(with_gateways() if gateway else TOPOLOGY.read_text(), None) as installation:
            told = measure(installation, per_s, seconds, flood_per_s)
    else:
        installation = Installation(load(topology), topology)
        with attached(installation):
            told = measure(installation, per_s, seconds, flood_per_s)
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    typer.run(main)
