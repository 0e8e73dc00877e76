"""A change of what runs, put into the log with an operator's signature before it is made."""

from structlog import get_logger

from bulkhead.client.errors import NoExchange
from bulkhead.domain.messages.processes import ChangeProcess
from bulkhead.errors import FatalError
from bulkhead.installation.decisions import decide
from bulkhead.installation.state import Installation
from bulkhead.topology.plan.steps import Step

TIMEOUT_S = 5.0
WHAT_CHARACTERS_MAX = 4096
_log = get_logger()


def sign(installation: Installation, step: Step, reason: str) -> None:
    """Have control take note of it. A control that does not answer is not waited for: what is to be changed
    may be its own process, and the log has the signature.

    FatalError: control refuses, as it does where the operator's key was revoked. KeyMissing: there is none
    here. TemporaryError: the log is away.
    """
    what = step.why[:WHAT_CHARACTERS_MAX]
    try:
        refusal = decide(
            installation, ChangeProcess(step.action, step.kind, step.name, what, reason), TIMEOUT_S
        )
    except NoExchange as problem:
        _log.warning("goes on without control's answer", change=step.name, problem=str(problem))
        return
    if refusal is not None:
        raise FatalError(f"{step.action} {step.kind} {step.name}: control refuses: {refusal.name.lower()}")
