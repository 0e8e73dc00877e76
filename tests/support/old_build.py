"""An installation whose build knows the first version of the rules only; a newer can be put in its place."""

import shutil
from pathlib import Path

import pytest

from tests.support import running

PACKAGES = ("actors", "bulkhead", "chaos", "commands", "k8s")
KNOWS = "NEWEST: Final = 2"


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
        self._file = folder / "bulkhead" / "domain" / "behaviour.py"
        self._new = self._file.read_text()
        assert KNOWS in self._new
        self._file.write_text(self._new.replace(KNOWS, "NEWEST: Final = 1"))

    def used(self, patch: pytest.MonkeyPatch) -> None:
        """Commands are of this installation from now on, and what they start."""
        patch.setattr(running, "ROOT", self._folder)
        patch.setenv("PYTHONPATH", str(self._folder))
        patch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    def renew(self) -> None:
        """Install the newer build there."""
        self._file.write_text(self._new)
