"""The exchange that is broken: a copy of a topology in a folder of its own, with budgets for many deaths."""

from pathlib import Path

import yaml

RESTARTS = {"budget": 1000, "within_s": 60}
SNAPSHOTS = {"every_events": 5000, "every_ticks": 50}
"""Often, so that a restart mostly begins at a snapshot that was taken under load."""


def write_topology(text: str, folder: Path, log: str) -> Path:
    """Write the topology in `text`, changed for chaos, into `folder`; the file.

    Its log and snapshots are inside the folder too, whatever the original says.
    """
    values = yaml.safe_load(text)
    values["log"] = {**values.get("log", {}), "adapter": log}
    values["snapshots"] = {**values.get("snapshots", {}), **SNAPSHOTS}
    for store in ("log", "snapshots"):
        values[store].pop("directory", None)
    for boundary in values["boundaries"].values():
        boundary["restarts"] = dict(RESTARTS)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "topology.yaml"
    file.write_text(yaml.safe_dump(values, sort_keys=False))
    return file
