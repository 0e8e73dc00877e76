"""Settlement shards that operators add and end while the exchange trades, and accounts that go from one to
another.
"""

from typing import Any

import pytest

from bulkhead.domain.messages.behaviour import ChangeBehaviour
from bulkhead.domain.messages.control import Deposit
from bulkhead.domain.messages.listing import AddAccount, Funds, ListInstrument
from bulkhead.domain.messages.moving import MoveSlots
from bulkhead.domain.messages.settlement_shards import (
    AddSettlementShard,
    MoveSettlementSlots,
    RetireSettlementShard,
)
from bulkhead.domain.messages.shards import AddRiskShard
from bulkhead.domain.reasons import Reason
from bulkhead.domain.settlement.model import OWN_ACCOUNTS
from bulkhead.machines.factory import make_reference
from bulkhead.simulation.checks.settlement_shards import check_settlement_shards
from bulkhead.topology.derived import slot_of
from tests.property.exchange_topology import TEXT
from tests.property.moving_flow import NEW
from tests.support.exchange import MemoryExchange
from tests.unit.control.test_shards import Floor

ALICE = slot_of("alice")
Balances = dict[tuple[str, str], int]


class Ledgers(Floor):
    @property
    def home(self) -> int:
        """Alice's settlement shard."""
        owner: int = self.exchange.domain("control/0").control.settlement[ALICE]
        return owner

    def give(self, old: int, new: int) -> list[Reason]:
        return self.decide(MoveSettlementSlots(ALICE, ALICE, old, new, "why"))

    def balances(self, shard: int) -> Balances:
        accounts = self.exchange.domain(f"settlement/{shard}").settlement.ledger.all_accounts()
        return {
            (each.account_id, each.asset_id): each.credits_posted - each.debits_posted for each in accounts
        }

    def of_alice(self, shard: int) -> Balances:
        return {key: amount for key, amount in self.balances(shard).items() if key[0].startswith("alice")}

    def own(self) -> Balances:
        """The exchange's own, over all shards."""
        total: Balances = {}
        for shard in range(NEW + 1):
            for key, amount in self.balances(shard).items():
                if key[0] in OWN_ACCOUNTS:
                    total[key] = total.get(key, 0) + amount
        return {key: amount for key, amount in total.items() if amount}


@pytest.fixture
def floor() -> Ledgers:
    return Ledgers()


def test_a_new_settlement_shard_knows_what_the_others_know_and_takes_accounts(floor: Ledgers) -> None:
    home, own = floor.home, floor.own()
    had = floor.of_alice(home)
    assert len(had) > 2
    assert floor.decide(AddSettlementShard(NEW, "why")) == []
    assert floor.give(home, NEW) == []
    assert (floor.of_alice(home), floor.of_alice(NEW)) == ({}, had)
    assert floor.own() == own
    check_settlement_shards(floor.exchange.evidence({}))
    for shard in (home, NEW):
        by_asset: dict[str, int] = {}
        for (_, asset_id), amount in floor.balances(shard).items():
            by_asset[asset_id] = by_asset.get(asset_id, 0) + amount
        assert set(by_asset.values()) == {0}, f"settlement/{shard} does not balance: {by_asset}"


def test_one_that_ends_leaves_nothing_behind_and_is_told_nothing_any_more(floor: Ledgers) -> None:
    home = floor.home
    assert floor.decide(AddSettlementShard(NEW, "why")) == []
    assert floor.give(home, NEW) == []
    fresh = AddAccount("alice.new", "alice", (Funds("USD", 5),), "why")
    assert floor.decide(fresh) == []  # so that the new one owes something to the outside world
    assert floor.balances(NEW)["external", "USD"] == -5
    own = floor.own()
    assert floor.decide(RetireSettlementShard(NEW, "why")) == [Reason.SHARD_HAS_SLOTS]
    assert floor.give(NEW, home) == []
    assert floor.decide(RetireSettlementShard(NEW, "why")) == []
    assert (floor.balances(NEW), floor.own()) == ({}, own)
    before = floor.told(f"settlement/{NEW}")
    floor.exchange.tick(9_000)
    for version in (2, 1):
        assert floor.decide(ChangeBehaviour(version, "why")) == []
        assert floor.exchange.domain("control/0").control.behaviour_version == version
    assert floor.decide(MoveSlots(ALICE, ALICE, *_swapped(floor), "why")) == []  # asks those that there are
    assert floor.told(f"settlement/{NEW}") == before
    assert floor.give(home, NEW) == [Reason.SHARD_RETIRED]
    assert floor.decide(AddSettlementShard(NEW, "why")) == [Reason.SHARD_NUMBER]
    assert floor.decide(RetireSettlementShard(NEW, "why")) == [Reason.SHARD_RETIRED]
    check_settlement_shards(floor.exchange.evidence({}))


