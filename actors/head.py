"""The head process: holds Ray and starts the supervisor. `bulkhead up` starts it in a session of its own.

    python -m actors.head TOPOLOGY_FILE ENGINE [--dashboard]

ENGINE: of all shards, whatever the topology says; empty: what that says. --dashboard: Ray's, too.

It writes what runs into running.json of the state directory and waits for SIGTERM; Ray ends with it.
"""

import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from actors.environment import OBJECT_STORE_BYTES, choose_processes, prepare_ray
from actors.launches import launches
from actors.objects import engines_in
from actors.placement import LABEL, resources
from actors.processes import wanted_settings
from actors.readiness import readiness
from actors.supervising import start_supervisor
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation, Running, process_started
from bulkhead.topology.load import load
from bulkhead.topology.placing import HEAD, Node


def main() -> None:
    file, engine, *more = sys.argv[1:]
    installation = Installation(load(Path(file)), Path(file), engine or None, dashboard=more != [])
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    running = Running(
        pid=os.getpid(),
        started=process_started(os.getpid()) or 0.0,
        settings=wanted_settings(installation),
    )
    installation.write_running(running)
    try:
        hold(installation, running, stop)
    except BaseException:
        problem = traceback.format_exc()
        print(problem, flush=True)
        installation.write_running(running.model_copy(update={"state": "failed", "problem": problem}))
        raise
    installation.forget_running()


def hold(installation: Installation, running: Running, stop: threading.Event) -> None:
    context = _start_ray(installation)
    import ray  # reads its environment when it is imported

    dashboard = f"http://{context.dashboard_url}" if installation.dashboard else ""
    running = running.model_copy(update={"address": context.address_info["address"], "dashboard": dashboard})
    installation.write_running(running)
    started = launches(installation, identity_of(installation).genesis_id)
    running = running.model_copy(update={"engine": engines_in(started)})
    installation.write_running(running)
    nodes = () if installation.topology.placement is None else (HEAD,)
    supervisor = start_supervisor(installation, started, nodes)
    _wait_ready(installation, running, supervisor, stop)
    stop.wait()
    ray.shutdown()


def _start_ray(installation: Installation) -> Any:
    """The node of this machine, with Ray's head; what it says of itself."""
    placement = installation.topology.placement
    prepare_ray(installation.token_path, placement is not None)
    import ray  # reads its environment when it is imported

    installation.ray_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    choose_processes(None if placement is None else placement.port)
    return ray.init(
        address="local",
        namespace=installation.topology.exchange,
        labels={LABEL: HEAD},
        resources=None if placement is None else resources(placement.nodes.get(HEAD, Node())),
        include_dashboard=installation.dashboard,
        dashboard_host="127.0.0.1",
        num_cpus=os.cpu_count(),
        num_gpus=0,
        object_store_memory=OBJECT_STORE_BYTES,
        log_to_driver=False,
        _node_ip_address="127.0.0.1" if placement is None else placement.head,
        _temp_dir=str(installation.ray_directory),
    )


def _wait_ready(installation: Installation, running: Running, supervisor: Any, stop: threading.Event) -> None:
    """Until it is ready or has failed; whoever typed `up` reads of it meanwhile."""
    import ray

    began = time.monotonic()
    while not stop.is_set():
        status = ray.get(supervisor.status.remote(), timeout=60.0)
        running = running.model_copy(update=readiness(status, time.monotonic() - began)._asdict())
        installation.write_running(running)
        if running.state != "starting":
            return
        stop.wait(0.1)


if __name__ == "__main__":
    main()
