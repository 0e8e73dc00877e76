"""A shard's thread: it answers while it works, and what halts it is seen and asked about afterwards."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from bulkhead.log.lease import lease_partition
from bulkhead.machines.factory import input_partition, make_reference
from bulkhead.machines.interface import NO_EVENTS, Output
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.host import ShardHost
from bulkhead.runtime.shard import Shard
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange
from tests.support.running import until


@pytest.fixture
def exchange() -> MemoryExchange:
    """Its partitions hold a genesis; its own shards stand still."""
    return MemoryExchange(TEXT)


@contextmanager
def hosted(
    exchange: MemoryExchange,
    name: str,
    make: Callable[[str], ReferenceMachine] = make_reference,
    holder: str = "first",
) -> Iterator[ShardHost]:
    exchange.forget_snapshots()

    def build() -> Shard:
        return Shard(
            make(name),
            input_partition(name),
            exchange.identity,
            exchange.log,
            exchange.snapshots,
            exchange.policy,
            lambda: 0,
            lease=exchange.log.lease(lease_partition(name), holder),
        )

    host = ShardHost(name, input_partition(name), build)
    host.start()
    try:
        yield host
    finally:
        host.stop()


class Stubborn(ReferenceMachine):
    """Stays in its first frame until it is let go on."""

    def __init__(self, name: str, inside: threading.Event, go_on: threading.Event) -> None:
        machine = make_reference(name)
        super().__init__(machine.name, input_partition(name), machine.domain)
        self._inside, self._go_on = inside, go_on

    def apply_frame(
        self,
        position: bytes,
        frame: bytes,
        skips: Collection[int] = (),
        instead: Mapping[int, bytes] = NO_EVENTS,
    ) -> list[Output]:
        self._inside.set()
        assert self._go_on.wait(60.0)
        return super().apply_frame(position, frame, skips, instead)


class Broken(Stubborn):
    def apply_frame(
        self,
        position: bytes,
        frame: bytes,
        skips: Collection[int] = (),
        instead: Mapping[int, bytes] = NO_EVENTS,
    ) -> list[Output]:
        raise ZeroDivisionError("a machine's own mistake")


def test_it_comes_to_the_state_of_another_replica_and_says_so(exchange: MemoryExchange) -> None:
    other = exchange.shards["risk/1"]
    with hosted(exchange, "risk/1") as host:
        until("it has caught up", lambda: host.status()["events"] == other.machine.events_applied)
        assert host.ask(lambda shard: shard.machine.digest()) == other.machine.digest()
        status = host.status()
        assert other.position is not None
        assert (status["state"], status["position"]) == ("running", other.position.hex())
        assert (status["shard"], status["partition"], status["last_error"]) == ("risk/1", "orders/1", "")
    assert host.status()["state"] == "stopped"


def test_status_is_told_while_the_machine_is_in_the_middle_of_a_frame(exchange: MemoryExchange) -> None:
    inside, go_on = threading.Event(), threading.Event()
    with hosted(exchange, "risk/1", lambda name: Stubborn(name, inside, go_on)) as host:
        assert inside.wait(60.0)
        assert host.status()["events"] == 0
        go_on.set()
        until("it goes on", lambda: host.status()["events"] > 0)


def test_a_machines_own_exception_halts_it_with_the_whole_trace_and_it_still_shows_its_state(
    exchange: MemoryExchange,
) -> None:
    event = threading.Event()
    with hosted(exchange, "risk/1", lambda name: Broken(name, event, event)) as host:
        until("it has halted", lambda: host.status()["state"] == "halted")
        assert "ZeroDivisionError: a machine's own mistake" in host.status()["last_error"]
        assert host.ask(lambda shard: shard.machine.events_applied) == 0


def test_a_shard_that_could_not_be_made_says_why_to_whoever_asks(exchange: MemoryExchange) -> None:
    def make(name: str) -> ReferenceMachine:
        raise ValueError("no such machine here")

    with hosted(exchange, "risk/1", make) as host:
        until("it has halted", lambda: host.status()["state"] == "halted")
        with pytest.raises(RuntimeError, match=r"risk/1 did not start: (.|\n)*no such machine here"):
            host.ask(lambda shard: shard.machine.name)


def test_a_question_that_fails_is_the_askers_and_the_loop_goes_on(exchange: MemoryExchange) -> None:
    def question(shard: Shard) -> Any:
        raise KeyError("no such account")

    with hosted(exchange, "risk/1") as host:
        with pytest.raises(KeyError, match="no such account"):
            host.ask(question)
        assert host.ask(lambda shard: shard.machine.name) == "risk/1"
    with pytest.raises(RuntimeError, match="risk/1 has stopped"):
        host.ask(lambda shard: shard.machine.name)


def test_one_that_another_process_supersedes_says_so_sends_nothing_more_and_shows_what_it_holds(
    exchange: MemoryExchange,
) -> None:
    with hosted(exchange, "clock/0") as old:
        until("it runs", lambda: old.status()["state"] == "running")
        with hosted(exchange, "clock/0", holder="second") as new:
            until("it is told", lambda: old.status()["state"] == "superseded")
            told = old.status()["last_error"]
            assert told == "second has taken leases.clock/0 from first, which sends nothing more"
            exchange.tick(1_000)
            until("the newer goes on", lambda: new.status()["tick"] == 1)
            assert old.ask(lambda shard: shard.machine.tick) == 0
            assert new.status()["state"] == "running"
