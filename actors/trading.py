"""Whether every shard trades, by what the supervisor says of their processes."""

from typing import Any

from actors.readiness import has_caught_up


class Trading:
    """Remembers which processes have caught up: from then on frames that wait are load, and no delay."""

    def __init__(self) -> None:
        self._caught_up: set[tuple[str, int]] = set()

    def missing(self, status: dict[str, Any]) -> dict[str, str]:
        """Boundaries and shards that do not trade -> why, or what they do. With replicas one that leads is
        enough.
        """
        missing = {
            f"boundary {name}": str(boundary["halted"])
            for name, boundary in status["boundaries"].items()
            if boundary["halted"]
        }
        doing: dict[str, str] = {}
        trade: set[str] = set()
        for process in status["shards"]:
            what = self._doing(process)
            if what:
                doing.setdefault(process["replica_of"], what)
            elif process["role"] in ("", "primary"):
                trade.add(process["replica_of"])
        return missing | {shard: what for shard, what in doing.items() if shard not in trade}

    def _doing(self, process: dict[str, Any]) -> str:
        """Empty: it works, and has caught up."""
        if process["state"] != "running":
            return ": ".join(text for text in (process["state"], process["last_error"]) if text)
        this = (process["shard"], process["pid"])
        if this in self._caught_up:
            return ""
        if not has_caught_up(process):
            return f"catching up, {process['lag']} frames behind"
        self._caught_up.add(this)
        return ""
