"""The rules of the book, one table of cases per rule (cases/*.jsonl)."""

from pathlib import Path

import pytest

from bulkhead.runner.book import BookRunner
from tests.unit.runner.case_table import Case, assert_case, cases

_INSTRUMENT = {"type": "instrument", "instrument_id": "X", "tick": 1, "lot": 1, "matching": "price_time"}


@pytest.mark.parametrize("case", cases(Path(__file__).parent / "cases"), ids=lambda case: case.sentence)
def test_the_book_answers_as_the_table_says(case: Case) -> None:
    runner = BookRunner()
    runner.handle(_INSTRUMENT)
    assert_case(case, runner.handle)
