"""Deliberate bugs in the ingress gateway and its machine."""

from typing import Any

from bulkhead.domain.ingress import machine, moving
from bulkhead.domain.ingress.model import Ingress
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.lanes import LeaveLane
from bulkhead.domain.reasons import Reason
from bulkhead.runtime.ingress.lane import Lane
from bulkhead.runtime.ingress.outlet import Outlet
from bulkhead.runtime.ingress.pace import Pace
from bulkhead.simulation.mutants.mutant import Mutant, PutIn, replaced


def _tells_before_the_log_has_it() -> PutIn:
    confirmed = Outlet.confirmed

    def sent(self: Outlet) -> int:
        confirmed(self)
        return self._sent

    return replaced(Outlet, "confirmed", sent)


def _begins_at_the_end_of_the_topic() -> PutIn:
    opened = Lane._open

    def at_end(self: Lane) -> Any:
        reader = opened(self)
        if self._begin:
            reader.seek(reader.end())
        return reader

    return replaced(Lane, "_open", at_end)


def _counts_from_the_beginning() -> PutIn:
    opened = Lane._open

    def forgetting(self: Lane) -> Any:
        self.ordinal = 0
        return opened(self)

    return replaced(Lane, "_open", forgetting)


def _forwards_what_does_not_verify() -> PutIn:
    judged = Lane._reason_to_refuse

    def believing(self: Lane, data: bytes) -> None:
        judged(self, data)  # which keeps the pace

    return replaced(Lane, "_reason_to_refuse", believing)


def _forwards_what_others_signed() -> PutIn:
    judged = Lane._reason_to_refuse

    def lenient(self: Lane, data: bytes) -> Reason | None:
        reason = judged(self, data)
        return None if reason is Reason.KEY_UNKNOWN else reason

    return replaced(Lane, "_reason_to_refuse", lenient)


def _forgets_the_pace() -> PutIn:
    return replaced(Pace, "wait_s", lambda self, now_s: 0.0)


def _acknowledges_what_is_not_told() -> PutIn:
    note = Lane._note

    def acknowledging(self: Lane, taken: Any) -> None:
        note(self, taken)
        self.acknowledgeable(taken.position)

    return replaced(Lane, "_note", acknowledging)


def _anew(ingress: Ingress, event: LeaveLane, out: Outbox) -> None:
    entrance = ingress.entrances[event.participant_id]
    entrance.forwarded, entrance.refused = (0, b""), 0
    moving.leave_lane(ingress, event, out)


def _says_nothing_of_how_far_a_lane_is() -> PutIn:
    return replaced(machine.HANDLERS, LeaveLane, _anew)


def _passes_over_what_does_not_verify() -> PutIn:
    return replaced(Lane, "_is_sent_again", lambda self, data: self._entrance.has_moved)


INGRESS = (
    Mutant("told-early", "a gateway tells what the log may lose", _tells_before_the_log_has_it, shown_by=101),
    Mutant("lane-late", "a lane begins at its topic's end", _begins_at_the_end_of_the_topic, shown_by=13),
    Mutant("recount", "a lane forgets how many frames there were", _counts_from_the_beginning),
    Mutant("forward-any", "a gateway forwards what does not verify", _forwards_what_does_not_verify),
    Mutant(
        "forward-others", "a gateway forwards what others signed", _forwards_what_others_signed, shown_by=6
    ),
    Mutant("no-pace", "a gateway forgets the pace", _forgets_the_pace),
    Mutant("lane-anew", "a lane that moves begins at its topic's begin", _says_nothing_of_how_far_a_lane_is),
    Mutant("pass-any", "passes over what does not verify", _passes_over_what_does_not_verify),
    Mutant("topic-acknowledged", "a topic is acknowledged untold", _acknowledges_what_is_not_told),
)
