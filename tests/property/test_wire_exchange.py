"""Random and mutated frames on every partition of a whole exchange: they only cause dead letters."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.messages.participant import CancelOrder, OpenSession, PlaceOrder
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.machines.factory import input_partition
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import read_frame
from tests.property.test_wire_codec import mutated
from tests.support.exchange import MemoryExchange, Trader

DEAD_LETTERS = "dead_letters/0"


class Target:
    """One exchange for all examples, with an order in its book, and a frame that it would take."""

    def __init__(self) -> None:
        self.exchange = MemoryExchange()
        self.trader: Trader = self.exchange.trader("alice")
        self.trader.send(place("resting"))
        self.exchange.settle()
        self.good = self.trader.source.frame(
            [encode(place("next")), encode(CancelOrder("alice.main", "resting"))], 0
        )
        self.dead = self.exchange.log.reader(DEAD_LETTERS, "test")

    def states(self) -> dict[str, Any]:
        """Every shard's whole state but its stream of dead letters."""
        states = {}
        for name in self.exchange.names:
            state = msgspec.msgpack.decode(self.exchange.shards[name].machine.snapshot())
            state["outputs"].pop(DEAD_LETTERS, None)
            states[name] = state
        return states

    def write(self, partition: str, frame: bytes) -> None:
        writer = self.exchange.log.writer(partition, "intruder")
        writer.send(frame, 1)
        writer.poll()
        writer.close()

    def letters(self) -> int:
        """How many dead letters since the last look."""
        records = self.dead.receive(1 << 24, 0.0)
        return sum(len(read_frame(frame).events) for _, frame in records)


def place(client_order_id: str) -> PlaceOrder:
    return PlaceOrder(
        "alice.main",
        client_order_id,
        "BTC-USD",
        Side.BUY,
        OrderType.LIMIT,
        TimeInForce.GTC,
        False,
        100,
        None,
        5,
    )


@pytest.fixture(scope="module")
def target() -> Target:
    return Target()


@given(data=st.data())
def test_a_frame_that_is_not_authentic_changes_nothing_but_the_dead_letters(
    target: Target, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(target.exchange.names))
    frame = data.draw(
        (st.binary(max_size=300) | mutated(st.just(target.good))).filter(lambda drawn: drawn != target.good)
    )
    before = target.states()
    target.write(input_partition(name), frame)
    target.exchange.settle()
    assert target.letters() == 1
    assert target.states() == before


def test_the_frame_that_was_mutated_is_taken_as_it_was(target: Target) -> None:
    before = target.states()["risk/1"]
    target.write("orders/1", target.good)
    target.exchange.settle()
    after = target.states()["risk/1"]
    assert after["events_applied"] > before["events_applied"]
    assert target.letters() == 0


def test_a_session_may_be_opened_by_its_key_only() -> None:
    target = Target()
    before = target.states()
    thief = Trader(target.exchange, "bob")
    thief.source._source = target.trader.source._source.replace("/1", "/2")
    thief.send(OpenSession())
    target.exchange.settle()
    assert target.letters() == 1
    assert target.states() == before
