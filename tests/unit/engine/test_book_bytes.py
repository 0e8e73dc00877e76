"""The native book's bytes: what is malformed is refused with its reason, and never a panic."""

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.native_book import needs_native_engine

if TYPE_CHECKING:
    from bulkhead._engine import BookCore

pytestmark = needs_native_engine

encode = msgspec.msgpack.encode
PLACE = [1, [1, 1, 100, 5, 1, 1, 0, None]]


def order(**terms: Any) -> list[Any]:
    """A place whose order has other values, by their place in it."""
    values: list[Any] = [1, 1, 100, 5, 1, 1, 0, None]
    for name, value in terms.items():
        values[["order_id", "side", "price", "lots", "type", "time", "post_only", "special"].index(name)] = (
            value
        )
    return [1, values]


def new_core() -> "BookCore":
    from bulkhead._engine import BookCore

    return BookCore(None, 0, False)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (encode([99]), "a command that no book has"),
        (encode([1]), "a command that no book has, or of another length"),
        (encode([]), "a command without its number"),
        (encode({}), "not an array"),
        (encode(order(side=3)), "a number that no name was given"),
        (encode(order(order_id=2**63)), "an integer beyond 63 bits"),
        (encode(order(price="100")), "not an integer"),
        (encode(order(post_only=2)), "a flag is 0 or 1"),
        (encode(order(type=4)), "an order without a term"),
        (encode(order(time=5)), "an order without a term"),
        (encode([*PLACE, 1]), "a command that no book has, or of another length"),
        (encode(PLACE)[:-1], "the bytes end within a value"),
        (b"\x92\xcc\x07\x01", "an integer longer than it need be"),
        (b"\x91\xc3", "not an integer"),
    ],
)
def test_a_malformed_command_is_refused_and_the_book_is_as_before(command: bytes, reason: str) -> None:
    core = new_core()
    core.apply(encode(PLACE))
    before = core.state()
    with pytest.raises(ValueError, match=reason):
        core.apply(command)
    assert core.state() == before


@given(st.binary(max_size=60))
def test_no_bytes_are_too_wild_to_be_commands_or_a_state(wild: bytes) -> None:
    for read in (new_core().apply, type(new_core()).from_state):
        try:
            read(wild)
        except ValueError as error:
            assert str(error).startswith("malformed MessagePack: ")  # noqa: PT017


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"phase": 9}, "a number that no name was given"),
        ({"colour": 1}, "a state with a key that no book has"),
        ({"links": [[1, 2, None, 0]]}, "a link or a top order that is not on the book"),
        ({"bids": [[1, 100, 5, 0, 1, 1]]}, "an order of another length"),
        ({"stops": [[1, 1, 100, 5, 0, 4, 1, 0]]}, "an order among the stops that has no stop price"),
    ],
)
def test_a_state_that_no_book_gave_is_refused(changed: dict[str, Any], reason: str) -> None:
    core = new_core()
    saved = msgspec.msgpack.decode(core.state()) | changed
    with pytest.raises(ValueError, match=reason):
        type(core).from_state(encode(saved))
