"""What the checker makes of a run: it reads all that was sent and received, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bulkhead.installation.state import Installation

CHECK_TIMEOUT_S = 1800.0
"""300 blows leave some million events; judged on a busy machine."""
FAULTS = ("lost", "doubled", "misordered", "contradicted")
COUNTED = ("subjects", "streams", "frames", "events", "repeated", "refused_frames", "dead_letters")
PROBLEMS_SHOWN = 20


def judged(installation: Installation, folder: Path) -> dict[str, Any]:
    """What it has found; its `problems` say why it has found nothing."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "chaos.checker",
            "--connection",
            str(installation.connection_path),
            "--evidence",
            str((folder / "evidence").resolve()),
            "--internal-key",
            str(installation.mac_key_path),
        ],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=CHECK_TIMEOUT_S,
        check=False,
    )
    if done.returncode not in (0, 1) or not done.stdout:
        return {"problems": [f"the checker came to no result: {done.stderr.strip()[-500:]}"]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def faults(found: dict[str, Any]) -> dict[str, Any]:
    """What a summary has of it: how much of each fault, and what it looked at."""
    return {
        **{name: found.get(name) for name in (*FAULTS, "trades", "reversals")},
        "checker": {name: found[name] for name in COUNTED if name in found},
    }


def is_good(summary: dict[str, Any]) -> bool:
    """Whether nothing was lost, doubled, misordered or contradicted, and the run was completed."""
    return not any(summary[name] for name in FAULTS) and not summary["problems"]