def _swapped(floor: Ledgers) -> tuple[int, int]:
    owner: int = floor.exchange.domain("control/0").control.risk[ALICE]
    return owner, 1 - owner


def test_a_new_risk_shard_and_a_new_book_know_which_settlement_shards_have_ended(floor: Ledgers) -> None:
    assert floor.decide(AddSettlementShard(NEW), RetireSettlementShard(NEW)) == [Reason.SLOT_MOVING]
    assert floor.decide(RetireSettlementShard(NEW)) == []
    assert floor.decide(AddRiskShard(NEW)) == []
    assert floor.exchange.risk(NEW).retired_settlement == {NEW}
    before = floor.told("settlement/2")
    assert floor.decide(MoveSlots(ALICE, ALICE, _swapped(floor)[0], NEW)) == []
    assert floor.told("settlement/2") == before


def test_while_accounts_are_on_their_way_nothing_waits_but_another_move(floor: Ledgers) -> None:
    home = floor.home
    away = 1 - home
    control = floor.exchange.shards["control/0"]
    floor.operator.decide(MoveSettlementSlots(ALICE, ALICE, home, away, "why"))
    control.step(0.0)
    account = AddAccount("alice.new", "alice", (Funds("USD", 7),), "why")
    listed = ListInstrument("N-USD", 0, "X", "USD", 1, 1, 1, 1, 9, 1, 1, 9, 9, 0, False, 0, False, "why")
    moves = MoveSettlementSlots(0, 0, 0, 1), MoveSlots(0, 0, 0, 1), AddRiskShard(NEW), AddSettlementShard(NEW)
    for each in (account, listed, *moves):
        floor.operator.decide(each)
        control.step(0.0)
    assert floor.exchange.domain("control/0").control.move is not None
    again = make_reference("control/0")
    again.restore(control.machine.snapshot())
    assert again.digest() == control.machine.digest()
    assert floor.decide() == [Reason.SLOT_MOVING] * 4
    assert floor.of_alice(away)["alice.new", "USD"] == 7
    assert floor.of_alice(home) == {}
    check_settlement_shards(floor.exchange.evidence({}))


def test_what_is_deposited_while_the_balances_are_on_their_way_is_added_to_them(floor: Ledgers) -> None:
    home = floor.home
    had = floor.of_alice(home)
    control, new = (floor.exchange.shards[name] for name in ("control/0", f"settlement/{1 - home}"))
    floor.operator.decide(MoveSettlementSlots(ALICE, ALICE, home, 1 - home, "why"))
    floor.exchange.control(Deposit("alice.main", "USD", 9))
    while control.step(0.0):
        pass
    while new.step(0.0):
        pass
    assert floor.of_alice(1 - home) == {("alice.main", "USD"): 9}
    floor.exchange.settle()
    assert floor.of_alice(1 - home) == {**had, ("alice.main", "USD"): had["alice.main", "USD"] + 9}


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        (AddSettlementShard(1), Reason.SHARD_NUMBER),
        (AddSettlementShard(3), Reason.SHARD_NUMBER),
        (RetireSettlementShard(2), Reason.SHARD_UNKNOWN),
        (RetireSettlementShard(1), Reason.SHARD_HAS_SLOTS),
        (MoveSettlementSlots(0, 0, 0, 2), Reason.SHARD_UNKNOWN),
        (MoveSettlementSlots(0, 0, 0, 0), Reason.SLOTS_ELSEWHERE),
        (MoveSettlementSlots(0, 0, 1, 0), Reason.SLOTS_ELSEWHERE),
        (MoveSettlementSlots(1, 0, 0, 1), Reason.SLOTS_ELSEWHERE),
        (MoveSettlementSlots(0, 1024, 0, 1), Reason.SLOTS_ELSEWHERE),
    ],
)
def test_what_can_not_be_is_refused_and_nobody_is_told(floor: Ledgers, decision: Any, reason: Reason) -> None:
    partitions = ("settlement/0", "settlement/1", "books/0", "clock/0")
    before = [floor.told(each) for each in partitions]
    assert floor.decide(decision) == [reason]
    assert [floor.told(each) for each in partitions] == before


def test_an_exchange_is_founded_as_another_one_has_become() -> None:
    text = TEXT.replace("settlement: {count: 2}", "settlement: {count: 3, retired: [2]}")
    exchange = MemoryExchange(text)
    assert "settlement/1" in exchange.domain("clock/0").destinations
    assert "settlement/2" not in exchange.domain("clock/0").destinations
    assert exchange.domain("book/0").partition.behaviour.ended == {2}
    check_settlement_shards(exchange.evidence({}))
