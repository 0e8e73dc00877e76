"""`pip wheel .`: one binary for every supported Python, and a package that installs without a toolchain."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEFT_OUT = (".git", ".venv", "build", "fuzz", "*.so", ".*_cache", ".hypothesis", "debug")
AS_IT_IS = ("--no-deps", "--no-build-isolation")
VERSIONS = ("3.11", "3.12", "3.13")
SAYS = "import bulkhead._engine as engine; print(engine.version())"


def built(folder: Path, path: str) -> Path:
    """The wheel that `pip wheel .` makes of a copy of this checkout, with the programs on `path`."""
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*LEFT_OUT))
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", ".", *AS_IT_IS, "-w", str(folder)],
        cwd=source,
        env={**os.environ, "PATH": path},
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def pythons() -> list[str]:
    """Those of the supported ones that are here, this one first."""
    named = [shutil.which(f"python{version}") for version in VERSIONS]
    kept = [str(found) for found in Path.home().glob(".pyenv/versions/3.1[1-3].*/bin/python")]
    found = dict.fromkeys([sys.executable, *(each for each in named if each is not None), *kept])
    return [
        each
        for each in found
        if subprocess.run([each, "-c", ""], check=False, capture_output=True).returncode == 0
    ]


@pytest.mark.skipif(shutil.which("cargo") is None, reason="there is no Rust toolchain here")
def test_a_wheel_with_the_engine_is_for_every_supported_python(tmp_path: Path) -> None:
    wheel = built(tmp_path, os.environ["PATH"])
    assert "-cp311-abi3-manylinux_2_" in wheel.name
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    for python in pythons():
        told = subprocess.run(
            [python, "-S", "-c", SAYS],
            cwd=tmp_path,
            env={"PYTHONPATH": str(unpacked)},
            check=True,
            capture_output=True,
            text=True,
        )
        assert told.stdout.strip() == wheel.name.split("-")[1], python


def test_without_a_toolchain_the_wheel_is_for_all_and_has_no_engine(tmp_path: Path) -> None:
    wheel = built(tmp_path, "/usr/bin:/bin" if shutil.which("cargo", path="/usr/bin:/bin") is None else "")
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "bulkhead/machines/reference.py" in names
    assert not [name for name in names if name.endswith(".so")]
