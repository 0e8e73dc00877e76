"""How many cancels a participant sends for each order, counted in windows of the exchange's own ticks.

Beyond the ratio its new orders are refused until the next window: never a cancel, which only takes risk away.
A window ends by ticks alone. While time stands still it is a count over all that time.
"""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.caps import CancelRatio
from bulkhead.domain.risk.model import Participant, Risk
from bulkhead.domain.risk.risk_events import limit_used


def check_cancel_ratio(risk: Risk, participant: Participant) -> Refusal | None:
    ratio = participant.cancel_ratio
    if ratio is None or ratio.per_100_orders is None:
        return None
    allowed, cancels = cancels_allowed(risk, ratio, ratio.per_100_orders)
    if cancels > allowed:
        return Reason.CANCEL_RATIO_LIMIT, allowed, cancels
    return None


def cancels_allowed(risk: Risk, ratio: CancelRatio, per_100_orders: int) -> tuple[int, int]:
    """In this window, and those that were sent in it."""
    in_window = risk.tick // ratio.window_ticks == ratio.window
    orders, cancels = (ratio.orders, ratio.cancels) if in_window else (0, 0)
    return ratio.free + per_100_orders * orders // 100, cancels


def count_placed(risk: Risk, participant: Participant, orders: int = 1) -> None:
    """New orders have been sent to their book."""
    ratio = participant.cancel_ratio
    if ratio is not None:
        _begin_window(risk, ratio)
        ratio.orders += orders


def count_canceled(risk: Risk, participant: Participant, out: Outbox) -> None:
    """A participant's cancel has been sent to its book."""
    ratio = participant.cancel_ratio
    if ratio is not None:
        _begin_window(risk, ratio)
        ratio.cancels += 1
        if ratio.per_100_orders is not None:
            used = cancels_allowed(risk, ratio, ratio.per_100_orders)
            limit_used(risk, participant, Reason.CANCEL_RATIO_LIMIT, *used, out)


def _begin_window(risk: Risk, ratio: CancelRatio) -> None:
    window = risk.tick // ratio.window_ticks
    if window != ratio.window:
        ratio.window, ratio.orders, ratio.cancels = window, 0, 0
