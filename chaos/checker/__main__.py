"""Check one exchange that is at rest; the last line of standard output is one JSON object."""

import argparse
import json
import sys
from pathlib import Path

from chaos.checker.check import check
from chaos.checker.evidence import NoEvidence
from chaos.checker.segments import NoLog


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m chaos.checker",
        description="Judge an exchange's log, and what its participants sent and received. Exit status 0: "
        "nothing was lost, doubled, misordered or contradicted; 1: something was; 2: nothing to judge.",
    )
    parser.add_argument("--connection", type=Path, required=True, help="the exchange's connection.json")
    parser.add_argument(
        "--evidence", type=Path, required=True, help="the folder with *.sent.jsonl, *.received.jsonl"
    )
    parser.add_argument("--internal-key", type=Path, help="file with the internal key, in hexadecimal")
    given = parser.parse_args()
    try:
        facts = json.loads(given.connection.read_text())
        scheme, _, rest = facts["log"].partition(":")
        if scheme != "sqlite":
            raise NoLog(f"the log {facts['log']} is of a kind that this checker can't read: sqlite")
        key = bytes.fromhex(given.internal_key.read_text().strip()) if given.internal_key else None
        genesis_id = bytes.fromhex(facts["genesis_id"])
        folder = Path(rest.partition("?")[0])
        summary = check(folder, facts["exchange_id"], genesis_id, key, given.evidence).summary()
    except (NoLog, NoEvidence, OSError) as problem:
        print(f"nothing to judge: {problem}", file=sys.stderr)
        return 2
    for sentence in summary["problems"]:
        print(sentence, file=sys.stderr)
    print(json.dumps(summary))
    return 1 if any(summary[name] for name in ("lost", "doubled", "misordered", "contradicted")) else 0


if __name__ == "__main__":
    sys.exit(main())
