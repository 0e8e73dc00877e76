"""Nothing that the ledger or the runner says depends on the order in which text hashes."""

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[3]
_HISTORY = """
from bulkhead.domain.ledger.commands import OpenAccount, Post, Transfer, Void
from bulkhead.domain.ledger.ledger import Ledger

ledger = Ledger()
names = [f"account-{number}" for number in range(50)]
for name in names:
    ledger.open_account(OpenAccount(name, "USD"))
for number, (debit, credit) in enumerate(zip(names, names[1:]), 1):
    ledger.apply(Transfer(number, debit, credit, "USD", number, pending=number % 2 == 0))
ledger.apply_linked([Post(100, 2), Void(101, 4)])
print(ledger.state())
print([account.account_id for account in ledger.all_accounts()])
"""


def _told(seed: str) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(_ROOT)}
    return subprocess.run(
        [sys.executable, "-c", _HISTORY], env=environment, check=True, capture_output=True
    ).stdout


def test_two_hash_seeds_give_the_same_state() -> None:
    assert _told("0") == _told("1")
