"""The exchange that is broken: a copy of a topology in a folder of its own, with budgets for many deaths."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

RESTARTS = {"budget": 1000, "within_s": 3600}
SNAPSHOTS = {"every_events": 1000, "every_ticks": 10}
"""Often: a restart mostly begins at a snapshot that was taken under load, and a blow that is to fall upon one
does not have to wait long.
"""


WITHOUT_REPLICAS = ("view/", "supervisor")
"""How the names begin of shards that have none."""


GATEWAYS = "ingress/*"
PLACED = ("isolation", "nodes", "zones")
"""What a boundary says of other machines."""


def write_topology(
    text: str,
    folder: Path,
    changes: Mapping[str, Any],
    replicas: str | None = None,
    ingress: str | None = None,
) -> Path:
    """Write the topology in `text`, changed for chaos, into `folder`; the file.

    `changes` has its log and its snapshots, whatever the original says: they are the run's own, and all of it
    is on this machine. `replicas`:
    of every boundary that may have some; `ingress`: direct or gateway; None: as the original says.
    """
    values = {**yaml.safe_load(text), **changes}
    values.pop("placement", None)
    values["snapshots"] = {**values["snapshots"], **SNAPSHOTS}
    if ingress is not None:
        values["shards"] = {**values["shards"], "ingress": ingress}
        others = {name: its for name, its in values["boundaries"].items() if GATEWAYS not in its["contains"]}
        gateways = {"ingress": {"contains": [GATEWAYS]}} if ingress == "gateway" else {}
        values["boundaries"] = {**others, **gateways}
    for boundary in values["boundaries"].values():
        boundary["restarts"] = dict(RESTARTS)
        for name in PLACED:
            boundary.pop(name, None)
        if replicas is not None and not any(
            name.startswith(WITHOUT_REPLICAS) for name in boundary["contains"]
        ):
            boundary["replicas"] = replicas
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "topology.yaml"
    file.write_text(yaml.safe_dump(values, sort_keys=False))
    return file
