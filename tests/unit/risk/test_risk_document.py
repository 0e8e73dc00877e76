"""docs/risk.md has the checks in the order of precedence, names a test for each, and leaves none out."""

import re
from pathlib import Path

from bulkhead.domain.reasons import PRECEDENCE, Reason
from bulkhead.domain.risk.risk_events import BREACHES
from bulkhead.domain.terms import LimitKind
from tests.unit.risk.refusal_cases import CANCELS, PLACES, REPLACES

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "risk.md").read_text()
ROWS = re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|[^|]+\| ([^|]+) \|$", TEXT, re.MULTILINE)
TABLES = {"refusals": "tests/unit/risk/refusal_cases.py", "limits": "tests/unit/risk/test_limits.py"}
IN_ORDER = sorted(Reason, key=PRECEDENCE.__getitem__)
NOT_OF_NEW_ORDERS = {Reason.KEY_UNKNOWN, Reason.ORDER_UNKNOWN, Reason.CANCEL_PENDING, Reason.DISCARD}
"""a dead letter's; a cancel's and a replace's; an operator's"""


def reasons_in(cell: str) -> list[Reason]:
    """Those it names; of `one` to `other` all between."""
    found: list[Reason] = []
    for first, last in re.findall(r"`([a-z_]+)`(?: to `([a-z_]+)`)?", cell):
        begin, end = Reason[first.upper()], Reason[(last or first).upper()]
        found += IN_ORDER[PRECEDENCE[begin] : PRECEDENCE[end] + 1]
    return found


def proofs_in(cell: str) -> list[Path]:
    return [ROOT / TABLES.get(proof, proof.strip("`")) for proof in cell.split(", ")]


def test_the_checks_are_numbered_from_1_and_stand_in_the_order_of_precedence() -> None:
    assert [int(number) for number, *_ in ROWS] == list(range(1, len(ROWS) + 1))
    firsts = [reasons_in(cell)[0] for _, cell, _ in ROWS if reasons_in(cell)]
    firsts = [reason for reason in firsts if reason not in NOT_OF_NEW_ORDERS]
    assert firsts == sorted(firsts, key=PRECEDENCE.__getitem__)


def test_every_check_names_tests_that_there_are_and_that_meet_its_reasons() -> None:
    for number, cell, proofs in ROWS:
        sources = [path.read_text() for path in proofs_in(proofs)]
        for reason in set(reasons_in(cell)) - NOT_OF_NEW_ORDERS:
            named = any(f"Reason.{reason.name}" in source for source in sources)
            assert named, f"row {number}: {proofs} has no case of {reason.name}"


def test_no_reason_for_which_risk_refuses_is_left_out() -> None:
    text_too = reasons_in(" ".join(re.findall(r"`[a-z_]+`", TEXT.partition("## How each limit")[0])))
    told = {reason for _, cell, _ in ROWS for reason in reasons_in(cell)} | set(text_too)
    refused = {case.reason for case in (*PLACES, *REPLACES, *CANCELS)} | BREACHES
    assert refused - told - NOT_OF_NEW_ORDERS == set()


def test_every_limit_is_said_to_count_something() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \| participant", TEXT, re.MULTILINE))
    kinds = {kind.name.lower() for kind in LimitKind}
    assert rows == kinds - {"cancel_window_ticks", "cancels_free"}


def test_every_citation_says_how_far_it_was_read() -> None:
    section = TEXT.partition("## Who asks for it")[2]
    rows = [row for row in section.splitlines() if row.startswith("| ") and not row.startswith("| they")]
    assert len(rows) > 5
    for row in rows:
        assert re.search(r"\((checked|title checked|unchecked)", row.split("|")[2]), row
