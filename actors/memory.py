"""What the supervisor was told and knows, as supervisor.json of the state directory: for its next life, and
for `topology plan`, which reads there what runs.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from actors.launch import Launch
from bulkhead.files import write_private
from bulkhead.supervision.budget import Budget
from bulkhead.topology.rooms import Room


class Memory(BaseModel):
    launches: dict[str, Launch] = {}
    """by actor: what it is kept running with"""
    roles: dict[str, str] = {}
    """of every actor that has a process: primary, standby or active; empty for the only process of a shard"""
    budgets: dict[str, Budget] = {}
    """by boundary"""
    rooms: tuple[Room, ...] = ()
    spent: dict[str, Any] = {}
    """of the budgets: a supervisor's own death must not renew them"""
    failed: dict[str, str] = {}
    """actors whose build did not come up when it was put in place, and why: they are not started again"""
    restarts: dict[str, int] = {}
    """by actor, since the exchange was started"""

    def write(self, path: Path) -> None:
        write_private(path, self.model_dump_json().encode())


def remembered(path: Path) -> Memory | None:
    """None where no supervisor has written any yet."""
    try:
        return Memory.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
