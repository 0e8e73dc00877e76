"""The actor of a settlement shard."""

from typing import Any

from actors.shard import ShardActor
from bulkhead.machines.factory import to_look_at
from bulkhead.runtime.shard import Shard


class SettlementActor(ShardActor):
    """Hosts a settlement shard; see ShardActor."""

    def balances(self) -> dict[str, dict[str, int]]:
        """What every ledger account owns, smallest units by asset: credits posted minus debits posted."""
        found: dict[str, dict[str, int]] = self._hosts[0].ask(_balances)
        return found


def _balances(shard: Shard) -> dict[str, dict[str, int]]:
    from bulkhead.domain.settlement.machine import SettlementMachine  # not there where the engine is native

    machine = to_look_at(shard.machine)
    assert isinstance(machine.domain, SettlementMachine)
    found: dict[str, dict[str, Any]] = {}
    for account in machine.domain.settlement.ledger.all_accounts():
        found.setdefault(account.account_id, {})[account.asset_id] = (
            account.credits_posted - account.debits_posted
        )
    return found
