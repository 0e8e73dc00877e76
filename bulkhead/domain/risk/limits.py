"""The limits of a participant: set by the genesis and by operators, told with how much of them is used, and
no longer held to be nearly used up.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from bulkhead.domain.amounts import AMOUNT_MAX
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.messages.limits import (
    AccountTold,
    LimitChanged,
    LimitRefused,
    LimitsTold,
    LimitTold,
    SetLimit,
    SetLimitForOperator,
    ShowLimitsForOperator,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.cancel_ratio import cancels_allowed
from bulkhead.domain.risk.caps import CANCEL_WINDOW_TICKS, CANCELS_FREE, CancelRatio
from bulkhead.domain.risk.exposure import WHOLE, caps_of, position
from bulkhead.domain.risk.model import Participant, Risk
from bulkhead.domain.risk.risk_events import AWAY_PERCENT, limit_changed
from bulkhead.domain.terms import LimitKind

COUNT_MAX: Final = 2**32 - 1
OF_ASSETS: Final = frozenset(
    (
        LimitKind.ORDER_NOTIONAL,
        LimitKind.ORDER_SIZE,
        LimitKind.POSITION,
        LimitKind.OPEN_NOTIONAL,
        LimitKind.CREDIT,
    )
)
NEEDED: Final = frozenset((LimitKind.OPEN_ORDERS, LimitKind.COMMANDS_IN_FLIGHT))
"""every participant has these"""
NOT_ZERO: Final = frozenset((LimitKind.ORDERS_PER_S, LimitKind.CANCEL_WINDOW_TICKS))
REFUSED_FOR: Final = {
    LimitKind.OPEN_ORDERS: Reason.OPEN_ORDERS_LIMIT,
    LimitKind.COMMANDS_IN_FLIGHT: Reason.COMMANDS_IN_FLIGHT_LIMIT,
    LimitKind.ORDERS_PER_S: Reason.ORDER_RATE_LIMIT,
    LimitKind.ORDER_NOTIONAL: Reason.NOTIONAL_LIMIT,
    LimitKind.ORDER_SIZE: Reason.ORDER_SIZE_LIMIT,
    LimitKind.POSITION: Reason.POSITION_LIMIT,
    LimitKind.OPEN_NOTIONAL: Reason.OPEN_NOTIONAL_LIMIT,
    LimitKind.CREDIT: Reason.CREDIT_LIMIT,
    LimitKind.CANCELS_PER_100_ORDERS: Reason.CANCEL_RATIO_LIMIT,
    LimitKind.CANCEL_WINDOW_TICKS: Reason.CANCEL_RATIO_LIMIT,
    LimitKind.CANCELS_FREE: Reason.CANCEL_RATIO_LIMIT,
}
"""what is refused beyond a limit"""
_KINDS = frozenset(LimitKind)
_KIND_OF: Final = {reason: kind for kind, reason in reversed(REFUSED_FOR.items())}
"""of two the first: cancels for each order"""


class Wanted(NamedTuple):
    """A limit that a decision names, and that there is."""

    participant: Participant
    kind: LimitKind
    account_id: str
    """WHOLE: of the participant"""
    asset_id: str
    """"": not one of an asset"""


def set_limit(risk: Risk, event: SetLimit, out: Outbox) -> None:
    """From the genesis: about something that was never defined it changes nothing."""
    wanted = _wanted(risk, event)
    if isinstance(wanted, Wanted):
        _change(wanted, event.bound)


def set_limit_for_operator(risk: Risk, event: SetLimitForOperator, out: Outbox) -> None:
    decision = event.public_key, event.epoch, event.sequence, risk.shard
    wanted = _wanted(risk, event)
    if isinstance(wanted, Reason):
        out.send(DECISIONS, LimitRefused(*decision, wanted))
        return
    before = bound_of(wanted)
    _change(wanted, event.bound)
    after = bound_of(wanted)
    out.send(DECISIONS, LimitChanged(*decision, before, after))
    subject = wanted.account_id or wanted.asset_id
    limit_changed(risk, event.participant_id, REFUSED_FOR[wanted.kind], subject, before, after, out)


def show_limits(risk: Risk, event: ShowLimitsForOperator, out: Outbox) -> None:
    decision = event.public_key, event.epoch, event.sequence
    participant = risk.participants[event.participant_id]
    told = 0
    for wanted in _all(participant):
        bound = bound_of(wanted)
        if bound is not None:
            told += 1
            account_id, asset_id = wanted.account_id or None, wanted.asset_id or None
            used = _used(risk, wanted)
            out.send(DECISIONS, LimitTold(*decision, account_id, wanted.kind, asset_id, bound, used))
    for account in sorted(participant.accounts, key=lambda account: account.account_id):
        told += 1
        out.send(DECISIONS, AccountTold(*decision, account.account_id, account.state))
    out.send(DECISIONS, LimitsTold(*decision, told))


def forget_what_is_far(risk: Risk) -> None:
    """A second of the exchange's time begins: of limits of which the desk was told that they were near, those
    that are well below by now, or are no more, may be told again.
    """
    if risk.near:
        risk.near = {episode for episode in risk.near if _is_near(risk, *episode)}


def _is_near(risk: Risk, participant_id: str, reason: Reason, account_id: str, asset_id: str) -> bool:
    """What bounds a single order is used up by none: `_used` is 0."""
    participant = risk.participants[participant_id]
    wanted = Wanted(participant, _KIND_OF[reason], account_id, asset_id)
    bound = bound_of(wanted)
    if bound is not None and participant.cancel_ratio is not None and reason is Reason.CANCEL_RATIO_LIMIT:
        bound, used = cancels_allowed(risk, participant.cancel_ratio, bound)
    else:
        used = _used(risk, wanted)
    return bound is not None and used * 100 > bound * AWAY_PERCENT


def _wanted(risk: Risk, event: SetLimit | SetLimitForOperator) -> Wanted | Reason:
    """What is to be changed, or why it can't be."""
    participant = risk.participants[event.participant_id]
    if event.kind not in _KINDS:
        return Reason.LIMIT_UNKNOWN
    kind, bound = LimitKind(event.kind), event.bound
    if event.account_id is not None and kind is not LimitKind.POSITION:
        return Reason.LIMIT_UNKNOWN
    if (event.asset_id is not None) != (kind in OF_ASSETS):
        return Reason.LIMIT_UNKNOWN
    if event.asset_id is not None and event.asset_id not in risk.assets:
        return Reason.ASSET_UNKNOWN
    if (bound is None and kind in NEEDED) or (bound == 0 and kind in NOT_ZERO):
        return Reason.LIMIT_NEEDED
    if bound is not None and bound > (AMOUNT_MAX if kind in OF_ASSETS else COUNT_MAX):
        return Reason.OVERFLOW
    return Wanted(participant, kind, event.account_id or WHOLE, event.asset_id or "")


