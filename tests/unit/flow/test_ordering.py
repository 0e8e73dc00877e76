"""The rules of the ordering, one by one, and what the schedule does with them."""

import pytest

from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.flow.ordering import Ordering
from bulkhead.flow.recording import Effect, FlowCommand, Kind
from bulkhead.flow.schedule import Schedule

KINDS: dict[Effect, Kind] = {"cancels": "cancel", "amends": "replace"}
BUY, SELL = Side.BUY, Side.SELL


def command(sequence: int, participant: int, effect: Effect, side: Side, price_ticks: int) -> FlowCommand:
    return FlowCommand(
        sequence=sequence,
        kind=KINDS.get(effect, "place"),
        effect=effect,
        recorded_order_id=1_000 + sequence,
        time_us=sequence,
        participant=participant,
        account_id=f"flow{participant}.00",
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        post_only=effect == "refused",
        price_ticks=price_ticks,
        protection_price_ticks=None,
        quantity_lots=1,
    )


HELD_APART: list[tuple[Effect, Side, int, Effect, Side, int]] = [
    ("cancels", SELL, 100, "rests", BUY, 100),
    ("cancels", SELL, 100, "rests", BUY, 105),
    ("cancels", BUY, 100, "rests", SELL, 95),
    ("takes", BUY, 100, "takes", BUY, 90),
    ("takes", BUY, 100, "takes", SELL, 110),
    ("rests", SELL, 100, "takes", BUY, 100),
    ("cancels", SELL, 99, "takes", BUY, 100),
    ("amends", SELL, 99, "takes", BUY, 100),
    ("takes", BUY, 100, "rests", SELL, 100),
    ("takes", BUY, 100, "cancels", SELL, 99),
    ("takes", SELL, 100, "amends", BUY, 101),
    ("refused", BUY, 100, "takes", BUY, 100),
    ("takes", BUY, 100, "rests", BUY, 90),
]
FREE: list[tuple[Effect, Side, int, Effect, Side, int]] = [
    ("cancels", SELL, 101, "rests", BUY, 100),
    ("cancels", BUY, 100, "rests", BUY, 100),
    ("cancels", SELL, 100, "refused", BUY, 100),
    ("cancels", SELL, 100, "cancels", BUY, 100),
    ("rests", BUY, 99, "rests", BUY, 100),
    ("rests", SELL, 101, "takes", BUY, 100),
    ("refused", SELL, 90, "takes", BUY, 100),
    ("takes", BUY, 100, "refused", BUY, 100),
    ("takes", BUY, 100, "cancels", BUY, 99),
    ("refused", BUY, 100, "cancels", SELL, 100),
]


@pytest.mark.parametrize("pair", HELD_APART)
def test_a_pair_that_may_not_swap_is_held_apart_until_the_first_is_answered(
    pair: tuple[Effect, Side, int, Effect, Side, int],
) -> None:
    ordering = Ordering(2)
    first, second = command(0, 0, *pair[:3]), command(1, 1, *pair[3:])
    ordering.sent(first)
    assert ordering.conflicts(second) == {0}
    ordering.answered(first)
    assert ordering.conflicts(second) == set()


@pytest.mark.parametrize("pair", FREE)
def test_a_pair_that_may_swap_is_not_held_apart(pair: tuple[Effect, Side, int, Effect, Side, int]) -> None:
    ordering = Ordering(2)
    ordering.sent(command(0, 0, *pair[:3]))
    assert ordering.conflicts(command(1, 1, *pair[3:])) == set()


@pytest.mark.parametrize("pair", HELD_APART)
def test_one_participants_commands_keep_their_sequence_by_themselves(
    pair: tuple[Effect, Side, int, Effect, Side, int],
) -> None:
    ordering = Ordering(2)
    ordering.sent(command(0, 1, *pair[:3]))
    assert ordering.conflicts(command(1, 1, *pair[3:])) == set()


def test_all_that_conflict_are_named_whatever_the_sequence_of_the_answers() -> None:
    ordering = Ordering(3)
    cancels = [command(n, n % 2, "cancels", SELL, 100 + n) for n in range(6)]
    for cancel in cancels:
        ordering.sent(cancel)
    bid = command(9, 2, "rests", BUY, 103)
    assert ordering.conflicts(bid) == {0, 1, 2, 3}
    ordering.answered(cancels[2])
    assert ordering.conflicts(bid) == {0, 1, 3}
    assert len(ordering) == 5


def test_a_command_is_sent_once_and_answered_once() -> None:
    ordering = Ordering(1)
    order = command(0, 0, "rests", BUY, 100)
    with pytest.raises(ValueError, match="command 0 is not in flight"):
        ordering.answered(order)
    ordering.sent(order)
    with pytest.raises(ValueError, match="command 0 is in flight already"):
        ordering.sent(order)


def test_a_held_command_holds_up_its_own_participant_only() -> None:
    schedule = Schedule(3)
    cancel = command(0, 0, "cancels", SELL, 100)
    bid = command(1, 1, "rests", BUY, 100)
    behind = command(2, 1, "rests", BUY, 50)
    other = command(3, 2, "rests", BUY, 60)
    assert schedule.admit(cancel) == [cancel]
    assert schedule.admit(bid) == []
    assert schedule.admit(behind) == []
    assert schedule.admit(other) == [other]
    assert (len(schedule), schedule.held, schedule.barriers) == (4, 2, 1)
    assert schedule.answered(other) == []
    assert schedule.answered(cancel) == [bid, behind]
    assert (len(schedule), schedule.held) == (2, 0)


def test_a_command_that_conflicts_with_a_held_one_waits_for_it() -> None:
    schedule = Schedule(3)
    cancel = command(0, 0, "cancels", SELL, 100)
    held_cancel = command(2, 1, "cancels", BUY, 100)
    ask = command(3, 2, "rests", SELL, 100)
    schedule.admit(cancel)
    bid = command(1, 1, "rests", BUY, 100)
    schedule.admit(bid)
    schedule.admit(held_cancel)
    assert schedule.admit(ask) == []
    assert schedule.answered(cancel) == [bid, held_cancel]
    assert schedule.answered(bid) == []
    assert schedule.answered(held_cancel) == [ask]
