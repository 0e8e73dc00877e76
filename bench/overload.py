"""`python -m bench.overload`: what a participant that sends too much, and a shard that is slow, cost the
others.

Two participants on different risk shards send orders for BTC-USD at a steady rate, before and meanwhile. A
latency is from when an order was due to when its answer was read. Meanwhile a third one, on the first one's
risk shard,

slow: trades ETH-USD, whose book is stopped for nine tenths of the time;
outruns: writes valid orders, as many a second as it is told, many times what the exchange can do.

The last line is one JSON object.
"""

import json
import multiprocessing
import os
import resource
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from actors.attach import call
from bench.exchange import TOPOLOGY, Kind, fresh_exchange
from bench.flood import ATTACKER, ELSEWHERE, NEIGHBOUR, phase, summary
from bench.pulsar.topology import on_broker
from bench.pulsar.venue import own_broker
from bench.setting import Setting
from bulkhead.broker.server import Status
from bulkhead.client import connect
from bulkhead.client.connection import Connection
from bulkhead.domain.messages.participant import OpenSession, PlaceOrder
from bulkhead.domain.messages.reports import CommandRefused, OrderAccepted, OrderRejected
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.errors import TemporaryError
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.source import Source
from bulkhead.runtime.steps import Step, read_step, step_path
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.codec import decode, encode
from bulkhead.wire.frame import read_frame, signer_source
from chaos.stopping import stop

ORDERS_A_FRAME = 256
IN_FLIGHT = 50
"""frames of the third one that the log has not confirmed"""
WINDOW = 2000
"""commands that a risk shard has unanswered at one book, at most: a fifth of a second of it"""
SLOW_BOOK, SLOW_INSTRUMENT = "book/1", "ETH-USD"
SLOW_OFFERED = 15_000
"""orders a second for it: less than the participant's rate, and many times what it can do then"""
STOPPED_S, GOES_ON_S = 0.09, 0.01
NICENESS = 19
AUTOGROUP = Path("/proc/self/autogroup")
MIB = 1024 * 1024


def topology(broker: Status | None = None) -> str:
    """The shipped one with gateways, and a smaller window; on a broker where there is one."""
    values = yaml.safe_load(TOPOLOGY.read_text())
    if broker is not None:
        on_broker(values, broker.service_url, broker.admin_url)
    values["shards"]["ingress"] = "gateway"
    values["shards"]["risk"]["commands_in_flight_max"] = WINDOW
    values["boundaries"]["ingress"] = {
        "contains": ["ingress/*"],
        "restarts": {"budget": 20, "within_s": 60},
    }
    return yaml.safe_dump(values, sort_keys=False)


