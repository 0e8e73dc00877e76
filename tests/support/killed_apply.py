"""`python -m tests.support.killed_apply TOPOLOGY`: applies it, and dies by kill -9 after every single step.

What `bulkhead topology apply` does until something kills it: nothing is closed, nothing is written down. Each
try is a process of its own, which plans anew; it is forked only so that it need not import everything again.
Each step that was done is a line on standard output; when one has nothing to do it ends with status 0.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from actors.change import Change
from bulkhead.installation.state import Installation
from bulkhead.topology.load import load
from bulkhead.topology.plan.steps import Step
from tests.support.running import COMMAND_TIMEOUT_S, ROOT, environment

STEPS_MAX = 100


def die(step: Step) -> None:
    print(step.action, step.kind, step.name, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def try_once(file: Path) -> int:
    """The wait status of a process that was killed after its first step, or had nothing to do."""
    child = os.fork()
    if child == 0:
        with Change(Installation(load(file), file)) as change:
            change.carry_out(change.plan(), die)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_after_every_step(file: Path) -> list[str]:
    """Run this program: the steps that killed processes have done; the last one had nothing to do."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_apply", str(file)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


if __name__ == "__main__":
    for _ in range(STEPS_MAX):
        ended = try_once(Path(sys.argv[1]))
        if ended != -signal.SIGKILL:
            sys.exit(ended)
    sys.exit(f"after {STEPS_MAX} steps there is still something to do")
