"""The actor of a risk shard."""

from actors.shard import ShardActor
from bulkhead.machines.factory import to_look_at
from bulkhead.runtime.shard import Shard


class RiskActor(ShardActor):
    """Hosts a risk shard; see ShardActor."""

    def balances(self) -> dict[str, dict[str, tuple[int, int]]]:
        """(total, reserved) of every account by asset, smallest units."""
        found: dict[str, dict[str, tuple[int, int]]] = self._hosts[0].ask(_balances)
        return found


def _balances(shard: Shard) -> dict[str, dict[str, tuple[int, int]]]:
    from bulkhead.domain.risk.machine import RiskMachine  # an actor whose engine is native has none

    machine = to_look_at(shard.machine)
    assert isinstance(machine.domain, RiskMachine)
    return {
        account.account_id: {
            asset_id: (balance.total, balance.reserved)
            for asset_id, balance in sorted(account.balances.items())
        }
        for _, account in sorted(machine.domain.risk.accounts.items())
    }
