"""Ray's environment. It is read when ray is imported, so every process sets it before that."""

import os
import secrets
from functools import partial
from pathlib import Path

from bulkhead.files import write_private


def prepare_ray(token_path: Path) -> None:
    """Loopback only, token authentication on, nothing reported to anybody."""
    if not token_path.exists():
        write_private(token_path, secrets.token_hex(32).encode())
    os.environ.update(
        RAY_AUTH_MODE="token",
        RAY_AUTH_TOKEN_PATH=str(token_path),
        RAY_USAGE_STATS_ENABLED="0",
        # Ray rewrites 127.0.0.1 to the machine's outer address unless it is told that it runs on a desktop.
        RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0",
        RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO="0",
        # Ray starts workers at niceness 15: anything else on the machine would go before the exchange.
        RAY_worker_niceness="0",
    )
    # Of another exchange: it would be joined instead.
    for name in ("RAY_ADDRESS", "RAY_AUTH_TOKEN", "RAY_NAMESPACE"):
        os.environ.pop(name, None)


def let_agents_choose_their_port() -> None:
    """Before ray.init, which has no argument for it: the agent that reads logs for the dashboard listens on
    one fixed port otherwise, and only the first exchange on a machine would have an agent.
    """
    from ray._private import parameter  # where ray.init looks it up

    parameter.RayParams = partial(parameter.RayParams, dashboard_agent_listen_port=0)  # type: ignore[misc, assignment]  # a class, replaced by what makes one
