"""An operator's decision on its way: signed, into control's partition, until it has been answered.

The environment's BULKHEAD_OPERATOR names the key that signs, where the topology has several; else its first.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from bulkhead.client.errors import NoExchange
from bulkhead.domain.messages.approvals import DecisionProposed
from bulkhead.domain.messages.decisions import (
    DECISIONS,
    ChangeMade,
    ChangePutAside,
    ChangeRefused,
    DecisionRefused,
    DecisionTaken,
)
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.domain.reasons import Reason
from bulkhead.installation.environment import OPERATOR
from bulkhead.installation.founding import identity_of
from bulkhead.installation.keys import KeyMissing
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.log.port import Reader
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.codec import decode, encode
from bulkhead.wire.frame import read_frame, signer_source

ANSWER_TIMEOUT_S = 30.0
"""A control shard that was killed is back in about 3 s."""
WAIT_S = 0.2

Changed = ChangeMade | ChangeRefused | ChangePutAside
"""what a book answers"""
Found = TypeVar("Found")


class ApprovalNeeded(Exception):
    """The decision waits for other operators."""

    def __init__(self, digest: bytes, operators: int) -> None:
        super().__init__(f"the decision {digest.hex()} needs {operators} operators")
        self.digest = digest
        self.operators = operators


def operator_name(installation: Installation) -> str:
    """Whose key signs. KeyMissing: the environment names none of the topology's operators."""
    operators = installation.topology.keys.operators
    name = os.environ.get(OPERATOR) or operators[0]
    if name not in operators:
        raise KeyMissing(f"{OPERATOR} names {name!r}, and the topology has {', '.join(operators)}")
    return name


