"""Operators as signers of streams to control: which decisions they have, and what they are told of them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bulkhead.domain.control import distribution
from bulkhead.domain.control.model import Control
from bulkhead.domain.isolation import ALONE
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import ReleaseOrders, ReleaseQuarantine, RevokeKey, SetPhase
from bulkhead.domain.messages.decisions import DECISIONS, DecisionRefused, DecisionTaken
from bulkhead.domain.messages.kill_switch import KillScope, SetKillSwitch, ThrowKillSwitch
from bulkhead.domain.messages.mass import CancelForOperator, OperatorMassCancel
from bulkhead.domain.messages.quarantine import EventReplaced, FrameDropped, FrameResent, LossAccepted
from bulkhead.domain.messages.reports import GapDetected, StaleSession, StreamMismatch
from bulkhead.domain.messages.reversal import BustTrade, CorrectTrade, ReverseTrade
from bulkhead.domain.messages.trading import (
    ClearTimetable,
    SchedulePhase,
    SetBands,
    SetCircuitBreaker,
    SetMarkPrice,
    SetReferencePrice,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.sessions import Session
from bulkhead.domain.terms import Side

SIDES = frozenset(Side)
TRADING = (
    SetPhase,
    SetBands,
    SetReferencePrice,
    SetMarkPrice,
    SetCircuitBreaker,
    SchedulePhase,
    ClearTimetable,
)
"""what may be decided about an instrument's trading"""
Repair = FrameResent | LossAccepted | EventReplaced | FrameDropped


def revoke_key(control: Control, event: RevokeKey, out: Outbox) -> Reason | None:
    """Why not, if not: a key that nobody has, or that was revoked before."""
    if not control.keys.get(event.public_key):
        return Reason.KEY_UNKNOWN
    distribution.revoke_key(control, event, out)
    return None


def release_quarantine(control: Control, event: ReleaseQuarantine, out: Outbox) -> Reason | None:
    """Why not, if not. Whether the subject is halted only the shard knows: if not, nothing changes there."""
    partition = distribution.partition_of(control, event.shard)
    if partition is None:
        return Reason.SHARD_UNKNOWN
    if event.discard and partition.startswith("orders/"):
        return Reason.DISCARD
    out.send(partition, event)
    return None


def release_orders(control: Control, event: ReleaseOrders, out: Outbox) -> Reason | None:
    """Why not, if not."""
    if event.instrument_id not in control.instruments:
        return Reason.INSTRUMENT_UNKNOWN
    distribution.release_orders(control, event, out)
    return None


def change_trading(control: Control, event: Any, out: Outbox) -> Reason | None:
    """Why not, if not. What comes of it the instrument's book answers."""
    return None if distribution.change_trading(control, event, out) else Reason.INSTRUMENT_UNKNOWN


def repair(control: Control, event: Repair, out: Outbox) -> Reason | None:
    """Why not, if not. Whether the shard stands at that place, who decides has to have seen."""
    if distribution.partition_of(control, event.shard) is None:
        return Reason.SHARD_UNKNOWN
    out.send(f"quarantine.{event.shard}", event)
    return None


def mass_cancel(control: Control, session: Session, event: OperatorMassCancel, out: Outbox) -> Reason | None:
    """Why not, if not. Each risk shard that it concerns says in `decisions` what came of it there."""
    account_id, participant_id, instrument_id = event.account_id, event.participant_id, event.instrument_id
    if account_id is not None:
        owner = control.accounts.get(account_id)
        if owner is None or participant_id not in (None, owner):
            return Reason.ACCOUNT_UNKNOWN
        participant_id = owner
    if instrument_id is not None and instrument_id not in control.instruments:
        return Reason.INSTRUMENT_UNKNOWN
    if event.side is not None and event.side not in SIDES:
        return Reason.SIDE
    if participant_id is None and instrument_id is None:
        return Reason.FILTER_MISSING
    if participant_id is not None and participant_id not in control.participants:
        return Reason.PARTICIPANT_UNKNOWN
    decision = CancelForOperator(
        session.public_key,
        session.epoch,
        session.last,
        participant_id,
        account_id,
        instrument_id,
        event.side,
    )
    distribution.tell_risk(control, participant_id, decision, out)
    return None


