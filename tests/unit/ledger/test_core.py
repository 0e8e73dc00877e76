"""What the ledger does beyond the runner's lines: linked commands, explained refusals, forgetting, state."""

import pytest

from bulkhead.domain.ledger.commands import (
    AMOUNT_MAX,
    CREDITS_MUST_NOT_EXCEED_DEBITS,
    DEBITS_MUST_NOT_EXCEED_CREDITS,
    TRANSFER_ID_MAX,
    Applied,
    Movement,
    OpenAccount,
    Post,
    RefusalReason,
    Refused,
    Transfer,
    Void,
)
from bulkhead.domain.ledger.ledger import Ledger


def funded() -> Ledger:
    """alice has 100 USD and bob 5 BTC, neither may go below zero; the bank may."""
    ledger = Ledger()
    for asset_id in ("USD", "BTC"):
        ledger.open_account(OpenAccount("bank", asset_id))
        for account_id in ("alice", "bob"):
            ledger.open_account(OpenAccount(account_id, asset_id, DEBITS_MUST_NOT_EXCEED_CREDITS))
    ledger.apply(Transfer(1, "bank", "alice", "USD", 100))
    ledger.apply(Transfer(2, "bank", "bob", "BTC", 5))
    return ledger


def test_linked_transfers_deliver_against_payment() -> None:
    ledger = funded()
    legs = [Transfer(3, "bob", "alice", "BTC", 2), Transfer(4, "alice", "bob", "USD", 80)]
    assert ledger.apply_linked(legs) == Applied()
    assert ledger.apply_linked(legs) == Applied(exists=True)
    alice = ledger.account("alice", "BTC")
    assert alice is not None
    assert alice.credits_posted == 2


@pytest.mark.parametrize(
    ("legs", "refused"),
    [
        (
            [Transfer(3, "bob", "alice", "BTC", 2), Transfer(4, "alice", "bob", "USD", 101)],
            Refused(RefusalReason.EXCEEDS_CREDITS, 100, 101, index=1),
        ),
        (
            [Transfer(3, "bob", "alice", "BTC", 2, pending=True), Post(4, 3, 1), Void(5, 3)],
            Refused(RefusalReason.ALREADY_POSTED, index=2),
        ),
        (
            [
                Transfer(3, "bob", "alice", "BTC", 2, pending=True),
                Void(4, 3),
                Transfer(5, "x", "bob", "BTC", 1),
            ],
            Refused(RefusalReason.UNKNOWN_ACCOUNT, index=2),
        ),
        (
            [Transfer(3, "bob", "alice", "BTC", 2), Transfer(1, "bank", "alice", "USD", 100)],
            Refused(RefusalReason.EXISTS_WITH_DIFFERENT_CONTENT, index=1),
        ),
        (
            [Transfer(3, "bob", "alice", "BTC", 2), Transfer(3, "bob", "alice", "BTC", 1)],
            Refused(RefusalReason.EXISTS_WITH_DIFFERENT_CONTENT, index=1),
        ),
    ],
)
def test_of_linked_commands_none_takes_effect_if_one_is_refused(
    legs: list[Movement], refused: Refused
) -> None:
    ledger = funded()
    before = ledger.state()
    assert ledger.apply_linked(legs) == refused
    assert ledger.state() == before
    assert not ledger.pending


def test_a_linked_command_sees_what_the_ones_before_it_left() -> None:
    ledger = funded()
    through = [Transfer(3, "alice", "bob", "USD", 60), Transfer(4, "bob", "bank", "USD", 60)]
    assert ledger.apply_linked(list(reversed(through))) == Refused(
        RefusalReason.EXCEEDS_CREDITS, 0, 60, index=0
    )
    assert ledger.apply_linked(through) == Applied()


def test_a_pending_pair_is_posted_together() -> None:
    ledger = funded()
    reserve: list[Movement] = [
        Transfer(3, "bob", "alice", "BTC", 2, pending=True),
        Transfer(4, "alice", "bob", "USD", 80, pending=True),
    ]
    assert ledger.apply_linked(reserve) == Applied()
    assert ledger.apply_linked([Post(5, 3), Post(6, 4, 81)]) == Refused(
        RefusalReason.EXCEEDS_PENDING_AMOUNT, 80, 81, index=1
    )
    assert ledger.apply_linked([Post(5, 3), Post(6, 4)]) == Applied()
    assert ledger.apply_linked([Post(5, 3), Post(6, 4, 80)]) == Applied(exists=True)


