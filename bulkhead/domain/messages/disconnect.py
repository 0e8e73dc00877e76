"""Cancel on disconnect: who has asked for it and falls silent has its live orders canceled."""

from bulkhead.domain.message import message


@message
class Heartbeat:
    """Participant -> risk: the program is there, and has nothing else to say. It has no answer; any other
    event counts as well.
    """


@message
class SetDisconnect:
    """Participant -> risk: if nothing is heard from this session for so long, cancel all live orders of the
    participant, whichever of its keys has placed them. Answered by DisconnectSet or RequestRejected.

    It holds for this session, until it is said again; a new session of the key ends it.
    """

    request_id: str
    after_ms: int
    """1,000 to 86,400,000 of the exchange's time; 0: never. A tick of the clock counts for at most 1,000, so
    that a jump of the clock disconnects nobody, and when time stands still nobody is"""


@message
class DisconnectSet:
    """Risk -> participant."""

    last_sequence: int
    request_id: str
    after_ms: int


@message
class Disconnected:
    """Risk -> participant: nothing was heard from this key's session. Its orders and replaces are refused
    (disconnected) until it says SetDisconnect or opens a new session, so that nothing which was under way
    for long reaches a book. Each order asked for is told by OrderCanceled (disconnected) or MassCancelMissed.

    Sent again where more orders are asked for, since their book takes cancels again.
    """

    last_sequence: int
    public_key: bytes
    after_ms: int
    asked: int
    """orders whose books are asked to end them"""
    pending: int
    """that a cancel was on its way to already"""
    closed: int
    """that stay until their instruments open, since closed books take no cancels"""