def bound_of(wanted: Wanted) -> int | None:
    """As it is now; None: no limit."""
    participant, kind, account_id, asset_id = wanted
    caps = participant.caps
    match kind:
        case LimitKind.OPEN_ORDERS:
            return participant.open_orders_max
        case LimitKind.COMMANDS_IN_FLIGHT:
            return participant.commands_in_flight_max
        case LimitKind.ORDERS_PER_S:
            return participant.orders_per_s_max or None
        case LimitKind.ORDER_NOTIONAL:
            return participant.notional_max.get(asset_id)
        case LimitKind.POSITION:
            return None if caps is None else caps.position.get((account_id, asset_id))
        case LimitKind.ORDER_SIZE:
            return None if caps is None else caps.order_size.get(asset_id)
        case LimitKind.OPEN_NOTIONAL:
            return None if caps is None else caps.open_notional.get(asset_id)
        case LimitKind.CREDIT:
            return None if caps is None else caps.credit.get(asset_id)
    ratio = participant.cancel_ratio
    if ratio is None:
        return None
    ratios = {
        LimitKind.CANCELS_PER_100_ORDERS: ratio.per_100_orders,
        LimitKind.CANCEL_WINDOW_TICKS: ratio.window_ticks,
        LimitKind.CANCELS_FREE: ratio.free,
    }
    return ratios[kind]


