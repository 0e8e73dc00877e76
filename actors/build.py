"""Which build a process is of: what tells one that was started before an installation from one after it."""

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("actors", "bulkhead")
"""what an exchange's processes are made of"""
ROOT = Path(__file__).parents[1]


@cache
def own_build() -> str:
    """Of this process, if it is asked for when it begins: what is installed later makes no difference to it.

    The package's version, and behind `+` the first 40 bits of a SHA-256 over the source and the native
    engine: who builds from a checkout has one version for many builds.
    """
    return build_of(ROOT)


def build_of(root: Path) -> str:
    """Of what is installed in that folder now."""
    files = sorted(
        file
        for package in PACKAGES
        for pattern in ("*.py", "_engine*.so")
        for file in (root / package).rglob(pattern)
    )
    whole = sha256()
    for file in files:
        whole.update(f"{file.relative_to(root)}\0".encode() + sha256(file.read_bytes()).digest())
    return f"{version('bulkhead')}+{whole.hexdigest()[:10]}"
