"""Bugs in what a participant's key may do."""

from typing import Any

from bulkhead.domain.keys import Permission
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import RevokeKey
from bulkhead.domain.risk import machine, signers
from bulkhead.simulation.mutants.mutant import Mutant, PutIn, replaced


def _changes_nothing(risk: Any, event: RevokeKey, out: Outbox) -> None:
    """What the handler should do is not done."""


def _takes_what_a_revoked_key_signs() -> PutIn:
    return replaced(machine.HANDLERS, RevokeKey, _changes_nothing)


def _asks_for_no_permission() -> PutIn:
    return replaced(vars(signers), "_NEEDED", dict.fromkeys(signers.COMMANDS, Permission(0)))


KEYS = (
    Mutant("unrevoked", "takes what a revoked key signs", _takes_what_a_revoked_key_signs, shown_by=9),
    Mutant("permit-all", "asks no key for a permission", _asks_for_no_permission, shown_by=11),
)
