"""Slots that leave or come: their part of a risk shard's snapshot, which has none while none move."""

from bulkhead.domain.machine import State
from bulkhead.domain.risk.model import Coming, Leaving, Risk


def save_moving(risk: Risk) -> dict[str, State]:
    found: dict[str, State] = {}
    leaving, coming = risk.leaving, risk.coming
    if risk.retired_settlement:
        found["retired_settlement"] = sorted(risk.retired_settlement)
    if leaving is not None:
        found["leaving"] = [
            [leaving.move_id, leaving.first_slot, leaving.last_slot, leaving.new],
            [leaving.books, leaving.settlements],
            leaving.begun,
            sorted(leaving.awaited),
            list(leaving.deferred),
        ]
    if coming is not None:
        found["coming"] = [coming.move_id, [list(piece) for piece in coming.pieces]]
    return found


def load_moving(risk: Risk, state: State) -> None:
    risk.retired_settlement = set(state.get("retired_settlement", ()))
    if "leaving" in state:
        move, (books, settlements), begun, awaited, deferred = state["leaving"]
        leaving = risk.leaving = Leaving(*move)
        leaving.books, leaving.settlements = books, settlements
        leaving.begun, leaving.awaited = begun, set(awaited)
        leaving.deferred = list(deferred)
    if "coming" in state:
        number, pieces = state["coming"]
        risk.coming = Coming(number)
        risk.coming.pieces = [(section, rows) for section, rows in pieces]
