"""Accounts that leave a settlement shard: behind the last leg, and behind what is in quarantine."""

from typing import Any

import pytest

from bulkhead.domain.ledger.commands import (
    Applied,
    CloseAccount,
    OpenAccount,
    Post,
    RefusalReason,
    Refused,
    Transfer,
)
from bulkhead.domain.ledger.ledger import Ledger
from bulkhead.domain.messages.moving import SlotsGiven, SlotsMoved, SlotsSwitched
from bulkhead.domain.messages.settlement_shards import BalanceComes, GiveAccounts
from bulkhead.domain.terms import Side
from bulkhead.errors import FatalError
from tests.unit.settlement.test_halted_account import BOUGHT, Halted, leg

EVERYBODY = (0, 1023)
GIVE = GiveAccounts(1, *EVERYBODY, 2, 2)
SWITCHED = [SlotsSwitched(1, f"book/{number}") for number in range(2)]


@pytest.fixture(name="halted")
def _halted() -> Halted:
    return Halted()


@pytest.fixture(name="whole")
def _whole(halted: Halted) -> Halted:
    """Nobody is halted any more."""
    halted.release()
    return halted


def given(said: list[Any]) -> dict[tuple[str, str], int]:
    """The balances, of what is said when accounts go: the last word is that this was all."""
    *balances, last = said
    assert last == SlotsGiven(1)
    assert all(isinstance(each, BalanceComes) for each in balances)
    return {(each.account_id, each.asset_id): each.credit_amount - each.debit_amount for each in balances}


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)])
def test_they_go_at_the_last_of_control_s_word_and_each_book_s_in_any_order(
    whole: Halted, order: tuple[int, ...]
) -> None:
    told = [(whole.control, GIVE), (whole.book, SWITCHED[0]), (whole.book, SWITCHED[1])]
    first, second, last = (told[number] for number in order)
    assert whole.tell(*first) == []
    assert whole.tell(*second) == []
    whole.machine.restore(whole.machine.snapshot())
    before = whole.balances()
    balances = given(whole.tell(*last))
    assert balances["alice.main", "X"] == before["alice.main", "X"] != 0
    assert not any(name.startswith("alice") for name, _ in whole.balances())
    assert whole.exchange.domain(whole.name).settlement.slots == {}


def test_who_halts_keeps_all_of_them_there_until_it_is_released(halted: Halted) -> None:
    for stream, word in ((halted.control, GIVE), *((halted.book, each) for each in SWITCHED)):
        assert halted.tell(stream, word) == []
    assert halted.aside() == [BOUGHT, GIVE, *SWITCHED]
    balances = given(halted.release())
    assert balances["alice.main", "X"] == halted.before["alice.main", "X"] + BOUGHT.base_amount


def test_what_is_discarded_stays_in_suspense_and_the_accounts_go(halted: Halted) -> None:
    for stream, word in ((halted.control, GIVE), *((halted.book, each) for each in SWITCHED)):
        assert halted.tell(stream, word) == []
    balances = given(halted.release(discard=True))
    assert balances["alice.main", "X"] == halted.before["alice.main", "X"]
    assert halted.balances()["suspense", "X"] == BOUGHT.base_amount


def test_what_comes_is_added_to_what_was_booked_before(whole: Halted) -> None:
    before = whole.balances()
    whole.tell(whole.book, leg(2, "alice.main", Side.SELL))
    coming = BalanceComes("alice.main", "X", 3, 10), SlotsGiven(7)
    assert whole.tell(whole.book, *coming) == [SlotsMoved(7)]
    assert whole.balances()["alice.main", "X"] == before["alice.main", "X"] - 500 + 7


@pytest.mark.parametrize("word", [SWITCHED[0], SlotsSwitched(2, "book/1"), GiveAccounts(2, 0, 1, 2, 3)])
def test_a_word_that_cannot_follow_stops_the_shard(whole: Halted, word: Any) -> None:
    whole.tell(whole.book, SWITCHED[0])
    with pytest.raises(FatalError, match=r"switched twice|has not ended"):
        whole.tell(whole.book, word)


def test_only_an_account_with_as_much_on_either_side_is_closed() -> None:
    ledger = Ledger()
    close = CloseAccount("a", "X")
    assert ledger.close_account(close) == Refused(RefusalReason.UNKNOWN_ACCOUNT)
    for account_id in ("a", "b"):
        ledger.open_account(OpenAccount(account_id, "X"))
    ledger.apply(Transfer(1, "a", "b", "X", 5))
    assert ledger.close_account(close) == Refused(RefusalReason.HAS_BALANCE, 5, 0)
    ledger.apply(Transfer(2, "b", "a", "X", 5, pending=True))
    assert ledger.close_account(close) == Refused(RefusalReason.HAS_BALANCE, 0, 5)
    ledger.apply(Post(3, 2))
    assert ledger.close_account(close) == Applied()
    assert ledger.account("a", "X") is None