def set_kill_switch(control: Control, session: Session, event: SetKillSwitch, out: Outbox) -> Reason | None:
    """Why not, if not. Each risk shard that it concerns says in `decisions` what came of it there."""
    name, participant_id = event.name, None
    match event.scope:
        case KillScope.ACCOUNT:
            participant_id = control.accounts.get(name)
            if participant_id is None:
                return Reason.ACCOUNT_UNKNOWN
        case KillScope.PARTICIPANT:
            participant_id = name
            if name not in control.participants:
                return Reason.PARTICIPANT_UNKNOWN
        case KillScope.INSTRUMENT:
            if name not in control.instruments:
                return Reason.INSTRUMENT_UNKNOWN
        case KillScope.EVERYTHING:
            name = ""
    operators_event = session.public_key, session.epoch, session.last
    decision = ThrowKillSwitch(*operators_event, event.scope, name, event.on)
    distribution.tell_risk(control, participant_id, decision, out)
    return None


def reverse_trade(
    control: Control, session: Session, event: BustTrade | CorrectTrade, out: Outbox
) -> Reason | None:
    """Why not, if not. The book, which knows the trade, answers in `decisions`."""
    book = control.instruments.get(event.instrument_id)
    if book is None:
        return Reason.INSTRUMENT_UNKNOWN
    price_ticks = event.price_ticks if isinstance(event, CorrectTrade) else None
    decision = (session.public_key, session.epoch, session.last)
    out.send(f"books/{book}", ReverseTrade(*decision, event.instrument_id, event.trade_id, price_ticks))
    return None


COMMANDS: dict[type, Callable[[Control, Any, Outbox], Reason | None]] = {
    RevokeKey: revoke_key,
    ReleaseQuarantine: release_quarantine,
    ReleaseOrders: release_orders,
    FrameResent: repair,
    LossAccepted: repair,
    EventReplaced: repair,
    FrameDropped: repair,
    **dict.fromkeys(TRADING, change_trading),
}
ANSWERED: dict[type, Callable[[Control, Session, Any, Outbox], Reason | None]] = {
    OperatorMassCancel: mass_cancel,
    SetKillSwitch: set_kill_switch,
    BustTrade: reverse_trade,
    CorrectTrade: reverse_trade,
}
"""those that shards answer themselves, once control has taken them: they name the operator's event"""


class OperatorSigners:
    """Implements machines.signed.Signers."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self.commands: Mapping[type, Callable[[Session, Any, Outbox], None]] = {
            kind: self._answered(lambda session, *args, command=command: command(control, *args))
            for kind, command in COMMANDS.items()
        } | {kind: self._answered(partial(command, control)) for kind, command in ANSWERED.items()}

    def _answered(
        self, command: Callable[[Session, Any, Outbox], Reason | None]
    ) -> Callable[[Session, Any, Outbox], None]:
        def apply(session: Session, message: Any, out: Outbox) -> None:
            refusal = command(session, message, out)
            if refusal is None:
                out.send(DECISIONS, DecisionTaken(session.public_key, session.epoch, session.last))
            else:
                self.unreadable(session, refusal, 0, out)

        return apply

    def session(self, public_key: bytes) -> Session | None:
        return self._control.operators.get(public_key)

    def stale(self, session: Session, epoch: int, outbox: Outbox) -> None:
        outbox.send(DECISIONS, StaleSession(session.last, session.public_key, epoch, session.epoch))

    def gap(self, session: Session, expected: int, received: int, outbox: Outbox) -> None:
        outbox.send(DECISIONS, GapDetected(session.last, session.public_key, expected, received))

    def mismatch(self, session: Session, expected: int, received: int, outbox: Outbox) -> None:
        outbox.send(DECISIONS, StreamMismatch(session.last, session.public_key, expected, received))

    def unreadable(self, session: Session, reason: Reason, actual: int, outbox: Outbox) -> None:
        outbox.send(DECISIONS, DecisionRefused(session.public_key, session.epoch, session.last, reason))

    def subject(self, session: Session, message: Any) -> str:
        return ALONE

    def refuse(self, session: Session, message: Any, reason: Reason, outbox: Outbox) -> None:
        self.unreadable(session, reason, 0, outbox)

    def opened(self, session: Session, previous_epoch: int, previous_last: int, outbox: Outbox) -> None:
        outbox.send(DECISIONS, DecisionTaken(session.public_key, session.epoch, session.last))
