"""Decisions that need more than one operator: what waits, and who has signed for it.

The topology names groups of decisions. One of such a group is kept as the bytes of its event, under their
digest, until as many operators as it needs have signed for exactly that, its proposer counted once. Whether
it can be carried out is seen when it is.
"""

from hashlib import sha256
from typing import Final

from bulkhead.domain.control.model import Control, Proposal, Rule
from bulkhead.domain.machine import Outbox, State
from bulkhead.domain.messages import control as control_messages
from bulkhead.domain.messages import quarantine, trading
from bulkhead.domain.messages.approvals import (
    DecisionGroup,
    DecisionProposed,
    Ending,
    ProposalEnded,
    RequireApprovals,
)
from bulkhead.domain.messages.behaviour import ChangeBehaviour
from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.messages.kill_switch import SetKillSwitch
from bulkhead.domain.messages.limits import SetAccountState, SetLimit
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
from bulkhead.domain.messages.mass import OperatorMassCancel
from bulkhead.domain.messages.moving import MoveSlots
from bulkhead.domain.messages.reversal import BustTrade, CorrectTrade
from bulkhead.domain.messages.settlement_shards import (
    AddSettlementShard,
    MoveSettlementSlots,
    RetireSettlementShard,
)
from bulkhead.domain.messages.shards import AddRiskShard, RetireRiskShard
from bulkhead.domain.reasons import Reason
from bulkhead.domain.sessions import Session

PROPOSALS_MAX: Final = 100
"""that wait at a time: each is in the snapshot, with up to 64 KiB of its event"""

GROUPS: Final[dict[type, DecisionGroup]] = {
    SetLimit: DecisionGroup.LIMITS,
    SetAccountState: DecisionGroup.ACCOUNTS,
    control_messages.SetPhase: DecisionGroup.TRADING,
    trading.SetBands: DecisionGroup.TRADING,
    trading.SetReferencePrice: DecisionGroup.TRADING,
    trading.SetMarkPrice: DecisionGroup.TRADING,
    trading.SetPriceCollar: DecisionGroup.TRADING,
    trading.SetCircuitBreaker: DecisionGroup.TRADING,
    trading.SchedulePhase: DecisionGroup.TRADING,
    trading.ClearTimetable: DecisionGroup.TRADING,
    OperatorMassCancel: DecisionGroup.MASS_CANCEL,
    SetKillSwitch: DecisionGroup.KILL_SWITCH,
    BustTrade: DecisionGroup.TRADES,
    CorrectTrade: DecisionGroup.TRADES,
    control_messages.RegisterKey: DecisionGroup.KEYS,
    control_messages.RevokeKey: DecisionGroup.KEYS,
    control_messages.ReleaseQuarantine: DecisionGroup.REPAIRS,
    control_messages.ReleaseOrders: DecisionGroup.REPAIRS,
    quarantine.FrameResent: DecisionGroup.REPAIRS,
    quarantine.LossAccepted: DecisionGroup.REPAIRS,
    quarantine.EventReplaced: DecisionGroup.REPAIRS,
    quarantine.FrameDropped: DecisionGroup.REPAIRS,
    AddAsset: DecisionGroup.INSTRUMENTS,
    ListInstrument: DecisionGroup.INSTRUMENTS,
    RetireInstrument: DecisionGroup.INSTRUMENTS,
    AddParticipant: DecisionGroup.PARTICIPANTS,
    AddAccount: DecisionGroup.PARTICIPANTS,
    MoveSlots: DecisionGroup.PARTICIPANTS,
    AddRiskShard: DecisionGroup.PARTICIPANTS,
    RetireRiskShard: DecisionGroup.PARTICIPANTS,
    MoveSettlementSlots: DecisionGroup.PARTICIPANTS,
    AddSettlementShard: DecisionGroup.PARTICIPANTS,
    RetireSettlementShard: DecisionGroup.PARTICIPANTS,
    SetFees: DecisionGroup.FEES,
    AddOperator: DecisionGroup.OPERATORS,
    RevokeOperator: DecisionGroup.OPERATORS,
    ChangeBehaviour: DecisionGroup.BEHAVIOUR,
}
"""a decision of no group changes nothing (ShowLimits)"""


