"""Many orders at once: a participant's and an operator's mass cancel, and the list of live orders."""

from bulkhead.domain.message import message
from bulkhead.domain.reasons import Reason


@message
class MassCancel:
    """Participant -> risk: cancel every live order of the account that fits all that is said.

    Answered by MassCanceled or RequestRejected; never refused for load.
    """

    request_id: str
    """the participant's name for it: the answer carries it"""
    account_id: str
    instrument_id: str | None
    side: int | None
    quote_group: str | None
    """"": orders that have none"""


@message
class RequestOrders:
    """Participant -> risk: say again which orders are live. Answered by OrdersListed or RequestRejected."""

    request_id: str
    account_id: str | None
    """none: of all accounts of the participant"""


@message
class MassCanceled:
    """Risk -> participant: each order asked for is told by one OrderCanceled (mass_cancel) or one
    MassCancelMissed, later and in the order in which books answer.
    """

    last_sequence: int
    request_id: str
    account_id: str
    asked: int
    """orders whose books are asked to end them"""
    pending: int
    """that a cancel was on its way to already"""
    closed: int
    """that stay, since their instruments are closed"""


@message
class RequestRejected:
    """Risk -> participant: a MassCancel or RequestOrders changed nothing."""

    last_sequence: int
    request_id: str
    account_id: str | None
    reason: Reason
    bound: int
    actual: int


@message
class MassCancelMissed:
    """Risk -> participant: an order that a mass cancel, its own or an operator's, had asked for did not end
    by it: it had ended already, or its book takes no cancels.
    """

    last_sequence: int
    account_id: str
    client_order_id: str
    order_id: int
    instrument_id: str
    reason: Reason


@message
class OrdersListed:
    """Risk -> participant: as of `last_sequence` and this report's own number so many orders are live; the
    next reports are an OrdersLinked for each pair and bracket, then an OrderStatus for each order by its id.
    """

    last_sequence: int
    request_id: str
    account_id: str | None
    orders: int


@message
class OperatorMassCancel:
    """Operator -> control: cancel every live order that fits all that is said, of which one is needed."""

    participant_id: str | None
    account_id: str | None
    instrument_id: str | None
    side: int | None
    reason: str
    """the operator's words, for who reads the log later"""


@message
class CancelForOperator:
    """Control -> risk: an OperatorMassCancel, and whose event it was."""

    public_key: bytes
    """the operator's"""
    epoch: int
    sequence: int
    """of the event in the operator's stream"""
    participant_id: str | None
    account_id: str | None
    instrument_id: str | None
    side: int | None


@message
class OrdersAsked:
    """Risk -> decisions: what came of a CancelForOperator at one shard. The participants are told of each
    order by OrderCanceled (operator_cancel) or MassCancelMissed.
    """

    public_key: bytes
    """the operator's"""
    epoch: int
    sequence: int
    """of the event in the operator's stream"""
    risk_shard: int
    asked: int
    """as in MassCanceled"""
    pending: int
    closed: int
