"""Control -> decisions: what operators are told of what they decided; book -> decisions: what came of it."""

from typing import Final

from bulkhead.domain.message import message
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase

DECISIONS: Final = "decisions/0"
"""the partition that all of them go to"""


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


@message
class ChangeMade:
    """The book has done what the decision with this `reference` says."""

    instrument_id: str
    reference: int
    phase: Phase
    """in which the book is now"""


@message
class ChangeRefused:
    """The book has changed nothing."""

    instrument_id: str
    reference: int
    reason: Reason
    bound: int
    actual: int


@message
class ChangePutAside:
    """The instrument is halted by quarantine: the book does it when the instrument is released."""

    instrument_id: str
    reference: int
