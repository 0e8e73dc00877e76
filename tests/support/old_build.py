"""An installation whose build knows the first version of the rules only; a newer can be put in its place."""

import os
import shutil
import time
from pathlib import Path

import pytest

from tests.support import running

PACKAGES = ("actors", "bulkhead", "chaos", "commands", "k8s")
KNOWS = "NEWEST: Final = 2"
PUBLISHES = "DepthAdded(instrument_id, order_id, side, price_ticks, lots)"
"""what a book tells of an order that rests"""
HOSTS = '"""Hosts a book partition; see ShardActor."""'
"""what the actor of a book says of itself"""


class Installed:
    """In `folder`. What an exchange's processes are started from is what stands there then: processes that
    are started later are of the build that was installed meanwhile.
    """

    def __init__(self, folder: Path) -> None:
        for package in PACKAGES:
            shutil.copytree(
                running.ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
            )
        shutil.copy(running.ROOT / "cli.py", folder)
        self._folder = folder
        self._installed_s = int(time.time())
        self._file = folder / "bulkhead" / "domain" / "behaviour.py"
        self._new = self._file.read_text()
        assert KNOWS in self._new
        self.age()
        self._feed = folder / "bulkhead" / "domain" / "book_partition" / "public_feed.py"
        self._right = self._feed.read_text()
        assert PUBLISHES in self._right
        self._actor = folder / "actors" / "book.py"
        self._starts = self._actor.read_text()
        assert HOSTS in self._starts

    def used(self, patch: pytest.MonkeyPatch) -> None:
        """Commands are of this installation from now on, and what they start."""
        patch.setattr(running, "ROOT", self._folder)
        patch.setenv("PYTHONPATH", str(self._folder))

    def age(self) -> None:
        """Install the older build there, at the beginning or again."""
        self._install(self._file, self._new.replace(KNOWS, "NEWEST: Final = 1"))

    def err(self) -> None:
        """Install a build there whose books say something else."""
        self._install(
            self._feed, self._right.replace(PUBLISHES, PUBLISHES.replace("price_ticks", "price_ticks + 1"))
        )

    def break_down(self) -> None:
        """Install a build there whose books do not come up."""
        self._install(self._feed, self._right)
        broken = f'{HOSTS}\n\n    def __init__(self, launch):\n        raise RuntimeError("out of order")\n'
        self._install(self._actor, self._starts.replace(HOSTS, broken))

    def mend(self) -> None:
        """The one before these."""
        self._install(self._feed, self._right)
        self._install(self._actor, self._starts)

    def renew(self) -> None:
        """Install the newer build there."""
        self._install(self._file, self._new)

    def _install(self, file: Path, text: str) -> None:
        """As of a second of its own: what Python has compiled before is known by that, and by the length."""
        self._installed_s += 1
        file.write_text(text)
        os.utime(file, (self._installed_s, self._installed_s))
