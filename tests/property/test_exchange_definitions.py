"""No order is promised between two streams: what control says may reach each partition at any time."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.domain.messages.control import DefineInstrument, Deposit, SetPhase
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.terms import Phase, Side
from bulkhead.topology import derived
from tests.property.exchange_topology import TEXT
from tests.property.unreliable_log import UnreliableLog
from tests.support.exchange import MemoryExchange
from tests.unit.machines.frames import state

LATER = (
    SetPhase("X-USD", Phase.HALTED),
    SetPhase("Z-X", Phase.CLOSED),
    SetPhase("Z-X", Phase.CONTINUOUS),
    Deposit("carol.main", "USD", 700),
    Deposit("alice.other", "Z", 9),
    Deposit("carol.main", "USD", 1),
)


def _unreliable(text: str = TEXT, settled: bool = True) -> tuple[MemoryExchange, UnreliableLog]:
    logs: list[UnreliableLog] = []

    def wrap(log: Any) -> UnreliableLog:
        logs.append(UnreliableLog(log))
        return logs[0]

    return MemoryExchange(text, wrap=wrap, settled=settled), logs[0]


def _states(exchange: MemoryExchange) -> dict[str, Any]:
    return {name: state(exchange.shards[name].machine)["domain"] for name in exchange.names}


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 2**8 - 1)), max_size=40), st.booleans())
def test_the_genesis_and_what_follows_it_may_arrive_in_any_order(
    steps: list[tuple[int, int]], crashing: bool
) -> None:
    """`steps`: a shard's number, and the partitions that control can't reach while it steps, as bits."""
    expected = MemoryExchange(TEXT)
    expected.control(*LATER)
    expected.settle()
    exchange, log = _unreliable(settled=False)
    exchange.control(*LATER)
    reached = [
        f"{topic.name}/{n}" for topic in derived.topics(exchange.topology) for n in range(topic.partitions)
    ]
    for number, bits in steps:
        log.stuck = {("control/0", name) for bit, name in enumerate(reached[:9]) if bits >> bit & 1}
        name = exchange.names[number % len(exchange.names)]
        exchange.shards[name].step(0.0)
        if crashing and bits % 3 == 0:
            exchange.start(name)
    log.mend()
    exchange.settle()
    assert _states(exchange) == _states(expected)


@pytest.mark.parametrize("restart", [False, True])
def test_risk_hears_of_phases_and_deposits_before_it_hears_of_instruments_and_accounts(restart: bool) -> None:
    exchange, log = _unreliable(settled=False)
    log.stuck = {("control/0", "orders/0")}
    exchange.control(*LATER)
    for name in (*exchange.names, *exchange.names):
        exchange.shards[name].step(0.0)
    risk = exchange.risk(0)
    assert not risk.accounts
    assert not risk.instruments
    if restart:
        exchange.shards["risk/0"].snapshot()
        exchange.start("risk/0")
    log.mend()
    exchange.settle()
    risk = exchange.risk(0)
    assert risk.instruments["X-USD"].phase is Phase.HALTED
    assert risk.instruments["Z-X"].phase is Phase.CONTINUOUS
    assert risk.accounts["carol.main"].balances["USD"].total == 5_000_701


@pytest.mark.parametrize("restart", [False, True])
def test_a_leg_waits_for_its_instrument(restart: bool) -> None:
    """An instrument that is added while others trade: its book may trade before settlement knows it."""
    exchange, log = _unreliable()
    traders = [exchange.trader(name) for name in ("alice", "carol")]
    log.stuck = {("control/0", "settlement/0"), ("control/0", "settlement/1")}
    exchange.control(
        DefineInstrument("X-USD.new", 0, "X", "USD", 100, 1000, 1, 90, 110, 1, 1, 15, 9, Phase.CONTINUOUS)
    )
    exchange_step = [*exchange.names] * 3
    for name in exchange_step:
        exchange.shards[name].step(0.0)
    for trader, account, side in zip(traders, ("alice.main", "carol.main"), Side, strict=True):
        trader.send(PlaceOrder(account, "a", "X-USD.new", side, 1, 1, False, 100, None, 5))
    for name in exchange_step:
        exchange.shards[name].step(0.0)
    shards = ("settlement/0", "settlement/1")
    assert sum(exchange.domain(name).settlement.legs for name in shards) == 0
    if restart:
        for name in shards:
            exchange.shards[name].snapshot()
            exchange.start(name)
    log.mend()
    exchange.settle()
    assert sum(exchange.domain(name).settlement.legs for name in shards) == 2
    paid = [
        account.debits_posted
        for name in shards
        for account in exchange.domain(name).settlement.ledger.all_accounts()
        if (account.account_id, account.asset_id) == ("alice.main", "USD")
    ]
    fee = 500_000 * 10_007 // 10**7  # carol's order is there first: alice pays the taker's
    assert paid == [500_000 + fee]
    assert exchange.risk(1).accounts["alice.main"].balances["USD"].total == 4_000_000 - 500_000 - fee
