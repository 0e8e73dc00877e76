"""Roles and what they may do, as it follows from a topology."""

import itertools
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.log.port import Log
from bulkhead.topology.access import accesses, participant_role, shard_role
from bulkhead.topology.load import loads
from bulkhead.topology.values import EXCHANGE_PATTERN, ID_PATTERN
from tests.support.exchange import SHIPPED, MemoryExchange
from tests.unit.topology.recording import Recording

EXCHANGES = st.from_regex(EXCHANGE_PATTERN.removesuffix("$") + r"\Z")
IDS = st.from_regex(ID_PATTERN.removesuffix("$") + r"\Z")
SHARDS = st.tuples(st.sampled_from(["risk", "book", "view"]), st.integers(0, 1023)).map(
    lambda shard: f"{shard[0]}/{shard[1]}"
)
ROLES = st.one_of(st.builds(shard_role, EXCHANGES, SHARDS), st.builds(participant_role, EXCHANGES, IDS))


@given(ROLES, ROLES)
def test_no_role_is_the_beginning_of_another(one: str, other: str) -> None:
    assert one == other or not one.startswith(other)


def test_shards_write_only_where_their_roles_may() -> None:
    logs: list[Recording] = []

    def wrap(log: Log) -> Log:
        logs.append(Recording(log))
        return cast(Log, logs[0])

    exchange = MemoryExchange(wrap=wrap)
    alice, carol = exchange.trader("alice"), exchange.trader("carol")
    for trader, side in ((alice, Side.BUY), (carol, Side.SELL)):
        name = "alice" if trader is alice else "carol"
        terms = (OrderType.LIMIT, TimeInForce.GTC, False, 100, None, 100)
        trader.send(PlaceOrder(f"{name}.main", "1", "BTC-USD", side, *terms))
        trader.send_events([b"unreadable"])
        exchange.settle()
    exchange.log.writer("books/0", "x").send(b"garbage", 1)
    exchange.control(SetPhase("BTC-USD", Phase.HALTED))
    exchange.tick(1000)
    exchange.settle()
    may = {
        (access.role, partition) for access in accesses(exchange.topology) for partition in access.produces
    }
    name = exchange.topology.exchange
    shards = {each for each in logs[0].written if each[0] in exchange.names}
    assert len(shards) > 30
    assert {(shard_role(name, shard), partition) for shard, partition in shards} <= may


def test_a_participant_that_is_shut_out_may_do_nothing() -> None:
    topology = loads(SHIPPED.read_text())
    role = participant_role(topology.exchange, "alice")
    (alice,) = [access for access in accesses(topology, {"alice"}) if access.role == role]
    assert (alice.produces, alice.consumes) == ((), ())
    (bob,) = [
        a for a in accesses(topology, {"alice"}) if a.role == participant_role(topology.exchange, "bob")
    ]
    assert bob.produces


def test_roles_that_look_alike_are_no_beginnings_of_each_other() -> None:
    roles = [
        *(shard_role(exchange, f"risk/{number}") for exchange in ("a", "a-b") for number in (1, 10)),
        *(participant_role(exchange, name) for exchange in ("a", "a-b") for name in ("a", "a.b", "risk.1")),
    ]
    assert not [pair for pair in itertools.permutations(roles, 2) if pair[0].startswith(pair[1])]
