"""exchange-core, Java, in a process of its own: fetched from Maven Central once, with the checksums it was
tried with, and driven by java/Measured.java.

Twice: by its API, all of it but the journal (`exchange_core`), and its book of one symbol alone, called
directly (`exchange_core_book`).
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

from bulkhead.broker.distribution import cache_directory

VERSION: Final = "0.5.3"
SOURCES: Final = Path(__file__).parent / "java"
FETCH_TIMEOUT_S: Final = 900.0
RUN_TIMEOUT_S: Final = 600.0
OPENED: Final = ("sun.nio.ch", "java.lang", "java.lang.reflect", "java.nio", "jdk.internal.misc")
EXPORTED: Final = ("sun.nio.ch", "jdk.internal.ref")
"""Packages of java.base that its libraries reach into; Java 17 asks to be told."""

Mode = Literal["book", "api"]


class PeerMissing(Exception):
    """A peer can't be run here; the text says why, and what to do."""


def run(script: Path, mode: Mode, warm_ups: int) -> dict[str, Any]:
    """{per_s, work} of the commands in a `.longs` file. Raises PeerMissing."""
    home = fetched()
    command = ["java", *_flags(), "-cp", f"{_compiled(home)}:{home}/jars/*", "Measured"]
    done = subprocess.run(
        [*command, str(script), mode, str(warm_ups)],
        capture_output=True,
        text=True,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"exchange-core ({mode}) ended with status {done.returncode}:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _flags() -> list[str]:
    return [f"--add-exports=java.base/{name}=ALL-UNNAMED" for name in EXPORTED] + [
        f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPENED
    ]


def fetched(say: Callable[[str], None] = lambda what: None) -> Path:
    """The folder whose `jars` are exchange-core and what it needs. Raises PeerMissing."""
    missing = [tool for tool in ("java", "javac", "mvn") if shutil.which(tool) is None]
    if missing:
        raise PeerMissing(
            f"exchange-core needs {' and '.join(missing)}: install them"
            f" (Debian, Ubuntu: apt install openjdk-17-jdk-headless maven)"
        )
    home = cache_directory() / f"exchange-core-{VERSION}"
    if not home.is_dir():
        say(f"fetching exchange-core {VERSION} from Maven Central (17 MB, once)")
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".exchange-core-", dir=home.parent) as draft:
            _fetch(Path(draft))
            _check(Path(draft) / "jars")
            _put(Path(draft), home)
    return home


def _fetch(folder: Path) -> None:
    command = ["mvn", "-q", "-B", "-f", str(SOURCES / "pom.xml"), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*command, "-DincludeScope=runtime", f"-DoutputDirectory={folder / 'jars'}"],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=FETCH_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        told = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
        raise PeerMissing(f"Maven could not fetch exchange-core {VERSION}:\n{told}\nCheck the network")


def _check(jars: Path) -> None:
    expected = {}
    for line in (SOURCES / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        expected[name] = digest
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in jars.iterdir()}
    if found != expected:
        other = sorted(name for name, _ in found.items() ^ expected.items())
        raise PeerMissing(
            f"what Maven fetched for exchange-core {VERSION} is not what {SOURCES / 'SHA256SUMS'} lists"
            f" ({', '.join(dict.fromkeys(other))}): it is not used"
        )


def _compiled(home: Path) -> Path:
    """The folder with the classes of java/Measured.java as it is now."""
    source = SOURCES / "Measured.java"
    classes = home / f"classes-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}"
    if not classes.is_dir():
        with tempfile.TemporaryDirectory(prefix=".classes-", dir=home) as draft:
            command = ["javac", "-Xlint:all", "-Werror", "-d", draft, "-cp", f"{home}/jars/*", str(source)]
            subprocess.run(command, check=True)
            _put(Path(draft), classes)
    return classes


def _put(draft: Path, place: Path) -> None:
    """In one step: it is whole or not there, also where another process does the same."""
    try:
        draft.rename(place)
    except OSError:
        if not place.is_dir():
            raise
        return
    draft.mkdir()  # for its TemporaryDirectory to remove
