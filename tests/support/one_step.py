"""`python -m tests.support.one_step TOPOLOGY`: plans, carries out one step, and dies by kill -9.

What `bulkhead topology apply` does until something kills it: nothing is closed, nothing is written down.
With nothing to do it ends with status 0.
"""

import os
import signal
import sys
from pathlib import Path

from actors.change import Change
from bulkhead.installation.state import Installation
from bulkhead.topology.load import load
from bulkhead.topology.plan.steps import Step


def die(step: Step) -> None:
    print(step.action, step.kind, step.name, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    with Change(Installation(load(file), file)) as change:
        change.carry_out(change.plan(), die)
