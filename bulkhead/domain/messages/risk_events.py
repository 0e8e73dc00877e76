"""Risk -> risk_events: what a risk desk looks at, one stream for each risk shard. No machine reads it.

`time_ms` is the exchange's time at the shard, milliseconds since 1970.
"""

from bulkhead.domain.message import message
from bulkhead.domain.messages.kill_switch import KillScope
from bulkhead.domain.reasons import Reason


@message
class LimitBreached:
    """Commands of one participant were refused for one limit: one such event for a participant, a reason and
    a second of the exchange's time, told when that second is over.
    """

    time_ms: int
    """when the second began"""
    participant_id: str
    reason: Reason
    count: int
    """how many were refused"""
    account_id: str
    """of the last one"""
    bound: int
    """of the last one, as its reason says"""
    actual: int


@message
class LimitNear:
    """More than 90 percent of a limit is used, as was seen when an order, a replace, a quote or, of the
    cancel ratio, a cancel was taken. Told once, until a second of the exchange's time has begun with 80
    percent or less of it used. What bounds a single order is told once a second.
    """

    time_ms: int
    participant_id: str
    reason: Reason
    """what beyond the limit is refused for"""
    bound: int
    used: int
    account_id: str | None
    """nil: of the participant"""
    asset_id: str | None
    """nil: not of an asset"""


@message
class RiskLimitChanged:
    """An operator's decision about a limit holds from here on."""

    time_ms: int
    participant_id: str
    reason: Reason
    """what beyond the limit is refused for"""
    subject: str
    """the asset, account or instrument that it is for, "" where it is for none"""
    before: int | None
    """nil: there was no limit"""
    after: int | None


@message
class TradingStopped:
    """A kill switch was turned on at this shard, or turned off."""

    time_ms: int
    scope: KillScope
    name: str
    on: bool
    asked: int
    """orders whose books are asked to end them"""


@message
class SessionSilent:
    """A session that had asked for it fell silent: all live orders of its participant are canceled."""

    time_ms: int
    participant_id: str
    public_key: bytes
    after_ms: int
    asked: int


@message
class QuotesPulled:
    """A quote group has reached its market-maker protection."""

    time_ms: int
    participant_id: str
    quote_group: str
    lots: int
    """filled within the window"""
    fills: int
    asked: int
