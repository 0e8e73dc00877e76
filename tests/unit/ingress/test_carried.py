"""A frame counts for all that its events carry."""

import pytest

from bulkhead.domain.messages.linked import PlaceBracket, PlacePair
from bulkhead.domain.messages.mass import MassCancel
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder
from bulkhead.domain.messages.quotes import MassQuote, Quote
from bulkhead.domain.terms import Side
from bulkhead.runtime.ingress.carried import commands_in
from bulkhead.wire.codec import encode

ORDER = PlaceOrder("alice.main", "a", "X-USD", Side.BUY, 1, 1, False, 96, None, 4)


def quotes(count: int) -> bytes:
    each = tuple(Quote(f"q{number}", Side.BUY, 96, 4) for number in range(count))
    return encode(MassQuote("r", "alice.main", "X-USD", "g", each))


@pytest.mark.parametrize(
    ("event", "commands"),
    [
        (encode(ORDER), 1),
        (encode(CancelOrder("alice.main", "a")), 1),
        (encode(MassCancel("m", "alice.main", None, None, None)), 1),
        (encode(PlacePair(ORDER, ORDER)), 2),
        (encode(PlaceBracket(ORDER, ORDER, ORDER)), 3),
        (quotes(0), 1),
        (quotes(1), 1),
        (quotes(32), 32),
        (quotes(32)[:-1], 1),
        (b"", 1),
        (b"\x91\xcc\x91", 1),
        (b"\x91\x7f", 1),
    ],
)
def test_an_event_counts_as_the_commands_that_it_carries_and_as_one_at_least(
    event: bytes, commands: int
) -> None:
    assert commands_in([event]) == commands


def test_a_frame_counts_as_all_its_events() -> None:
    assert commands_in([]) == 0
    assert commands_in([quotes(5), encode(ORDER), encode(PlacePair(ORDER, ORDER))]) == 8
