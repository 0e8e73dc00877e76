"""What accounts need so that balance refuses nothing."""

from collections import defaultdict

import pytest

from bulkhead.domain.terms import Side
from bulkhead.flow.funding import FEE_RATE_SCALE, largest, needed
from bulkhead.flow.recording import Recording

RATE = 10_000  # 10 basis points


def test_a_thousand_coins_and_a_hundred_million_dollars_are_enough_for_any_account(
    recording: Recording,
) -> None:
    needs = needed(recording, RATE, in_flight_max=20_000)
    assert set(needs) == {account for owned in recording.accounts for account in owned}
    most = largest(needs)
    assert 0 < most.base_lots < 1_000 * 10**8
    assert 0 < most.quote_units < 100_000_000 * 10**10


def test_no_account_is_ever_short_when_orders_are_released_at_once(recording: Recording) -> None:
    needs = needed(recording, RATE, in_flight_max=0)
    free = {account: [need.base_lots, need.quote_units] for account, need in needs.items()}
    held: dict[int, tuple[str, int, int]] = {}
    taken = defaultdict(list)
    for trade in recording.trades:
        taken[trade.buy_order_id if trade.aggressor_side is Side.BUY else trade.sell_order_id].append(trade)
    for command in recording.commands:
        if command.kind == "place":
            notional = command.limit_ticks * command.quantity_lots
            lots, units = (0, notional) if command.side is Side.BUY else (command.quantity_lots, 0)
            units += -(-notional * RATE // FEE_RATE_SCALE)
            free[command.account_id][0] -= lots
            free[command.account_id][1] -= units
            held[command.recorded_order_id] = (command.account_id, lots, units)
            assert min(free[command.account_id]) >= 0
        if command.kind == "cancel" or command.effect == "refused":
            account, lots, units = held.pop(command.recorded_order_id)
            free[account][0] += lots
            free[account][1] += units


def test_more_commands_in_flight_never_need_less(recording: Recording) -> None:
    few, many = (largest(needed(recording, RATE, in_flight_max)) for in_flight_max in (0, 10_000))
    assert few.base_lots <= many.base_lots
    assert few.quote_units <= many.quote_units


@pytest.mark.parametrize("rate", [0, -2_000])
def test_a_fee_that_is_nothing_or_paid_out_reserves_nothing(recording: Recording, rate: int) -> None:
    charged = largest(needed(recording, RATE, in_flight_max=0))
    free_of_charge = largest(needed(recording, rate, in_flight_max=0))
    assert free_of_charge == largest(needed(recording, 0, in_flight_max=0))
    assert free_of_charge.quote_units < charged.quote_units
    assert free_of_charge.base_lots == charged.base_lots
