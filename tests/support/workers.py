"""What goes to which worker where several run tests at once (pytest-xdist), and in which order."""

from collections import Counter

import pytest
from xdist.scheduler import LoadFileScheduling

TOGETHER = ("tests/e2e/shared/", "tests/integration/secured/")
"""Folders whose files share something that is dear to start."""
HEAVY = (
    "tests/chaos/test_changes.py",
    "tests/chaos/checker/test_chaos_command.py",
    "tests/e2e/test_rolling_upgrade_on_pulsar.py",
    "tests/chaos/test_blast_radius.py",
    "tests/chaos/test_placed.py",
)
"""Files of which one takes two cores, with a broker, standbys under load, or several nodes. They go to one
worker, one after the other: of two at once each takes minutes more, and some took more than they may.
"""
LONG = (
    "tests/chaos/test_failover.py",
    "tests/e2e/test_rolling_upgrade.py",
    "tests/e2e/test_secured.py",
    "tests/e2e/test_shards.py",
    "tests/e2e/test_repair.py",
    "tests/e2e/test_gated_shards.py",
    "tests/e2e/test_settlement_shards.py",
    "tests/e2e/test_live_changes.py",
    "tests/e2e/test_engines.py",
    "tests/e2e/test_demo.py",
    "tests/e2e/test_down_under_load.py",
    "tests/simulation/test_seeds.py",
    "tests/integration/test_engine_mutants.py",
    "tests/integration/test_wheel.py",
)
"""Other files of few tests that take a minute or more. They begin next, so that at the end nobody is left
alone with one; by their numbers of tests they would be the last.
"""


def longest_first(items: list[pytest.Item]) -> None:
    """Put what `LONG` names first; then whatever has many tests, as pytest-xdist itself would."""
    scopes = [_scope(item.nodeid) for item in items]
    tests = Counter(scopes)
    place = {file: number for number, file in enumerate((*HEAVY[:1], *LONG))}
    order = sorted(
        range(len(items)),
        key=lambda at: (place.get(scopes[at], len(place)), -tests[scopes[at]], scopes[at], at),
    )
    items[:] = [items[at] for at in order]


def _scope(nodeid: str) -> str:
    """What goes to one worker: a file, a folder that is named above, or all that is heavy."""
    file = nodeid.partition("::")[0]
    if file in HEAVY:
        return HEAVY[0]
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


class FilesAndFolders(LoadFileScheduling):  # type: ignore[misc]  # of which no types are published
    """A file's tests go to one worker, in their order, since they may share an exchange; so do those of a
    folder that is named above. Whoever is done first gets the next.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _scope(nodeid)
