"""A node that is part of an exchange which another machine's head holds: `bulkhead node join NAME`.

Ray declares a node dead that it does not hear for some seconds, and such a one never comes back by itself: it
ends. Here it is started again, until somebody ends this.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from actors.environment import OBJECT_STORE_BYTES, prepare_ray
from actors.placement import LABEL
from actors.process import end_session
from bulkhead.installation.state import Installation
from bulkhead.topology.placing import Node, Placement

ZONE_LABEL = "bulkhead-zone"
"""For people who look at Ray: an actor is placed by the names of nodes."""
LOOK_EVERY_S = 0.1
WAS_NODE_S = 20.0
"""What has lived longer than that was let in: Ray gives up earlier where it finds no head."""

AGAIN_AFTER_S = (1.0, 10.0)
"""Between two tries, the longer the more of them have failed: while the head is away there is none to join.
Ray itself tries for some seconds each time."""
HEAD_PATIENCE_S = 10
"""A node that has not reached the head for so long ends, with all that runs on it. By Ray's own setting what
is cut off would run on for a minute."""


class NoToken(Exception):
    """The exchange's token is not on this machine."""


def join(
    installation: Installation,
    placement: Placement,
    name: str,
    address: str | None,
    say: Callable[[str], object],
    stop: threading.Event,
) -> None:
    """Be the node `name` until `stop` is set. `address`: this machine's, as other nodes reach it; None: the
    one by which it reaches the head. NoToken.
    """
    if not installation.token_path.exists():
        raise NoToken(
            f"{installation.token_path} is not here: copy it from the head, where `bulkhead up` has made it"
        )
    directory = installation.ray_directory_of(name)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    prepare_ray(installation.token_path, several_nodes=True)
    environment = {**os.environ, "RAY_gcs_rpc_server_reconnect_timeout_s": str(HEAD_PATIENCE_S)}
    wait_s = AGAIN_AFTER_S[0]
    while not stop.is_set():
        began = time.monotonic()
        process = subprocess.Popen(
            _command(placement, name, address, directory),
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        _outlast(process, stop)
        if not stop.is_set():
            was_node = time.monotonic() - began > WAS_NODE_S
            wait_s = AGAIN_AFTER_S[0] if was_node else min(2 * wait_s, AGAIN_AFTER_S[1])
            say(f"{name} is not part of the exchange any more, or was not let in: again in {wait_s:g} s")
            stop.wait(wait_s)
    shutil.rmtree(directory, ignore_errors=True)


def _command(placement: Placement, name: str, address: str | None, directory: Path) -> list[str]:
    """What `ray start` is told. An operator who starts nodes otherwise has to give them the same label."""
    labels = {LABEL: name}
    zone = placement.nodes.get(name, Node()).zone
    if zone is not None:
        labels[ZONE_LABEL] = zone
    return [
        *(sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats"),
        f"--address={placement.address}:{placement.port}",
        *([] if address is None else [f"--node-ip-address={address}"]),
        f"--labels={','.join(f'{key}={value}' for key, value in labels.items())}",
        f"--num-cpus={os.cpu_count()}",
        "--num-gpus=0",
        f"--object-store-memory={OBJECT_STORE_BYTES}",
        f"--temp-dir={directory}",
        "--dashboard-agent-listen-port=0",
        "--include-log-monitor=false",
        "--log-style=record",
    ]


def _outlast(process: "subprocess.Popen[bytes]", stop: threading.Event) -> None:
    """Until it has ended, or is to: then nothing of it is left. What runs on a node is made to be killed, and
    Ray, asked politely, would wait half a minute for actors that do not leave.
    """
    while process.poll() is None and not stop.wait(LOOK_EVERY_S):
        pass
    end_session(process.pid)
    process.wait()
