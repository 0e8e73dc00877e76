"""Both engines on random histories: the same outcomes in the same order, the same state."""

from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.book_rules import BookRules
from bulkhead.domain.book.pro_rata import ProRata
from tests.property.book_commands import deep_auctions, histories, quote_histories, simple_histories
from tests.property.book_histories import apply, described
from tests.support.native_book import NativeBook, needs_native_engine

pytestmark = needs_native_engine

_sharing = st.none() | st.builds(ProRata, st.booleans(), st.integers(1, 3))
_rules = st.builds(BookRules, st.integers(0, 3), st.booleans())
engine_histories: Final = (
    st.one_of(simple_histories, histories, histories, quote_histories, deep_auctions),
    _sharing,
    _rules,
)


def judge(history: list[Any], pro_rata: ProRata | None, rules: BookRules) -> None:
    """Both engines answer a history alike, and hold the same after every command."""
    reference, native = Book(pro_rata, rules), NativeBook(pro_rata, rules)
    for command in history:
        assert described(apply(native, command)) == described(apply(reference, command))
        assert native.state() == reference.state()


@given(*engine_histories)
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
        changing = (Book, NativeBook)[number % 2].from_state(changing.state())
        for order_id, order in changing.live.items():
            order.owner = kept.live[order_id].owner
