"""How many orders a participant may have taken in a second of the exchange's own time."""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.model import Participant, Risk
from bulkhead.domain.risk.risk_events import limit_used


def check_rate(risk: Risk, participant: Participant, orders: int = 1) -> Refusal | None:
    """Time moves by ticks, which stand among the commands: a replay counts the same."""
    if not participant.orders_per_s_max:
        return None
    taken = participant.orders_in_second if risk.time_ms // 1000 == participant.second else 0
    if taken + orders > participant.orders_per_s_max:
        return Reason.ORDER_RATE_LIMIT, participant.orders_per_s_max, taken
    return None


def count_order(risk: Risk, participant: Participant, out: Outbox, orders: int = 1) -> None:
    """An order or a replace is sent to its book, or so many."""
    if participant.orders_per_s_max:
        second = risk.time_ms // 1000
        if second != participant.second:
            participant.second, participant.orders_in_second = second, 0
        participant.orders_in_second += orders
        taken = participant.orders_per_s_max, participant.orders_in_second
        limit_used(risk, participant, Reason.ORDER_RATE_LIMIT, *taken, out)
