"""What bounds a participant, what an account may do, and decisions that need more than one operator."""

from bulkhead.domain.messages import approvals, limits, trading
from bulkhead.domain.terms import AccountState, LimitKind
from bulkhead.wire.kinds import (
    AMOUNT,
    BODY,
    BOOL,
    DIGEST,
    ID,
    KEY,
    SIGNED_AMOUNT,
    TEXT,
    TICKS,
    U8,
    U16,
    U32,
    U63,
    one_of,
    optional,
)
from bulkhead.wire.table.entry import REASON, entry

_STATE, _KIND, _GROUP, _ENDING = (
    one_of(vocabulary)
    for vocabulary in (
        AccountState,
        LimitKind,
        approvals.DecisionGroup,
        approvals.Ending,
    )
)

LIMITS = (
    entry(
        200,
        limits.SetLimit,
        participant_id=ID,
        account_id=optional(ID),
        kind=U8,
        asset_id=optional(ID),
        bound=optional(AMOUNT),
        reason=TEXT,
    ),
    entry(
        201,
        limits.SetLimitForOperator,
        public_key=KEY,
        epoch=U63,
        sequence=U63,
        participant_id=ID,
        account_id=optional(ID),
        kind=U8,
        asset_id=optional(ID),
        bound=optional(AMOUNT),
    ),
    entry(
        202,
        limits.LimitChanged,
        public_key=KEY,
        epoch=U63,
        sequence=U63,
        risk_shard=U16,
        before=optional(AMOUNT),
        after=optional(AMOUNT),
    ),
    entry(203, limits.LimitRefused, public_key=KEY, epoch=U63, sequence=U63, risk_shard=U16, reason=REASON),
    entry(204, limits.SetAccountState, account_id=ID, state=U8, reason=TEXT),
    entry(
        205,
        limits.SetAccountStateForOperator,
        public_key=KEY,
        epoch=U63,
        sequence=U63,
        account_id=ID,
        state=_STATE,
    ),
    entry(
        206,
        limits.AccountStateChanged,
        public_key=KEY,
        epoch=U63,
        sequence=U63,
        risk_shard=U16,
        before=_STATE,
        after=_STATE,
    ),
    entry(207, limits.AccountStateTold, last_sequence=U63, account_id=ID, state=_STATE),
    entry(
        208,
        trading.SetPriceCollar,
        instrument_id=ID,
        per_mille=U16,
        on_mark=BOOL,
        reason=TEXT,
        reference=U63,
    ),
    entry(209, limits.CollarMoved, instrument_id=ID, per_mille=U16, reference_ticks=optional(TICKS)),
    entry(215, limits.ShowLimits, participant_id=ID),
    entry(216, limits.ShowLimitsForOperator, public_key=KEY, epoch=U63, sequence=U63, participant_id=ID),
    entry(
        217,
        limits.LimitTold,
        public_key=KEY,
        epoch=U63,
        sequence=U63,
        account_id=optional(ID),
        kind=_KIND,
        asset_id=optional(ID),
        bound=AMOUNT,
        actual=SIGNED_AMOUNT,
    ),
    entry(218, limits.AccountTold, public_key=KEY, epoch=U63, sequence=U63, account_id=ID, state=_STATE),
    entry(219, limits.LimitsTold, public_key=KEY, epoch=U63, sequence=U63, told=U32),
)

APPROVALS = (
    entry(210, approvals.RequireApprovals, group=_GROUP, operators=U8, expire_clock_ticks=U32),
    entry(
        211,
        approvals.DecisionProposed,
        public_key=KEY,
        epoch=U63,
        sequence=U63,
        digest=DIGEST,
        operators=U8,
        expires_tick=U63,
        event=BODY,
    ),
    entry(212, approvals.ApproveDecision, digest=DIGEST, reason=TEXT),
    entry(213, approvals.WithdrawDecision, digest=DIGEST, reason=TEXT),
    entry(214, approvals.ProposalEnded, digest=DIGEST, ending=_ENDING),
)
