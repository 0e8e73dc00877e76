"""Check one exchange that is at rest; the last line of standard output is one JSON object."""

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path

from chaos.checker.check import check
from chaos.checker.evidence import NoEvidence
from chaos.checker.sources import NoLog, open_source


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
        key = bytes.fromhex(given.internal_key.read_text().strip()) if given.internal_key else None
        genesis_id = bytes.fromhex(facts["genesis_id"])
        with closing(open_source(facts["log"])) as source:
            summary = check(source, facts["exchange_id"], genesis_id, key, given.evidence).summary()
    except (NoLog, NoEvidence, OSError) as problem:
        print(f"nothing to judge: {problem}", file=sys.stderr)
        return 2
    for sentence in summary["problems"]:
        print(sentence, file=sys.stderr)
    print(json.dumps(summary))
    return 1 if any(summary[name] for name in ("lost", "doubled", "misordered", "contradicted")) else 0


if __name__ == "__main__":
    sys.exit(main())
