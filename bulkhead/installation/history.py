"""What operators have decided: read from control's partition, each signature checked, with what came of it.

The whole partition is read, the clock's ticks too. No shard has to run.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from bulkhead.domain.messages.approvals import DecisionProposed
from bulkhead.domain.messages.control import RegisterOperator
from bulkhead.domain.messages.decisions import (
    DECISIONS,
    ChangePutAside,
    ChangeRefused,
    DecisionRefused,
    DecisionTaken,
)
from bulkhead.domain.messages.limits import LimitRefused
from bulkhead.domain.messages.listing import AddOperator
from bulkhead.domain.messages.moving import SlotsMoved
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.domain.messages.reversal import ReversalRefused
from bulkhead.installation.told import everything_told
from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity

CONTROL = "control/0"
UNANSWERED = "unanswered"
TAKEN = "taken"
Key = tuple[bytes, int, int]
"""an operator's public key, epoch and sequence: which of its events it is"""


class Decided(NamedTuple):
    number: int
    """from 1, in the order of control's partition"""
    public_key: bytes
    epoch: int
    sequence: int
    signed_at_us: int
    """the operator's wall time, microseconds since 1970, as it has signed it"""
    message: Any
    """None: an event that can't be read"""
    outcome: str


class Outcomes(NamedTuple):
    by_event: dict[Key, str]
    by_reference: dict[int, str]
    """of decisions about an instrument's trading, which books answer"""


def operator_decisions(log: Log, identity: Identity) -> list[Decided]:
    """In the order of control's partition, each once. What a stranger has signed is none.

    TemporaryError, FatalError: the log's.
    """
    outcomes = _outcomes(log, identity)
    operators: set[bytes] = set()
    found: list[Decided] = []
    for told in everything_told(log, identity, CONTROL):
        if told.signer is None:
            if isinstance(told.message, RegisterOperator):
                operators.add(told.message.public_key)
        elif told.signer[0] in operators and not isinstance(told.message, OpenSession):
            key = (*told.signer, told.sequence)
            outcome = _outcome(outcomes, key, told.message)
            if isinstance(told.message, AddOperator) and outcome == TAKEN:
                operators.add(told.message.public_key)
            found.append(Decided(len(found) + 1, *key, told.sent_at_us, told.message, outcome))
    return found


def taken_in_order(log: Log, identity: Identity) -> list[Any]:
    """What was decided and obeyed, in the order in which it was: one that had to wait for other operators
    where they had signed; and SlotsMoved, where what was under way was done. Errors as above.
    """
    taken = {
        (each.public_key, each.epoch, each.sequence): each.message
        for each in operator_decisions(log, identity)
        if each.outcome == TAKEN
    }
    found = []
    for told in everything_told(log, identity, DECISIONS):
        if isinstance(told.message, SlotsMoved):
            found.append(told.message)
        elif isinstance(told.message, DecisionTaken):
            answered = told.message.public_key, told.message.epoch, told.message.sequence
            if answered in taken:
                found.append(taken.pop(answered))
    return found


def _outcome(outcomes: Outcomes, key: Key, message: Any) -> str:
    """What control said to it, unless a shard has refused it after that."""
    told = outcomes.by_event.get(key, UNANSWERED)
    return outcomes.by_reference.get(getattr(message, "reference", 0), told)


def _outcomes(log: Log, identity: Identity) -> Outcomes:
    """Later answers to the same event replace earlier ones: proposed, then taken."""
    found = Outcomes({}, {})
    for told in everything_told(log, identity, DECISIONS):
        answer = told.message
        if told.signer is not None or type(answer) not in _ANSWERS:
            continue
        if isinstance(answer, ChangeRefused | ChangePutAside):
            found.by_reference[answer.reference] = _ANSWERS[type(answer)](answer)
        else:
            event = answer.public_key, answer.epoch, answer.sequence
            found.by_event[event] = _ANSWERS[type(answer)](answer)
    return found


def _refused(told: Any) -> str:
    return f"refused: {told.reason.name.lower()}"


_ANSWERS: dict[type, Callable[[Any], str]] = {
    DecisionTaken: lambda told: TAKEN,
    DecisionRefused: _refused,
    DecisionProposed: lambda told: f"proposed, as {told.digest.hex()}",
    LimitRefused: _refused,
    ReversalRefused: _refused,
    ChangeRefused: _refused,
    ChangePutAside: lambda told: "put aside: the instrument is halted by quarantine",
}
