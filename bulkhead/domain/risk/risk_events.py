"""What a risk desk is told: one function for each thing that happens. It goes to a partition of this shard's
own, which nobody has to read.
"""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages import risk_events
from bulkhead.domain.messages.kill_switch import KillScope
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.guards import Breach
from bulkhead.domain.risk.model import Participant, Risk

BREACHES = frozenset(
    (
        Reason.ACCOUNT_CLOSE_ONLY,
        Reason.ACCOUNT_SUSPENDED,
        Reason.KILLED,
        Reason.PROTECTED,
        Reason.DISCONNECTED,
        Reason.PRICE_LOW,
        Reason.PRICE_HIGH,
        Reason.QUANTITY_HIGH,
        Reason.NOTIONAL_LIMIT,
        Reason.ORDER_SIZE_LIMIT,
        Reason.PRICE_COLLAR,
        Reason.CANCEL_RATIO_LIMIT,
        Reason.POSITION_LIMIT,
        Reason.OPEN_NOTIONAL_LIMIT,
        Reason.CREDIT_LIMIT,
        Reason.OPEN_ORDERS_LIMIT,
        Reason.BALANCE,
        Reason.COMMANDS_IN_FLIGHT_LIMIT,
        Reason.ORDER_RATE_LIMIT,
    )
)
"""refusals that say more of who sends than of what was sent"""
NEAR_PERCENT = 90
AWAY_PERCENT = 80
"""An episode ends well below where it began, and not within the second, so that one order more and one less
are not an event each."""


def refused(risk: Risk, participant: Participant, account_id: str, refusal: Refusal) -> None:
    """Count it where it is a breach; `second_over` tells. A flood of refusals is one event a second."""
    reason, bound, actual = refusal
    if reason not in BREACHES:
        return
    if not risk.breaches:
        risk.breaches_second = risk.time_ms // 1000
    breach = risk.breaches.setdefault((participant.participant_id, reason), Breach())
    breach.count += 1
    breach.account_id, breach.bound, breach.actual = account_id, bound, actual


def second_over(risk: Risk, out: Outbox) -> None:
    """At each tick: tell what was counted, if it was in an earlier second."""
    if risk.breaches and risk.time_ms // 1000 != risk.breaches_second:
        tell_breaches(risk, out)


def tell_breaches(risk: Risk, out: Outbox) -> None:
    """All that were counted."""
    second = risk.breaches_second
    for (participant_id, reason), breach in sorted(risk.breaches.items()):
        counted = breach.count, breach.account_id, breach.bound, breach.actual
        _say(risk, risk_events.LimitBreached(second * 1000, participant_id, reason, *counted), out)
    risk.breaches.clear()


def limit_used(
    risk: Risk,
    participant: Participant,
    reason: Reason,
    bound: int,
    used: int,
    out: Outbox,
    account_id: str = "",
    asset_id: str = "",
) -> None:
    """`used` of `bound` are used now; beyond it commands are refused for `reason`. Where there may be several
    such limits: of which account, "" being the whole participant, and which asset.
    """
    if used * 100 > bound * NEAR_PERCENT:
        episode = participant.participant_id, reason, account_id, asset_id
        if episode not in risk.near:
            risk.near.add(episode)
            which = account_id or None, asset_id or None
            near = participant.participant_id, reason, bound, used, *which
            _say(risk, risk_events.LimitNear(risk.time_ms, *near), out)


def limit_changed(
    risk: Risk,
    participant_id: str,
    reason: Reason,
    subject: str,
    before: int | None,
    after: int | None,
    out: Outbox,
) -> None:
    """`reason`: what beyond the limit is refused for; `subject`: the asset, account or instrument that it is
    for. None: no limit. What is the same before and after is no change.
    """
    if before != after:
        _say(
            risk,
            risk_events.RiskLimitChanged(risk.time_ms, participant_id, reason, subject, before, after),
            out,
        )


def trading_stopped(risk: Risk, scope: KillScope, name: str, on: bool, asked: int, out: Outbox) -> None:
    _say(risk, risk_events.TradingStopped(risk.time_ms, scope, name, on, asked), out)


def session_silent(
    risk: Risk, participant_id: str, public_key: bytes, after_ms: int, asked: int, out: Outbox
) -> None:
    _say(risk, risk_events.SessionSilent(risk.time_ms, participant_id, public_key, after_ms, asked), out)


def quotes_pulled(
    risk: Risk, participant_id: str, quote_group: str, lots: int, fills: int, asked: int, out: Outbox
) -> None:
    _say(risk, risk_events.QuotesPulled(risk.time_ms, participant_id, quote_group, lots, fills, asked), out)


def _say(risk: Risk, event: object, out: Outbox) -> None:
    out.send(f"risk_events/{risk.shard}", event)
