from collections import Counter

from bench.flow import CANCEL_PERCENT, LIMIT_PERCENT, MARKETABLE_PERCENT, MIDDLE_TICKS, OrderFlow
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder
from bulkhead.domain.terms import Side

COUNT = 20_000


def flow(seed: int = 1) -> OrderFlow:
    return OrderFlow("alice", ["alice.0", "alice.1"], "BTC-USD", seed)


def marketable(order: PlaceOrder) -> bool:
    assert order.price_ticks is not None
    return (order.price_ticks > MIDDLE_TICKS) == (order.side == Side.BUY)


def test_the_same_seed_gives_the_same_commands_and_another_seed_others() -> None:
    assert flow().commands(500) == flow().commands(500)
    assert flow().commands(500) != flow(2).commands(500)


def test_the_mix_is_what_the_documentation_says() -> None:
    kinds = Counter(
        "cancel" if isinstance(command, CancelOrder) else "marketable" if marketable(command) else "limit"
        for command in flow().commands(COUNT)
    )
    for kind, percent in (
        ("limit", LIMIT_PERCENT),
        ("cancel", CANCEL_PERCENT),
        ("marketable", MARKETABLE_PERCENT),
    ):
        assert abs(100 * kinds[kind] / COUNT - percent) < 1


def test_every_order_has_an_id_of_its_own_and_a_cancel_names_one_that_was_placed_and_not_canceled() -> None:
    live: set[tuple[str, str]] = set()
    seen: set[str] = set()
    for command in flow().commands(COUNT):
        key = (command.account_id, command.client_order_id)
        if isinstance(command, CancelOrder):
            live.remove(key)
        else:
            assert command.client_order_id not in seen
            seen.add(command.client_order_id)
            live.add(key)
