"""Checks the last line that `make demo` printed: one JSON object that adds up. Usage: check_demo.py FILE."""

import json
import sys
from pathlib import Path
from typing import Any

# The recording holds 284 trades; each has to come out, and none besides.
RECORDED_TRADES = 284


def problems(summary: dict[str, Any]) -> list[str]:
    """What does not add up, one sentence each."""
    found = []
    if not summary["recorded_trades"] == summary["reproduced_trades"] == RECORDED_TRADES:
        found.append(f"not all of the {RECORDED_TRADES} recorded trades were reproduced")
    if summary["unrecorded_trades"] != 0:
        found.append("there are trades that the recording does not have")
    if summary["trades"] != summary["reproduced_trades"] + summary["unrecorded_trades"]:
        found.append("trades is not reproduced_trades + unrecorded_trades")
    if summary["ledger_balanced"] is not True:
        found.append("the ledger does not balance")
    if summary["orders"] != summary["accepted"] + summary["rejected"]:
        found.append("orders is not accepted + rejected")
    if summary["accepted"] <= 0:
        found.append("no order was accepted")
    if summary["duplicates_dropped"] < 0:
        found.append("duplicates_dropped is negative")
    found += [
        f"{figure} is not a positive number"
        for figure in ("orders_per_second", "p50_ms", "p99_ms")
        if not summary[figure] > 0
    ]
    if not summary["digests"] or not all(summary["digests"].values()):
        found.append("a shard has no digest")
    return found


def main(path: str) -> int:
    lines = Path(path).read_text().splitlines()
    if not lines:
        print("the demo printed nothing", file=sys.stderr)
        return 1
    try:
        summary = json.loads(lines[-1])
        found = problems(summary)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        found = [f"it is not the summary that is expected: {error!r}"]
    if found:
        print(f"the demo's last line: {lines[-1]}", file=sys.stderr)
        for problem in found:
            print(f"wrong: {problem}", file=sys.stderr)
        return 1
    print(f"the summary adds up: {summary['orders']} orders, {summary['trades']} trades, all as recorded")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
