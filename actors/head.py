"""The head process: holds Ray and starts the supervisor. `bulkhead up` starts it in a session of its own.

    python -m actors.head TOPOLOGY_FILE ENGINE

ENGINE: of all shards, whatever the topology says; empty: what that says.

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

from actors.environment import OBJECT_STORE_BYTES, choose_ports, prepare_ray
from actors.launch import launches
from actors.objects import engines_in
from actors.orders import LAG_MAX
from actors.placement import LABEL
from actors.processes import wanted_settings
from actors.supervising import start_supervisor
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation, Running, process_started
from bulkhead.topology.load import load
from bulkhead.topology.placing import HEAD

READY_TIMEOUT_S = 180.0
NODES_TIMEOUT_S = 60.0
"""So long nodes that are not there are waited for: the rest trades without what is placed on them alone."""
OVER = {"halted", "down", "superseded"}
"""States in which a shard stays until somebody acts."""


def main() -> None:
    installation = Installation(load(Path(sys.argv[1])), Path(sys.argv[1]), sys.argv[2] or None)
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

    running = running.model_copy(
        update={"address": context.address_info["address"], "dashboard": f"http://{context.dashboard_url}"}
    )
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
    choose_ports(None if placement is None else placement.port)
    return ray.init(
        address="local",
        namespace=installation.topology.exchange,
        labels={LABEL: HEAD},
        include_dashboard=True,
        dashboard_host="127.0.0.1",
        num_cpus=os.cpu_count(),
        num_gpus=0,
        object_store_memory=OBJECT_STORE_BYTES,
        log_to_driver=False,
        _node_ip_address="127.0.0.1" if placement is None else placement.address,
        _temp_dir=str(installation.ray_directory),
    )


def _wait_ready(installation: Installation, running: Running, supervisor: Any, stop: threading.Event) -> None:
    """Every shard runs and has applied what was in its partition when it started, or halts its boundary, or
    waits for a node for too long: the others trade without it, and `problem` names it.
    """
    import ray

    began = time.monotonic()
    while not stop.is_set():
        status = ray.get(supervisor.status.remote(), timeout=60.0)
        states = {shard["shard"]: _readiness(shard) for shard in status["shards"]}
        halted = [boundary["halted"] for boundary in status["boundaries"].values() if boundary["halted"]]
        halted += [
            shard["last_error"]
            for shard in status["shards"]
            if shard["state"] in ("halted", "superseded") and shard["last_error"] not in "; ".join(halted)
        ]
        running = running.model_copy(update={"shards": states, "problem": "; ".join(halted)})
        kinds = set(states.values())
        waited_s = time.monotonic() - began
        if waited_s > NODES_TIMEOUT_S and "waiting" in kinds:
            kinds.discard("waiting")
            halted += sorted(
                {shard["last_error"] for shard in status["shards"] if shard["state"] == "waiting"}
            )
            running = running.model_copy(update={"problem": "; ".join(halted)})
        if halted and kinds <= OVER:
            running = running.model_copy(update={"state": "failed"})
        elif kinds <= {"ready"} | OVER and (halted or kinds == {"ready"}):
            running = running.model_copy(update={"state": "ready"})
        elif waited_s > READY_TIMEOUT_S:
            problem = f"not ready in {READY_TIMEOUT_S:g} s: {states}"
            running = running.model_copy(update={"state": "failed", "problem": problem})
        installation.write_running(running)
        if running.state != "starting":
            return
        stop.wait(0.1)


def _readiness(shard: dict[str, Any]) -> str:
    if shard["state"] != "running":
        return str(shard["state"])
    return "ready" if shard["lag"] <= LAG_MAX and shard["events"] > 0 else "catching up"


if __name__ == "__main__":
    main()
