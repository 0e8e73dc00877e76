"""The image of the Dockerfile, built where there is no Docker engine and no registry: buildah builds it on a
stand-in for both bases, podman runs it.

The stand-ins are Debian 12 from its own packages (mmdebstrap): for `python:3.11-slim-bookworm` one whose
python3 and pip are in /usr/local, as there; for `rust:1.95-slim-bookworm` one with a C compiler, and this
machine's Rust toolchain mounted. What the real bases have besides is not seen by what is tested on these.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bulkhead.broker.distribution import cache_directory

ROOT = Path(__file__).parents[2]
INSIDE = Path(__file__).with_name("inside_image.py")
TOOLS = ("buildah", "podman", "runc", "mmdebstrap")
SUITE = "bookworm"
PACKAGES = {
    "python": "python3,python3-venv,ca-certificates",
    "rust": "gcc,libc6-dev,ca-certificates",
}
SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
RECIPES = {
    # A virtual environment there has its python3 and its pip where the real base has them.
    "python": "FROM scratch\nADD root.tar /\nRUN python3 -m venv /usr/local\n"
    f"ENV PATH=/usr/local/bin:{SYSTEM_PATH}\n",
    "rust": f"FROM scratch\nADD root.tar /\nENV PATH=/toolchain/bin:{SYSTEM_PATH}\n",
}
BUILD_S, RUN_S = 1500.0, 300.0


@dataclass(frozen=True)
class Image:
    name: str
    storage: tuple[str, ...]
    """what buildah and podman are told of where images are"""

    def run_inside(self) -> dict[str, Any]:
        """What `inside_image.py` finds in a container that is as closed as a pod of ours; raises if it ends
        otherwise than well.
        """
        closed = (
            *("--rm", "--read-only", "--tmpfs", "/tmp", "--network", "none", "--cap-drop", "all"),
            *("--security-opt", "no-new-privileges"),
        )
        # Without these it asks for limits and a cgroup that are nobody's to give in a container of its own.
        here = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--cgroups", "no-conmon")
        podman = ("podman", *self.storage, "--runtime", "runc", "--cgroup-manager", "cgroupfs", "run")
        done = _ran([*podman, *closed, *here, self.name, "python3", "-c", INSIDE.read_text()], RUN_S)
        found: dict[str, Any] = json.loads(done)
        return found


@contextmanager
def built_image() -> Iterator[Image]:
    """Of this checkout, on the stand-ins; nothing of it stays but the bases' packages, in the user's cache
    directory. Skips the test where a tool for it is missing.
    """
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"no image can be built here without {', '.join(missing)} (Debian: apt install them)")
    if shutil.which("cargo") is None:
        pytest.skip("no native engine for the image: there is no Rust toolchain here")
    if os.geteuid() != 0:
        pytest.skip("an image is built here as root only: buildah has no namespaces of its own to do it in")
    # Not pytest's: 3 GB, of which it would keep those of three runs.
    folder = Path(tempfile.mkdtemp(prefix="bulkhead-image-"))
    try:
        storage = (
            *("--storage-driver", "vfs", "--root", str(folder / "root")),
            *("--runroot", str(folder / "run")),
        )
        for name in RECIPES:
            _build_base(name, folder / name, storage)
        toolchain = _ran(["rustc", "--print", "sysroot"], RUN_S).strip()
        given = ("BASE=localhost/python", "RUST=localhost/rust")
        arguments = [word for each in given for word in ("--build-arg", each)]
        mounted = [word for each in _mounts(toolchain) for word in ("--volume", each)]
        _buildah(storage, "bulkhead", *arguments, *mounted, str(ROOT))
        yield Image("localhost/bulkhead", storage)
    finally:
        shutil.rmtree(folder)


def _build_base(name: str, folder: Path, storage: tuple[str, ...]) -> None:
    folder.mkdir()
    # The builder follows no symbolic link out of what it is sent.
    shutil.copy(_root(name), folder / "root.tar")
    (folder / "Containerfile").write_text(RECIPES[name])
    _buildah(storage, name, "--file", str(folder / "Containerfile"), str(folder))


def _root(name: str) -> Path:
    """A Debian as one file; made once."""
    file = cache_directory() / "image" / f"{SUITE}-{name}.tar"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            made = Path(folder) / file.name
            wanted = ("--variant=minbase", f"--include={PACKAGES[name]}")
            _ran(["mmdebstrap", "--quiet", *wanted, SUITE, str(made)], BUILD_S)
            made.rename(file)
    return file


def _mounts(toolchain: str) -> Iterator[str]:
    """While it is built: Rust, and how this machine reaches a registry."""
    yield f"{toolchain}:/toolchain:ro"
    for path in ("/etc/ssl/certs", "/etc/pip.conf"):
        if Path(path).exists():
            yield f"{path}:{path}:ro"


def _buildah(storage: tuple[str, ...], name: str, *arguments: str) -> None:
    # No namespaces and no overlay: a container, which CI often is, may have neither.
    how = ("--isolation", "chroot", "--pull-never", "--network", "host", "--format", "docker")
    _ran(["buildah", *storage, "build", *how, "--tag", f"localhost/{name}", *arguments], BUILD_S)


def _ran(command: list[str], timeout_s: float) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    words = " ".join(command)[:200]
    assert done.returncode == 0, (
        f"{words}: status {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    )
    return done.stdout
