"""An account of the ledger that halts because of an event: others settle, everything adds up all along."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from bulkhead.domain.messages.control import Deposit, OpenAccount, ReleaseQuarantine
from bulkhead.domain.messages.settlement import DepositSettled, SettleLeg
from bulkhead.domain.terms import Side
from bulkhead.machines.factory import make_reference
from bulkhead.machines.interface import MachineRaised
from bulkhead.wire.codec import decode, encode
from tests.property.exchange_topology import TEXT
from tests.support.both_engines import make_both
from tests.support.exchange import MemoryExchange
from tests.unit.machines.frames import Stream, give, internal, skip

ALICE = "account alice.main"


def leg(trade_id: int, account_id: str, side: Side) -> SettleLeg:
    return SettleLeg("X-USD", trade_id, account_id, side, 500, 100_000, 3)


class Halted:
    """The shard of alice and bob, in which alice's account halts at the first of its legs."""

    def __init__(self, make: Callable[[str], Any] = make_both) -> None:
        self.exchange = MemoryExchange(TEXT, make=make)
        self.name = next(
            name
            for name in ("settlement/0", "settlement/1")
            if "alice.main" in self.exchange.domain(name).settlement.slots
        )
        self.machine = self.exchange.shards[self.name].machine
        self.book = internal(self.exchange, "book/0", self.name)
        self.control = internal(self.exchange, "control/0", self.name)
        self.control.events = list(self.exchange.said()["control/0", self.name])
        self.before = self.balances()
        frame = self.book.next(*map(encode, (BOUGHT, SOLD)))
        assert skip(self.exchange, self.name, frame, 1) == []

    def tell(self, stream: Stream, *messages: Any) -> list[Any]:
        return give(self.exchange, self.name, stream.next(*map(encode, messages)))

    def release(self, discard: bool = False) -> list[Any]:
        return self.tell(self.control, ReleaseQuarantine(self.name, ALICE, discard, "looked at"))

    def aside(self) -> list[Any]:
        assert list(self.machine.quarantined()) == [ALICE]
        return [decode(event) for event in self.machine.quarantined()[ALICE]]

    def balances(self) -> Counter[tuple[str, str]]:
        found: Counter[tuple[str, str]] = Counter()
        for account in self.exchange.domain(self.name).settlement.ledger.all_accounts():
            found[account.account_id, account.asset_id] = account.credits_posted - account.debits_posted
        for asset_id in ("USD", "X"):
            assert sum(amount for (_, asset), amount in found.items() if asset == asset_id) == 0
        return found

    def changes(self) -> dict[tuple[str, str], int]:
        after = self.balances()
        changed = {key: after[key] - self.before[key] for key in after.keys() | self.before.keys()}
        return {key: amount for key, amount in changed.items() if amount}


BOUGHT = leg(1, "alice.main", Side.BUY)
SOLD = leg(1, "other.main", Side.SELL)
WHOLE = {
    ("alice.main", "USD"): -100_003,
    ("alice.main", "X"): 500,
    ("fees", "USD"): 6,
    ("other.main", "USD"): 99_997,
    ("other.main", "X"): -500,
}


@pytest.fixture(name="halted")
def _halted() -> Halted:
    return Halted()


def test_the_house_holds_the_other_side_of_what_is_aside(halted: Halted) -> None:
    assert halted.aside() == [BOUGHT]
    changes = halted.changes()
    assert (changes["house", "X"], changes["house", "USD"]) == (BOUGHT.base_amount, -BOUGHT.quote_amount)
    assert ("alice.main", "X") not in changes
    assert changes["other.main", "X"] == -500


def test_a_release_settles_what_was_put_aside_in_its_order(halted: Halted) -> None:
    halted.tell(halted.control, Deposit("alice.main", "USD", 7))
    assert halted.aside() == [BOUGHT, Deposit("alice.main", "USD", 7)]
    assert halted.release() == [DepositSettled("alice.main", "USD", 7)]
    assert halted.machine.quarantined() == {}
    assert halted.changes() == {
        **WHOLE,
        ("alice.main", "USD"): WHOLE["alice.main", "USD"] + 7,
        ("external", "USD"): -7,
    }


def test_what_is_discarded_is_booked_to_suspense(halted: Halted) -> None:
    halted.tell(halted.control, Deposit("alice.main", "USD", 7))
    assert halted.release(discard=True) == []
    assert halted.machine.quarantined() == {}
    assert halted.changes() == {
        ("suspense", "USD"): WHOLE["alice.main", "USD"] + 7,
        ("suspense", "X"): 500,
        ("external", "USD"): -7,
        **{key: amount for key, amount in WHOLE.items() if key[0] != "alice.main"},
    }
    halted.tell(halted.book, leg(2, "alice.main", Side.SELL))
    assert halted.changes()["alice.main", "X"] == -500


def test_a_restored_shard_has_it_aside_too(halted: Halted) -> None:
    halted.machine.restore(halted.machine.snapshot())
    assert halted.aside() == [BOUGHT]
    halted.release()
    assert halted.changes() == WHOLE


def test_what_raises_names_its_account_if_it_concerns_one(monkeypatch: pytest.MonkeyPatch) -> None:
    halted = Halted(make_reference)
    monkeypatch.setattr("bulkhead.domain.settlement.model.Settlement.book", lambda *_: 1 // 0)
    with pytest.raises(MachineRaised) as told:
        halted.tell(halted.book, leg(2, "other.main", Side.SELL))
    assert told.value.subject == "account other.main"
    with pytest.raises(MachineRaised) as told:
        halted.tell(halted.control, OpenAccount("new.main", "nobody"))
    assert told.value.subject == ""
