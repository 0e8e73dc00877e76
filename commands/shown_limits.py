"""A participant's limits and accounts as its risk shard tells them to an operator."""

from bulkhead.domain.messages.limits import AccountTold, LimitsTold, LimitTold, ShowLimits
from bulkhead.domain.reasons import Reason
from bulkhead.installation.decisions import ask
from bulkhead.installation.state import Installation
from commands.decision import take


def show_limits(installation: Installation, participant: str) -> tuple[list[LimitTold], list[AccountTold]]:
    """Ends with status 1 where there is no answer."""
    heard: list[object] = []

    def send() -> Reason | None:
        refusal, answers = ask(installation, ShowLimits(participant), LimitsTold)
        heard.extend(answers)
        return refusal

    take("to see", send)
    limits = [each for each in heard if isinstance(each, LimitTold)]
    return limits, [each for each in heard if isinstance(each, AccountTold)]
