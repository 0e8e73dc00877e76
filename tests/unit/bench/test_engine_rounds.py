"""`make bench-engine` from its first command to its last line, on little, with whatever peers are here."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench.engines import measurement
from bench.engines.measurement import Measured, measure
from bench.engines.prepared import Work
from bench.engines.results import as_json, show
from bench.engines.subjects import NATIVE, PEERS, REFERENCE, Result
from bench.engines.workloads import Size
from tests.support.native_book import needs_native_engine

LITTLE = Size(commands=300, resting=(50, 100), rounds=1, latency_frames=3, million=500, warm_ups=0, seed=1)


@pytest.mark.peers
@needs_native_engine
def test_a_run_says_of_every_workload_what_each_engine_reached_or_why_it_is_left_out(tmp_path: Path) -> None:
    measured = measure(LITTLE, tmp_path, lambda what: None)
    found = json.loads(json.dumps(as_json(measured)))
    assert list(found["workloads"]) == ["A", "B", "C", "C_known", "D"]
    for workload in found["workloads"].values():
        assert workload["native_per_s"] > 0
        assert workload["reference_per_s"] > 0
        assert set(workload["native_per_s_by_frame"]) == {"1", "16", "256", "4096"}
        assert set(workload["machine"]["reference_per_s_by_frame"]) == {"1", "16", "256", "4096"}
        assert set(workload["peers"]) == {peer.name for peer in PEERS}
        left_out = workload["not_compared"]
        assert {name for name, per_s in workload["peers"].items() if per_s is None} == set(left_out)
        assert not [why for why in left_out.values() if not why.startswith(("it has no ", "missing: "))]
    assert found["workloads"]["D"]["not_compared"]["exchange_core"] == (
        "it has no auctions and no icebergs and no stops"
    )
    assert found["workloads"]["A"]["work"]["trades"] > 0
    for name in ("snapshot_ms", "restore_ms", "pause_ms", "bytes_per_order", "p999_us", "p50_us"):
        assert found[name] >= 0
    assert found["risk_native_per_s"] > found["risk"]["reference"]["events_per_s"] > 0
    told = StringIO()
    show(measured, Console(file=told))
    rates = [line for line in told.getvalue().splitlines() if "/s (" in line]
    assert rates
    assert not [line for line in rates if "log none, signed no, commit" not in line]
    assert list(tmp_path.iterdir()) == []


def test_an_engine_whose_trades_are_not_the_references_is_not_compared() -> None:
    measured = Measured(LITTLE, [])
    done, other = Result({"1": 1.0}, Work(3, 10, 1, 10)), Result({"1": 9.0}, Work(2, 10, None, None))
    measured.results["A"] = {REFERENCE: [done, done], NATIVE: [done, done], "liquibook": [done, other]}
    measured.left_out["A"] = {}
    measurement.compare_work(measured, "A")
    assert set(measured.results["A"]) == {REFERENCE, NATIVE}
    assert measured.left_out["A"] == {"liquibook": "other work: 2 trades, the reference 3"}
