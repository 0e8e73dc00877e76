"""What the ledger says that each account has: its settlement shard, derived to the end of its partition."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bulkhead.domain.risk.machine import RiskMachine
from bulkhead.domain.settlement.machine import SettlementMachine
from bulkhead.domain.settlement.model import OWN_ACCOUNTS
from bulkhead.errors import FatalError
from bulkhead.log.port import Log
from bulkhead.machines.factory import make_reference
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.repair.examine import bring_up
from bulkhead.runtime.identity import Identity
from bulkhead.snapshots.port import SnapshotStore

SHORT, SETTLING, HALTED = "short", "settling", "halted"


class AccountBalance(NamedTuple):
    shard: str
    """the settlement shard that has it"""
    account_id: str
    asset_id: str
    balance: int
    """smallest units: what came in less what went out"""
    state: str
    """of a participant's balance below zero. SHORT: its risk shard has it so too, and refuses what needs that
    asset; SETTLING: it has not, so legs of other trades, or news of a bust, are on their way. HALTED, below
    zero or not: legs of the account are put aside in quarantine. Else empty
    """


def balances(
    log: Log, identity: Identity, snapshots: SnapshotStore, shards: Iterable[str]
) -> list[AccountBalance]:
    """All accounts' of these settlement shards, by shard, account and asset, with the exchange's own.

    No process has to run. FatalError: a shard can't go on, so where it would stand is not known.
    """
    machines = _Derived(log, identity, snapshots)
    return [found for shard in shards for found in _of_shard(machines, shard)]


class _Derived:
    """Shards' machines, each derived when it is first asked for."""

    def __init__(self, log: Log, identity: Identity, snapshots: SnapshotStore) -> None:
        self._opened = log, identity, snapshots
        self._machines: dict[str, ReferenceMachine] = {}

    def machine(self, shard: str) -> ReferenceMachine:
        if shard not in self._machines:
            machine = make_reference(shard)
            standing = bring_up(*self._opened, shard, machine)
            if standing is not None:
                raise FatalError(
                    f"what accounts have on {shard} is not known, for it can't go on: {standing.problem}."
                    f" `bulkhead repair look {shard}` says what can help"
                )
            self._machines[shard] = machine
        return self._machines[shard]


def _of_shard(machines: _Derived, shard: str) -> Iterator[AccountBalance]:
    machine = machines.machine(shard)
    assert isinstance(machine.domain, SettlementMachine)
    settlement, halted = machine.domain.settlement, machine.quarantined()
    for account in settlement.ledger.all_accounts():
        account_id, asset_id = account.account_id, account.asset_id
        balance, state = account.credits_posted - account.debits_posted, ""
        if f"account {account_id}" in halted:
            state = HALTED
        elif balance < 0 and account_id not in OWN_ACCOUNTS:
            slot = settlement.slots.get(account_id)
            risk = "" if slot is None else settlement.risk[slot].replace("orders/", "risk/")
            # Of a slot that is on its way only legs may be here: what it has, has not come.
            state = SHORT if risk and _in_risk(machines, risk, account_id, asset_id) < 0 else SETTLING
        yield AccountBalance(shard, account_id, asset_id, balance, state)


def _in_risk(machines: _Derived, shard: str, account_id: str, asset_id: str) -> int:
    domain = machines.machine(shard).domain
    assert isinstance(domain, RiskMachine)
    return domain.risk.accounts[account_id].balance(asset_id).total
