"""Slots that leave this risk shard, or come to it: participants with all that is known of them.

What moves is cut out of the shard's snapshot, and put into the other one's: so nothing that a snapshot has
can be forgotten here. Between SlotsLeaving and the last SlotsSwitched the slots' commands are refused, and
the shard itself says nothing of them to books: cancels that it would send are put off, and the new shard
sends them. All that books have been asked before is answered by then.

What the new shard hears of the slots before it has them its machine keeps (machines/arrivals.py).
"""

from collections.abc import Iterator
from typing import Any, Final

from bulkhead.domain.machine import Impossible, Outbox, State
from bulkhead.domain.messages.kill_switch import KillScope
from bulkhead.domain.messages.moving import (
    ExpectSlots,
    LeaveSlots,
    MovedAway,
    MovedHere,
    SlotsExpected,
    SlotsGiven,
    SlotsLeaving,
    SlotsMoved,
    SlotsState,
    SlotsSwitched,
)
from bulkhead.domain.messages.settlement_shards import SettlementRetired
from bulkhead.domain.risk.cancel import send_cancel
from bulkhead.domain.risk.kill_switch import end_what_was_refused
from bulkhead.domain.risk.model import Coming, Leaving, Risk
from bulkhead.domain.risk.risk_events import tell_breaches
from bulkhead.domain.risk.state import load, save

SECTIONS: Final = (
    "participants",
    "rates",
    "sessions",
    "restricted",
    "accounts",
    "account_states",
    "kills",
    "watches",
    "protections",
    "near",
    "orders",
    "mass_cancels",
    "released",
    "links",
    "parked",
    "doomed",
    "cancel_ratios",
    "caps",
)
"""of a snapshot, each an array of rows that are about participants, in the order in which they are sent"""
DEFERRED: Final = "deferred"
"""of no snapshot: orders whose cancels were put off"""
PIECE_WEIGHT: Final = 1024
"""of the rows of one SlotsState, unless it is one row: about 40 KiB, and 400 KiB at most"""
_ROW_WEIGHT: Final = 16


def leave_slots(risk: Risk, event: LeaveSlots, out: Outbox) -> None:
    risk.leaving = Leaving(event.move_id, event.first_slot, event.last_slot, event.new)
    risk.leaving.books, risk.leaving.settlements = event.book_shards, event.settlement_shards
    begin_leaving(risk, out)


def begin_leaving(risk: Risk, out: Outbox) -> None:
    """Ask everybody to switch; while a lost book has to say BookCleared it waits for that."""
    leaving = risk.leaving
    if leaving is None or leaving.begun or risk.lost:
        return
    leaving.begun = True
    asked = SlotsLeaving(leaving.move_id, leaving.first_slot, leaving.last_slot, risk.shard, leaving.new)
    for number in range(leaving.books):
        leaving.awaited.add(f"book/{number}")
        out.send(f"books/{number}", asked)
    for number in range(leaving.settlements):
        if number in risk.retired_settlement:
            continue
        leaving.awaited.add(f"settlement/{number}")
        out.send(f"settlement/{number}", asked)


def settlement_retired(risk: Risk, event: SettlementRetired, out: Outbox) -> None:
    risk.retired_settlement.add(event.settlement_shard)


def slots_switched(risk: Risk, event: SlotsSwitched, out: Outbox) -> None:
    leaving = risk.leaving
    if leaving is None or leaving.move_id != event.move_id or event.shard not in leaving.awaited:
        raise Impossible(f"{event.shard} answers move {event.move_id}, which it was not asked for")
    leaving.awaited.discard(event.shard)
    if not leaving.awaited:
        _give(risk, leaving, out)


def _give(risk: Risk, leaving: Leaving, out: Outbox) -> None:
    """All that will ever be heard of the slots here has been heard."""
    tell_breaches(risk, out)
    risk.leaving = None
    state = save(risk)
    moved, rest = _split(state, leaving)
    for name in sorted(row[0][0] for row in moved["participants"]):
        participant = risk.participants[name]
        out.send(participant.reports, MovedAway(participant.last_sequence, leaving.new, leaving.move_id))
    load(risk, rest)
    if leaving.deferred:
        moved[DEFERRED] = leaving.deferred
    destination = f"orders/{leaving.new}"
    for section, rows in moved.items():
        for piece in _pieces(section, rows):
            out.send(destination, SlotsState(leaving.move_id, section, risk.packing.pack(piece)))
    out.send(destination, SlotsGiven(leaving.move_id))


