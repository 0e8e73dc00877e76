"""A process whose thread hangs in Pulsar's client still ends with the status that it should."""

import subprocess
import sys

HANGS = """
import threading
from bulkhead.log.open import end_process
from bulkhead.log.pulsar.attempt import Attempt
if {hangs}:
    Attempt(threading.Event().wait, print)
print("told", flush=False)
end_process(7)
raise SystemExit(3)
"""


def ended(hangs: bool) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", HANGS.format(hangs=hangs)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_where_a_thread_hangs_the_process_ends_at_once_with_its_status_and_all_that_it_said() -> None:
    assert ended(hangs=True) == (7, "told\n")


def test_where_none_does_the_process_ends_as_usual() -> None:
    assert ended(hangs=False) == (3, "told\n")
