"""The native settlement machine has no two-phase transfers: a snapshot that has some is refused."""

import pytest

from bulkhead.domain.ledger.commands import (
    DEBITS_MUST_NOT_EXCEED_CREDITS,
    Movement,
    OpenAccount,
    Post,
    Transfer,
    Void,
)
from bulkhead.domain.settlement.machine import SettlementMachine
from bulkhead.errors import FatalError
from bulkhead.machines.engines import Engine
from bulkhead.machines.factory import make_machine, make_reference
from tests.support.native_book import needs_native_engine

pytestmark = needs_native_engine
SHARD = "settlement/0"
PENDING = Transfer(1, "alice.main", "bob.main", "USD", 7, pending=True)


def _snapshot(*movements: Movement, flags: int = 0) -> bytes:
    """Of a shard whose ledger has been told of these, which no message leads to."""
    machine = make_reference(SHARD)
    assert isinstance(machine.domain, SettlementMachine)
    ledger = machine.domain.settlement.ledger
    ledger.open_account(OpenAccount("alice.main", "USD", flags))
    ledger.open_account(OpenAccount("bob.main", "USD"))
    for movement in movements:
        ledger.apply(movement)
    return machine.snapshot()


@pytest.mark.parametrize(
    "snapshot",
    [
        _snapshot(flags=DEBITS_MUST_NOT_EXCEED_CREDITS),
        _snapshot(PENDING),
        _snapshot(PENDING, Post(2, 1, 3)),
        _snapshot(PENDING, Void(2, 1)),
        _snapshot(Transfer(1, "alice.main", "bob.main", "USD", 7)),
    ],
    ids=["a flag", "a pending transfer", "a post", "a void", "a transfer that is remembered"],
)
def test_a_ledger_that_has_what_settlement_never_has_is_refused(snapshot: bytes) -> None:
    make_reference(SHARD).restore(snapshot)
    with pytest.raises(FatalError, match="flags, or transfers that are remembered"):
        make_machine(SHARD, Engine.NATIVE).restore(snapshot)


def test_a_ledger_without_them_is_restored() -> None:
    native = make_machine(SHARD, Engine.NATIVE)
    native.restore(_snapshot())
    assert native.snapshot() == _snapshot()
