"""Bugs in how what was lost is given again, and in whose word counts."""

from bulkhead.domain.control import distribution
from bulkhead.domain.control.model import Control
from bulkhead.domain.control.operators import OperatorSigners
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import ReleaseOrders
from bulkhead.domain.messages.quarantine import FrameResent
from bulkhead.domain.sessions import Session
from bulkhead.repair import ways
from bulkhead.repair.resend import Lost, Piece
from bulkhead.runtime.decisions import Amendment, Decided
from bulkhead.simulation.mutants.mutant import Mutant, PutIn, replaced


def _resends_one_too_late() -> PutIn:
    again = ways.again

    def late(sources: ways.Sources, shard: str, lost: Lost) -> list[Piece]:
        return again(sources, shard, lost._replace(first=min(lost.first + 1, lost.last)))

    return replaced(ways, "again", late)


def _obeys_whoever_signs() -> PutIn:
    def session(self: OperatorSigners, public_key: bytes) -> Session:
        return self._control.operators.setdefault(public_key, Session(public_key, "anyone"))

    return replaced(OperatorSigners, "session", session)


def _forgets_what_was_resent() -> PutIn:
    at = Decided.at

    def forgetting(self: Decided, position: bytes) -> Amendment | None:
        amendment = at(self, position)
        if amendment is not None:
            amendment.before = [each for each in amendment.before if not isinstance(each, FrameResent)]
        return amendment

    return replaced(Decided, "at", forgetting)


def _releases_at_one_shard_too_few() -> PutIn:
    def forgetting(control: Control, event: ReleaseOrders, out: Outbox) -> None:
        for partition in list(distribution._all_risk(control))[1:]:
            out.send(partition, event)

    return replaced(distribution, "release_orders", forgetting)


REPAIRS = (
    Mutant("resend-late", "resends from one event too late", _resends_one_too_late, repairs=True),
    Mutant("anyones-word", "obeys a repair that no operator signed", _obeys_whoever_signs, repairs=True),
    Mutant("release-few", "a release forgets a shard", _releases_at_one_shard_too_few, repairs=True),
    Mutant("resent-unread", "forgets what was resent", _forgets_what_was_resent, repairs=True),
)
