"""Looks around in a container of our image and tries what it is for. It is given to the image's own python3
as text, so that it has the standard library only; prints one JSON object, which the tests judge.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

BUILDERS = ("cc", "gcc", "g++", "c++", "clang", "ld", "as", "make", "cargo", "rustc", "pip", "pip3", "uv")
# With what follows it: a library that reads keys has the words too.
KEY = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}")
KERNELS = ("/proc", "/sys", "/dev")
PORT = 8081
TIMEOUT_S = 120.0
ORDER = {"type": "place", "account_id": "a", "price_ticks": 100}
ORDERS = (
    {"type": "instrument", "instrument_id": "X", "tick": 1, "lot": 1, "matching": "price_time"},
    ORDER | {"order_id": 1, "side": "buy", "quantity_lots": 5},
    ORDER | {"order_id": 2, "side": "sell", "quantity_lots": 2},
)


def main() -> None:
    found = {
        "uid": os.getuid(),
        "gid": os.getgid(),
        "refused_to_write": [
            path for path in ("/", "/exchange", "/opt/bulkhead", "/usr") if not _writes(path)
        ],
        "builders": [name for name in BUILDERS if shutil.which(name)],
        **_files(),
        "help": _said(["bulkhead", "--help"]),
        "ray": _said(["ray", "--version"]),
        "kopf": _said(["kopf", "--version"]),
        "traded": _traded(),
        **_held(),
    }
    print(json.dumps(found))


def _writes(folder: str) -> bool:
    try:
        (Path(folder) / "tried").write_text("")
    except OSError:
        return False
    return True


def _files() -> dict[str, list[str]]:
    """Of all that the image has: what holds a private key, and what is an installer's."""
    keys, installers = [], []
    for folder, folders, files in os.walk("/"):
        folders[:] = [each for each in folders if os.path.join(folder, each) not in KERNELS]
        if folder.endswith("-packages"):
            installers += [os.path.join(folder, each) for each in folders if each in ("pip", "uv")]
        for name in files:
            path = Path(folder, name)
            try:
                if path.is_file() and not path.is_symlink() and _has_key(path.read_bytes()):
                    keys.append(str(path))
            except PermissionError:
                continue  # what this user can't read, nobody here can
    return {"keys": sorted(keys), "installers": sorted(installers)}


def _has_key(content: bytes) -> bool:
    """Compiled libraries of TLS have one that they test themselves with."""
    return not content.startswith(b"\x7fELF") and KEY.search(content) is not None


def _said(command: list[str], told: str = "") -> str:
    done = subprocess.run(command, input=told, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command}: status {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def _traded() -> list[Any]:
    orders = "".join(f"{json.dumps(order)}\n" for order in ORDERS)
    answers = _said(["bulkhead", "run", "book", "--engine", "native"], orders)
    return [json.loads(line) for line in answers.splitlines()]


def _held() -> dict[str, Any]:
    """How `bulkhead hold` tells its health while there is no Ray: it lives, and is not ready."""
    _said(["bulkhead", "topology", "init", "--defaults", "/tmp/topology.yaml"])
    environment = os.environ | {"RAY_ADDRESS": "127.0.0.1:6379", "BULKHEAD_TOPOLOGY": "/tmp/topology.yaml"}
    holding = subprocess.Popen(["bulkhead", "hold", "--listen", f"127.0.0.1:{PORT}"], env=environment)
    try:
        ends_at = time.monotonic() + TIMEOUT_S
        while (asked := _asked("/healthz"))[0] == 0 and holding.poll() is None and time.monotonic() < ends_at:
            time.sleep(0.2)
        while (ready := _asked("/readyz"))[1].startswith("exchange: starting") and time.monotonic() < ends_at:
            time.sleep(0.2)
        return {"healthz": asked, "readyz": ready, "nothing": _asked("/")}
    finally:
        holding.send_signal(signal.SIGKILL)
        holding.wait()


def _asked(path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=5.0) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError as problem:
        return 0, str(problem)


if __name__ == "__main__":
    main()
