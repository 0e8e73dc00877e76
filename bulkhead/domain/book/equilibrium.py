"""The price of an auction: the greatest quantity, then the least surplus, then the pressure of the market,
then the nearest to the last price.

The order of the rules is that of Xetra and Eurex T7 (most executable volume, lowest surplus, surplus on
one side only, reference price).
"""

from collections.abc import Iterator
from typing import NamedTuple

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.side import UNPRICED_KEY, BookSide


class Equilibrium(NamedTuple):
    price_ticks: int
    quantity_lots: int


class _Interest(NamedTuple):
    """What wants to trade at a limit."""

    limit_ticks: int
    lots: int
    is_price: bool
    """whether an auction may come to this price: a market order's protection is none"""


class _Candidate(NamedTuple):
    price_ticks: int
    quantity_lots: int
    surplus_lots: int
    """to buy, left over; negative: to sell"""


def equilibrium(book: Contents) -> Equilibrium | None:
    """The price and the quantity that an uncross would trade now; None if nothing would.

    Prices considered: those of the limit orders, and the last trade price. Hidden and undisplayed quantity
    counts in full.
    """
    buys = _reaching(book.bids, _worst(book.asks))
    sells = _reaching(book.asks, _worst(book.bids))
    prices = {interest.limit_ticks for interest in buys + sells if interest.is_price}
    if book.last_price_ticks is not None:
        prices.add(book.last_price_ticks)
    best: list[_Candidate] = []
    for candidate in _candidates(sorted(prices), buys, sells):
        if best and _rank(candidate) == _rank(best[0]):
            best.append(candidate)
        elif not best or _rank(candidate) > _rank(best[0]):
            best = [candidate]
    if not best or not best[0].quantity_lots:
        return None
    return _chosen(best, book.last_price_ticks)


def _worst(side: BookSide) -> int | None:
    """The limit of the keenest order: the other side trades nothing beyond it. None: the side is empty."""
    limits: list[int] = []
    for key in reversed(side.keys):
        if key < UNPRICED_KEY:
            limits.append(side.levels[key].price_ticks)
            break
        limits += [order.price_ticks for order in side.levels[key]]
    if not limits:
        return None
    return max(limits) if side.step > 0 else min(limits)


def _reaching(side: BookSide, worst_ticks: int | None) -> list[_Interest]:
    """The orders of a side that the other side may reach, the keenest limits first."""
    if worst_ticks is None:
        return []
    found = list(_interests(side, side.step * worst_ticks))
    found.sort(key=lambda interest: -side.step * interest.limit_ticks)
    return found


def _interests(side: BookSide, worst_key: int) -> Iterator[_Interest]:
    for key in reversed(side.keys):
        if key < worst_key:
            return
        level = side.levels[key]
        if key >= UNPRICED_KEY:
            for order in level:
                yield _Interest(order.price_ticks, order.remaining_lots, False)
        else:
            yield _Interest(level.price_ticks, level.quantity_lots, True)


def _candidates(prices: list[int], buys: list[_Interest], sells: list[_Interest]) -> Iterator[_Candidate]:
    """What would trade at each price, these ascending."""
    offered, wanted = 0, sum(interest.lots for interest in buys)
    coming, going = list(reversed(sells)), list(buys)  # each to be taken from its end, the lowest first
    for price_ticks in prices:
        while coming and coming[-1].limit_ticks <= price_ticks:
            offered += coming.pop().lots
        while going and going[-1].limit_ticks < price_ticks:
            wanted -= going.pop().lots
        yield _Candidate(price_ticks, min(wanted, offered), wanted - offered)


def _rank(candidate: _Candidate) -> tuple[int, int]:
    """The greatest quantity, then the least surplus."""
    return candidate.quantity_lots, -abs(candidate.surplus_lots)


def _chosen(best: list[_Candidate], last_price_ticks: int | None) -> Equilibrium:
    """Of prices that are equally good, ascending: where the pressure is, else the nearest to the last."""
    if all(candidate.surplus_lots > 0 for candidate in best):
        chosen = best[-1]
    elif last_price_ticks is None or all(candidate.surplus_lots < 0 for candidate in best):
        chosen = best[0]
    else:
        chosen = min(best, key=lambda candidate: abs(candidate.price_ticks - last_price_ticks))
    return Equilibrium(chosen.price_ticks, chosen.quantity_lots)
