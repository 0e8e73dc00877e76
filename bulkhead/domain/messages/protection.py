"""Market-maker protection: a quote group that is filled too fast is pulled, until it is reset."""

from bulkhead.domain.message import message


@message
class SetProtection:
    """Participant -> risk: what this quote group may have filled within a window of the exchange's time.
    Answered by ProtectionSet or RequestRejected. It begins to count anew, and ends a trip.
    """

    request_id: str
    quote_group: str
    window_ms: int
    """1 to 60,000"""
    lots: int
    """of all instruments together; reached it trips. 0: any number"""
    fills: int
    """reached it trips; 0: any number. With 0 for both the group has no protection any more"""


@message
class ResetProtection:
    """Participant -> risk: take orders of this quote group again, and begin to count anew. Answered by
    ProtectionSet or RequestRejected.
    """

    request_id: str
    quote_group: str


@message
class ProtectionSet:
    """Risk -> participant: what holds now."""

    last_sequence: int
    request_id: str
    quote_group: str
    window_ms: int
    lots: int
    fills: int


@message
class ProtectionTripped:
    """Risk -> participant: the group has reached its limit. Its orders and replaces are refused (protected)
    until it is reset. Each order asked for is told by OrderCanceled (protected) or MassCancelMissed.

    Sent again where more orders are asked for, since their book takes cancels again.
    """

    last_sequence: int
    quote_group: str
    lots: int
    """filled within the window"""
    fills: int
    asked: int
    """as in Disconnected"""
    pending: int
    closed: int
