"""Ray's environment. It is read when ray is imported, so every process sets it before that."""

import os
import secrets
from functools import partial
from pathlib import Path
from typing import Any

from bulkhead.files import write_private

OBJECT_STORE_BYTES = 100_000_000
"""No frame goes through Ray's object store: as small as it will take."""
NODES_TO_BE_FOUND_DEAD = {
    "RAY_health_check_initial_delay_ms": "5000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "3",
}
"""A node that was killed is dead for Ray after 1.3 s, one that was cut off after 4.4 s. By Ray's own settings
it is 15 s and 63 s, and nothing of it would be started elsewhere before. One that has just joined is not
asked for 5 s: with all its actors starting, on a machine that has other work, it was declared dead again and
again.
"""


def prepare_ray(token_path: Path, several_nodes: bool = False) -> None:
    """Token authentication on, nothing reported to anybody; with one node only, loopback only."""
    if not token_path.exists():
        write_private(token_path, secrets.token_hex(32).encode())
    os.environ.update(
        RAY_AUTH_MODE="token",
        RAY_AUTH_TOKEN_PATH=str(token_path),
        RAY_USAGE_STATS_ENABLED="0",
        # Ray rewrites 127.0.0.1 to the machine's outer address unless it is told that it runs on a desktop.
        # So told it would let no other node join.
        RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="1" if several_nodes else "0",
        RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO="0",
        # Ray starts workers at niceness 15: anything else on the machine would go before the exchange.
        RAY_worker_niceness="0",
    )
    if several_nodes:
        os.environ.update(NODES_TO_BE_FOUND_DEAD)
    # Of another exchange: it would be joined instead.
    for name in ("RAY_ADDRESS", "RAY_AUTH_TOKEN", "RAY_NAMESPACE"):
        os.environ.pop(name, None)


def choose_processes(gcs_port: int | None) -> None:
    """Before ray.init, which has no argument for what its node starts and where that listens.

    The agent that reads logs for the dashboard listens on one fixed port otherwise, and only the first
    exchange on a machine would have an agent. `gcs_port`: where other nodes join; None: any, for none does.
    Nothing sends what actors log to whoever started them: nobody would read it there (`log_to_driver`).
    """
    from ray._private import parameter  # where ray.init looks it up

    chosen: dict[str, Any] = {
        "dashboard_agent_listen_port": 0,
        "gcs_server_port": gcs_port,
        "include_log_monitor": False,
    }
    parameter.RayParams = partial(parameter.RayParams, **chosen)  # type: ignore[misc, assignment]  # a class, replaced by what makes one
