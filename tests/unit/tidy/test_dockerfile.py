"""The recipe of the image: in good form, its bases pinned by whoever builds, and nothing in it unnamed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
HADOLINT = Path(sys.executable).parent / "hadolint"


def test_the_dockerfile_passes_hadolint() -> None:
    done = subprocess.run([HADOLINT, "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_no_base_is_named_that_may_become_another_one() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("FROM ")] == [
        "FROM ${RUST} AS engine",
        "FROM ${BASE} AS installed",
        "FROM ${BASE}",
    ]
    assert [line for line in lines if line.startswith("ARG ")] == ["ARG BASE", "ARG RUST"]


def test_the_builder_is_sent_what_the_dockerfile_copies_and_no_more() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        source.removeprefix("./")
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    }
    assert sent == copied
