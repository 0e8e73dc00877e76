"""A version that a build does not know halts that replica, in words, and leaves its state as it was."""

from typing import Any

import pytest

from bulkhead.domain import behaviour
from bulkhead.domain.messages.behaviour import TakeBehaviour
from bulkhead.domain.messages.control import SetBehaviour
from bulkhead.errors import FatalError
from bulkhead.machines.factory import make_reference
from bulkhead.machines.interface import EventImpossible
from bulkhead.wire.codec import encode
from tests.property.exchange_topology import TEXT
from tests.support.both_engines import make_both
from tests.support.exchange import MemoryExchange
from tests.unit.behaviour.changing import Changing
from tests.unit.machines.frames import give, internal

NEXT = behaviour.NEWEST + 1


@pytest.mark.parametrize("shard", ["risk/0", "book/0", "settlement/0"])
@pytest.mark.parametrize("message", [SetBehaviour(NEXT), TakeBehaviour(1, NEXT, 0, 0)], ids=str)
def test_it_halts_where_it_is_told_of_one_and_says_what_to_do(shard: str, message: Any) -> None:
    exchange = MemoryExchange(TEXT, make=make_both)
    stream = internal(exchange, "gateway/test", exchange.shards[shard].partition)
    before = exchange.domain(shard).state()
    words = f"{shard}: its rules are to be of version {NEXT}, and this build knows none above {NEXT - 1}"
    with pytest.raises(EventImpossible, match=words) as halted:
        give(exchange, shard, stream.next(encode(message)))
    assert "run it with a build that knows it" in str(halted.value)
    assert exchange.domain(shard).state() == before


@pytest.mark.parametrize("shard", ["risk/0", "book/0", "settlement/0"])
def test_a_snapshot_of_one_is_not_restored(shard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = Changing(TEXT, make_reference)
    with monkeypatch.context() as patch:
        patch.setattr(behaviour, "NEWEST", NEXT)
        newer.change(2)
        newer.change(NEXT)
    assert newer.behaviour(shard).version == NEXT
    snapshot = newer.exchange.shards[shard].machine.snapshot()
    machine = make_both(shard)
    with pytest.raises(FatalError, match=r"the snapshot is none:.* its rules are of"):
        machine.restore(snapshot)
    if hasattr(machine, "native"):
        with pytest.raises(FatalError, match=r"the snapshot is none:.* its rules are of"):
            machine.native.restore(snapshot)


def test_the_replica_that_knows_it_goes_on_where_the_one_that_does_not_has_halted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The primary is of the old build: its standby, of the new one, takes over and switches at that input."""
    changing = Changing(TEXT, make_reference)
    exchange = changing.exchange
    standby = exchange.follow("book/0")
    standby.step(0.0)
    changing.decide(2)
    changing.step("settlement/0", "settlement/1", "control/0")
    monkeypatch.setattr(behaviour, "NEWEST", 1)
    with pytest.raises(FatalError, match="this build knows none above 1"):
        changing.step("book/0")
    assert changing.behaviour("book/0").version == 1
    monkeypatch.undo()
    standby.step(0.0)
    standby.look_at_primary()
    standby.promote()
    exchange.shards["book/0"] = standby
    exchange.settle()
    assert set(changing.versions().values()) == {2}