def require_approvals(control: Control, event: RequireApprovals, out: Outbox) -> None:
    control.approvals[event.group] = Rule(event.operators, event.expire_clock_ticks)


def rule_for(control: Control, kind: type) -> Rule | None:
    """None: one operator's signature is enough."""
    group = GROUPS.get(kind)
    rule = None if group is None else control.approvals.get(group)
    return rule if rule is not None and rule.operators > 1 else None


def propose(control: Control, rule: Rule, session: Session, event: bytes, out: Outbox) -> Reason | None:
    """Let a decision wait; why not, if not."""
    digest = sha256(event).digest()
    if digest in control.proposals:
        return Reason.PROPOSAL_REPEATED
    if len(control.proposals) >= PROPOSALS_MAX:
        return Reason.PROPOSALS_FULL
    expires_tick = control.tick + rule.expire_clock_ticks
    who = session.public_key, session.epoch, session.last
    control.proposals[digest] = Proposal(*who, event, rule.operators, expires_tick)
    out.send(DECISIONS, DecisionProposed(*who, digest, rule.operators, expires_tick, event))
    return None


def approve(control: Control, session: Session, digest: bytes) -> Reason | None:
    """Count an operator's signature; why not, if not."""
    proposal = control.proposals.get(digest)
    if proposal is None:
        return Reason.PROPOSAL_UNKNOWN
    if session.public_key in proposal.approved:
        return Reason.PROPOSAL_OWN
    proposal.approved.append(session.public_key)
    return None


def take_complete(control: Control, digest: bytes) -> Proposal | None:
    """The proposal, which waits no longer, if it has all signatures that it needs."""
    proposal = control.proposals[digest]
    if len(proposal.approved) < proposal.operators:
        return None
    return control.proposals.pop(digest)


def withdraw(control: Control, digest: bytes, out: Outbox) -> Reason | None:
    if control.proposals.pop(digest, None) is None:
        return Reason.PROPOSAL_UNKNOWN
    out.send(DECISIONS, ProposalEnded(digest, Ending.WITHDRAWN))
    return None


def end_signed_by(control: Control, public_key: bytes, out: Outbox) -> None:
    """End what waits with the signature of an operator who is none any more."""
    for digest, proposal in sorted(control.proposals.items(), key=lambda item: item[0]):
        if public_key in proposal.approved:
            del control.proposals[digest]
            out.send(DECISIONS, ProposalEnded(digest, Ending.WITHDRAWN))


def expire(control: Control, out: Outbox) -> None:
    """End what has waited too long by the tick that has just come."""
    for digest, proposal in sorted(control.proposals.items(), key=lambda item: item[0]):
        if proposal.expires_tick <= control.tick:
            del control.proposals[digest]
            out.send(DECISIONS, ProposalEnded(digest, Ending.EXPIRED))


def session_of(proposal: Proposal) -> Session:
    """The proposer's, as it was at its event: answers to the decision name that."""
    session = Session(proposal.public_key, "operator")
    session.epoch, session.last = proposal.epoch, proposal.sequence
    return session


def save_approvals(control: Control) -> dict[str, State]:
    """Nothing where there is nothing: the snapshots of an exchange that needs none stay what they were."""
    rules = [[int(group), *rule] for group, rule in sorted(control.approvals.items())]
    proposals = [
        [
            digest,
            [each.public_key, each.epoch, each.sequence],
            each.event,
            each.operators,
            each.expires_tick,
            list(each.approved),
        ]
        for digest, each in control.proposals.items()
    ]
    return ({"approvals": rules} if rules else {}) | ({"proposals": proposals} if proposals else {})


def load_approvals(control: Control, state: State) -> None:
    control.approvals = {DecisionGroup(group): Rule(*rule) for group, *rule in state.get("approvals", ())}
    control.proposals = {}
    for digest, (public_key, epoch, sequence), event, operators, expires_tick, approved in state.get(
        "proposals", ()
    ):
        proposal = Proposal(public_key, epoch, sequence, event, operators, expires_tick)
        control.proposals[digest] = proposal
        proposal.approved = list(approved)
