"""Why risk refuses a command."""

from bulkhead.domain.reasons import PRECEDENCE, Refusal


def lowest(*refusals: Refusal | None) -> Refusal | None:
    """The one that precedes: of several checks that each found their own."""
    found = [refusal for refusal in refusals if refusal is not None]
    return min(found, key=_place) if found else None


def _place(refusal: Refusal) -> tuple[int, int, int]:
    reason, bound, actual = refusal
    return PRECEDENCE[reason], bound, actual
