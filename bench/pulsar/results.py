"""What was found: tables for people, one JSON object for programs."""

import platform
from collections.abc import Callable, Sequence
from operator import attrgetter
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.census import DIFFERENCE_MAX, together
from bench.pulsar.measurement import Kind, Measured, Pace, Round
from bench.results import percentile_ms
from bench.stages import Slice

PARTS = (("p50", 0.50), ("p99", 0.99), ("p999", 0.999))


def as_json(measured: Measured) -> dict[str, Any]:
    """The headline is that of the fewest participants with the largest frames."""
    fewest = measured.size.participants[0]
    loads = [_load(measured, kind) for kind in measured.exchange]
    head = next(
        load
        for load in loads
        if load["participants"] == fewest and load["frame_events"] == measured.size.loads[-1].frame_events
    )
    paces = [_pace(pace, found) for pace, found in measured.latencies_us.items()]
    latencies = next(
        pace for pace in paces if pace["participants"] == fewest and pace["per_s"] == measured.size.per_s
    )
    return {
        **{name: value for name, value in head.items() if name.endswith("_per_s")},
        **{name: head[name] for name in ("runtime_to_relay", "runtime_to_verifying_relay")},
        **{name: value for name, value in latencies.items() if name.endswith("_ms")},
        "loads": loads,
        "paces": paces,
        "up_s": {participants: round(taken, 1) for participants, taken in measured.up_s.items()},
        "reports": measured.reports,
        "path": measured.path,
        "python": platform.python_version(),
    }


def _load(measured: Measured, kind: Kind) -> dict[str, Any]:
    exchange, rounds = measured.exchange[kind], measured.counted(kind)
    runtime, relay, verifying = (
        [getattr(each, name) for each in rounds] for name in ("runtime", "relay", "verifying")
    )
    found: dict[str, Any] = {**kind._asdict()}
    for prefix, slices in (
        ("", [exchange]),
        ("runtime_", runtime),
        ("relay_", relay),
        ("verifying_relay_", verifying),
    ):
        found |= {
            f"{prefix}orders_per_s": round(median(each.per_s for each in slices)),
            f"{prefix}cpu_us": _us_an_order(slices, attrgetter("cpu_s")),
            f"{prefix}broker_cpu_us": _us_an_order(slices, attrgetter("broker_cpu_s")),
            f"{prefix}frames": _frames(slices),
        }
    return found | {
        "runtime_to_relay": _ratio(rounds, attrgetter("relay")),
        "runtime_to_verifying_relay": _ratio(rounds, attrgetter("verifying")),
        "rounds": len(measured.rounds[kind]),
        "rounds_counted": sum(each.counts for each in measured.rounds[kind]),
        "impatient_frames": sum(each.impatient for each in rounds),
    }


def _ratio(rounds: Sequence[Round], to: Callable[[Round], Slice]) -> float:
    return round(median(each.runtime.per_s / to(each).per_s for each in rounds), 3)


def _us_an_order(slices: Sequence[Slice], seconds: Callable[[Slice], float]) -> float:
    return round(sum(seconds(each) for each in slices) / sum(each.events for each in slices) * 1e6, 2)


def _frames(slices: Sequence[Slice]) -> dict[str, dict[str, float]]:
    return {
        name: {
            "frames": hop.frames,
            "events_per_frame": round(hop.events_per_frame, 1),
            "bytes_per_frame": round(hop.bytes / hop.frames),
        }
        for name, hop in together(each.census for each in slices).items()
        if hop.frames
    }


def _pace(pace: Pace, found: dict[str, list[int]]) -> dict[str, Any]:
    return pace._asdict() | {
        f"{'' if where == 'exchange' else where + '_'}{name}_ms": percentile_ms(latencies, part)
        for where, latencies in found.items()
        for name, part in PARTS
    }


def show(measured: Measured, console: Console) -> None:
    """The tables."""
    found = as_json(measured)
    console.print(_rates_table(found["loads"]))
    console.print(_latencies_table(found["paces"]))
    console.print(_frames_table(found["loads"]))
    for load in found["loads"]:
        missing = load["rounds"] - load["rounds_counted"]
        if missing:
            console.print(
                f"[red]{missing} of {load['rounds']} rounds of {load['participants']} participants with"
                f" {load['frame_events']} orders a frame do not count:[/red] the frames of runtime and relay"
                f" differ by more than {DIFFERENCE_MAX:.0%}."
            )
    for participants, reports in measured.reports.items():
        if reports["OrderRejected"]:
            console.print(
                f"[red]{reports['OrderRejected']:,} orders of {participants} participants were rejected: the"
                f" load met a limit.[/red]"
            )


def _rates_table(loads: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="orders per second; CPU us an order, ours + the broker's")
    for name in (
        "participants",
        "a frame",
        "exchange",
        "runtime",
        "relay",
        "verifying",
        "to relay",
        "to verifying",
    ):
        table.add_column(name, justify="right")
    for load in loads:
        rates = [
            f"{load[f'{prefix}orders_per_s']:,}\n{load[f'{prefix}cpu_us']} + {load[f'{prefix}broker_cpu_us']}"
            for prefix in ("", "runtime_", "relay_", "verifying_relay_")
        ]
        ratios = [f"{load[name]:.2f}" for name in ("runtime_to_relay", "runtime_to_verifying_relay")]
        table.add_row(str(load["participants"]), str(load["frame_events"]), *rates, *ratios)
    return table


def _latencies_table(paces: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="order to report, ms: p50, p99, p99.9")
    for name in ("participants", "a frame", "per s", "exchange", "runtime", "relay"):
        table.add_column(name, justify="right")
    for pace in paces:
        cells = [
            "  ".join(f"{pace[f'{prefix}{name}_ms']:.1f}" for name, _ in PARTS)
            for prefix in ("", "runtime_", "relay_")
        ]
        table.add_row(str(pace["participants"]), str(pace["frame_events"]), f"{pace['per_s']:,}", *cells)
    return table


def _frames_table(loads: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="orders (bytes) of a frame: exchange | runtime | relay")
    hops = list(dict.fromkeys(hop for load in loads for hop in load["frames"]))
    for name in ("participants", "a frame", *hops):
        table.add_column(name, justify="right")
    for load in loads:
        cells = [
            " | ".join(
                f"{of[hop]['events_per_frame']:,.0f} ({of[hop]['bytes_per_frame']:,})"
                for of in (load["frames"], load["runtime_frames"], load["relay_frames"])
            )
            for hop in hops
        ]
        table.add_row(str(load["participants"]), str(load["frame_events"]), *cells)
    return table
