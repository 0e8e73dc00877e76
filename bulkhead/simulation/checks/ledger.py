"""At rest: no asset is created or lost, the house holds nothing, risk and settlement say the same."""

from collections import Counter
from collections.abc import Mapping

from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence


def check_assets(evidence: Evidence) -> None:
    own: dict[str, Counter[str]] = {name: Counter() for name in ("house", "external", "fees")}
    settled: Counter[tuple[str, str]] = Counter()
    for name in evidence.shards("settlement"):
        shard: Counter[str] = Counter()
        for account in evidence.domain(name).settlement.ledger.all_accounts():
            balance = account.credits_posted - account.debits_posted
            must(
                account.debits_pending == account.credits_pending == 0,
                f"{name}: {account.account_id} has something pending",
            )
            shard[account.asset_id] += balance
            if account.account_id in own:
                own[account.account_id][account.asset_id] += balance
            else:
                settled[account.account_id, account.asset_id] += balance
        must(not any(shard.values()), f"{name} does not balance: {dict(shard)}")
    must(not any(own["house"].values()), f"the house holds {dict(own['house'])}")
    brought = {asset_id: -amount for asset_id, amount in own["external"].items() if amount}
    must(brought == _some(evidence.deposits), f"{brought} came in, {dict(evidence.deposits)} was deposited")
    held = Counter(own["fees"])
    for (_, asset_id), amount in settled.items():
        held[asset_id] += amount
    must(_some(held) == brought, f"accounts and fees hold {_some(held)}, {brought} came in")
    known = {
        (account.account_id, asset_id): balance.total
        for name in evidence.shards("risk")
        for account in evidence.domain(name).risk.accounts.values()
        for asset_id, balance in account.balances.items()
        if balance.total
    }
    for key in sorted(known.keys() | settled.keys()):
        must(
            known.get(key, 0) == settled[key],
            f"{key}: risk knows {known.get(key, 0)}, settlement {settled[key]}",
        )


def _some(amounts: Mapping[str, int]) -> dict[str, int]:
    return {asset_id: amount for asset_id, amount in amounts.items() if amount}
