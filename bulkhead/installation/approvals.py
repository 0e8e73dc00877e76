"""Decisions that wait for more operators, as control tells of them, and their approval."""

import time
from contextlib import closing
from hashlib import sha256
from typing import Any, NamedTuple

from bulkhead.client.errors import NoExchange
from bulkhead.domain.messages.approvals import (
    ApproveDecision,
    DecisionProposed,
    ProposalEnded,
)
from bulkhead.domain.messages.decisions import DECISIONS, DecisionRefused, DecisionTaken
from bulkhead.domain.reasons import Reason
from bulkhead.installation.decisions import ANSWER_TIMEOUT_S, WAIT_S, decide
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation
from bulkhead.installation.told import everything_told
from bulkhead.log.open import open_log
from bulkhead.wire.codec import decode


class Waiting(NamedTuple):
    digest: bytes
    proposal: DecisionProposed
    message: Any


class Approved(NamedTuple):
    executed: bool
    """False: it waits for others still"""
    refusal: Reason | None
    """why control did not carry it out, when it had all signatures"""


class _Told(NamedTuple):
    waiting: dict[bytes, Waiting]
    """by digest, oldest first"""
    answers: dict[tuple[bytes, int, int], Reason | None]
    """by the operator's event: None: taken"""


def waiting(installation: Installation) -> list[Waiting]:
    """Oldest first. What control says of a decision is shown only if its digest is that of the event."""
    return list(_told(installation).waiting.values())


def approve(installation: Installation, proposed: Waiting, reason: str) -> Reason | Approved:
    """Sign for it; why that is refused, or what came of the decision.

    NoExchange: no answer in time. KeyMissing: as `decide`.
    """
    refusal = decide(installation, ApproveDecision(proposed.digest, reason))
    if refusal is not None:
        return refusal
    proposal = proposed.proposal
    event = proposal.public_key, proposal.epoch, proposal.sequence
    deadline = time.monotonic() + ANSWER_TIMEOUT_S
    while time.monotonic() < deadline:
        told = _told(installation)
        if proposed.digest in told.waiting:  # control tells that it has ended before it answers who approves
            return Approved(False, None)
        if event in told.answers:
            return Approved(True, told.answers[event])
        time.sleep(WAIT_S)
    raise NoExchange("control has taken the approval, and not told what came of the decision")


def _told(installation: Installation) -> _Told:
    told = _Told({}, {})
    with closing(open_log(installation.log_address)) as log:
        for each in everything_told(log, identity_of(installation), DECISIONS):
            if each.source == "control/0":
                _note(told, each.message)
    return told


def _note(told: _Told, message: Any) -> None:
    match message:
        case DecisionProposed():
            if sha256(message.event).digest() == message.digest:
                told.waiting[message.digest] = Waiting(message.digest, message, decode(message.event))
        case ProposalEnded():
            told.waiting.pop(message.digest, None)
        case DecisionTaken() | DecisionRefused():
            reason = message.reason if isinstance(message, DecisionRefused) else None
            told.answers[message.public_key, message.epoch, message.sequence] = reason
