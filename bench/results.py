"""What was found: a table for people, one JSON object for programs."""

import platform
from collections.abc import Sequence
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.census import DIFFERENCE_MAX, together
from bench.measurement import Measured
from bench.stages import Slice


def percentile_ms(latencies_us: Sequence[int], part: float) -> float:
    """The latency that `part` of the commands did not exceed (nearest rank), milliseconds; 0 for none."""
    if not latencies_us:
        return 0.0
    ranked = sorted(latencies_us)
    return round(ranked[min(int(part * len(ranked)), len(ranked) - 1)] / 1000, 3)


def as_json(measured: Measured) -> dict[str, Any]:
    pairs = measured.counted
    risk = [applied for shard, applied in measured.engine.items() if shard.startswith("risk/")]
    books = [applied for shard, applied in measured.engine.items() if shard.startswith("book/")]
    latencies = {
        f"{'' if where == 'exchange' else where + '_'}{name}_ms": percentile_ms(found, part)
        for where, found in measured.latencies_us.items()
        for name, part in (("p50", 0.50), ("p99", 0.99))
    }
    return {
        "orders_per_s": round(measured.exchange.per_s),
        "runtime_orders_per_s": round(median(pair.runtime.per_s for pair in pairs)),
        "relay_orders_per_s": round(median(pair.relay.per_s for pair in pairs)),
        "runtime_to_relay": round(median(pair.ratio for pair in pairs), 3),
        **latencies,
        "engine_per_s": round(measured.engine_per_s),
        "engine_risk_per_s": round(sum(a.commands for a in risk) / sum(a.seconds for a in risk)),
        "engine_book_per_s": round(sum(a.commands for a in books) / sum(a.seconds for a in books)),
        "free_relay_orders_per_s": round(median(pair.free.per_s for pair in pairs)),
        "cpu_us_per_order": round(measured.exchange.cpu_us, 2),
        "runtime_cpu_us_per_order": round(_cpu_us([pair.runtime for pair in pairs]), 2),
        "relay_cpu_us_per_order": round(_cpu_us([pair.relay for pair in pairs]), 2),
        "paced_per_s": measured.size.per_s,
        "pairs": len(measured.pairs),
        "pairs_counted": sum(pair.counts for pair in measured.pairs),
        "pair_ratios": [round(pair.ratio, 3) for pair in measured.pairs],
        "frames": _frames([measured.exchange]),
        "runtime_frames": _frames([pair.runtime for pair in pairs]),
        "relay_frames": _frames([pair.relay for pair in pairs]),
        "reports": measured.reports,
        "path": measured.path,
        "python": platform.python_version(),
    }


def _cpu_us(slices: Sequence[Slice]) -> float:
    return sum(some.cpu_s for some in slices) / sum(some.events for some in slices) * 1e6


def _frames(slices: Sequence[Slice]) -> dict[str, dict[str, float]]:
    seconds = sum(some.seconds for some in slices)
    return {
        name: {
            "frames": hop.frames,
            "frames_per_s": round(hop.frames / seconds, 1),
            "events_per_frame": round(hop.events_per_frame, 1),
            "bytes_per_frame": round(hop.bytes / hop.frames),
        }
        for name, hop in together(some.census for some in slices).items()
        if hop.frames
    }


def show(measured: Measured, console: Console) -> None:
    """The tables."""
    found = as_json(measured)
    table = Table(title="orders per second; order to report at 1,000 a second")
    for name in ("", "per s", "to relay", "CPU us", "p50 ms", "p99 ms"):
        table.add_column(name, justify="right" if name else "left", no_wrap=bool(name))
    relay = found["relay_orders_per_s"]
    for name, prefix, ratio in (
        ("exchange, reference machines", "", found["orders_per_s"] / relay),
        ("runtime, passing machines", "runtime_", found["runtime_to_relay"]),
        ("bare relay", "relay_", 1.0),
    ):
        others = [str(found[f"{prefix}{key}"]) for key in ("cpu_us_per_order", "p50_ms", "p99_ms")]
        table.add_row(name, f"{found[f'{prefix}orders_per_s']:,}", f"{ratio:.2f}", *others)
    free = found["free_relay_orders_per_s"]
    table.add_row("bare relay, frames as they come", f"{free:,}", f"{free / relay:.2f}", "", "", "")
    table.add_row("machines alone, one process", f"{found['engine_per_s']:,}", "", "", "", "")
    console.print(table)
    console.print(_frames_table(found))
    missing = found["pairs"] - found["pairs_counted"]
    if missing:
        console.print(
            f"[red]{missing} of {found['pairs']} pairs do not count:[/red] their frames differ by more than"
            f" {DIFFERENCE_MAX:.0%}."
        )
    refused = measured.reports["OrderRejected"]
    if refused:
        console.print(f"[red]{refused:,} orders were rejected: the load met a limit.[/red]")


def _frames_table(found: dict[str, Any]) -> Table:
    table = Table(title="frames of runtime | relay")
    table.add_column("hop")
    for name in ("frames", "frames/s", "events each", "bytes each"):
        table.add_column(name, justify="right")
    for hop, ours in found["runtime_frames"].items():
        theirs = found["relay_frames"][hop]
        cells = [
            f"{ours[key]:,} | {theirs[key]:,}"
            for key in ("frames", "frames_per_s", "events_per_frame", "bytes_per_frame")
        ]
        table.add_row(hop, *cells)
    return table
