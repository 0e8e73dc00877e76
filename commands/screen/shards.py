"""The shards of an exchange as a table."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

STATE_STYLES = {
    "running": "green",
    "starting": "yellow",
    "restarting": "yellow",
    "halted": "bold red",
    "down": "bold red",
    "stopped": "dim",
}
"""Other states are shown as they are."""


def shard_table(shards: Iterable[Mapping[str, Any]]) -> Table:
    """One row each: name, pid, lag (frames), events, state; what is not known (None or missing) is a dash."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("shard", no_wrap=True)
    for column in ("pid", "lag", "events"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("state", overflow="fold")
    for shard in shards:
        state = str(shard.get("state") or "unknown")
        lag = shard.get("lag")
        table.add_row(
            Text(str(shard["name"]), "cyan"),
            _number(shard.get("pid"), grouped=False),
            _number(lag, "yellow" if isinstance(lag, int) and lag else ""),
            _number(shard.get("events")),
            Text(state, STATE_STYLES.get(state, "")),
        )
    return table


def _number(value: int | None, style: str = "", grouped: bool = True) -> Text:
    if value is None:
        return Text("-", "dim")
    return Text(f"{value:,}" if grouped else str(value), style)