def _change(wanted: Wanted, bound: int | None) -> None:
    participant, kind, account_id, asset_id = wanted
    match kind:
        case LimitKind.OPEN_ORDERS:
            assert bound is not None  # NEEDED
            participant.open_orders_max = bound
        case LimitKind.COMMANDS_IN_FLIGHT:
            assert bound is not None  # NEEDED
            participant.commands_in_flight_max = bound
        case LimitKind.ORDERS_PER_S:
            participant.orders_per_s_max = bound or 0
        case LimitKind.ORDER_NOTIONAL:
            _put(participant.notional_max, asset_id, bound)
        case LimitKind.POSITION:
            _put(caps_of(participant).position, (account_id, asset_id), bound)
        case LimitKind.ORDER_SIZE:
            _put(caps_of(participant).order_size, asset_id, bound)
        case LimitKind.OPEN_NOTIONAL:
            _put(caps_of(participant).open_notional, asset_id, bound)
        case LimitKind.CREDIT:
            _put(caps_of(participant).credit, asset_id, bound)
        case _:
            _change_ratio(participant, kind, bound)


def _change_ratio(participant: Participant, kind: LimitKind, bound: int | None) -> None:
    """What was counted in the window counts on, unless the windows have become others."""
    ratio = participant.cancel_ratio
    if ratio is None:
        ratio = participant.cancel_ratio = CancelRatio()
    if kind is LimitKind.CANCELS_PER_100_ORDERS:
        ratio.per_100_orders = bound
    elif kind is LimitKind.CANCELS_FREE:
        ratio.free = CANCELS_FREE if bound is None else bound
    else:
        ratio.window_ticks = CANCEL_WINDOW_TICKS if bound is None else bound
        ratio.window = ratio.orders = ratio.cancels = 0


def _put(bounds: dict[Any, int], key: Any, bound: int | None) -> None:
    if bound is None:
        bounds.pop(key, None)
    else:
        bounds[key] = bound


def _all(participant: Participant) -> Iterator[Wanted]:
    """Every limit that the participant may have now, by kind, then by account and asset."""
    caps = participant.caps
    named: dict[LimitKind, list[tuple[str, str]]] = {
        LimitKind.ORDER_NOTIONAL: [(WHOLE, asset_id) for asset_id in sorted(participant.notional_max)]
    }
    if caps is not None:
        named[LimitKind.POSITION] = sorted(caps.position)
        named[LimitKind.ORDER_SIZE] = [(WHOLE, asset_id) for asset_id in sorted(caps.order_size)]
        named[LimitKind.OPEN_NOTIONAL] = [(WHOLE, asset_id) for asset_id in sorted(caps.open_notional)]
        named[LimitKind.CREDIT] = [(WHOLE, asset_id) for asset_id in sorted(caps.credit)]
    for kind in LimitKind:
        for account_id, asset_id in named.get(kind, ()) if kind in OF_ASSETS else ((WHOLE, ""),):
            yield Wanted(participant, kind, account_id, asset_id)


def _used(risk: Risk, wanted: Wanted) -> int:
    participant, kind, account_id, asset_id = wanted
    caps, ratio = participant.caps, participant.cancel_ratio
    match kind:
        case LimitKind.OPEN_ORDERS:
            return participant.open_orders
        case LimitKind.COMMANDS_IN_FLIGHT:
            return participant.unanswered - participant.given_up
        case LimitKind.ORDERS_PER_S:
            return participant.orders_in_second if risk.time_ms // 1000 == participant.second else 0
        case LimitKind.CANCELS_PER_100_ORDERS:
            in_window = ratio is not None and risk.tick // ratio.window_ticks == ratio.window
            return ratio.cancels if ratio is not None and in_window else 0
        case LimitKind.POSITION:
            return position(participant, account_id, asset_id)
        case LimitKind.OPEN_NOTIONAL:
            return 0 if caps is None else caps.exposure.notional.get(asset_id, 0)
        case LimitKind.CREDIT:
            return 0 if caps is None else caps.exposure.reserved.get(asset_id, 0)
    return 0
