"""Orders that are linked: a pair, of which one cancels the other, and a bracket, an entry with such a pair of
the other side as its exits. Rules 34 to 36 of docs/rules.md.

Each order of them is one of its own, with an answer and reports of its own.
"""

from bulkhead.domain.message import message
from bulkhead.domain.messages.orders import EnterOrder
from bulkhead.domain.messages.participant import PlaceOrder


@message
class PlacePair:
    """Participant -> risk: place both or neither. Each is answered as by PlaceOrder; what refuses one refuses
    the other for the same reason.
    """

    limit: PlaceOrder
    stop: PlaceOrder

    @property
    def legs(self) -> tuple[PlaceOrder, ...]:
        return self.limit, self.stop

    @property
    def account_id(self) -> str:
        return self.limit.account_id


@message
class PlaceBracket:
    """Participant -> risk: place an order and the pair that ends what it trades, all or none. Answered as
    PlacePair.
    """

    entry: PlaceOrder
    limit: PlaceOrder
    """the exits have the entry's quantity"""
    stop: PlaceOrder

    @property
    def legs(self) -> tuple[PlaceOrder, ...]:
        return self.entry, self.limit, self.stop

    @property
    def account_id(self) -> str:
        return self.entry.account_id


@message
class EnterPair:
    """Risk -> book: each order is answered as by EnterOrder."""

    limit: EnterOrder
    stop: EnterOrder

    @property
    def legs(self) -> tuple[EnterOrder, ...]:
        return self.limit, self.stop

    @property
    def instrument_id(self) -> str:
        return self.limit.instrument_id


@message
class EnterBracket:
    """Risk -> book: each order is answered as by EnterOrder."""

    entry: EnterOrder
    limit: EnterOrder
    stop: EnterOrder

    @property
    def legs(self) -> tuple[EnterOrder, ...]:
        return self.entry, self.limit, self.stop

    @property
    def instrument_id(self) -> str:
        return self.entry.instrument_id


@message
class ExitActivated:
    """Book -> risk: the entry of a bracket has ended, and this exit waits for nothing but its price now."""

    order_id: int
    quantity_lots: int
    """its total from now on: what has traded of the entry"""


@message
class ExitStarted:
    """Risk -> participant: the entry of a bracket has ended, and this exit waits for nothing but its price
    now. What it trades follows.
    """

    last_sequence: int
    account_id: str
    client_order_id: str
    order_id: int
    instrument_id: str
    quantity_lots: int
    """its total from now on: what has traded of the entry"""


@message
class OrdersLinked:
    """Risk -> participant: which open orders belong together. Told when they have reached the book; and for
    each pair and bracket among the orders of a new session or a list, before the first OrderStatus.
    """

    last_sequence: int
    account_id: str
    instrument_id: str
    limit_client_order_id: str
    stop_client_order_id: str
    entry_client_order_id: str | None
    """whose end the two wait for; nil: they are active"""
    filled_lots: int
    """what has traded of the entry"""
