"""What an operator is shown of the ledger."""

import pytest

from bulkhead.domain.messages.control import Deposit
from bulkhead.domain.messages.settlement import SettleLeg
from bulkhead.domain.settlement.model import OWN_ACCOUNTS
from bulkhead.domain.terms import Side
from bulkhead.errors import FatalError
from bulkhead.repair.balances import AccountBalance, balances
from bulkhead.wire.codec import encode
from tests.support.exchange import MemoryExchange
from tests.unit.book.test_reversal import BUST, BUYER, SELLER, Market, order, without_x
from tests.unit.machines.frames import internal, skip

SHARDS = ("settlement/0", "settlement/1")


def asked(exchange: MemoryExchange) -> list[AccountBalance]:
    return balances(exchange.log, exchange.identity, exchange.snapshots, SHARDS)


def of(found: list[AccountBalance], account_id: str, asset_id: str) -> AccountBalance:
    (balance,) = (each for each in found if (each.account_id, each.asset_id) == (account_id, asset_id))
    return balance


def test_every_account_has_in_the_ledger_what_risk_has_and_every_asset_adds_up_to_nothing() -> None:
    market = Market()
    found = asked(market.exchange)
    participants = {
        (each.account_id, each.asset_id): each.balance
        for each in found
        if each.account_id not in OWN_ACCOUNTS
    }
    assert participants.items() <= market.balances().items()
    assert {account_id for account_id, _ in participants} >= {BUYER, SELLER}
    assert {each.account_id for each in found} >= {"house", "external"}
    for asset_id in {each.asset_id for each in found}:
        assert sum(each.balance for each in found if each.asset_id == asset_id) == 0
    assert not any(each.state for each in found)


def test_a_bust_of_what_was_spent_leaves_a_balance_that_is_short_until_it_is_covered() -> None:
    market = without_x()
    market.say(market.exchange.trader("alice"), order("alice.main", "a", Side.BUY, 99, 10))
    market.say(market.carol, order(BUYER, "on", Side.SELL, 99, 10))
    market.decide(BUST)
    short = of(asked(market.exchange), BUYER, "X")
    assert (short.balance, short.state) == (-1000, "short")
    market.exchange.control(Deposit(BUYER, "X", 1200))
    market.exchange.settle()
    covered = of(asked(market.exchange), BUYER, "X")
    assert (covered.balance, covered.state) == (200, "")


def test_a_balance_is_settling_while_the_leg_that_brought_it_is_on_its_way() -> None:
    market = Market()
    shard = of(asked(market.exchange), BUYER, "X").shard
    early = SettleLeg("X-USD", 1, BUYER, Side.SELL, 10**9, 1, 0)
    writer = market.exchange.log.writer(shard, "book/9")
    writer.send(internal(market.exchange, "book/9", shard).next(encode(early)), 1)
    writer.poll()
    found = of(asked(market.exchange), BUYER, "X")
    assert found.balance < 0
    assert found.state == "settling"


def test_an_account_in_quarantine_says_so() -> None:
    market = Market()
    shard = of(asked(market.exchange), BUYER, "X").shard
    leg = SettleLeg("X-USD", 1, BUYER, Side.BUY, 1, 1, 0)
    skip(market.exchange, shard, internal(market.exchange, "book/9", shard).next(encode(leg)), 1)
    market.exchange.shards[shard].snapshot()
    assert of(asked(market.exchange), BUYER, "X").state == "halted"
    assert of(asked(market.exchange), SELLER, "X").state == ""


def test_a_settlement_shard_that_can_not_go_on_is_named() -> None:
    market = Market()
    writer = market.exchange.log.writer("settlement/1", "forger")
    writer.send(internal(market.exchange, "book/0", "settlement/1").frame(1000, [b"lost"]), 1)
    writer.poll()
    with pytest.raises(FatalError, match=r"what accounts have on settlement/1 is not known.*repair look"):
        asked(market.exchange)
