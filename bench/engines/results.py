"""What was found: a line for each engine and workload, with its path; one JSON object for programs."""

import platform
from collections.abc import Sequence
from statistics import median
from typing import Any

from rich.console import Console

from bench.engines.measurement import Measured
from bench.engines.subjects import APART, NATIVE, NATIVE_MACHINE, PEERS, REFERENCE, REFERENCE_MACHINE, Result

FRAME = "256"
"""The frames that the one number of an engine is of, where it takes frames."""


def as_json(measured: Measured) -> dict[str, Any]:
    million = measured.million
    latencies = measured.latencies
    return {
        "workloads": {workload.name: _workload(measured, workload.name) for workload in measured.workloads},
        "risk_native_per_s": measured.risk["native"]["events_per_s"],
        "risk": measured.risk,
        "snapshot_ms": million["snapshot_ms"],
        "restore_ms": million["restore_ms"],
        "pause_ms": million["pause_ms"],
        "bytes_per_order": million["bytes_each"],
        "p999_us": round(median(found["p999_us"] for found in latencies), 1),
        "p50_us": round(median(found["p50_us"] for found in latencies), 1),
        "million": million,
        "latency_by_round": latencies,
        "apart": APART,
        "versions": measured.versions,
        "path": {**measured.path, "rounds": measured.size.rounds, "per_s": "median of the rounds"},
        "loads": measured.loads,
        "python": platform.python_version(),
    }


def _workload(measured: Measured, name: str) -> dict[str, Any]:
    workload = next(workload for workload in measured.workloads if workload.name == name)
    results = measured.results[name]
    native = _by_frame(results.get(NATIVE, []))
    machines = {
        "native": _by_frame(results.get(NATIVE_MACHINE, [])),
        "reference": _by_frame(results.get(REFERENCE_MACHINE, [])),
    }
    return {
        "what": workload.what,
        "commands": len(workload.script.timed),
        "work": results[REFERENCE][0].work._asdict(),
        "native_per_s": native.get(FRAME),
        "reference_per_s": _by_frame(results[REFERENCE])["1"],
        "native_per_s_by_frame": native,
        "machine": {
            **{f"{engine}_per_s": rates.get(FRAME) for engine, rates in machines.items()},
            **{f"{engine}_per_s_by_frame": rates for engine, rates in machines.items()},
        },
        "peers": {peer.name: _by_frame(results.get(peer.name, [])).get("1") for peer in PEERS},
        "per_s_of_rounds": {name: _of_rounds(rounds) for name, rounds in results.items()},
        "not_compared": measured.left_out[name],
    }


def _of_rounds(rounds: Sequence[Result]) -> dict[str, list[int]]:
    """By the commands in a frame."""
    frames = rounds[0].per_s if rounds else ()
    return {frame: [round(result.per_s[frame]) for result in rounds] for frame in frames}


def _by_frame(rounds: Sequence[Result]) -> dict[str, int]:
    """The medians of the rounds."""
    return {frame: round(median(rates)) for frame, rates in _of_rounds(rounds).items()}


def show(measured: Measured, console: Console) -> None:
    """A line for each."""
    path = _path(measured)
    for workload in measured.workloads:
        results, left_out = measured.results[workload.name], measured.left_out[workload.name]
        work = results[REFERENCE][0].work
        console.print(
            f"\n{workload.name}: {workload.what}; {len(workload.script.timed):,} commands,"
            f" {work.trades:,} trades of {work.lots:,} lots; load {_loads(measured)}",
            style="bold",
            highlight=False,
            soft_wrap=True,
        )
        native = _by_frame(results.get(NATIVE, [])).get(FRAME, 0)
        for name, rounds in results.items():
            through = f"{_engine(measured, name)}, {path}"
            for frame, rates in _of_rounds(rounds).items():
                _line(console, name, frame, rates, native, through)
        for name, why in left_out.items():
            console.print(
                f"  {name:<19} not compared: {why}", style="yellow", highlight=False, soft_wrap=True
            )
    _show_single(measured, console, path)


def _line(console: Console, name: str, frame: str, rates: Sequence[int], native: int, through: str) -> None:
    middle = median(rates)
    console.print(
        f"  {name:<19} {frame:>5} a call {middle:>12,.0f}/s ({min(rates):,.0f} to {max(rates):,.0f}),"
        f" native at {FRAME}: {native / middle:.2f} times that | {through}",
        highlight=False,
        soft_wrap=True,
    )


def _show_single(measured: Measured, console: Console, path: str) -> None:
    found = as_json(measured)
    million, engine, machine = found["million"], _engine(measured, NATIVE), _engine(measured, NATIVE_MACHINE)
    console.print(
        f"\na frame of 256 on A, {measured.size.latency_frames:,} frames: p50 {found['p50_us']} us,"
        f" p99.9 {found['p999_us']} us (medians of the rounds) | {engine}, {path}\n"
        f"{_shard(million, 'orders')} | {machine}, {path}\n"
        f"{_shard(million['risk'], 'accounts')} | {machine}, {path}\n"
        + "\n".join(f"{_risk(engine, found)} | {path}" for engine, found in measured.risk.items()),
        highlight=False,
        soft_wrap=True,
    )


def _risk(engine: str, found: dict[str, Any]) -> str:
    rates = ", ".join(f"{kind} {rate:,}" for kind, rate in found["per_s"].items())
    return (
        f"a risk shard alone: {found['events_per_s']:,} events/s, of them {found['commands_per_s']:,}"
        f" participants' commands ({rates} by themselves) | engine {engine}, the machine, bytes to bytes"
    )


def _shard(found: dict[str, Any], of: str) -> str:
    return (
        f"a shard of {found[of]:,} {of}: pause {found['pause_ms']} ms (most {found['pause_most_ms']}),"
        f" written beside it in {found['snapshot_ms']} ms, restored in {found['restore_ms']} ms,"
        f" {found['bytes_each']} bytes each"
    )


def _engine(measured: Measured, name: str) -> str:
    kinds = {
        NATIVE: "engine native, the book alone, bytes to bytes",
        REFERENCE: "engine reference, the book alone, objects",
        NATIVE_MACHINE: "engine native, the machine, bytes to bytes",
        REFERENCE_MACHINE: "engine reference, the machine, bytes to bytes",
    }
    apart = f" ({APART[name]})" if name in APART else ""
    return kinds.get(name) or f"engine {name} {measured.versions[name]}{apart}"


def _path(measured: Measured) -> str:
    path = measured.path
    return f"log none, signed no, commit {path['commit'] or 'unknown'}, native build {path['native_build']}"


def _loads(measured: Measured) -> str:
    return f"{min(measured.loads)} to {max(measured.loads)}"
