"""Starting the supervisor, by who holds the exchange."""

from typing import Any

from actors.launch import Launch
from actors.objects import policies
from actors.placement import options
from bulkhead.installation.state import Installation
from bulkhead.topology.rooms import rooms


def start_supervisor(installation: Installation, started: list[Launch], nodes: tuple[str, ...]) -> Any:
    """Have it run, on one of `nodes` where there are several, and start what it is given. It outlives whoever
    has started it.
    """
    import ray  # reads its environment when it is imported

    from actors.supervisor import Supervisor

    # What an operator starts begins with whole budgets, and as the file says; only the supervisor's own
    # deaths renew nothing.
    installation.supervisor_path.unlink(missing_ok=True)
    topology = installation.topology
    in_pods = any(each.in_pods for each in started)
    return (
        ray.remote(Supervisor)
        .options(
            name="supervisor",
            lifetime="detached",
            num_cpus=0,
            max_restarts=-1,
            max_task_retries=-1,
            **options(nodes),
        )
        .remote(
            started,
            policies(topology),
            () if in_pods else rooms(topology),  # a boundary's pods are its rooms
            str(installation.supervisor_path),
        )
    )
