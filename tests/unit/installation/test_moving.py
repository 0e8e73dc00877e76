"""Who may write where while slots are on their way, and how long that may take."""

from pathlib import Path
from typing import Any

import pytest

from bulkhead.domain.messages.moving import MoveSlots, SlotsMoved
from bulkhead.domain.messages.settlement_shards import MoveSettlementSlots
from bulkhead.domain.messages.shards import AddRiskShard
from bulkhead.installation import shards
from bulkhead.installation.ground import found
from bulkhead.installation.listing import remember_told
from bulkhead.installation.state import Installation
from bulkhead.topology.access import participant_role
from bulkhead.topology.derived import slot_of, slot_table
from bulkhead.topology.load import load
from tests.support.running import edited_topology


def founded(folder: Path) -> Installation:
    file = folder / "topology.yaml"
    file.write_text(edited_topology({}))
    installation = Installation(load(file), file)
    assert found(installation) == []
    remember_told(installation)
    return installation


def writes(installation: Installation, name: str) -> list[str]:
    """The partitions of orders to which a participant may write."""
    role = participant_role(installation.topology.exchange, name)
    produces = next(each.produces for each in shards.accesses_now(installation) if each.role == role)
    return sorted(produces)


def test_until_the_last_part_has_come_who_moves_may_write_to_both_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever gives rights meanwhile, as one who revokes a key does, takes none from who has moved."""
    installation = founded(tmp_path)
    slot = slot_of("alice")
    owners = slot_table(installation.topology.shards.risk)
    old = owners[slot]
    move = MoveSlots(slot, slot + 9, old, 1 - old, "why", 3)
    taken: list[Any] = [move]
    monkeypatch.setattr(shards, "taken_decisions", lambda installation: taken)
    other = next(
        name for name in installation.topology.participants if slot_of(name) not in range(slot, slot + 10)
    )
    assert writes(installation, "alice") == ["orders/0", "orders/1"]
    assert writes(installation, other) == [f"orders/{owners[slot_of(other)]}"]
    taken.append(SlotsMoved(4))
    assert writes(installation, "alice") == [f"orders/{1 - old}"]
    taken.append(MoveSettlementSlots(slot, slot, 0, 1, "why"))
    assert writes(installation, "alice") == [f"orders/{1 - old}"]


@pytest.mark.parametrize(
    ("decided", "parts"),
    [
        (AddRiskShard(2), 0),
        (MoveSettlementSlots(0, 1023, 0, 1), 0),
        (MoveSlots(0, 1023, 0, 1), 0),
        (MoveSlots(0, 1023, 0, 1, "why", 8), 128),
        (MoveSlots(0, 8, 0, 1, "why", 8), 2),
        (MoveSlots(0, 7, 0, 1, "why", 8), 1),
    ],
)
def test_a_move_may_take_longer_the_more_parts_it_has(decided: Any, parts: int) -> None:
    assert shards.time_for(decided) == shards.MOVE_TIMEOUT_S + parts * shards.PART_TIMEOUT_S
