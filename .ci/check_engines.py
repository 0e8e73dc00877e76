"""Checks `make bench-engine`'s last line: one JSON object that lacks nothing. Its figures are not
judged: the machine may do anything meanwhile. Usage: check_engines.py FILE.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WORKLOADS = ("A", "B", "C", "C_known", "D")
FIGURES = (
    "risk_native_per_s",
    "snapshot_ms",
    "restore_ms",
    "pause_ms",
    "bytes_per_order",
    "p999_us",
)
FOR_ALL_PEERS = "A"
"""On the others some lack a kind of order."""


def problems(measured: dict[str, Any]) -> Iterator[str]:
    """What is not there, one sentence each."""
    for figure in FIGURES:
        if not _is_measured(measured.get(figure)):
            yield f"{figure} is not there"
    for name in WORKLOADS:
        workload = measured.get("workloads", {}).get(name)
        if workload is None:
            yield f"workload {name} is not there"
            continue
        yield from (
            f"workload {name}: {figure} is not there"
            for figure in ("native_per_s", "reference_per_s")
            if not _is_measured(workload.get(figure))
        )
    peers = measured["workloads"][FOR_ALL_PEERS]["peers"]
    if not peers:
        yield "there are no peers"
    yield from (
        f"the peer {name} was not measured" for name, per_s in peers.items() if not _is_measured(per_s)
    )


def _is_measured(figure: object) -> bool:
    return isinstance(figure, int | float) and figure > 0


def main(path: str) -> int:
    lines = Path(path).read_text().splitlines() or [""]
    try:
        found = list(problems(json.loads(lines[-1])))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        found = [f"it is not what is expected: {error!r}"]
    for problem in found:
        print(f"the last line of bench-engine: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
