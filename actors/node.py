"""A node that is part of an exchange which another machine's head holds: `bulkhead node join NAME`.

Ray declares a node dead that it does not hear for some seconds, and such a one never comes back by itself: it
ends. Here it is started again, until somebody ends this.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from actors.environment import OBJECT_STORE_BYTES, prepare_ray
from actors.placement import LABEL, resources
from actors.process import end_session
from bulkhead.installation.state import Installation
from bulkhead.topology.placing import Node, Placement

ZONE_LABEL = "bulkhead-zone"
"""For people who look at Ray: an actor is placed by the names of nodes."""
LOOK_EVERY_S = 0.1
AGAIN_AFTER_S = 2.0
"""between two looks for the head, and after a node has ended"""
AGAIN_AFTER_S_MAX = 30.0
"""The pause doubles up to this while nodes last less than a minute: starts are what a busy machine lacks."""
LASTS_S = 60.0
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
    one by which it reaches the head. NoToken; FatalError: the topology does not say where the head is.
    """
    placement.head  # noqa: B018  # refused before anything is done
    if not installation.token_path.exists():
        raise NoToken(
            f"{installation.token_path} is not here: copy it from the head, where `bulkhead up` has made it"
        )
    directory = installation.ray_directory_of(name)
    shutil.rmtree(directory, ignore_errors=True)  # of an earlier life; this one's logs stay
    directory.mkdir(mode=0o700, parents=True)
    prepare_ray(installation.token_path, several_nodes=True)
    environment = {**os.environ, "RAY_gcs_rpc_server_reconnect_timeout_s": str(HEAD_PATIENCE_S)}
    command = _command(placement, name, address, directory)
    pause_s = 0.0
    while _found_head(placement, say, stop):
        begun_at = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
        _outlast(process, stop)
        if not stop.is_set():
            say(f"{name} is no node any more, or was not let in: it joins again")
            pause_s = pause(pause_s, time.monotonic() - begun_at)
            stop.wait(pause_s)


def pause(before_s: float, lasted_s: float) -> float:
    """Seconds until a node is started again that has lasted so long, and was waited for so long before."""
    if lasted_s >= LASTS_S:
        return AGAIN_AFTER_S
    return min(max(2 * before_s, AGAIN_AFTER_S), AGAIN_AFTER_S_MAX)


def _found_head(placement: Placement, say: Callable[[str], object], stop: threading.Event) -> bool:
    """Wait until somebody listens where nodes join; False when it is to stop before."""
    place = (placement.head, placement.port)
    said = False
    while not stop.is_set():
        try:
            socket.create_connection(place, AGAIN_AFTER_S).close()
            return True
        except OSError as problem:
            if not said:
                say(f"waits for the head at {place[0]}:{place[1]}: {problem}")
                said = True
        stop.wait(AGAIN_AFTER_S)
    return False


def _command(placement: Placement, name: str, address: str | None, directory: Path) -> list[str]:
    """What `ray start` is told. An operator who starts nodes otherwise has to give them the same label and
    resources.
    """
    labels = {LABEL: name}
    node = placement.nodes.get(name, Node())
    if node.zone is not None:
        labels[ZONE_LABEL] = node.zone
    return [
        *(sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats"),
        f"--address={placement.head}:{placement.port}",
        *([] if address is None else [f"--node-ip-address={address}"]),
        f"--labels={','.join(f'{key}={value}' for key, value in labels.items())}",
        f"--resources={json.dumps(resources(node))}",
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
