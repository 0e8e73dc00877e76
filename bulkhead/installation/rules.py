"""The version of the rules: which is in force, as the log tells it, and an operator's change of it."""

from collections.abc import Callable
from contextlib import closing
from typing import NamedTuple

from bulkhead.client.errors import NoExchange
from bulkhead.domain.messages.behaviour import BehaviourChanged, BehaviourTaken, ChangeBehaviour
from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.reasons import Reason
from bulkhead.installation.decisions import decide_and_follow
from bulkhead.installation.founding import identity_of
from bulkhead.installation.history import TAKEN, operator_decisions
from bulkhead.installation.state import Installation
from bulkhead.installation.told import everything_told
from bulkhead.log.open import open_log
from bulkhead.topology.genesis import BEHAVIOUR_VERSION

CHANGE_TIMEOUT_S = 60.0
"""Each shard has to read what stands in its partition before; one that was killed is back in some seconds."""


class Rules(NamedTuple):
    version: int
    """in force everywhere; while a change is going on, before it"""
    to: int | None = None
    """to which they are changing"""
    confirmed: tuple[str, ...] = ()
    """shards that have taken it already, in the order in which they have"""

    @property
    def before(self) -> int | None:
        """To which version an undo leads; None: there is none, or it is going on."""
        if self.to is not None:
            return self.version if self.to > self.version else None
        return self.version - 1 if self.version > 1 else None


def rules_in_force(installation: Installation) -> Rules:
    """Reads the partitions of control and of what it tells operators: no shard has to run.

    TemporaryError, FatalError: the log's. FileNotFoundError: the exchange was not founded here.
    """
    identity = identity_of(installation)
    with closing(open_log(installation.log_address)) as log:
        changes = [
            each.message.version
            for each in operator_decisions(log, identity)
            if isinstance(each.message, ChangeBehaviour) and each.outcome == TAKEN
        ]
        version, ended = BEHAVIOUR_VERSION, 0
        confirmed: dict[int, list[str]] = {}
        for told in everything_told(log, identity, DECISIONS):
            if isinstance(told.message, BehaviourTaken):
                confirmed.setdefault(told.message.change, []).append(told.message.shard)
            elif isinstance(told.message, BehaviourChanged):
                version, ended = told.message.version, told.message.change
    if len(changes) == ended:
        return Rules(version)
    return Rules(version, changes[-1], tuple(confirmed.get(len(changes), ())))


def change_rules(
    installation: Installation,
    version: int,
    reason: str,
    tell: Callable[[str], None],
    timeout_s: float = CHANGE_TIMEOUT_S,
) -> Reason | None:
    """Decide it, and wait until every shard has the version: None, or why control refuses. `tell` hears each
    shard that has taken it.

    NoExchange: not in time. As `decide` else.
    """
    told: list[BehaviourTaken] = []

    def look(message: object) -> BehaviourChanged | None:
        if isinstance(message, BehaviourTaken) and message.version == version and message not in told:
            told.append(message)
            tell(message.shard)
        return message if isinstance(message, BehaviourChanged) else None

    outcome = decide_and_follow(installation, ChangeBehaviour(version, reason), look, timeout_s)
    if isinstance(outcome, Reason):
        return outcome
    if outcome is None:
        taken = ", ".join(each.shard for each in told) or "none"
        raise NoExchange(
            f"not every shard has version {version} within {timeout_s:g} s; these have: {taken}. It goes on"
            f" by itself when the others run: `bulkhead upgrade` shows how far it is, `bulkhead status` what"
            f" does not run, and `bulkhead upgrade --undo` takes it back"
        )
    if outcome.version != version:
        raise NoExchange(f"another operator has changed the rules to version {outcome.version} meanwhile")
    return None
