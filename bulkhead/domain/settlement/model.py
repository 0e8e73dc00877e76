"""What one settlement shard knows."""

from bulkhead.domain.behaviour import Behaviour
from bulkhead.domain.ledger.commands import CloseAccount, Movement, OpenAccount, Refused
from bulkhead.domain.ledger.contents import Account
from bulkhead.domain.ledger.ledger import Ledger
from bulkhead.domain.messages.settlement import SettleLeg
from bulkhead.domain.messages.settlement_shards import GiveAccounts

HOUSE = "house"
"""the other side of every leg; zero over all shards once all legs have settled"""
FEES = "fees"
"""what the exchange has earned"""
WORLD = "external"
"""where deposits come from: what it owes is what participants have, and what fees have taken from them"""
SUSPENSE = "suspense"
"""what was discarded of accounts that had halted: nobody's until an operator has made it good"""
OWN_ACCOUNTS = frozenset((HOUSE, FEES, WORLD, SUSPENSE))
"""of the exchange itself: no participant's account may have their names"""


class Leaving:
    """Slots that leave, and who has said its last leg of theirs."""

    def __init__(self, move_id: int) -> None:
        self.move_id = move_id
        self.asked: GiveAccounts | None = None
        """control's word; None: some book's came before it"""
        self.switched: set[str] = set()


class Settlement:
    """The state of one settlement shard."""

    def __init__(self, shard: int) -> None:
        self.shard = shard
        self.behaviour = Behaviour(f"settlement/{shard}")
        self.tick = 0
        self.time_ms = 0
        self.ledger = Ledger()
        self.instruments: dict[str, tuple[str, str]] = {}
        """(base, quote) assets by instrument"""
        self.early_legs: dict[str, list[SettleLeg]] = {}
        """by instrument: told by its book before control's definition came; no order between two streams"""
        self.slots: dict[str, int] = {}
        """of each account's participant"""
        self.participants: dict[str, int] = {}
        """slots"""
        self.risk = [""] * 1024
        """by slot: the risk shard's partition"""
        self.transfers = 0
        """transfer ids given"""
        self.legs = 0
        """legs settled"""
        self.leaving: Leaving | None = None

    def open_account(self, account_id: str, asset_id: str) -> None:
        """Make sure that it is open. No flags: legs of two books come in any order, none fails."""
        if self.ledger.account(account_id, asset_id) is None:
            self.ledger.open_account(OpenAccount(account_id, asset_id))

    def close_account(self, account: Account) -> None:
        """One with as much on either side."""
        result = self.ledger.close_account(CloseAccount(account.account_id, account.asset_id))
        if isinstance(result, Refused):
            raise AssertionError(f"settlement/{self.shard}: {account} can't be closed: {result}")

    def next_transfer_id(self) -> int:
        self.transfers += 1
        return self.transfers

    def book(self, movements: list[Movement]) -> None:
        """All of them, or the machine stops: its stream says what happened, which no ledger may refuse."""
        result = self.ledger.apply_linked(movements)
        if isinstance(result, Refused):
            raise AssertionError(
                f"settlement/{self.shard}: the ledger refused {movements[result.index]}: {result}"
            )
        # The stream gives every leg exactly once: nothing needs to be remembered to refuse a repetition.
        for movement in movements:
            self.ledger.forget(movement.transfer_id)
