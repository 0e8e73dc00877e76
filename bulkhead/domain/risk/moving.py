"""Slots that leave this risk shard, or come to it: participants with all that is known of them.

What moves is taken out of the shard as a shard of its own, whose snapshot travels, and is put into the other
one: so nothing that a snapshot has can be forgotten here, and what stays is not touched. Between SlotsLeaving
and the last SlotsSwitched the slots' commands are refused, and the shard itself says nothing of them to
books: cancels that it would send are put off, and the new shard sends them. All that books have been asked
before is answered by then.

What the new shard hears of the slots before it has them its machine keeps (machines/arrivals.py).
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar

from bulkhead.domain.machine import Impossible, Outbox
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
from bulkhead.domain.risk.state import save, take_in

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
NOBODY: Final[dict[str, list[Any]]] = {
    section: [] for section in ("participants", "accounts", "sessions", "orders")
}
"""what a state of participants has where there are none"""
DEFERRED: Final = "deferred"
"""of no snapshot: orders whose cancels were put off"""
PIECE_WEIGHT: Final = 1024
"""of the rows of one SlotsState, unless it is one row: about 40 KiB, and 400 KiB at most"""
_ROW_WEIGHT: Final = 16

Key = TypeVar("Key")
Value = TypeVar("Value")


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
    _check_not_lost(risk, leaving)
    tell_breaches(risk, out)
    risk.leaving = None
    away = cut_out(risk, leaving)
    for _, participant in sorted(away.participants.items()):
        out.send(participant.reports, MovedAway(participant.last_sequence, leaving.new, leaving.move_id))
    saved = save(away)
    moved = {section: saved.get(section, []) for section in SECTIONS}
    if leaving.deferred:
        moved[DEFERRED] = leaving.deferred
    destination = f"orders/{leaving.new}"
    for section, rows in moved.items():
        for piece in _pieces(section, rows):
            out.send(destination, SlotsState(leaving.move_id, section, risk.packing.pack(piece)))
    out.send(destination, SlotsGiven(leaving.move_id))


def _check_not_lost(risk: Risk, leaving: Leaving) -> None:
    """Control does not have orders released while slots are on their way."""
    for instrument_id, given_up in sorted(risk.lost.items()):
        for name in sorted(given_up):
            if leaving.first_slot <= risk.participants[name].slot <= leaving.last_slot:
                raise Impossible(f"{name} leaves, and the orders of {instrument_id} were released meanwhile")


def cut_out(risk: Risk, leaving: Leaving) -> Risk:
    """What leaves, as a shard of its own."""
    slots = range(leaving.first_slot, leaving.last_slot + 1)
    away = Risk(risk.shard)
    away.participants = _taken(
        risk.participants, [name for name, each in risk.participants.items() if each.slot in slots]
    )
    names = away.participants.keys()
    away.accounts = _taken(
        risk.accounts,
        [account.account_id for each in away.participants.values() for account in each.accounts],
    )
    orders = [
        order_id
        for order_id, order in risk.orders.items()
        if order.account.participant.participant_id in names
    ]
    away.orders = _taken(risk.orders, orders)
    away.mass_cancels = _taken(risk.mass_cancels, orders)
    keys = [key for key, session in risk.sessions.items() if session.owner in names]
    away.sessions = _taken(risk.sessions, keys)
    away.restricted = _taken(risk.restricted, keys)
    away.kills = _taken(risk.kills, [which for which in risk.kills if _stops(which, away)])
    away.watches = _taken(
        risk.watches, [key for key, watch in risk.watches.items() if watch.participant_id in names]
    )
    away.protections = _taken(risk.protections, [group for group in risk.protections if group[0] in names])
    away.near = {episode for episode in risk.near if episode[0] in names}
    risk.near -= away.near
    return away


def _stops(which: tuple[KillScope, str], away: Risk) -> bool:
    scope, name = which
    if scope is KillScope.ACCOUNT:
        return name in away.accounts
    return scope in (KillScope.PARTICIPANT, KillScope.OWN) and name in away.participants


def _taken(table: dict[Key, Value], keys: Iterable[Key]) -> dict[Key, Value]:
    return {key: table.pop(key) for key in keys if key in table}


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
    take_in(risk, {**NOBODY, **moved})
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
