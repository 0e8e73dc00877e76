"""What `up` and `topology apply` have done on this machine, step by step: changes.jsonl of its state.

What operators sign stands in the log, for ever and for everybody, changes of processes among it; topics,
keys and files are told here only, and so is that something was done.
"""

import getpass
import json
import os
import time

from bulkhead.installation.state import Installation
from bulkhead.topology.plan.steps import Step


def write_down(installation: Installation, step: Step) -> None:
    """Append one step that was done: when (microseconds since 1970), by which user, what and why."""
    line = json.dumps(
        {
            "at_us": time.time_ns() // 1000,
            "by": getpass.getuser(),
            "action": step.action,
            "kind": step.kind,
            "name": step.name,
            "why": step.why,
        }
    )
    descriptor = os.open(installation.changes_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with open(descriptor, "a") as file:
        file.write(line + "\n")
