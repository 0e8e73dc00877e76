"""What `Client.place_pair` and `place_bracket` are given, as commands."""

from collections.abc import Callable
from typing import NamedTuple, cast

from bulkhead.client.decimals import DecimalLike
from bulkhead.client.report import InstrumentScales
from bulkhead.client.terms import Leg, Terms, lots, member, order_terms, order_type
from bulkhead.domain.messages.linked import PlaceBracket, PlacePair
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.terms import OrderType, Side, TimeInForce


class Linked(NamedTuple):
    """The client_order_ids of orders that were placed together."""

    limit: str
    stop: str
    entry: str | None = None


class Legs:
    """Makes the orders of one command. `new_id` gives a client_order_id where a leg has none."""

    def __init__(
        self, scales: InstrumentScales, account_id: str, quantity: DecimalLike, new_id: Callable[[], str]
    ) -> None:
        self._scales = scales
        self._account_id = account_id
        self._quantity_lots = lots(scales.quantity, quantity)
        self._new_id = new_id

    def pair(self, side: Side | str, limit: Leg, stop: Leg) -> PlacePair:
        own = member(Side, side, "side")
        return PlacePair(self._order(own, limit), self._stop(own, stop))

    def bracket(self, side: Side | str, entry: Leg, limit: Leg, stop: Leg) -> PlaceBracket:
        own = member(Side, side, "side")
        other = Side.SELL if own is Side.BUY else Side.BUY
        return PlaceBracket(self._order(own, entry), self._order(other, limit), self._stop(other, stop))

    def _stop(self, side: Side, leg: Leg) -> PlaceOrder:
        """Of the type that its prices say, where it names none."""
        implied = OrderType.STOP_LIMIT if "price" in leg else OrderType.STOP
        if "trail" in leg:
            implied = OrderType.TRAILING_STOP
        return self._order(side, {"order_type": implied, **leg})

    def _order(self, side: Side, leg: Leg) -> PlaceOrder:
        ticks = self._scales.price.to_units
        price, protection_price = leg.get("price"), leg.get("protection_price")
        terms = {name: value for name, value in leg.items() if name not in _OWN}
        return PlaceOrder(
            self._account_id,
            leg.get("client_order_id") or self._new_id(),
            self._scales.instrument_id,
            side,
            order_type(
                leg.get("order_type"),
                has_price=price is not None,
                has_protection=protection_price is not None,
            ),
            member(TimeInForce, leg.get("time_in_force", TimeInForce.GTC), "time in force"),
            leg.get("post_only", False),
            None if price is None else ticks(price),
            None if protection_price is None else ticks(protection_price),
            self._quantity_lots,
            order_terms(self._scales, cast(Terms, terms)),
        )


_OWN = Leg.__annotations__.keys() - Terms.__annotations__.keys()
