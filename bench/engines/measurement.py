"""The rounds: in each, every engine on every workload, by turns, so that other load meets all of them."""

import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.engines.commands import PLAIN
from bench.engines.peers.exchange_core import PeerMissing
from bench.engines.prepared import Work
from bench.engines.subjects import NATIVE, PEERS, REFERENCE, SUBJECTS, Files, Result, Subject, child
from bench.engines.workloads import Size, Workload, made, near
from bench.source import commit
from bulkhead.machines.engines import native_build

Say = Callable[[str], None]


@dataclass
class Measured:
    size: Size
    workloads: list[Workload]
    results: dict[str, dict[str, list[Result]]] = field(default_factory=dict)
    """of each round, by workload, by engine"""
    left_out: dict[str, dict[str, str]] = field(default_factory=dict)
    """why an engine is not compared, by workload, by engine"""
    latencies: list[dict[str, float]] = field(default_factory=list)
    """of each round"""
    million: dict[str, Any] = field(default_factory=dict)
    risk: dict[str, Any] = field(default_factory=dict)
    """what bench.engines.risk says, by engine"""
    loads: list[float] = field(default_factory=list)
    """of the machine in its last minute: before the first round, and behind each"""
    path: dict[str, object] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    """of the peers that are here"""


def measure(size: Size, folder: Path | None, say: Say) -> Measured:
    """All of it: some minutes. `folder`: where the temporary folder with the commands is made."""
    if importlib.util.find_spec("bulkhead._engine") is None:
        sys.exit(
            "bench.engines: the native engine is not built here; `make venv` builds it, or says why it can't"
        )
    measured = Measured(
        size,
        made(size, say),
        path={"log": None, "signed": False, "native_build": native_build(), "commit": commit()},
    )
    with tempfile.TemporaryDirectory(prefix="bulkhead-bench-", dir=folder) as temporary:
        _Measurement(measured, Path(temporary), say).run()
    return measured


class _Measurement:
    def __init__(self, measured: Measured, folder: Path, say: Say) -> None:
        self._measured = measured
        self._folder = folder
        self._say = say
        self._files = {workload.name: self._written(workload) for workload in measured.workloads}

    def run(self) -> None:
        size, found = self._measured.size, self._measured
        for workload in found.workloads:
            found.results[workload.name] = {}
            found.left_out[workload.name] = _unable(workload)
        latency = self._folder / "latency.commands"
        near(size.resting[0], size.latency_frames * 256, size.seed).save(latency)
        self._look_at_load()
        for number in range(size.rounds):
            for workload in found.workloads:
                for subject in SUBJECTS:
                    self._say(f"round {number + 1} of {size.rounds}: {workload.name}, {subject.name}")
                    self._run(subject, workload)
            self._say(f"round {number + 1} of {size.rounds}: latency of a frame")
            found.latencies.append(child("bench.engines.child", NATIVE, str(latency), "--latency"))
            self._look_at_load()
        self._say(f"a book of {size.million:,} orders, saved and loaded")
        found.million = child("bench.engines.million", str(size.million), str(size.seed))
        self._say("a risk shard alone")
        found.risk = child("bench.engines.risk", str(size.commands))
        for workload in found.workloads:
            compare_work(found, workload.name)
        ran = {name for results in found.results.values() for name in results}
        found.versions = {peer.name: peer.version() for peer in PEERS if peer.name in ran}

    def _written(self, workload: Workload) -> Files:
        commands, longs = (self._folder / f"{workload.name}.{kind}" for kind in ("commands", "longs"))
        workload.script.save(commands)
        if not workload.script.needs <= PLAIN:
            return Files(commands, None, self._measured.size.warm_ups)
        workload.script.save_longs(longs)
        return Files(commands, longs, self._measured.size.warm_ups)

    def _look_at_load(self) -> None:
        self._measured.loads.append(round(os.getloadavg()[0], 2))

    def _run(self, subject: Subject, workload: Workload) -> None:
        left_out = self._measured.left_out[workload.name]
        if subject.name in left_out:
            return
        try:
            result = subject.run(self._files[workload.name])
        except PeerMissing as missing:
            left_out[subject.name] = f"missing: {missing}"
        else:
            self._measured.results[workload.name].setdefault(subject.name, []).append(result)


def compare_work(measured: Measured, workload: str) -> None:
    """Who has not done what the reference did, is not compared."""
    results = measured.results[workload]
    expected = results[REFERENCE][0].work
    for name, rounds in list(results.items()):
        differences = _differences(expected, rounds)
        if differences:
            measured.left_out[workload][name] = f"other work: {'; '.join(differences)}"
            del results[name]


def _unable(workload: Workload) -> dict[str, str]:
    """Who does not know what the workload needs, and what of it."""
    needs = workload.script.needs
    missing = {subject.name: sorted(needs - subject.knows) for subject in SUBJECTS}
    return {name: f"it has no {' and no '.join(what)}" for name, what in missing.items() if what}


def _differences(expected: Work, rounds: Sequence[Result]) -> list[str]:
    return sorted(
        {
            f"{getattr(result.work, name):,} {name}, the reference {getattr(expected, name):,}"
            for result in rounds
            for name in expected.differs_from(result.work)
        }
    )
