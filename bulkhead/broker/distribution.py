"""The Pulsar server's files: found where PULSAR_HOME says, else fetched once from Maven Central and kept.

One version is fetched, and only with the checksum it was tried with.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from bulkhead.broker.kind import Progress
from bulkhead.broker.problem import BrokerError

VERSION = "4.0.8"
ARTIFACT = f"org.apache.pulsar:pulsar-server-distribution:{VERSION}:tar.gz:bin"
SHA256 = "35c7d064c9e0928edbf2e708989faba0379662f98aa84ce0d4190c59efb6765e"
JAVA_MIN = 17
"""The server's class files need it; 17 and 25 were tried."""
FETCH_TIMEOUT_S = 1800.0
"""245 MB over a line of 1.5 Mbit/s."""


def cache_directory() -> Path:
    """Where this user's fetched files are kept: $XDG_CACHE_HOME/bulkhead, else ~/.cache/bulkhead."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG base directory specification: a relative path there is to be ignored.
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "bulkhead"


def pulsar_home(progress: Progress) -> Path:
    """The folder of a Pulsar server: $PULSAR_HOME, else one that is fetched at the first time.

    BrokerError: PULSAR_HOME is no server's folder, Maven is missing, the download failed or is not what it
    should be.
    """
    named = os.environ.get("PULSAR_HOME")
    if named:
        home = Path(named).resolve()
        if not is_server(home):
            raise BrokerError(
                f"PULSAR_HOME is {named}, which holds no Pulsar server (bin/pulsar,"
                f" conf/standalone.conf): correct it, or unset it to have Pulsar {VERSION} fetched"
            )
        return home
    home = cache_directory() / f"apache-pulsar-{VERSION}"
    if not is_server(home):
        _fetch(home, progress)
    return home


def is_server(home: Path) -> bool:
    return (home / "bin" / "pulsar").is_file() and (home / "conf" / "standalone.conf").is_file()


def check_java() -> None:
    """BrokerError unless the Java that the server's script would run is there and new enough."""
    advice = (
        f"Pulsar needs Java {JAVA_MIN} or newer: install it (Debian, Ubuntu: apt install"
        f" openjdk-{JAVA_MIN}-jre-headless) or let JAVA_HOME name it"
    )
    home = os.environ.get("JAVA_HOME")
    java = f"{home}/bin/java" if home else "java"
    try:
        told = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=60, check=True
        ).stderr
    except (OSError, subprocess.SubprocessError) as error:
        raise BrokerError(f"no Java runs here ({error}). {advice}") from error
    version = re.search(r'version "(?:1\.)?(\d+)', told)
    if version is None or int(version[1]) < JAVA_MIN:
        found = told.partition("\n")[0] or "nothing that tells its version"
        raise BrokerError(f"{java} is {found}. {advice}")


def _fetch(home: Path, progress: Progress) -> None:
    """Download, verify, unpack beside `home`, and put it there in one step: it is whole or not there."""
    if shutil.which("mvn") is None:
        raise BrokerError(
            f"the Pulsar server is not here yet, and Maven, which fetches it, is missing: install it (Debian,"
            f" Ubuntu: apt install maven), or unpack Pulsar {VERSION} yourself and let PULSAR_HOME name it"
        )
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pulsar-", dir=home.parent) as draft:
        archive = _download(Path(draft), progress)
        progress("unpacking Pulsar")
        with tarfile.open(archive) as tar:
            tar.extractall(draft, filter="data")
        unpacked = Path(draft) / home.name
        if not is_server(unpacked):
            raise BrokerError(
                f"{ARTIFACT} holds no {home.name} with bin/pulsar: report this, it should not be"
            )
        try:
            unpacked.rename(home)
        except OSError as error:
            if not is_server(home):  # else another process has just done the same
                raise BrokerError(f"{home} can't be put in place: {error}") from error


def _download(folder: Path, progress: Progress) -> Path:
    progress(f"fetching Pulsar {VERSION} from Maven Central (245 MB, once)")
    command = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=folder, timeout=FETCH_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BrokerError(
            f"Maven has not fetched {ARTIFACT} in {FETCH_TIMEOUT_S:.0f} s; try again"
        ) from error
    archives = list(folder.glob("*.tar.gz"))
    if done.returncode or len(archives) != 1:
        told = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
        raise BrokerError(
            f"Maven could not fetch {ARTIFACT}:\n{told}\nCheck the network and ~/.m2/settings.xml"
        )
    with archives[0].open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise BrokerError(
            f"what Maven fetched as {ARTIFACT} has the SHA-256 {found}, and should have {SHA256}: it is not"
            f" used. Delete org/apache/pulsar/pulsar-server-distribution below ~/.m2/repository and try again"
        )
    return archives[0]
