"""`python -m bench.moving`: what it costs to move very many accounts to another risk shard while all trade.

They move in parts, as `topology apply` moves them, or all together.

Few participants have the accounts. One of them sends orders at a steady rate, as do two others: one on the
shard that it leaves, one on the shard that it goes to. A pause is the longest time between two orders in a
row that were taken. All of it is told of the time before, too. The last line is one JSON object.
"""

import json
import time
from itertools import count, islice, pairwise
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
from bulkhead.topology.plan.slots import SLOTS_AT_ONCE

STAY, THERE = "flow1", "flow2"
"""who is on the shard that is left, and on the one that slots go to"""
SLOTS = range(750, 1001)
"""that move: in the shipped topology on the shard of the first"""
ACCOUNTS_EACH = 10_000
"""The most that a topology gives a participant by a prefix."""
BEFORE_S = 10.0
AFTER_S = 3.0
DONE_TIMEOUT_S = 120.0


def crowd(accounts: int) -> list[str]:
    """Names of participants that have so many, by their hashes in the slots that move."""
    names = (name for name in map("crowd{}".format, count()) if derived.slot_of(name) in SLOTS)
    return list(islice(names, -(-accounts // ACCOUNTS_EACH)))


def crowded(text: str, accounts: int) -> str:
    """A topology in which they have them."""
    values = yaml.safe_load(text)
    for number, name in enumerate(crowd(accounts)):
        values["participants"][name] = {
            "keys": [name],
            "accounts": {
                "prefix": f"{name}.",
                "count": min(ACCOUNTS_EACH, accounts - number * ACCOUNTS_EACH),
            },
            "balances": {"USD": "100"},
        }
    return yaml.safe_dump(values, sort_keys=False)


def _home(participant_id: str) -> int:
    """In the shipped topology: two risk shards that share the slots evenly."""
    return derived.slot_of(participant_id) * 2 // 1024


def measure(installation: Installation, per_s: int, slots_at_once: int) -> dict[str, Any]:
    path, old, new = installation.connection_path, _home(STAY), _home(THERE)
    participants = installation.topology.participants
    moving = next(name for name in participants if name.startswith("crowd"))
    account = participants[moving].account_ids[0]
    with connect(path, moving) as one, connect(path, STAY) as stay, connect(path, THERE) as there:
        clients = {moving: one, STAY: stay, THERE: there}
        before = {name: Steady(client, per_s, BEFORE_S) for name, client in clients.items()}
        during = {name: Steady(client, per_s, None) for name, client in clients.items()}
        for each in (before[moving], during[moving]):
            each.account_id = account
        _run(before)
        for steady in during.values():
            steady.start()
        try:
            begun = time.monotonic()
            done = decide_and_follow(
                installation,
                MoveSlots(SLOTS[0], SLOTS[-1], old, new, "bench", slots_at_once),
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
        "accounts": sum(
            len(each.account_ids) for name, each in participants.items() if derived.slot_of(name) in SLOTS
        ),
        "per_s": per_s,
        "slots_at_once": slots_at_once,
        "decided_to_done_s": round(took_s, 2),
        "moves": _told(before[moving], during[moving]),
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
    accounts: Annotated[int, typer.Option(min=1, help="That move.")] = 100_000,
    per_s: Annotated[int, typer.Option(help="Orders a second of each of the three.")] = 100,
    slots_at_once: Annotated[int, typer.Option(help="Of a part; 0: all together.")] = SLOTS_AT_ONCE,
    folder: Annotated[Path | None, typer.Option(help="Where the exchange is put.")] = None,
) -> None:
    """Measure a move of accounts."""
    with fresh_exchange(crowded(TOPOLOGY.read_text(), accounts), folder) as installation:
        print(json.dumps(measure(installation, per_s, slots_at_once)), flush=True)


if __name__ == "__main__":
    typer.run(main)
