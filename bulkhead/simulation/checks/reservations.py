"""At any moment: what is reserved is exactly what open orders could cost, and it is there."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from bulkhead.domain.messages.reversal import FillReversed
from bulkhead.domain.risk.model import Link, Order, Risk
from bulkhead.domain.terms import Side
from bulkhead.simulation.broken import must


def worst_cost(order: Order, lots: int | None = None) -> int:
    """The dearest of all histories that an order may still have.

    Its book executes any number of the live version's lots at its price, then takes or refuses the first
    replace in flight, and so on. An order that is executed in full has ended. Each lot costs its price, and
    the version's higher fee rate (a rebate counts as nothing); fees are rounded down once, over all that the
    order has paid so far. For an order that was released nothing is kept. `lots`: what it trades at most,
    whatever it says.
    """
    if order.ended or order.released:
        return 0
    instrument, versions = order.instrument, [order.version, *order.amendments]
    if lots is not None:
        versions = [version._replace(quantity_lots=lots) for version in versions]
    if order.side is Side.SELL:
        most = max(version.quantity_lots for version in versions)
        return (most - order.executed_lots) * instrument.lot_units

    @cache
    def dearest(executed: int, at: int) -> int:
        """In 1e-7 of the quote asset's unit, fee included."""
        price_ticks, total, maker, taker, _ = versions[at]
        lot = price_ticks * instrument.tick_lot_units * (10**7 + max(maker, taker, 0))
        worst = 0
        for lots in range(total - executed + 1):
            then = 0
            if executed + lots < total:
                later = range(at + 1, len(versions))
                then = max((dearest(executed + lots, number) for number in later), default=0)
            worst = max(worst, lots * lot + then)
        return worst

    return (order.fee_basis + dearest(order.executed_lots, 0)) // 10**7 - order.fee_basis // 10**7


def claims(risk: Risk) -> Iterator[tuple[list[Order], int]]:
    """Orders of which one trades at most, and what they may cost."""
    for order in risk.orders.values():
        link = order.link
        if link is None or order is link.entry:
            yield [order], 0 if order.doomed or order.released else worst_cost(order)
        elif order is link.limit and not order.released:
            both = [order, link.stop]
            must(all(each.executed_lots == 0 for each in both), f"{_named(both)} have traded and are linked")
            yield both, max(worst_cost(each, _exit_lots(link) if each.parked else None) for each in both)


def _exit_lots(link: Link) -> int:
    """What exits that wait for their entry trade at most: what that has bought, or may have sold then."""
    entry = link.entry
    if entry is None or link.limit.side is Side.SELL:
        return link.filled_lots
    most = max(version.quantity_lots for version in (entry.version, *entry.amendments))
    return link.filled_lots + max(most - entry.executed_lots, 0)


def _named(orders: Iterable[Order]) -> str:
    return "order " + " and ".join(str(order.order_id) for order in orders)


def check_reservations(
    shards: Iterable[Risk],
    reversals: Callable[[], Iterable[FillReversed]] = lambda: (),
    gave_up: bool = False,
) -> None:
    """`reversals`: the fills that were undone, as far as a shard can have heard of them. So much of a balance
    may be missing. `gave_up`: orders were released, whose late fills may leave any amount missing.
    """
    for risk in shards:
        reserved: Counter[tuple[str, str]] = Counter()
        for orders, worst in claims(risk):
            held = sum(order.reserved for order in orders)
            must(held == worst, f"{_named(orders)} may cost {worst}, and {held} is reserved")
            reserved[orders[0].account.account_id, orders[0].pays_asset_id] += held
        for account in risk.accounts.values():
            for asset_id, balance in account.balances.items():
                whose = f"{account.account_id}'s {asset_id}"
                must(
                    balance.reserved == reserved[account.account_id, asset_id],
                    f"{whose}: {balance.reserved} is reserved, and its orders' reservations are "
                    f"{reserved[account.account_id, asset_id]}",
                )
                must(balance.reserved >= 0, f"{whose}: {balance.reserved} is reserved")
                missing = balance.reserved - balance.total
                if missing > 0 and not gave_up:
                    taken = sum(
                        _taken(risk, event, asset_id)
                        for event in reversals()
                        if event.account_id == account.account_id
                    )
                    must(
                        missing <= taken,
                        f"{whose}: {missing} are missing of what is reserved, and reversals took {taken}",
                    )


def _taken(risk: Risk, event: FillReversed, asset_id: str) -> int:
    """The most that a fill's undoing can have taken: all that the fill, or the right one, moves."""
    instrument = risk.instruments[event.instrument_id]
    if asset_id == instrument.base_asset_id:
        return event.quantity_lots * instrument.lot_units
    if asset_id == instrument.quote_asset_id:
        price_ticks = max(event.price_ticks, event.corrected_price_ticks or 0)
        notional = price_ticks * event.quantity_lots * instrument.tick_lot_units
        return notional + abs(event.fee_amount) + abs(event.corrected_fee_amount)
    return 0
