"""A machine's own exception names its event, of a shard or of a participant; others pass as they are."""

from typing import Any

import pytest

from bulkhead.domain.control.operators import OperatorSigners
from bulkhead.domain.messages.control import Tick
from bulkhead.domain.messages.participant import CancelOrder, OpenSession
from bulkhead.machines.interface import MachineRaised
from bulkhead.wire.codec import encode
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange
from tests.unit.machines.frames import give, internal, signed


@pytest.fixture(name="exchange")
def _exchange() -> MemoryExchange:
    return MemoryExchange(TEXT)


def _raise_on_second_tick(exchange: MemoryExchange, problem: Exception) -> None:
    handlers: Any = exchange.shards["book/0"].machine.domain.handlers  # type: ignore[attr-defined]

    def tick(message: Tick, out: Any) -> None:
        if message.number == 2:
            raise problem

    handlers[Tick] = tick


def test_an_event_of_an_internal_source_is_named_by_its_number(exchange: MemoryExchange) -> None:
    _raise_on_second_tick(exchange, KeyError("a bug"))
    stream = internal(exchange, "clock/0", "books/0")
    give(exchange, "book/0", stream.next(encode(Tick(1, 1001))))
    overlapping = stream.frame(1, [encode(Tick(1, 1001)), encode(Tick(2, 1002))])
    with pytest.raises(MachineRaised, match="book/0 raised on event 2 from clock/0") as told:
        give(exchange, "book/0", overlapping)
    assert told.value.sequence == 2
    assert (told.value.subject, told.value.event) == ("", encode(Tick(2, 1002)))
    assert isinstance(told.value.__cause__, KeyError)


@pytest.mark.parametrize("problem", [MemoryError(), OSError("disk")])
def test_what_a_process_runs_out_of_is_not_the_machines_own(
    exchange: MemoryExchange, problem: Exception
) -> None:
    _raise_on_second_tick(exchange, problem)
    stream = internal(exchange, "clock/0", "books/0")
    with pytest.raises(type(problem)):
        give(exchange, "book/0", stream.next(encode(Tick(1, 1001)), encode(Tick(2, 1002))))


def test_a_participants_event_is_named_by_its_number(
    exchange: MemoryExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = signed(exchange, "alice", "orders/0")
    shard = next(name for name in ("risk/0", "risk/1") if _knows(exchange, name, stream.source))
    stream = signed(exchange, "alice", exchange.shards[shard].partition)
    give(exchange, shard, stream.next(encode(OpenSession())))
    monkeypatch.setattr("bulkhead.domain.risk.cancel.owned_account", lambda *_: 1 // 0)
    event = encode(CancelOrder("alice.main", "c1"))
    with pytest.raises(MachineRaised, match=f"{shard} raised on event 2 from {stream.source}") as told:
        give(exchange, shard, stream.next(event))
    assert told.value.event == event
    assert isinstance(told.value.__cause__, ZeroDivisionError)


def test_what_raises_at_a_frame_and_not_at_an_event_concerns_the_whole_shard(
    exchange: MemoryExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = signed(exchange, "operator", "control/0")
    give(exchange, "control/0", stream.next(encode(OpenSession())))
    monkeypatch.setattr(OperatorSigners, "gap", lambda *_: 1 // 0)
    with pytest.raises(MachineRaised) as told:
        give(exchange, "control/0", stream.frame(7, [encode(OpenSession())]))
    assert (told.value.subject, told.value.event) == ("", b"")


def _knows(exchange: MemoryExchange, shard: str, source: str) -> bool:
    domain: Any = exchange.shards[shard].machine.domain  # type: ignore[attr-defined]
    return bytes.fromhex(source.split("/")[0]) in domain.risk.sessions
