"""The ledger on random histories: judged by a naive one, by double entry, and across restores."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.ledger.commands import (
    AMOUNT_MAX,
    CREDITS_MUST_NOT_EXCEED_DEBITS,
    DEBITS_MUST_NOT_EXCEED_CREDITS,
    Applied,
    Movement,
    OpenAccount,
    Post,
    Refused,
    Transfer,
    Void,
)
from bulkhead.domain.ledger.ledger import Ledger
from bulkhead.runner.ledger import LedgerRunner
from tests.property.naive_ledger import NaiveLedger

# Few ids, accounts and amounts, so that commands repeat, meet limits and settle one another.
_ids = st.integers(1, 10)
_accounts = st.sampled_from(["a", "b", "c"])
_assets = st.sampled_from(["USD", "USD", "USD", "BTC"])
_amounts = st.integers(1, 12)
_flags = st.sampled_from(["debits_must_not_exceed_credits", "credits_must_not_exceed_debits"])
_edge_amounts = st.sampled_from([0, -1, AMOUNT_MAX, AMOUNT_MAX - 5, AMOUNT_MAX + 1])


def _line(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(kind), **fields})


_opens = _line("open_account", account_id=_accounts, asset=_assets, flags=st.lists(_flags, max_size=2))
_transfers = _line(
    "transfer",
    transfer_id=_ids,
    debit=_accounts,
    credit=_accounts,
    asset=_assets,
    amount=_amounts | _amounts | _amounts | _edge_amounts,
    pending=st.booleans(),
)
_settlings = (
    _line("post", transfer_id=_ids, pending_id=_ids)
    | _line("post", transfer_id=_ids, pending_id=_ids, amount=_amounts | st.sampled_from([0, -1]))
    | _line("void", transfer_id=_ids, pending_id=_ids)
)
_balances = _line("balance", account_id=_accounts, asset=_assets)
_histories = st.builds(
    lambda opens, rest: opens + rest,
    st.lists(_opens, max_size=5),
    st.lists(_transfers | _transfers | _settlings | _settlings | _balances | _opens, max_size=40),
)


@given(_histories)
def test_the_ledger_and_a_naive_one_answer_alike(history: list[Any]) -> None:
    runner, naive = LedgerRunner(), NaiveLedger()
    for command in history:
        assert [json.loads(line) for line in runner.handle(command)] == [naive.handle(command)]
    for account_id, asset in sorted(naive.flags):
        balance = {"type": "balance", "account_id": account_id, "asset": asset}
        assert json.loads(runner.handle(balance)[0]) == naive.handle(balance)


# The core itself, on accounts that are open: two free ones, one with each flag.
def _opened() -> Ledger:
    ledger = Ledger()
    for account_id, flags in (
        ("a", 0),
        ("b", 0),
        ("c", DEBITS_MUST_NOT_EXCEED_CREDITS),
        ("d", CREDITS_MUST_NOT_EXCEED_DEBITS),
    ):
        for asset_id in ("BTC", "USD"):
            ledger.open_account(OpenAccount(account_id, asset_id, flags))
    return ledger


_names = st.sampled_from(["a", "b", "c", "d"])
_movements: st.SearchStrategy[Movement] = st.one_of(
    st.builds(Transfer, _ids, _names, _names, _assets, _amounts, st.booleans()),
    st.builds(Transfer, _ids, _names, _names, _assets, _amounts | _edge_amounts, st.booleans()),
    st.builds(Post, _ids, _ids, st.none() | _amounts),
    st.builds(Void, _ids, _ids),
)
_chains = st.lists(st.lists(_movements, min_size=1, max_size=4), max_size=20)


@given(_chains)
def test_debits_equal_credits_pending_and_posted_and_no_limit_is_passed(chains: list[list[Movement]]) -> None:
    ledger = _opened()
    for chain in chains:
        ledger.apply_linked(chain)
        for asset_id in ("BTC", "USD"):
            accounts = [account for account in ledger.all_accounts() if account.asset_id == asset_id]
            assert sum(a.debits_pending for a in accounts) == sum(a.credits_pending for a in accounts)
            assert sum(a.debits_posted for a in accounts) == sum(a.credits_posted for a in accounts)
        for account in ledger.all_accounts():
            debits = account.debits_pending + account.debits_posted
            credited = account.credits_pending + account.credits_posted
            assert 0 <= min(account.debits_pending, account.debits_posted) <= debits <= AMOUNT_MAX
            assert 0 <= min(account.credits_pending, account.credits_posted) <= credited <= AMOUNT_MAX
            if account.flags == DEBITS_MUST_NOT_EXCEED_CREDITS:
                assert debits <= account.credits_posted
            if account.flags == CREDITS_MUST_NOT_EXCEED_DEBITS:
                assert credited <= account.debits_posted


@given(_chains)
def test_what_is_refused_or_exists_changes_nothing_linked_or_not(chains: list[list[Movement]]) -> None:
    ledger = _opened()
    for chain in chains:
        before = ledger.state()
        result = ledger.apply_linked(chain)
        if isinstance(result, Refused) or result.exists:
            assert ledger.state() == before
        else:
            assert ledger.apply_linked(chain) == Applied(exists=True)


@given(_chains)
def test_linked_commands_do_what_they_would_do_one_by_one(chains: list[list[Movement]]) -> None:
    linked, single = _opened(), _opened()
    for chain in chains:
        if isinstance(linked.apply_linked(chain), Applied):
            assert all(isinstance(single.apply(command), Applied) for command in chain)
        assert linked.state() == single.state()


@given(st.lists(_movements, max_size=40))
def test_a_ledger_that_is_rebuilt_after_every_command_goes_on_as_if_it_had_not_been(
    history: list[Movement],
) -> None:
    kept, rebuilt = _opened(), _opened()
    for command in history:
        assert kept.apply(command) == rebuilt.apply(command)
        saved = rebuilt.state()
        assert saved == kept.state()
        rebuilt = Ledger.from_state(saved)


@given(st.lists(_movements, max_size=40), st.sets(_ids))
def test_forgetting_changes_no_balance(history: list[Movement], ids: set[int]) -> None:
    ledger = _opened()
    for command in history:
        ledger.apply(command)
    before = ledger.state()["accounts"]
    for transfer_id in sorted(ids):
        if transfer_id not in ledger.pending:
            ledger.forget(transfer_id)
    assert ledger.state()["accounts"] == before
    assert sorted(ledger.pending) == [row[0] for row in ledger.state()["transfers"] if row[5]]
