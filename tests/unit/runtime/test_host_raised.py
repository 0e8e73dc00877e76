"""A machine that raises is derived again; what repeats, and can not be skipped, halts its shard, named."""

from collections.abc import Callable
from typing import Any

import pytest

from bulkhead.domain.messages.control import OpenAccount
from bulkhead.machines.factory import make_reference
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.host import ShardHost
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange
from tests.support.running import until

NEVER = SnapshotPolicy(every_events=1 << 60, every_ticks=1 << 60)
Raises = Callable[[OpenAccount], bool]


def raising(raises: Raises) -> ReferenceMachine:
    """risk/1's machine; where `raises` says so it does once it has changed its state."""
    machine = make_reference("risk/1")
    handlers: Any = machine.domain.handlers
    opens = handlers[OpenAccount]

    def open_account(message: OpenAccount, out: Any) -> None:
        opens(message, out)
        if raises(message):
            raise ZeroDivisionError(message.account_id)

    handlers[OpenAccount] = open_account
    return machine


def hosted(exchange: MemoryExchange, raises: Raises) -> ShardHost:
    def make() -> Shard:
        return Shard(
            raising(raises),
            "orders/1",
            exchange.identity,
            exchange.log,
            exchange.snapshots,
            NEVER,
            lambda: 0,
            lease=exchange.log.lease("leases.risk/1", "host"),
        )

    host = ShardHost("risk/1", "orders/1", make)
    host.start()
    return host


@pytest.fixture(name="exchange")
def _exchange() -> MemoryExchange:
    return MemoryExchange(TEXT, NEVER)


def test_what_raises_once_is_applied_from_the_state_before(exchange: MemoryExchange) -> None:
    calls: list[str] = []

    def first_call(message: OpenAccount) -> bool:
        calls.append(message.account_id)
        return len(calls) == 1

    other = exchange.shards["risk/1"].machine
    host = hosted(exchange, first_call)
    until("it has applied all", lambda: host.status()["events"] == other.events_applied)
    assert host.status()["state"] == "running"
    assert host.ask(lambda shard: shard.machine.digest()) == other.digest()
    assert calls[0] == calls[1]
    host.stop()


def test_what_raises_again_from_the_state_before_halts_the_shard_and_is_named(
    exchange: MemoryExchange,
) -> None:
    calls: list[str] = []

    def always(message: OpenAccount) -> bool:
        calls.append(message.account_id)
        return True

    host = hosted(exchange, always)
    until("it has halted", lambda: host.status()["state"] == "halted")
    told = host.status()["last_error"]
    assert "risk/1 raised on event " in told
    assert " from control/0, in the frame at position 00" in told
    assert "again, from the state before" in told
    assert f"ZeroDivisionError: {calls[0]}" in told
    assert len(calls) == 2
    host.stop()


def test_what_raises_here_and_there_and_never_twice_is_derived_again_each_time(
    exchange: MemoryExchange,
) -> None:
    calls: list[str] = []

    def first_and_third(message: OpenAccount) -> bool:
        calls.append(message.account_id)
        return len(calls) in (1, 3)

    other = exchange.shards["risk/1"].machine
    host = hosted(exchange, first_and_third)
    until("it has applied all", lambda: host.status()["events"] == other.events_applied)
    assert host.status()["state"] == "running"
    assert host.ask(lambda shard: shard.machine.digest()) == other.digest()
    host.stop()


def test_a_process_whose_machine_raises_there_and_then_before_it_halts_too(exchange: MemoryExchange) -> None:
    calls: list[str] = []

    def second_and_then_first(message: OpenAccount) -> bool:
        calls.append(message.account_id)
        return len(calls) in (2, 3)

    host = hosted(exchange, second_and_then_first)
    until("it has halted", lambda: host.status()["state"] == "halted")
    assert "suspect this computer" in host.status()["last_error"]
    assert calls[0] == calls[2] != calls[1]
    host.stop()
