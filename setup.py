"""The name of the wheel: which Pythons and which machines it is for. All else is in pyproject.toml.

setuptools does not know that the extension is good for every Python from 3.11 on, nor which C library it
needs.
"""

import re
from pathlib import Path

from setuptools import setup  # type: ignore[import-untyped]  # it publishes none
from setuptools.command.bdist_wheel import bdist_wheel  # type: ignore[import-untyped]

PYTHON = "cp311"
"""the oldest whose stable ABI the crate is built for (engine/Cargo.toml)"""
_GLIBC = re.compile(rb"GLIBC_(\d+)\.(\d+)")


class Wheel(bdist_wheel):  # type: ignore[misc]  # setuptools publishes no types
    """cp311-abi3-manylinux_X_Y_ARCH where the engine was built, else py3-none-any."""

    def get_tag(self) -> tuple[str, str, str]:
        engine = self._engine()
        self.root_is_pure = engine is None
        if engine is None:
            return "py3", "none", "any"
        _, _, platform = super().get_tag()
        return PYTHON, "abi3", _manylinux(platform, engine.read_bytes())

    def _engine(self) -> Path | None:
        """The binary that was built; None: there was no toolchain."""
        built = self.get_finalized_command("build").build_lib
        return next(Path(built).glob("bulkhead/_engine*.so"), None)


def _manylinux(platform: str, binary: bytes) -> str:
    """The platform by PEP 600: with the oldest glibc that has all that the binary asks for. Beside it that
    links to libgcc only.
    """
    needed = max(((int(major), int(minor)) for major, minor in _GLIBC.findall(binary)), default=None)
    if needed is None or not platform.startswith("linux_"):
        return platform
    return platform.replace("linux_", f"manylinux_{needed[0]}_{needed[1]}_", 1)


setup(cmdclass={"bdist_wheel": Wheel})