def decide(installation: Installation, message: Any, timeout_s: float = ANSWER_TIMEOUT_S) -> Reason | None:
    """Send one decision, signed with an operator's key, and wait for control's answer: None, or why not.

    NoExchange: no answer in time; what was sent stays in the log, and is obeyed when control reads it.
    ApprovalNeeded: it waits for other operators. KeyMissing: there is no such operator's key here.
    """
    with _sent(installation, message, time.time_ns() // 1000) as sent:
        return _refusal(sent, timeout_s)


def decide_and_hear(
    installation: Installation, message: Any, answers_wanted: int, timeout_s: float = ANSWER_TIMEOUT_S
) -> tuple[Reason | None, list[Any]]:
    """As `decide`, and what so many shards, who name the operator's event, have said to it."""
    with _sent(installation, message, time.time_ns() // 1000) as sent:
        refusal = _refusal(sent, timeout_s)
        if refusal is not None:
            return refusal, []
        found = _answers_to(sent.key, sent, lambda told: len(told) >= answers_wanted, timeout_s)
        if len(found) < answers_wanted:
            raise NoExchange(
                f"control has taken the decision, and {len(found)} of {answers_wanted} shards have answered"
                f" within {timeout_s:g} s: `bulkhead status` shows which is down. It is obeyed when it reads"
                f" on"
            )
        return None, found


def ask(
    installation: Installation, question: Any, last: type, timeout_s: float = ANSWER_TIMEOUT_S
) -> tuple[Reason | None, list[Any]]:
    """As `decide`, and all that one shard has said to it, of which a `last` is the end."""
    with _sent(installation, question, time.time_ns() // 1000) as sent:
        refusal = _refusal(sent, timeout_s)
        if refusal is not None:
            return refusal, []
        found = _answers_to(sent.key, sent, lambda told: any(type(each) is last for each in told), timeout_s)
        if not found or type(found[-1]) is not last:
            raise NoExchange(
                f"the shard that knows has not answered within {timeout_s:g} s: `bulkhead status` shows"
                f" whether it is down"
            )
        return None, found[:-1]


def decide_and_follow(
    installation: Installation, message: Any, look: Callable[[Any], Found | None], timeout_s: float
) -> Reason | Found | None:
    """As `decide`; then the first thing told to operators that `look` takes, which may be shown the same
    thing again and again: None where none was in time.
    """
    with _sent(installation, message, time.time_ns() // 1000) as sent:
        refusal = _refusal(sent, ANSWER_TIMEOUT_S)
        return refusal if refusal is not None else _wait(sent, timeout_s, look)


def change_trading(
    installation: Installation, message: Any, timeout_s: float = ANSWER_TIMEOUT_S
) -> Changed | Reason:
    """As `decide`, of a decision about an instrument's trading (messages/trading.py), and wait for its book
    too: the book's answer, or why control has not passed it on.
    """
    reference = time.time_ns() // 1000
    with _sent(installation, replace(message, reference=reference), reference) as sent:
        refusal = _refusal(sent, timeout_s)
        if refusal is not None:
            return refusal
        found = _wait(sent, timeout_s, lambda told: told if _is_answer(told, reference) else None)
        if found is None:
            raise NoExchange(
                f"the book of {message.instrument_id} has not answered within {timeout_s:g} s: does it run"
                f" (`bulkhead status`)? The decision is in its log, and is obeyed when the book reads it"
            )
        answer: Changed = found
        return answer


def _is_answer(told: Any, reference: int) -> bool:
    return isinstance(told, Changed) and told.reference == reference


class _Sent(NamedTuple):
    """A decision in the log, and what is told to operators since."""

    answers: "_Answers"
    key: tuple[bytes, int, int]
    """the operator's public key, epoch and sequence"""


class _Answers:
    """Everything that is told to operators from its beginning on, kept: answers may be asked for in turn."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._told: list[Any] = []

    def so_far(self) -> list[Any]:
        for _, data in self._reader.receive(1 << 20, WAIT_S):
            self._told += map(decode, read_frame(data).events)
        return self._told


@contextmanager
def _sent(installation: Installation, message: Any, epoch: int) -> Iterator[_Sent]:
    key = installation.keys.private_key(operator_name(installation))
    public_key = key.public_key().public_bytes_raw()
    source = signer_source(public_key, epoch)
    log = open_log(installation.log_address)
    try:
        reader = log.reader(DECISIONS, "operator")
        reader.seek(reader.end())
        # A stream of its own for each decision: it begins at 1, so nothing has to be remembered.
        stream = Source(
            log, identity_of(installation), source, "control/0", SignatureSealer(key), f"operator/{source}"
        )
        stream.send([encode(OpenSession()), encode(message)], epoch)
        stream.flush()
        yield _Sent(_Answers(reader), (public_key, epoch, stream.last))
    finally:
        log.close()


def _answers_to(
    key: tuple[bytes, int, int], sent: _Sent, enough: Callable[[list[Any]], bool], timeout_s: float
) -> list[Any]:
    """What shards say to that event, each thing once: one that was restarted says it again."""
    found: list[Any] = []
    deadline = time.monotonic() + timeout_s
    while not enough(found) and time.monotonic() < deadline:
        for told in sent.answers.so_far():
            answers = not isinstance(told, DecisionTaken | DecisionRefused) and _event_of(told) == key
            if answers and told not in found:
                found.append(told)
    return found


def _event_of(answer: Any) -> tuple[bytes, int, int] | None:
    """Which operator's event it answers; None: it is none of those."""
    names = ("public_key", "epoch", "sequence")
    return tuple(getattr(answer, name) for name in names) if hasattr(answer, "sequence") else None


def _refusal(sent: _Sent, timeout_s: float) -> Reason | None:
    def mine(told: Any) -> DecisionTaken | DecisionRefused | DecisionProposed | None:
        if not isinstance(told, DecisionTaken | DecisionRefused | DecisionProposed):
            return None
        return told if (told.public_key, told.epoch, told.sequence) == sent.key else None

    answer = _wait(sent, timeout_s, mine)
    if answer is None:
        raise NoExchange(
            f"control has not answered within {timeout_s:g} s: does it run (`bulkhead status`), and is this"
            " operator's key one that it was founded with? The decision is in the log and may still be obeyed"
        )
    if isinstance(answer, DecisionProposed):
        raise ApprovalNeeded(answer.digest, answer.operators)
    return answer.reason if isinstance(answer, DecisionRefused) else None


def _wait(sent: _Sent, timeout_s: float, look: Callable[[Any], Found | None]) -> Found | None:
    """The first thing told that `look` takes; None where none was in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        for told in sent.answers.so_far():
            found = look(told)
            if found is not None:
                return found
    return None