def _split(state: State, leaving: Leaving) -> tuple[dict[str, list[Any]], State]:
    """A shard's state in two: the sections of what leaves, and what stays."""
    slots = range(leaving.first_slot, leaving.last_slot + 1)
    participants = {row[0][0] for row in state["participants"] if row[0][2] in slots}
    accounts = {row[0] for row in state["accounts"] if row[1] in participants}
    keys = {row[0] for row in state["sessions"] if row[1][0] in participants}
    orders = {row[0] for row in state["orders"] if row[2] in accounts}

    def leaves(section: str, row: Any) -> bool:
        match section:
            case "participants":
                return row[0][0] in participants
            case "sessions":
                return row[0] in keys
            case "restricted":
                return row[0] in keys
            case "accounts" | "account_states":
                return row[0] in accounts
            case "kills":
                if row[0] == KillScope.ACCOUNT:
                    return row[1] in accounts
                return row[0] in (KillScope.PARTICIPANT, KillScope.OWN) and row[1] in participants
            case "watches":
                return row[1] in participants
            case "orders" | "mass_cancels" | "links":
                return row[0] in orders
            case "released" | "parked" | "doomed":
                return row in orders
        return row[0] in participants

    moved: dict[str, list[Any]] = {}
    rest = dict(state)
    for section in SECTIONS:
        rows = state.get(section, [])
        moved[section] = [row for row in rows if leaves(section, row)]
        if moved[section]:
            rest[section] = [row for row in rows if not leaves(section, row)]
    return moved, rest


def _pieces(section: str, rows: list[Any]) -> Iterator[list[Any]]:
    piece: list[Any] = []
    weight = 0
    for row in rows:
        # An account has its balances, and the names that it has used.
        heavy = 1 + len(row[2]) + len(row[3]) if section == "accounts" else _ROW_WEIGHT
        if piece and weight + heavy > PIECE_WEIGHT:
            yield piece
            piece, weight = [], 0
        piece.append(row)
        weight += heavy
    if piece:
        yield piece


def expect_slots(risk: Risk, event: ExpectSlots, out: Outbox) -> None:
    risk.coming = Coming(event.move_id)
    out.send("control/0", SlotsExpected(event.move_id))


def slots_state(risk: Risk, event: SlotsState, out: Outbox) -> None:
    _coming(risk, event.move_id).pieces.append((event.section, event.rows))


def slots_given(risk: Risk, event: SlotsGiven, out: Outbox) -> None:
    coming = _coming(risk, event.move_id)
    moved: dict[str, list[Any]] = {}
    for section, rows in coming.pieces:
        moved.setdefault(section, []).extend(risk.packing.unpack(rows))
    deferred = moved.pop(DEFERRED, [])
    arrived = {row[0][0] for row in moved.get("participants", [])}
    if arrived & risk.participants.keys():
        raise Impossible(f"{min(arrived & risk.participants.keys())} comes, and is here already")
    risk.coming = None
    state = dict(save(risk))
    for section, rows_here in moved.items():
        state[section] = [*state.get(section, []), *rows_here]
    load(risk, state)
    _tell_arrived(risk, event.move_id, arrived, out)
    for order_id in deferred:
        send_cancel(risk.orders[order_id], out)  # one that has ended is asked for too: its cancel has missed
    for _, instrument in sorted(risk.instruments.items()):
        end_what_was_refused(risk, instrument, out)  # a switch that was thrown while they were on their way
    out.send("control/0", SlotsMoved(event.move_id))


def _coming(risk: Risk, move: int) -> Coming:
    if risk.coming is None or risk.coming.move_id != move:
        raise Impossible(f"slots of move {move} come, and were not announced")
    return risk.coming


def _tell_arrived(risk: Risk, move_id: int, participants: set[str], out: Outbox) -> None:
    for public_key, session in sorted(risk.sessions.items()):
        if session.owner in participants:
            participant = risk.participants[session.owner]
            who = public_key, session.epoch, session.last
            moved = MovedHere(participant.last_sequence, risk.shard, *who, move_id)
            out.send(participant.reports, moved)
