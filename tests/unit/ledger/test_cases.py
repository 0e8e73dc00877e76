"""The rules of the ledger, one table of cases per rule (cases/*.jsonl)."""

from pathlib import Path

import pytest

from bulkhead.runner.ledger import LedgerRunner
from tests.unit.runner.case_table import Case, assert_case, cases


@pytest.mark.parametrize("case", cases(Path(__file__).parent / "cases"), ids=lambda case: case.sentence)
def test_the_ledger_answers_as_the_table_says(case: Case) -> None:
    assert_case(case, LedgerRunner().handle)
