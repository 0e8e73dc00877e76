"""What risk shards tell a risk desk."""

from bulkhead.domain.messages import risk_events
from bulkhead.wire.kinds import BOOL, ID, KEY, SIGNED_AMOUNT, TEXT, U32, U63, optional
from bulkhead.wire.table.entry import REASON, entry
from bulkhead.wire.table.kill_switch import SCOPE

RISK_EVENTS = (
    entry(
        232,
        risk_events.LimitBreached,
        time_ms=U63,
        participant_id=ID,
        reason=REASON,
        count=U63,
        account_id=ID,
        bound=SIGNED_AMOUNT,
        actual=SIGNED_AMOUNT,
    ),
    entry(
        233,
        risk_events.LimitNear,
        time_ms=U63,
        participant_id=ID,
        reason=REASON,
        bound=SIGNED_AMOUNT,
        used=SIGNED_AMOUNT,
        account_id=optional(ID),
        asset_id=optional(ID),
    ),
    entry(
        234,
        risk_events.RiskLimitChanged,
        time_ms=U63,
        participant_id=ID,
        reason=REASON,
        subject=TEXT,
        before=optional(SIGNED_AMOUNT),
        after=optional(SIGNED_AMOUNT),
    ),
    entry(
        235,
        risk_events.TradingStopped,
        time_ms=U63,
        scope=SCOPE,
        name=TEXT,
        on=BOOL,
        asked=U32,
    ),
    entry(
        236,
        risk_events.SessionSilent,
        time_ms=U63,
        participant_id=ID,
        public_key=KEY,
        after_ms=U63,
        asked=U32,
    ),
    entry(
        237,
        risk_events.QuotesPulled,
        time_ms=U63,
        participant_id=ID,
        quote_group=TEXT,
        lots=U63,
        fills=U63,
        asked=U32,
    ),
)