@pytest.mark.parametrize(
    ("command", "refused"),
    [
        (Transfer(0, "bank", "alice", "USD", 1), Refused(RefusalReason.TRANSFER_ID, TRANSFER_ID_MAX, 0)),
        (Transfer(3, "bank", "alice", "USD", 0), Refused(RefusalReason.AMOUNT, 1, 0)),
        (
            Transfer(3, "bank", "alice", "USD", AMOUNT_MAX + 1),
            Refused(RefusalReason.AMOUNT, AMOUNT_MAX, AMOUNT_MAX + 1),
        ),
        (
            Transfer(3, "bank", "alice", "USD", AMOUNT_MAX),
            Refused(RefusalReason.OVERFLOW, AMOUNT_MAX, AMOUNT_MAX + 100),
        ),
        (Transfer(3, "alice", "bank", "USD", 101), Refused(RefusalReason.EXCEEDS_CREDITS, 100, 101)),
        (Post(3, 9), Refused(RefusalReason.PENDING_NOT_FOUND)),
    ],
)
def test_a_refusal_carries_the_numbers_that_explain_it(command: Movement, refused: Refused) -> None:
    assert funded().apply(command) == refused


def test_a_refusal_for_the_credit_accounts_limit_carries_its_numbers() -> None:
    ledger = funded()
    ledger.open_account(OpenAccount("debtor", "USD", CREDITS_MUST_NOT_EXCEED_DEBITS))
    ledger.apply(Transfer(3, "debtor", "bank", "USD", 7))
    assert ledger.apply(Transfer(4, "bank", "debtor", "USD", 8)) == Refused(
        RefusalReason.EXCEEDS_DEBITS, 7, 8
    )


def test_a_forgotten_transfer_keeps_its_effect_and_frees_its_id() -> None:
    ledger = funded()
    ledger.forget(1)
    ledger.forget(1)
    assert ledger.apply(Transfer(1, "alice", "bank", "USD", 30)) == Applied()
    alice = ledger.account("alice", "USD")
    assert alice is not None
    assert (alice.debits_posted, alice.credits_posted) == (30, 100)


def test_a_forgotten_post_takes_its_pending_transfer_with_it() -> None:
    ledger = funded()
    ledger.apply(Transfer(3, "alice", "bank", "USD", 30, pending=True))
    ledger.apply(Post(4, 3, 20))
    ledger.forget(4)
    assert [row[0] for row in ledger.state()["transfers"]] == [1, 2]
    assert ledger.state()["posts"] == []
    assert ledger.apply(Post(4, 3, 20)) == Refused(RefusalReason.PENDING_NOT_FOUND)


def test_a_pending_transfer_is_not_forgotten() -> None:
    ledger = funded()
    ledger.apply(Transfer(3, "alice", "bank", "USD", 30, pending=True))
    before = ledger.state()
    with pytest.raises(ValueError, match="transfer 3 is a pending one"):
        ledger.forget(3)
    assert ledger.state() == before


def test_the_state_is_sorted_by_value_and_holds_amounts_in_16_bytes() -> None:
    ledger = Ledger()
    ledger.open_account(OpenAccount("b", "USD"))
    ledger.open_account(OpenAccount("a", "USD", DEBITS_MUST_NOT_EXCEED_CREDITS))
    for transfer_id in (9, 3):
        ledger.apply(Transfer(transfer_id, "b", "a", "USD", AMOUNT_MAX // 4, pending=True))
    ledger.apply(Transfer(5, "b", "a", "USD", 1))
    ledger.apply(Post(8, 9, 2))
    ledger.apply(Void(7, 3))

    def amount(value: int) -> bytes:
        return value.to_bytes(16, "big")

    assert ledger.state() == {
        "accounts": [
            ["a", "USD", 1, amount(0), amount(0), amount(0), amount(3)],
            ["b", "USD", 0, amount(0), amount(3), amount(0), amount(0)],
        ],
        "transfers": [
            [3, "b", "a", "USD", amount(AMOUNT_MAX // 4), 3],
            [5, "b", "a", "USD", amount(1), 0],
            [9, "b", "a", "USD", amount(AMOUNT_MAX // 4), 2],
        ],
        "posts": [[8, 9, amount(2)]],
        "voids": [[7, 3]],
    }
    assert [account.account_id for account in ledger.all_accounts()] == ["a", "b"]
