"""A recorded order flow once it has been read: commands for this exchange, and what must come of them."""

from dataclasses import dataclass, field
from typing import Literal

from bulkhead.domain.message import message
from bulkhead.domain.terms import OrderType, Side, TimeInForce

Kind = Literal["place", "cancel", "replace"]
Effect = Literal["rests", "refused", "takes", "cancels", "amends"]
"""What the recording says became of a command: a place `rests` without a trade, is `refused` (post-only),
or `takes` (trades on arrival; its rest may rest). A cancel `cancels`, a replace to less `amends`."""


class FlowError(Exception):
    """A recording that is missing or that cannot be read; the text says which, where, and what to do."""


@message
class FlowCommand:
    """One command of the recorded flow, with the owner that the plan gives it.

    sequence: position in the recorded order, from 0, dense. recorded_order_id: the venue's id; as text it is
    the client_order_id. time_us: the venue's clock, microseconds since 1970. participant: index of the
    owner. A cancel repeats side, price and quantity (what is left) of the order that it ends; a replace has
    the total quantity intended. price_ticks is None for a market order, protection_price_ticks for others.
    """

    sequence: int
    kind: Kind
    effect: Effect
    recorded_order_id: int
    time_us: int
    participant: int
    account_id: str
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    post_only: bool
    price_ticks: int | None
    protection_price_ticks: int | None
    quantity_lots: int

    @property
    def client_order_id(self) -> str:
        """The recorded order id as text: unique among all orders of a recording."""
        return str(self.recorded_order_id)

    @property
    def limit_ticks(self) -> int:
        """The worst price this order may trade at: its limit, or its protection price."""
        ticks = self.price_ticks if self.price_ticks is not None else self.protection_price_ticks
        assert ticks is not None, "a market order carries a protection price"
        return ticks


@message
class RecordedTrade:
    """A trade as the venue recorded it; the goal of a replay is to make these and none besides."""

    buy_order_id: int
    sell_order_id: int
    price_ticks: int
    quantity_lots: int
    aggressor_side: Side
    time_us: int


@dataclass(slots=True)
class Inference:
    """Something the reader concluded: how often, and why it may."""

    count: int
    explanation: str


@dataclass(slots=True)
class Recording:
    """A recording, read, inferred and planned.

    rows: all rows of the order events. inferences: name -> Inference. fates: what each row became -> how many
    rows; they add up to `rows`. trades: in the recorded order. not_reproduced: recorded trades that the
    reader's own book did not make, and unrecorded: trades that it made besides (both empty, or the reader has
    met a trap that it does not know).
    """

    commands: list[FlowCommand]
    trades: list[RecordedTrade]
    rows: int
    price_decimals: int
    quantity_decimals: int
    participants: list[str]
    accounts: list[list[str]]
    inferences: dict[str, Inference] = field(default_factory=dict)
    fates: dict[str, int] = field(default_factory=dict)
    not_reproduced: list[RecordedTrade] = field(default_factory=list)
    unrecorded: list[RecordedTrade] = field(default_factory=list)
