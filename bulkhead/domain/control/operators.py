"""Operators as signers of streams to control: which decisions they have, and what they are told of them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bulkhead.domain.control import (
    approvals,
    behaviour,
    distribution,
    limits,
    listing,
    moving,
    settlement_shards,
    shards,
)
from bulkhead.domain.control.model import Control, Kind
from bulkhead.domain.isolation import ALONE
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.approvals import ApproveDecision, Ending, ProposalEnded, WithdrawDecision
from bulkhead.domain.messages.behaviour import ChangeBehaviour
from bulkhead.domain.messages.control import (
    RegisterKey,
    ReleaseOrders,
    ReleaseQuarantine,
    RevokeKey,
    SetPhase,
)
from bulkhead.domain.messages.decisions import DECISIONS, DecisionRefused, DecisionTaken
from bulkhead.domain.messages.kill_switch import KillScope, SetKillSwitch, ThrowKillSwitch
from bulkhead.domain.messages.limits import SetAccountState, SetLimit, ShowLimits
from bulkhead.domain.messages.listing import (
    AddAccount,
    AddAsset,
    AddOperator,
    AddParticipant,
    ListInstrument,
    RetireInstrument,
    RevokeOperator,
    SetFees,
)
from bulkhead.domain.messages.mass import CancelForOperator, OperatorMassCancel
from bulkhead.domain.messages.moving import MoveSlots
from bulkhead.domain.messages.processes import ChangeProcess
from bulkhead.domain.messages.quarantine import EventReplaced, FrameDropped, FrameResent, LossAccepted
from bulkhead.domain.messages.reports import GapDetected, StaleSession, StreamMismatch
from bulkhead.domain.messages.reversal import BustTrade, CorrectTrade, ReverseTrade
from bulkhead.domain.messages.settlement_shards import (
    AddSettlementShard,
    MoveSettlementSlots,
    RetireSettlementShard,
)
from bulkhead.domain.messages.shards import AddRiskShard, RetireRiskShard
from bulkhead.domain.messages.trading import (
    ClearTimetable,
    SchedulePhase,
    SetBands,
    SetCircuitBreaker,
    SetMarkPrice,
    SetPriceCollar,
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
    SetPriceCollar,
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
    if not distribution.is_shard(control, event.shard):
        return Reason.SHARD_UNKNOWN
    out.send(f"quarantine.{event.shard}", event)
    return None


def change_process(control: Control, event: ChangeProcess, out: Outbox) -> None:
    """It stands in the log, signed: that is all that it is for."""


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
        case KillScope.PARTICIPANT | KillScope.OWN:
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
    founding = control.founding
    if participant_id is None and founding is not None and founding.kind is Kind.RISK:
        founding.switches.append(decision)
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
    RegisterKey: distribution.register_key,
    RevokeKey: revoke_key,
    ReleaseQuarantine: release_quarantine,
    ReleaseOrders: release_orders,
    FrameResent: repair,
    LossAccepted: repair,
    EventReplaced: repair,
    FrameDropped: repair,
    **dict.fromkeys(TRADING, change_trading),
    RetireInstrument: change_trading,
    ChangeProcess: change_process,
    AddAsset: listing.add_asset,
    ListInstrument: listing.list_instrument,
    AddParticipant: listing.add_participant,
    AddAccount: listing.add_account,
    SetFees: listing.set_fees,
    AddOperator: listing.add_operator,
    RevokeOperator: listing.revoke_operator,
    MoveSlots: moving.move_slots,
    AddRiskShard: shards.add_risk_shard,
    RetireRiskShard: shards.retire_risk_shard,
    MoveSettlementSlots: settlement_shards.move_settlement_slots,
    AddSettlementShard: settlement_shards.add_settlement_shard,
    RetireSettlementShard: settlement_shards.retire_settlement_shard,
    ChangeBehaviour: behaviour.change_behaviour,
}
ANSWERED: dict[type, Callable[[Control, Session, Any, Outbox], Reason | None]] = {
    OperatorMassCancel: mass_cancel,
    SetKillSwitch: set_kill_switch,
    BustTrade: reverse_trade,
    CorrectTrade: reverse_trade,
    SetLimit: limits.set_limit,
    SetAccountState: limits.set_account_state,
    ShowLimits: limits.show_limits,
}
"""those that shards answer themselves, once control has taken them: they name the operator's event"""


def _without_session(
    command: Callable[[Control, Any, Outbox], Reason | None],
    control: Control,
    session: Session,
    message: Any,
    out: Outbox,
) -> Reason | None:
    return command(control, message, out)


class OperatorSigners:
    """Implements machines.signed.Signers. `encode` and `decode`: a message as the wire has it, and back, for
    decisions that wait.
    """

    def __init__(
        self, control: Control, encode: Callable[[Any], bytes], decode: Callable[[bytes], Any]
    ) -> None:
        self._control = control
        self._encode = encode
        self._decode = decode
        self._decisions: dict[type, Callable[[Session, Any, Outbox], Reason | None]] = {
            **{kind: partial(_without_session, command, control) for kind, command in COMMANDS.items()},
            **{kind: partial(command, control) for kind, command in ANSWERED.items()},
        }
        self.commands: Mapping[type, Callable[[Session, Any, Outbox], None]] = {
            **dict.fromkeys(self._decisions, self._decide),
            ApproveDecision: self._approve,
            WithdrawDecision: self._withdraw,
        }

    def _decide(self, session: Session, message: Any, out: Outbox) -> None:
        rule = approvals.rule_for(self._control, type(message))
        if rule is None:
            self._answer(session, self._carry_out(session, message, out), out)
            return
        refusal = approvals.propose(self._control, rule, session, self._encode(message), out)
        if refusal is not None:
            self.unreadable(session, refusal, 0, out)

    def _carry_out(self, session: Session, message: Any, out: Outbox) -> Reason | None:
        """Why not, if not."""
        if moving.waits(self._control, message):
            return Reason.SLOT_MOVING
        return self._decisions[type(message)](session, message, out)

    def _approve(self, session: Session, message: ApproveDecision, out: Outbox) -> None:
        """The last approval executes the decision: it is answered as its proposer's."""
        refusal = approvals.approve(self._control, session, message.digest)
        proposal = None if refusal else approvals.take_complete(self._control, message.digest)
        if proposal is not None:
            # Before the answer to who approved: who has that knows whether it waits for others still.
            out.send(DECISIONS, ProposalEnded(message.digest, Ending.EXECUTED))
        self._answer(session, refusal, out)
        if proposal is not None:
            proposer, decision = approvals.session_of(proposal), self._decode(proposal.event)
            self._answer(proposer, self._carry_out(proposer, decision, out), out)

    def _withdraw(self, session: Session, message: WithdrawDecision, out: Outbox) -> None:
        self._answer(session, approvals.withdraw(self._control, message.digest, out), out)

    def _answer(self, session: Session, refusal: Reason | None, out: Outbox) -> None:
        if refusal is None:
            out.send(DECISIONS, DecisionTaken(session.public_key, session.epoch, session.last))
        else:
            self.unreadable(session, refusal, 0, out)

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
