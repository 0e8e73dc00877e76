"""The exchange's processes as a whole: what the head process holds, starting and ending all of it."""

from collections.abc import Callable
from importlib.metadata import version

from actors.attach import attached, call
from actors.process import start, stop_process, sweep
from bulkhead.installation.state import Installation, Running
from bulkhead.topology.plan.objects import Attributes, Ref


def ref(installation: Installation) -> Ref:
    return "exchange", installation.topology.exchange


def wanted_settings(installation: Installation) -> dict[str, int | str | tuple[str, ...]]:
    """What can't be changed while it runs: with another version, log or address of the head, every process is
    another.
    """
    placement = installation.topology.placement
    return {
        "version": version("bulkhead"),
        "log": installation.log_address.partition("&")[0],
        "head": "" if placement is None else f"{placement.address}:{placement.port}",
    }


def live_settings(installation: Installation) -> Attributes | None:
    """What the processes that run were started with; None where none run."""
    running = installation.running()
    if running is None:
        return None
    return running.settings if running.state == "ready" else {**running.settings, "state": running.state}


def bring(installation: Installation, action: str, show: Callable[[Running], None]) -> Running:
    """Have the processes run as they should be. StartFailed says why they do not."""
    if action == "replace":
        running = installation.running()
        installation.dashboard = running is not None and running.dashboard != ""
        stop(installation)
    return start(installation, show)


def stop(installation: Installation) -> str:
    """Stop what runs, every shard between two steps if it can be asked; nothing of it is left when this
    returns. Empty, or why the shards were not asked.
    """
    running = installation.running()
    if running is None:
        sweep(installation)
        return ""
    problem = ""
    try:
        with attached(installation):
            call("supervisor", "shut_down")
    except Exception as error:  # noqa: BLE001  # whatever ails Ray, what was started must still end
        problem = str(error) or type(error).__name__
    stop_process(installation, running.pid)
    return problem
