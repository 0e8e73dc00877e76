"""Several commands, all or none: the two legs of a delivery versus payment."""

from collections.abc import Sequence

from bulkhead.domain.ledger.commands import Applied, Movement, RefusalReason, Refused, Result, Transfer
from bulkhead.domain.ledger.contents import Contents
from bulkhead.domain.ledger.settling import settle, undo_settle
from bulkhead.domain.ledger.transfers import transfer, undo_transfer


def apply(ledger: Contents, command: Movement) -> Result:
    """One transfer, post or void."""
    if isinstance(command, Transfer):
        return transfer(ledger, command)
    return settle(ledger, command)


def apply_linked(ledger: Contents, commands: Sequence[Movement]) -> Result:
    """Apply the commands one after another, or, if one is refused, none of them.

    What is linked was applied together, so either all of the ids are known or none: otherwise they belong
    to something else.
    """
    known = [command.transfer_id in ledger.movements for command in commands]
    if any(known) and not all(known):
        return Refused(RefusalReason.EXISTS_WITH_DIFFERENT_CONTENT, index=known.index(True))
    applied: list[Movement] = []
    for index, command in enumerate(commands):
        result = apply(ledger, command)
        if isinstance(result, Refused):
            _undo(ledger, applied)
            return Refused(result.reason, result.bound, result.actual, index)
        if not result.exists:
            applied.append(command)
    return Applied(exists=not applied)


def _undo(ledger: Contents, applied: list[Movement]) -> None:
    """Take the commands back, the last one first."""
    for command in reversed(applied):
        if isinstance(command, Transfer):
            undo_transfer(ledger, command)
        else:
            undo_settle(ledger, command)
