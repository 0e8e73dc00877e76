"""`python -m bench.limits [--quick] [--folder FOLDER] [--seed N]`: what the limits of participants cost.

Two exchanges on the embedded log, in turn, each started anew: as the shipped topology has it, where its four
traders have limits of open orders and of commands in flight only, and with every limit that there is for
each of them, and a price collar. All bounds are so high that nothing is refused and nothing is near: what is
measured is what it costs to look and to count. The last line is one JSON object.

exchange: `bench.measurement`'s closed loop at full load, through all processes.
risk:     the recorded input of both risk shards, applied to new reference machines in this process.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Final

import yaml
from rich.console import Console
from rich.table import Table

from bench.command import run
from bench.engine import apply_recorded
from bench.exchange import INSTRUMENT_ID, TOPOLOGY, fresh_exchange
from bench.measurement import TRADERS, Say, Size, through_the_exchange
from bench.setting import Setting
from bulkhead.log.open import open_log

ROUNDS, ROUNDS_QUICK = 3, 1
APPLIED = 3
"""How often a recorded input is applied; the least counts."""
SIZE: Final = Size(warm=20_000, exchange=120_000, slice=0, slices=0, paced=1_000)
SIZE_QUICK: Final = Size(warm=8_000, exchange=40_000, slice=0, slices=0, paced=1_000)
LIMITS: Final = {
    "orders_per_s_max": 1_000_000,
    "cancel_ratio": {"per_100_orders": 1_000_000, "window_s": 60, "free": 1_000_000},
    "order_notional_max": {"USD": "1000000000"},
    "order_size_max": {"BTC": "1000000"},
    "position_max": {"BTC": "10000000"},
    "account_position_max": {"BTC": "1000000"},
    "open_notional_max": {"USD": "100000000000"},
    "credit_max": {"USD": "100000000000", "BTC": "10000000"},
}


@dataclass(frozen=True)
class Found:
    """Of one exchange."""

    per_s: float
    cpu_us: float
    """of each order, in all processes"""
    risk_us: float
    """of each order, CPU of the two risk machines"""
    rejected: int


@dataclass(frozen=True)
class Measured:
    without: list[Found]
    limited: list[Found]
    path: dict[str, object]


def limited_topology() -> str:
    """The shipped one with every limit, none of which the load meets."""
    values = yaml.safe_load(TOPOLOGY.read_text())
    for name in TRADERS:
        participant = values["participants"][name]
        participant["limits"] = participant["limits"] | LIMITS
    values["instruments"][INSTRUMENT_ID]["price_collar"] = {"per_mille": 900}
    return yaml.safe_dump(values, sort_keys=False)


def measure(sizes: tuple[Size, int], parent: Path | None, say: Say) -> Measured:
    size, rounds = sizes
    found: dict[str, list[Found]] = {"without": [], "limited": []}
    texts = {"without": TOPOLOGY.read_text(), "limited": limited_topology()}
    path: dict[str, object] = {}
    for number in range(1, rounds + 1):
        for name, text in texts.items():
            say(f"round {number} of {rounds}: {name}")
            with fresh_exchange(text, parent) as installation:
                setting = Setting(installation, size.seed)
                path = setting.path()
                one = _one(setting, size, say)
            found[name].append(one)
            say(f"{name}: {one.per_s:,.0f} orders/s, {one.cpu_us:.1f} us, risk {one.risk_us:.1f} us")
    return Measured(**found, path=path)


def _one(setting: Setting, size: Size, say: Say) -> Found:
    log = open_log(setting.installation.log_address)
    try:
        loaded, _, reports = through_the_exchange(setting, log, setting.senders(TRADERS), size, say)
        say("the risk machines alone")
        shards = [f"risk/{number}" for number in range(setting.topology.shards.risk.count)]
        applied = [[apply_recorded(log, shard) for _ in range(APPLIED)] for shard in shards]
    finally:
        log.close()
    risk_s = sum(min(each.cpu_s for each in times) for times in applied)
    commands = sum(times[0].commands for times in applied)
    return Found(loaded.per_s, loaded.cpu_us, risk_s / commands * 1e6, reports["OrderRejected"])


def as_json(measured: Measured) -> dict[str, Any]:
    told: dict[str, Any] = {"rounds": len(measured.limited), "path": measured.path}
    for name in ("per_s", "cpu_us", "risk_us"):
        without = [getattr(each, name) for each in measured.without]
        limited = [getattr(each, name) for each in measured.limited]
        ratios = [one / other for one, other in zip(limited, without, strict=True)]
        told[name] = {
            "without": round(median(without), 2),
            "limited": round(median(limited), 2),
            "ratio": round(median(ratios), 3),
            "ratios": [round(ratio, 3) for ratio in ratios],
        }
    told["rejected"] = sum(each.rejected for each in (*measured.without, *measured.limited))
    return told


def show(measured: Measured, console: Console) -> None:
    found = as_json(measured)
    table = Table(title="what limits cost: medians; of each round the ratio, limited to without")
    for name in ("", "without", "with all", "ratio", "of each round"):
        table.add_column(name, justify="right" if name else "left")
    rows = {"exchange, orders/s": "per_s", "exchange, CPU us": "cpu_us", "risk machines, CPU us": "risk_us"}
    for what, name in rows.items():
        each = found[name]
        ratios = " ".join(map(str, each["ratios"]))
        table.add_row(what, str(each["without"]), str(each["limited"]), str(each["ratio"]), ratios)
    console.print(table)
    if found["rejected"]:
        console.print(f"[red]{found['rejected']:,} orders were rejected: the load met a limit.[/red]")


if __name__ == "__main__":
    run(
        lambda quick, seed: (
            (replace(SIZE_QUICK, seed=seed), ROUNDS_QUICK) if quick else (replace(SIZE, seed=seed), ROUNDS)
        ),
        measure,
        show,
        as_json,
    )
