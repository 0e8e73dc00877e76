"""The commands of the ledger together."""

from collections.abc import Iterator, Sequence

from bulkhead.domain.ledger import state as state_module
from bulkhead.domain.ledger.accounts import close_account, open_account
from bulkhead.domain.ledger.commands import (
    CloseAccount,
    Movement,
    OpenAccount,
    Post,
    Result,
    Transfer,
    Void,
)
from bulkhead.domain.ledger.contents import Account, Contents
from bulkhead.domain.ledger.linked import apply, apply_linked
from bulkhead.domain.ledger.state import LedgerState


class Ledger(Contents):
    """A double-entry ledger. A refused command changes nothing; no command raises for its values.

    Transfers, posts and voids share one space of ids. A repeated id with the same content is `exists` and
    changes nothing; a refused one leaves no trace, its id may be used again.
    """

    __slots__ = ()

    def open_account(self, command: OpenAccount) -> Result:
        """Open an account with nothing on it."""
        return open_account(self, command)

    def close_account(self, command: CloseAccount) -> Result:
        """Forget an account that has as much on either side, and nothing pending."""
        return close_account(self, command)

    def apply(self, command: Movement) -> Result:
        """One transfer, post or void."""
        return apply(self, command)

    def apply_linked(self, commands: Sequence[Movement]) -> Result:
        """At least one command; all take effect, in their order, or none does.

        Each is checked on what the ones before it left, so of two transfers through one account the one
        that brings comes first.
        """
        return apply_linked(self, commands)

    def account(self, account_id: str, asset_id: str) -> Account | None:
        """The account, to be read only; None where it isn't open."""
        return self.accounts.get((account_id, asset_id))

    def all_accounts(self) -> Iterator[Account]:
        """Every account, by account id and asset id."""
        for _, account in sorted(self.accounts.items()):
            yield account

    def forget(self, transfer_id: int) -> None:
        """Stop remembering a finished transfer: its id is free again, its repetition is no longer known.

        For a caller whose stream gives every command exactly once, so that what is remembered does not grow
        for ever. Forgetting a post or void forgets its pending transfer with it. Unknown ids are ignored.
        Raises ValueError for a pending transfer: it is forgotten by its post or void.
        """
        movement = self.movements.get(transfer_id)
        if isinstance(movement, Transfer) and movement.pending:
            raise ValueError(
                f"transfer {transfer_id} is a pending one ({self.pending[transfer_id].name.lower()}): "
                "forget the post or void that settled it"
            )
        if isinstance(movement, Post | Void):
            del self.movements[movement.pending_id], self.pending[movement.pending_id]
        self.movements.pop(transfer_id, None)

    def state(self) -> LedgerState:
        """The canonical plain state; equal for ledgers that behave alike."""
        return state_module.state(self)

    @classmethod
    def from_state(cls, saved: LedgerState) -> "Ledger":
        """The ledger that `state` described."""
        ledger = cls()
        state_module.load(ledger, saved)
        return ledger
