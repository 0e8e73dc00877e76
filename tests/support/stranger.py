"""A Python of its own, with a few packages and none of ours: for the programs that a participant might
write."""

import importlib.util
import subprocess
import sys
import venv
from pathlib import Path

from tests.support.running import COMMAND_TIMEOUT_S, environment

NONE_OF_OURS = """
import importlib.util, sys
if any(map(importlib.util.find_spec, ("bulkhead", "msgspec", "pydantic", "actors"))):
    sys.exit("this interpreter has more than the few packages")
"""


class Stranger:
    """An environment in `folder`; the packages are those that the tests run with."""

    def __init__(self, folder: Path, packages: tuple[str, ...]) -> None:
        venv.create(folder, with_pip=False)
        site = next(folder.glob("lib/python*/site-packages"))
        for name in packages:
            spec = importlib.util.find_spec(name)
            assert spec is not None
            assert spec.origin is not None
            origin = Path(spec.origin)
            origin = origin.parent if origin.name.startswith("__init__.") else origin
            (site / origin.name).symlink_to(origin)
            for libraries in origin.parent.glob("pulsar_client.libs"):  # what the wheel's extension needs
                if not (site / libraries.name).exists():
                    (site / libraries.name).symlink_to(libraries)
        self._bin = folder / "bin"

    def run(self, program: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program that would end at once if it could import anything of ours."""
        copy = self._bin / program.name
        copy.write_text(NONE_OF_OURS + program.read_text())
        return subprocess.run(
            [str(self._bin / Path(sys.executable).name), "-I", str(copy), *map(str, arguments)],
            env=environment(),
            cwd="/",
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
