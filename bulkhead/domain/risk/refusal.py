"""Why risk refuses a command."""

from bulkhead.domain.reasons import Refusal


def lowest(*refusals: Refusal | None) -> Refusal | None:
    """The one that precedes: of several checks that each found their own."""
    return min((refusal for refusal in refusals if refusal is not None), default=None)
