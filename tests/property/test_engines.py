"""Both engines on random histories: the same outcomes in the same order, the same state."""

from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.book_rules import BookRules
from bulkhead.domain.book.pro_rata import ProRata
from bulkhead.machines.engines import Engine
from bulkhead.runner.book import runner_of
from tests.property.book_commands import (
    INSTRUMENT,
    deep_auctions,
    histories,
    quote_histories,
    simple_histories,
)
from tests.property.book_histories import apply, described
from tests.support.native_book import MirroredBook, needs_native_engine

pytestmark = needs_native_engine

_sharing = st.none() | st.builds(ProRata, st.booleans(), st.integers(1, 3))
_rules = st.builds(BookRules, st.integers(0, 3), st.booleans())
HISTORIES: Final = {
    "history": st.one_of(simple_histories, histories, histories, quote_histories, deep_auctions),
    "pro_rata": _sharing,
    "rules": _rules,
}
RUNNER: Final = {"history": HISTORIES["history"], "look_every": st.integers(1, 20)}


def judge(history: list[Any], pro_rata: ProRata | None, rules: BookRules) -> None:
    """Both engines answer a history alike, and hold the same after every command."""
    reference, native = Book(pro_rata, rules), MirroredBook(pro_rata, rules)
    for command in history:
        assert described(apply(native, command)) == described(apply(reference, command))
        assert native.state() == reference.state()


@given(**HISTORIES)
def test_both_engines_cause_the_same_and_hold_the_same_after_every_command(
    history: list[Any], pro_rata: ProRata | None, rules: BookRules
) -> None:
    judge(history, pro_rata, rules)


@given(histories, _sharing, _rules)
def test_a_book_that_changes_engines_after_every_command_goes_on_as_if_it_had_not(
    history: list[Any], pro_rata: ProRata | None, rules: BookRules
) -> None:
    kept, changing = Book(pro_rata, rules), Book(pro_rata, rules)
    for number, command in enumerate(history):
        assert described(apply(kept, command)) == described(apply(changing, command))
        assert changing.state() == kept.state()
        changing = (Book, MirroredBook)[number % 2].from_state(changing.state())
        for order_id, order in changing.live.items():
            order.owner = kept.live[order_id].owner


_ENDS: Final = {98: -(2**62), 99: 1 - 2**62, 100: -1, 101: 0, 102: 1, 103: 2**62 - 1, 104: 2**62}
"""For a price of the histories one at an end of the range, or in its middle; their order stays."""
_DISTANCES: Final = {0: 0, 1: 1, 2: 2**61, 3: 2**62, 4: 2**62}
_PRICES: Final = frozenset({"price_ticks", "stop_price_ticks", "reference_ticks"})


def _stretched(command: Any) -> Any:
    """A command, and the orders in it, with prices and distances as far apart as they go."""
    if isinstance(command, list):
        return [_stretched(part) for part in command]
    if not isinstance(command, dict):
        return command
    return {
        name: _ENDS.get(value, value)
        if name in _PRICES
        else _DISTANCES.get(value, value)
        if name.endswith("_ticks")
        else _stretched(value)
        for name, value in command.items()
    }


@given(**HISTORIES)
def test_so_do_they_at_the_ends_of_the_range_of_prices(
    history: list[Any], pro_rata: ProRata | None, rules: BookRules
) -> None:
    judge_stretched(history, pro_rata, rules)


def judge_stretched(history: list[Any], pro_rata: ProRata | None, rules: BookRules) -> None:
    judge(_stretched(history), pro_rata, rules)


_LOOKS: Final = ({"type": "depth"}, {"type": "orders"})


@given(**RUNNER)
def test_the_runner_answers_the_same_on_both_whenever_somebody_looks(
    history: list[Any], look_every: int
) -> None:
    judge_runner(history, look_every)


def judge_runner(history: list[Any], look_every: int) -> None:
    reference, native = runner_of(Engine.REFERENCE), runner_of(Engine.NATIVE)
    for number, command in enumerate([INSTRUMENT, *history]):
        looks = _LOOKS if number % look_every == 0 else ()
        for line in (command, *looks):
            assert native.handle(line) == reference.handle(line), line
