"""The rules of the book, one table of cases per rule (tests/cases/book)."""

import pytest

from bulkhead.machines.engines import Engine
from bulkhead.runner.book import runner_of
from tests.support.book_cases import BookCase, book_cases
from tests.support.native_book import needs_native_engine

INSTRUMENT = {"type": "instrument", "instrument_id": "X", "tick": 1, "lot": 1, "matching": "price_time"}


ENGINES = (
    pytest.param(Engine.REFERENCE, id="reference"),
    pytest.param(Engine.NATIVE, id="native", marks=needs_native_engine),
)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", book_cases(), ids=lambda case: case.sentence)
def test_the_book_answers_as_the_table_says(case: BookCase, engine: Engine) -> None:
    runner = runner_of(engine)
    runner.handle(INSTRUMENT)
    for number, (command, expected) in enumerate(case.steps, 1):
        assert runner.handle(command) == expected, f"{case.sentence}, step {number}: {command}"
