"""The end of a run: every command answered, nobody told of anything more, the ledgers of all shards equal."""

import time
from collections.abc import Callable

from actors.audit import Audit, audit
from bulkhead.installation.state import Installation
from chaos.load import Load

REST_TIMEOUT_S = 90.0
REST_S = 1.0
"""without a report, after every command was answered: fills may follow an answer"""


def drain(load: Load, push: Callable[[], object], show: Callable[[], None], timeout_s: float) -> None:
    """Send nothing, read until every command is answered and nobody hears anything. TimeoutError.

    `push`: sends what is not in the log yet of somebody else; true: something is left.
    """
    deadline = time.monotonic() + timeout_s
    heard_at = time.monotonic()
    while load.unanswered or time.monotonic() - heard_at < REST_S:
        if load.read() or load.problem or push():
            heard_at = time.monotonic()
        else:
            time.sleep(0.005)  # nothing to do but wait
        show()
        if time.monotonic() > deadline:
            raise TimeoutError(f"{load.unanswered} commands were not answered in {timeout_s:g} s")


def audited(installation: Installation, load: Load) -> tuple[Audit, list[str]]:
    """What does not add up, as sentences; of an exchange at rest."""
    try:
        found = audit(installation)
    except Exception as problem:  # noqa: BLE001 - whatever ails Ray, the checker is to see the log
        return Audit(), [f"the audit came to no result: {problem!r}"]
    problems = [f"audit: {problem}" for problem in found.problems[:10]]
    if load.read():
        problems.append("there were reports after the audit found the exchange at rest")
    return found, problems
