"""Stops a process exactly when its loop is in a wanted step: it is stopped first (SIGSTOP), then looked at.

The looking has a process of its own, `python -m chaos.ambush`, which does nothing else: a step may last some
microseconds only. It is asked and answers in lines of JSON.
"""

import json
import mmap
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from bulkhead.runtime.steps import Step
from chaos.stopping import stop
from chaos.victims import Process

PATIENCE_S = 0.25
"""One wait: then the asker looks whether everything is still as it was, and asks again."""
MOMENT_S = 10e-6
"""Between two looks, and of slow motion: some steps last not much longer. Who sleeps in between takes no core
from those that are to come to the step, and, at a real-time priority where this user may ask for it, is woken
at once on a busy machine too: a step of 60 us was caught in 0.06 s, in 0.5 s without (medians of 8, load 42).
"""
SLOWLY_S = 2.0
TIMER_SLACK = Path("/proc/self/timerslack_ns")
"""How much longer than asked for this process may sleep: 50 us, unless it says otherwise."""


class Ambush:
    """With `with` the process that looks runs while the block lasts."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str]
        self._victim: Process | None = None
        """that is waited for"""

    def __enter__(self) -> "Ambush":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chaos.ambush"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
            start_new_session=True,  # a terminal's Ctrl-C is not for it
        )
        return self

    def __exit__(self, *_: object) -> None:
        told, _stderr = self._process.communicate()  # the end of its input is its own
        if self._victim is not None and told and json.loads(told):
            self._victim.resume()  # nobody has come for it

    def lie_in_wait(self, process: Process, steps: Path, step: Step) -> None:
        """Begin to wait for the step that is told in the file `steps`; one wait at a time."""
        assert self._victim is None
        assert self._process.stdin is not None
        question = {"pid": process.pid, "steps": str(steps), "step": int(step)}
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        self._victim = process

    @property
    def waiting(self) -> bool:
        """It has not answered yet."""
        assert self._process.stdout is not None
        return not select.select([self._process.stdout], [], [], 0.0)[0]

    def caught(self) -> bool:
        """Its answer: the process is stopped in that step, or runs and was not seen there."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        self._victim = None
        if not line:
            raise RuntimeError(f"chaos.ambush has ended with status {self._process.wait()}")
        return bool(json.loads(line))


def main() -> None:
    TIMER_SLACK.write_text("1")
    with suppress(PermissionError):  # it looks away more often then, and so a step takes longer to catch
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    for line in sys.stdin:
        print(json.dumps(_stopped_in_step(**json.loads(line))), flush=True)


def _stopped_in_step(pid: int, steps: str, step: int) -> bool:
    """Wait for it in the step before too, which may last longer, and let it go on slowly from there."""
    wanted = (step, step - 1) if step > Step.RECEIVE else (step,)
    with open(steps, "rb") as file, mmap.mmap(file.fileno(), 1, access=mmap.ACCESS_READ) as page:
        deadline = time.monotonic() + PATIENCE_S
        try:
            while time.monotonic() < deadline:
                if page[0] not in wanted:
                    time.sleep(MOMENT_S)
                    continue
                if stop(pid) and _slowly(pid, page, step):
                    return True
                os.kill(pid, signal.SIGCONT)
        except (ProcessLookupError, FileNotFoundError):  # it has died meanwhile
            return False
    return False


def _slowly(pid: int, page: mmap.mmap, step: int) -> bool:
    """Let a stopped process go on for moments while it is in the step before; whether it came to `step`."""
    deadline = time.monotonic() + SLOWLY_S
    while page[0] == step - 1 and time.monotonic() < deadline:
        os.kill(pid, signal.SIGCONT)
        time.sleep(MOMENT_S)
        if not stop(pid):
            return False
    return page[0] == step


if __name__ == "__main__":
    main()
