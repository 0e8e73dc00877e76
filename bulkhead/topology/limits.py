"""What a topology says of limits, and of decisions that need more than one operator."""

from typing import Annotated, Literal

from pydantic import Field

from bulkhead.topology.base import Model
from bulkhead.topology.values import DecimalText, Id, WholeNumber


class PriceCollar(Model):
    """An order whose price is worse for its owner than the market by more than this is refused."""

    per_mille: Annotated[WholeNumber, Field(ge=1, le=65_535)]
    """How far above the market a buy's price may be, and below it a sell's, in thousandths of it."""
    market: Literal["last", "mark"] = "last"
    """Which price is the market's. last: the last trade's. mark: the mark price."""


class CancelRatio(Model):
    """How many cancels are taken for the orders that are taken; beyond, new orders are refused."""

    per_100_orders: Annotated[WholeNumber, Field(ge=0, le=1_000_000)]
    """So many for each 100 new orders of the same window."""
    window_s: Annotated[WholeNumber, Field(ge=1, le=86_400)] = 60
    """How long a window lasts, in the exchange's time."""
    free: Annotated[WholeNumber, Field(ge=0, le=1_000_000)] = 100
    """So many in a window are never too many."""


class Limits(Model):
    """What a participant may have open at once. Checked by its risk shard, order by order. Operators change
    them while the exchange trades: `bulkhead limits set`."""

    open_orders_max: Annotated[WholeNumber, Field(ge=1, le=10_000_000)] = 10_000
    """Live orders over all its accounts."""
    commands_in_flight_max: Annotated[WholeNumber, Field(ge=1, le=1_000_000)] = 1_000
    """Commands that its books have not answered yet."""
    commands_per_s_max: Annotated[WholeNumber, Field(ge=1, le=1_000_000)] = 20_000
    """With a gateway: commands a second that it forwards, of which a frame counts as ten at least, and a
    pair, a bracket or a mass quote as all that it carries; more wait in the participant's own topic."""
    orders_per_s_max: Annotated[WholeNumber, Field(ge=1, le=1_000_000)] | None = None
    """Orders and replaces that are taken in a second of the exchange's time; more are refused. Not given: any
    number."""
    cancel_ratio: CancelRatio | None = None
    """Cancels for each order. Not given: any number."""
    order_notional_max: dict[Id, DecimalText] = Field(default_factory=dict)
    """The most that one order may cost: quote asset -> price x quantity. An asset not named has no limit."""
    order_size_max: dict[Id, DecimalText] = Field(default_factory=dict)
    """The highest quantity of one order: base asset -> quantity. An asset not named has no limit."""
    position_max: dict[Id, DecimalText] = Field(default_factory=dict)
    """The most that it may have of a base asset in all its accounts, with all that open buys could bring."""
    account_position_max: dict[Id, DecimalText] = Field(default_factory=dict)
    """The same for each of its accounts alone."""
    open_notional_max: dict[Id, DecimalText] = Field(default_factory=dict)
    """The most that all its open orders may come to: quote asset -> price x quantity, buys and sells."""
    credit_max: dict[Id, DecimalText] = Field(default_factory=dict)
    """The most that its open orders may reserve: asset -> amount, over all its accounts."""


_PAID = ("no instrument is paid in {}", "instruments are paid in {}")
_TRADED = ("no instrument trades {}", "instruments trade {}")
ASSET_LIMITS = (
    ("order_notional_max", "quote", _PAID),
    ("order_size_max", "base", _TRADED),
    ("position_max", "base", _TRADED),
    ("account_position_max", "base", _TRADED),
    ("open_notional_max", "quote", _PAID),
    ("credit_max", "", _TRADED),
)
"""limits by asset, and which asset of an instrument each is of"""

Operators = Annotated[WholeNumber, Field(ge=1, le=9)]


class Approvals(Model):
    """How many operators a decision needs, its proposer counted, by what it is about. 1: no other."""

    within_s: Annotated[WholeNumber, Field(ge=1, le=604_800)] = 3_600
    """A decision that waits longer for the others, in the exchange's time, has ended."""
    limits: Operators = 1
    """What bounds a participant."""
    accounts: Operators = 1
    """What an account may do."""
    trading: Operators = 1
    """How an instrument is traded: phases, bands, collars, mark prices, circuit breakers, timetables."""
    mass_cancel: Operators = 1
    """Cancels of many orders."""
    trades: Operators = 1
    """Busts and corrections."""
    keys: Operators = 1
    """Participants' keys, added and revoked."""
    repairs: Operators = 1
    """Repairs of shards, books that are given up, quarantined events."""
    kill_switch: Operators = 1
    """Kill switches, on and off: somebody may have to be fast."""
    instruments: Operators = 1
    """New instruments and assets, and the end of one."""
    participants: Operators = 1
    """New participants and accounts."""
    fees: Operators = 1
    """What a trade costs."""
    operators: Operators = 1
    """Operators' keys, added and revoked."""
    behaviour: Operators = 1
    """The version of the rules."""
