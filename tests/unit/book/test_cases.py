"""The rules of the book, one table of cases per rule (tests/cases/book)."""

import pytest

from bulkhead.runner.book import BookRunner, NewBook
from tests.support.book_cases import BookCase, book_cases
from tests.support.native_book import BOOKS

INSTRUMENT = {"type": "instrument", "instrument_id": "X", "tick": 1, "lot": 1, "matching": "price_time"}


@pytest.mark.parametrize("new_book", BOOKS)
@pytest.mark.parametrize("case", book_cases(), ids=lambda case: case.sentence)
def test_the_book_answers_as_the_table_says(case: BookCase, new_book: NewBook) -> None:
    runner = BookRunner(new_book)
    runner.handle(INSTRUMENT)
    for number, (command, expected) in enumerate(case.steps, 1):
        assert runner.handle(command) == expected, f"{case.sentence}, step {number}: {command}"
