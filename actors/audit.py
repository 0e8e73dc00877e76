"""Whether a running exchange adds up: asked of its actors, inside `attached`."""

import time
from collections import defaultdict
from dataclasses import dataclass, field

from actors.attach import call_restarted as call
from actors.shard import Sequences
from bulkhead.installation.state import Installation
from bulkhead.machines.factory import input_partition
from bulkhead.topology import derived

HOUSE = "house"
CLOCK = "clock/0"
QUIET_TIMEOUT_S = 30.0
LOOK_EVERY_S = 0.1


@dataclass
class Audit:
    problems: list[str] = field(default_factory=list)
    """what does not add up, one sentence each; empty: everything does"""
    digests: dict[str, str] = field(default_factory=dict)
    """state digest by shard"""
    positions: dict[str, str] = field(default_factory=dict)
    """where in its partition each digest was taken: `bulkhead replay` comes to the same there"""
    duplicates_dropped: int = 0

    @property
    def balanced(self) -> bool:
        return not self.problems


def audit(installation: Installation) -> Audit:
    """Wait until nothing is on its way between shards, then compare the ledger with risk and with itself.

    For when participants have sent everything and have been answered: while they trade it never gets quiet.
    """
    found = Audit(_until_quiet(installation) + _problems(installation))
    for name in _shards(installation):
        for machine in call(name, "inspect"):
            found.digests[machine["shard"]] = machine["digest"]
            found.positions[machine["shard"]] = machine["position"]
    status = call("supervisor", "status")
    found.duplicates_dropped = sum(shard["duplicates"] for shard in status["shards"])
    return found


def _shards(installation: Installation) -> list[str]:
    return [shard.name for shard in derived.shards(installation.topology) if shard.kind != "supervisor"]


def _until_quiet(installation: Installation) -> list[str]:
    """Two looks at all streams, one after another, that are equal and find everything that was sent taken.

    One look is not enough: it asks shard by shard, and what a shard sends after it was asked can arrive where
    nobody has looked yet. Balances that agree are not enough either: a trade that has reached neither risk
    nor settlement is missing in both. What the clock sends does not count, it never stops.
    """
    deadline = time.monotonic() + QUIET_TIMEOUT_S
    before: list[Sequences] = []
    while True:
        looked = [found for name in _shards(installation) for found in call(name, "sequences")]
        on_their_way = _on_their_way(looked)
        if looked and not on_their_way and _without_clock(looked) == _without_clock(before):
            return []
        if time.monotonic() > deadline:
            return on_their_way or [f"the streams between shards still move after {QUIET_TIMEOUT_S:g} s"]
        before = looked
        time.sleep(LOOK_EVERY_S)


def _on_their_way(looked: list[Sequences]) -> list[str]:
    readers = {input_partition(found.machine): found for found in looked}
    return [
        f"{sender.machine} has sent {sent} events to {destination}, and {readers[destination].machine} has "
        f"taken {readers[destination].inputs.get(sender.machine, 0)}"
        for sender in looked
        for destination, sent in sender.outputs.items()
        if sender.machine != CLOCK
        and destination in readers
        and readers[destination].inputs.get(sender.machine, 0) != sent
    ]


def _without_clock(looked: list[Sequences]) -> list[Sequences]:
    return [
        found._replace(inputs={source: last for source, last in found.inputs.items() if source != CLOCK})
        for found in looked
        if found.machine != CLOCK
    ]


def _problems(installation: Installation) -> list[str]:
    """Conservation per asset, the house at zero over all shards, risk and ledger equal account by account."""
    shards = installation.topology.shards
    problems = []
    ledger: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for number in shards.settlement.numbers:
        balances: dict[str, dict[str, int]] = call(f"settlement/{number}", "balances")
        sums: dict[str, int] = defaultdict(int)
        for account_id, assets in balances.items():
            for asset_id, amount in assets.items():
                ledger[account_id][asset_id] += amount
                sums[asset_id] += amount
        problems += [
            f"settlement/{number}: its accounts in {asset_id} add up to {amount}, not to 0"
            for asset_id, amount in sums.items()
            if amount
        ]
    problems += [
        f"the house has {amount} of {asset_id} left over all shards: a leg has not settled"
        for asset_id, amount in ledger.pop(HOUSE, {}).items()
        if amount
    ]
    for number in shards.risk.numbers:
        held: dict[str, dict[str, tuple[int, int]]] = call(f"risk/{number}", "balances")
        for account_id, holdings in held.items():
            for asset_id, (total, reserved) in holdings.items():
                settled = ledger[account_id][asset_id]
                if total != settled:
                    problems.append(
                        f"{account_id} has {total} of {asset_id} in risk/{number} and {settled} in the ledger"
                    )
                if not 0 <= reserved <= total:
                    problems.append(f"{account_id} has {reserved} of its {total} {asset_id} reserved")
    return problems
