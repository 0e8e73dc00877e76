"""What the coverage-guided fuzzer judges (engine/fuzz): hypothesis draws a history from its bytes."""

from collections.abc import Callable

from tests.property import test_engines

Judge = Callable[[bytes], object]

HISTORIES = {
    "book": test_engines.test_the_runner_answers_the_same_on_both_whenever_somebody_looks,
    "prices": test_engines.test_so_do_they_at_the_ends_of_the_range_of_prices,
}
"""by name: a property test, which raises where the engines differ"""


def judge(name: str) -> Judge:
    """Of the histories called `name`."""
    fuzz_one_input: Judge = HISTORIES[name].hypothesis.fuzz_one_input  # type: ignore[attr-defined]  # hypothesis adds it
    return fuzz_one_input
