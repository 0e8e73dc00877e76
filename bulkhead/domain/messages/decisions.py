"""Control -> decisions: what operators are told of what they decided."""

from bulkhead.domain.message import message
from bulkhead.domain.reasons import Reason


@message
class DecisionTaken:
    """The operator's event was obeyed: the shards that it concerns are told."""

    public_key: bytes
    """the operator's"""
    epoch: int
    sequence: int
    """of the event in the operator's stream"""


@message
class DecisionRefused:
    """The operator's event changed nothing."""

    public_key: bytes
    epoch: int
    sequence: int
    reason: Reason