def outrun(connection_file: str, instrument_id: str, per_s: int, stop: Event, sent: Any) -> None:
    """In a process of its own: valid orders that trade with nobody, so many a second."""
    _stand_back()
    connection = Connection.load(connection_file)
    participant, key = connection.participant(ATTACKER), connection.private_key(ATTACKER)
    identity = Identity(connection.exchange_id, bytes.fromhex(connection.genesis_id), b"")
    source_name = signer_source(key.public_key().public_bytes_raw(), time.time_ns() // 1000)
    account_id = participant.accounts[0]
    with closing(open_log(connection.log_address(ATTACKER))) as log:
        source = Source(log, identity, source_name, participant.orders, SignatureSealer(key), "outrun")
        writer = log.writer(participant.ingress or participant.orders, "outrun")
        writer.send(source.frame([encode(OpenSession())], 0), 1)
        begun, number = time.monotonic(), 0
        while not stop.is_set():
            due = (time.monotonic() - begun) * per_s
            while number < due and writer.pending() < IN_FLIGHT:
                orders = [_order(account_id, instrument_id, number + n) for n in range(ORDERS_A_FRAME)]
                number += ORDERS_A_FRAME
                writer.send(source.frame(orders, 0), source.last)
            with suppress(TemporaryError):
                sent.value = writer.poll(0.01) * ORDERS_A_FRAME
            time.sleep(0.001)


def _stand_back() -> None:
    """It would run on another machine: here it has what the exchange and its neighbours leave of the
    processors. Where Linux shares them out to sessions first, niceness counts within one only.
    """
    os.setsid()
    os.nice(NICENESS)
    if AUTOGROUP.exists():
        AUTOGROUP.write_text(str(NICENESS))


def _order(account_id: str, instrument_id: str, number: int) -> bytes:
    ioc = TimeInForce.IOC
    return encode(
        PlaceOrder(
            account_id, f"{number}", instrument_id, Side.BUY, OrderType.LIMIT, ioc, False, 100, None, 10_000
        )
    )


class Memory(threading.Thread):
    """What each shard's process has resident, in MiB: at the beginning, and at most."""

    def __init__(self) -> None:
        super().__init__(name="memory")
        self._stop_event = threading.Event()
        pids = {row["shard"]: row["pid"] for row in call("supervisor", "status")["shards"]}
        self._pages = {shard: Path(f"/proc/{pid}/statm") for shard, pid in pids.items()}
        self.before = self._look()
        self.most = dict(self.before)

    def _look(self) -> dict[str, int]:
        return {
            shard: int(pages.read_text().split()[1]) * resource.getpagesize() // MIB
            for shard, pages in self._pages.items()
        }

    def run(self) -> None:
        while not self._stop_event.wait(0.5):
            self.most = {shard: max(now, self.most[shard]) for shard, now in self._look().items()}

    def __enter__(self) -> "Memory":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_event.set()
        self.join()

    def told(self, shards: tuple[str, ...]) -> dict[str, list[int]]:
        return {shard: [self.before[shard], self.most[shard]] for shard in shards}


@contextmanager
def outrunning(
    installation: Installation, instrument_id: str, per_s: int, told: dict[str, Any]
) -> Iterator[None]:
    """While the block lasts. `told` is given what was offered and how it was answered, per second."""
    connection = Connection.load(installation.connection_path)
    context = multiprocessing.get_context("spawn")
    stop, sent = context.Event(), context.Value("q", 0)
    arguments = (str(installation.connection_path), instrument_id, per_s, stop, sent)
    process = context.Process(target=outrun, args=arguments)
    with closing(open_log(connection.log_address(ATTACKER))) as log:
        reports = log.reader(connection.participant(ATTACKER).reports, "overload")
        reports.seek(reports.end())
        begun = time.monotonic()
        process.start()
        try:
            yield
            seconds = time.monotonic() - begun
            told["offered_per_s"] = round(sent.value / seconds)
        finally:
            stop.set()
            process.join()
        answers: Counter[str] = Counter()
        while records := reports.receive(MIB, 0.0):
            for _, data in records:
                answers.update(_answer(decode(event)) for event in read_frame(data).events)
        del answers[""]
        told["answered_per_s"] = {name: round(count / seconds) for name, count in sorted(answers.items())}


def _answer(message: Any) -> str:
    if isinstance(message, OrderAccepted):
        return "accepted"
    if isinstance(message, OrderRejected | CommandRefused):
        return f"{message.reason.name.lower()}, of at most {message.bound}"
    return ""


@contextmanager
def slow(installation: Installation, shard: str) -> Iterator[None]:
    """Stops its process for nine tenths of the time, never while it may hold a lock of the log."""
    pid = next(row["pid"] for row in call("supervisor", "status")["shards"] if row["shard"] == shard)
    steps = step_path(installation.steps_directory, shard)
    ends = threading.Event()

    def run() -> None:
        while not ends.wait(GOES_ON_S):
            if stop(pid) and read_step(steps) in (Step.RECEIVE, Step.APPLY):
                ends.wait(STOPPED_S)
            os.kill(pid, signal.SIGCONT)

    thread = threading.Thread(target=run, name="slow")
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()


def measure(installation: Installation, per_s: int, seconds: float, offered: int) -> dict[str, Any]:
    path = installation.connection_path
    told: dict[str, Any] = {"per_s": per_s, "seconds": seconds, "orders_a_frame": ORDERS_A_FRAME}
    with connect(path, NEIGHBOUR) as neighbour, connect(path, ELSEWHERE) as elsewhere:
        clients = (neighbour, elsewhere)
        phase(clients, per_s, 2.0)
        before = phase(clients, per_s, seconds)
        # In this order: what outruns leaves a backlog in its own topic.
        for name in ("slow", "outruns"):
            found = told[name] = {}
            with Memory() as memory, ExitStack() as stack:
                if name == "slow":
                    stack.enter_context(slow(installation, SLOW_BOOK))
                    stack.enter_context(outrunning(installation, SLOW_INSTRUMENT, SLOW_OFFERED, found))
                else:
                    stack.enter_context(outrunning(installation, "BTC-USD", offered, found))
                time.sleep(1.0)  # its process has started
                during = phase(clients, per_s, seconds)
            found["memory_mib"] = memory.told(("ingress/0", "risk/0", "risk/1", "book/0", SLOW_BOOK))
            for where, index in (("same_risk_shard", 0), ("other_risk_shard", 1)):
                found[where] = {"before": summary(before[index]), "during": summary(during[index])}
    return {**told, "path": Setting(installation, 0).path()}


def main(
    log: Annotated[
        Kind, typer.Option(help="That the exchange is on; pulsar: a broker of its own.")
    ] = Kind.SQLITE,
    per_s: Annotated[int, typer.Option(help="Orders a second of each of the others.")] = 100,
    seconds: Annotated[float, typer.Option(help="Of each phase.")] = 60.0,
    offered: Annotated[int, typer.Option(help="Orders a second of the third one.")] = 400_000,
) -> None:
    """Measure the others' latencies, what is refused, and memory."""
    with ExitStack() as stack:
        broker = stack.enter_context(own_broker(None, lambda _: None)) if log is Kind.PULSAR else None
        installation = stack.enter_context(fresh_exchange(topology(broker), None))
        print(json.dumps(measure(installation, per_s, seconds, offered)), flush=True)


if __name__ == "__main__":
    typer.run(main)
