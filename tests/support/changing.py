"""An exchange whose file is edited, planned and applied while it runs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bulkhead.topology.load import load
from tests.support.running import RunningExchange, calm_topology


class ChangingExchange(RunningExchange):
    """Begun with some changes of the shipped topology, which each edit keeps."""

    def __init__(self, folder: Path, changes: Mapping[str, Any]) -> None:
        super().__init__(folder, changes)
        self._begun = changes

    def edit(self, changes: Mapping[str, Any]) -> None:
        """Write the file anew: what an edit before has changed is as it was begun."""
        self.topology_file.write_text(calm_topology({**self._begun, **changes}))
        load(self.topology_file)

    def planned(self, status: int) -> list[str]:
        """The plan's steps; `status` is what the command ends with."""
        done = self.command("topology", "plan", "--json")
        assert done.status == status, done.stdout + done.stderr
        steps = json.loads(done.stdout)["steps"]
        return [f"{step['action']} {step['kind']} {step['name']}" for step in steps]

    def apply(self, reason: str) -> None:
        """Carry it out; then there is nothing to do."""
        done = self.command("topology", "apply", "--yes", "--reason", reason)
        assert done.status == 0, done.stderr
        assert self.planned(0) == []
