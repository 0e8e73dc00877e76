"""What an account must own so that none of its orders is refused for balance."""

from collections import deque

from bulkhead.domain.message import message
from bulkhead.domain.terms import Side
from bulkhead.flow.recording import FlowCommand, Recording

FEE_RATE_SCALE = 10_000_000
"""Fee rates are whole numbers of 1e-7."""


@message
class Funding:
    """Balances: base_lots in lots of the base asset, quote_units in ticks times lots (1e-10 of a dollar)."""

    base_lots: int
    quote_units: int


def needed(recording: Recording, fee_rate: int, in_flight_max: int) -> dict[str, Funding]:
    """For every account, by its id, an upper bound of what it must own at the start.

    fee_rate: the highest rate an order may be charged, in 1e-7. in_flight_max: commands that may be sent and
    unanswered; what ends an order counts as done only so many commands later. The bound is the most that all
    its orders reserve at once, plus all that its trades take away; what trades bring is never counted, and
    an order that ends by being filled stays reserved for good.
    """
    ends: dict[int, int] = {}
    for command in recording.commands:
        is_over_at_once = command.effect == "refused" or command.protection_price_ticks is not None
        if command.kind == "cancel" or is_over_at_once:
            ends[command.recorded_order_id] = command.sequence
    accounts = [account for owned in recording.accounts for account in owned]
    reserved = {account: Funding(0, 0) for account in accounts}
    peak = {account: Funding(0, 0) for account in accounts}
    # (sequence from which it may be counted as released, account, what), in the order of the sequences
    released: deque[tuple[int, str, Funding]] = deque()
    held: dict[int, Funding] = {}
    owner: dict[int, str] = {}
    for command in recording.commands:
        while released and released[0][0] <= command.sequence:
            _, account, cost = released.popleft()
            reserved[account] = _plus(reserved[account], cost, -1)
        order_id = command.recorded_order_id
        if command.kind == "place":
            account = command.account_id
            owner[order_id] = account
            held[order_id] = _reservation(command, fee_rate)
            reserved[account] = _plus(reserved[account], held[order_id])
            peak[account] = Funding(
                max(peak[account].base_lots, reserved[account].base_lots),
                max(peak[account].quote_units, reserved[account].quote_units),
            )
        if ends.get(order_id) == command.sequence:
            released.append((command.sequence + in_flight_max, command.account_id, held.pop(order_id)))
    for trade in recording.trades:
        notional = trade.price_ticks * trade.quantity_lots
        buyer, seller = owner[trade.buy_order_id], owner[trade.sell_order_id]
        peak[buyer] = _plus(peak[buyer], Funding(0, notional + _fee(notional, fee_rate)))
        peak[seller] = _plus(peak[seller], Funding(trade.quantity_lots, _fee(notional, fee_rate)))
    return peak


def largest(needs: dict[str, Funding]) -> Funding:
    """What is enough for any of them: one balance per asset that all accounts can be given."""
    return Funding(
        max((need.base_lots for need in needs.values()), default=0),
        max((need.quote_units for need in needs.values()), default=0),
    )


def _reservation(command: FlowCommand, fee_rate: int) -> Funding:
    """An order's worst case; a sell's fee counts too, as if it were not taken from what the sale brings."""
    notional = command.limit_ticks * command.quantity_lots
    fee = _fee(notional, fee_rate)
    if command.side is Side.BUY:
        return Funding(0, notional + fee)
    return Funding(command.quantity_lots, fee)


def _fee(notional: int, fee_rate: int) -> int:
    return -(-notional * max(fee_rate, 0) // FEE_RATE_SCALE)


def _plus(one: Funding, other: Funding, times: int = 1) -> Funding:
    return Funding(one.base_lots + times * other.base_lots, one.quote_units + times * other.quote_units)
