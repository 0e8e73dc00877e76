"""`python -m bench.moving`: what it costs to move very many accounts to another risk shard while all trade.

One participant has the accounts, and sends orders at a steady rate, as do two others: one on the shard that
it leaves, one on the shard that it goes to. A pause is the longest time between two orders in a row that were
taken. All of it is told of the time before, too. The last line is one JSON object.
"""

import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from bench.exchange import TOPOLOGY, fresh_exchange
from bench.flood import Steady, summary
from bench.setting import Setting
from bulkhead.client import connect
from bulkhead.domain.messages.moving import MoveSlots, SlotsMoved
from bulkhead.installation.decisions import decide_and_follow
from bulkhead.installation.state import Installation
from bulkhead.topology import derived

CROWD, STAY, THERE = "crowd", "flow1", "flow2"
"""who moves; who is on the shard that it leaves, and on the one that it goes to"""
BEFORE_S = 10.0
AFTER_S = 3.0
DONE_TIMEOUT_S = 120.0


def crowded(text: str, accounts: int) -> str:
    """A topology in which one participant has so many."""
    values = yaml.safe_load(text)
    values["participants"][CROWD] = {
        "keys": [CROWD],
        "accounts": {"prefix": f"{CROWD}.", "count": accounts},
        "balances": {"USD": "100"},
        "limits": dict(values["participants"][STAY].get("limits", {})),
    }
    owners = {name: _home(name) for name in (STAY, THERE)}
    values["shards"]["risk"]["slots"] = {owners[STAY]: [derived.slot_of(CROWD)]}
    return yaml.safe_dump(values, sort_keys=False)


def _home(participant_id: str) -> int:
    """In the shipped topology: two risk shards that share the slots evenly."""
    return derived.slot_of(participant_id) * 2 // 1024


def measure(installation: Installation, per_s: int) -> dict[str, Any]:
    path, old, new = installation.connection_path, _home(STAY), _home(THERE)
    slot = derived.slot_of(CROWD)
    account = installation.topology.participants[CROWD].account_ids[0]
    with connect(path, CROWD) as moving, connect(path, STAY) as stay, connect(path, THERE) as there:
        clients = {CROWD: moving, STAY: stay, THERE: there}
        before = {name: Steady(client, per_s, BEFORE_S) for name, client in clients.items()}
        during = {name: Steady(client, per_s, None) for name, client in clients.items()}
        for each in (before[CROWD], during[CROWD]):
            each.account_id = account
        _run(before)
        for steady in during.values():
            steady.start()
        try:
            begun = time.monotonic()
            done = decide_and_follow(
                installation,
                MoveSlots(slot, slot, old, new, "bench"),
                lambda told: told if isinstance(told, SlotsMoved) else None,
                DONE_TIMEOUT_S,
            )
            took_s = time.monotonic() - begun
            time.sleep(AFTER_S)
        finally:
            for steady in during.values():
                steady.stop()
        for steady in during.values():
            steady.join()
    if not isinstance(done, SlotsMoved):
        raise TimeoutError(f"the slot has not moved: {done}")
    return {
        "accounts": len(installation.topology.participants[CROWD].account_ids),
        "per_s": per_s,
        "decided_to_done_s": round(took_s, 2),
        "moves": _told(before[CROWD], during[CROWD]),
        "stays_on_the_old_shard": _told(before[STAY], during[STAY]),
        "is_on_the_new_shard": _told(before[THERE], during[THERE]),
        "path": Setting(installation, 0).path(),
    }


def _run(steadies: dict[str, Steady]) -> None:
    for steady in steadies.values():
        steady.start()
    for steady in steadies.values():
        steady.join()


def _told(before: Steady, during: Steady) -> dict[str, Any]:
    return {
        "before": {**summary(before), "pause_ms": _pause_ms(before)},
        "during": {**summary(during), "pause_ms": _pause_ms(during)},
        "refused": len(during.refused),
    }


def _pause_ms(steady: Steady) -> float:
    """The longest time in which none of its orders was taken."""
    at = sorted(at for due, at in steady.answered if due not in steady.refused)
    return round(1000 * max(later - earlier for earlier, later in pairwise(at)), 1)


def main(
    accounts: Annotated[int, typer.Option(min=1, help="That move, of one participant.")] = 100_000,
    per_s: Annotated[int, typer.Option(help="Orders a second of each of the three.")] = 100,
    folder: Annotated[Path | None, typer.Option(help="Where the exchange is put.")] = None,
) -> None:
    """Measure a move of accounts."""
    with fresh_exchange(crowded(TOPOLOGY.read_text(), accounts), folder) as installation:
        print(json.dumps(measure(installation, per_s)), flush=True)


if __name__ == "__main__":
    typer.run(main)
