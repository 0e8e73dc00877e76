"""Holds an exchange on a Ray cluster that is there: what a pod of Kubernetes runs, where KubeRay starts Ray.

It founds the exchange, has the supervisor started, and tells how the shards are. They trade on without it: it
may end and begin again whenever it likes.
"""

import json
import logging
import os
import threading
import time
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import structlog

from actors.environment import prepare_ray
from actors.health import Health
from actors.held import make_so
from actors.launch import Launch
from actors.launches import launches
from actors.objects import engines_in
from actors.placement import own_address
from actors.processes import wanted_settings
from actors.supervising import start_supervisor
from actors.trading import Trading
from bulkhead.errors import TemporaryError
from bulkhead.files import write_private
from bulkhead.installation.founding import identity_of
from bulkhead.installation.ground import Ground, found
from bulkhead.installation.keys import KeyMissing
from bulkhead.installation.state import Installation, Running, process_started, read_json
from bulkhead.topology.derived import boundary_of
from bulkhead.topology.pods import node_of

LOOK_EVERY_S = 1.0
SILENT_AFTER_S = 15.0
"""So long an answer of the supervisor may take; Ray restarts one that has died in 2 s."""
HELD = "held.json"
"""what the supervisor was begun with, in the state directory"""
SUPERVISOR = "supervisor"

_log = structlog.get_logger()


def hold(installation: Installation, address: str, health: Health, stop: threading.Event) -> None:
    """Until `stop`. `address`: of the cluster's GCS, HOST:PORT.

    What is away is waited for, and `health` says so. FatalError, KeyMissing: it can't be founded as it should
    be; what runs was not touched.
    """
    context = _join(installation, address, health, stop)
    _found(installation, health, stop)
    if stop.is_set():
        return
    started = _placed(installation)
    supervisor = _supervised(installation, started)
    make_so(installation, started, health, stop)
    running = Running(
        pid=os.getpid(),
        started=process_started(os.getpid()) or 0.0,
        address=address,
        node_address=own_address(),
        dashboard=f"http://{context.dashboard_url}",
        engine=engines_in(started),
        settings=wanted_settings(installation),
    )
    try:
        _watch(installation, running, supervisor, health, stop)
    finally:
        installation.forget_running()


def _join(installation: Installation, address: str, health: Health, stop: threading.Event) -> Any:
    """Be a driver of the cluster; it and this pod's node of it may come later."""
    prepare_ray(installation.token_path, several_nodes=True)
    import ray  # reads its environment when it is imported

    while not stop.is_set():
        health.tell({"ray": f"waits for the cluster at {address}, and for its node here"})
        try:
            return ray.init(
                address=address,
                namespace=installation.topology.exchange,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except (ConnectionError, RuntimeError, ValueError) as problem:  # whatever it is that is not there yet
            _log.info("waits for Ray", address=address, why=str(problem).partition("\n")[0])
            stop.wait(LOOK_EVERY_S)
    return None


def _found(installation: Installation, health: Health, stop: threading.Event) -> None:
    """Make what the exchange needs in its log, once. No key is made here: other pods would not have it."""
    while not stop.is_set():
        try:
            with Ground(installation) as ground:
                steps = ground.plan().steps
            missing = [f"{step.kind} {step.name}" for step in steps if step.kind in ("key", "token")]
            if missing:
                raise KeyMissing(f"{', '.join(missing)}: put it into the Secret that is mounted for it")
            for warning in found(installation):
                _log.warning(warning)
        except TemporaryError as problem:
            health.tell({"log": str(problem)})
            _log.warning("waits to found it", why=str(problem))
            stop.wait(LOOK_EVERY_S)
        else:
            return


def _placed(installation: Installation) -> list[Launch]:
    """Every actor, on its pod: the pods are where the topology says."""
    topology = installation.topology
    return [
        replace(
            each,
            nodes=(node_of(topology, each.boundary, each.replica),),
            shares_node=False,  # a pod has no unit to share, being one boundary's
            first_cpu=0,
            in_pods=True,
        )
        for each in launches(installation, identity_of(installation).genesis_id)
    ]


def _supervised(installation: Installation, started: list[Launch]) -> Any:
    """The supervisor that there is, if what it keeps running can be made what is wanted; else a new one, with
    all.
    """
    import ray

    held = _held(started[0])
    path = installation.directory / HELD
    try:
        living = ray.get_actor(SUPERVISOR)
    except ValueError:
        living = None
    if living is not None:
        if read_json(path) == held:
            _log.info("found it supervised")
            return living
        _end_all(living)
    own = node_of(installation.topology, boundary_of(installation.topology)[SUPERVISOR], "a")
    supervisor = start_supervisor(installation, started, (own,))
    write_private(path, json.dumps(held).encode())
    return supervisor


def _held(launch: Launch) -> list[str]:
    """What is the same for all processes, and with another one of which all are others."""
    own = launch.log_address.partition("&")[0]  # behind it each has its own token
    return [version("bulkhead"), launch.exchange_id, launch.genesis_id, launch.mac_key_path, own]


def _end_all(living: Any) -> None:
    """Stop every shard between two steps, and end all processes."""
    import ray

    _log.info("something is to be otherwise: all of it begins anew")
    ray.get(living.shut_down.remote(), timeout=60.0)
    for name in ray.util.list_named_actors():
        ray.kill(ray.get_actor(name))


def _watch(
    installation: Installation, running: Running, supervisor: Any, health: Health, stop: threading.Event
) -> None:
    """Ask again and again, never waiting for an answer longer than for the next round."""
    import ray
    from ray.exceptions import RayError

    trading, question, asked_at = Trading(), supervisor.status.remote(), time.monotonic()
    while not stop.is_set():
        health.went_round()
        if not ray.wait([question], timeout=LOOK_EVERY_S)[0]:
            if (silent_s := time.monotonic() - asked_at) > SILENT_AFTER_S:
                health.tell({SUPERVISOR: f"has not answered for {silent_s:.0f} s"})
            continue
        try:
            status = ray.get(question)
        except RayError as problem:  # it is being restarted
            health.tell({SUPERVISOR: str(problem).partition("\n")[0]})
        else:
            missing = trading.missing(status)
            health.tell(missing, status)
            running = running.model_copy(
                update={
                    "state": "starting" if missing else "ready",
                    "problem": "; ".join(f"{name}: {what}" for name, what in missing.items()),
                    "shards": {shard["shard"]: shard["state"] for shard in status["shards"]},
                }
            )
            installation.write_running(running)
        stop.wait(LOOK_EVERY_S)
        question, asked_at = supervisor.status.remote(), time.monotonic()
