"""Bugs that make the same input come to another state, or to other bytes."""

import time
from typing import Any

from bulkhead.domain.book import state as book_state
from bulkhead.domain.book_partition import machine as book_machine
from bulkhead.domain.book_partition import model
from bulkhead.domain.messages import control
from bulkhead.domain.messages.reports import SessionOpened
from bulkhead.domain.risk import signers
from bulkhead.domain.risk.listing import live_orders
from bulkhead.domain.risk.status import order_status
from bulkhead.simulation.mutants.mutant import Mutant, PutIn, replaced


def _reads_a_clock() -> PutIn:
    def tick(partition: model.BookPartition, event: control.Tick, out: Any) -> None:
        partition.tick, partition.time_ms = event.number, time.time_ns() // 1_000_000

    return replaced(book_machine.HANDLERS, control.Tick, tick)


def _walks_a_set() -> PutIn:
    def opened(self: Any, session: Any, previous_epoch: int, previous_last: int, outbox: Any) -> None:
        participant = self._risk.participants[session.owner]
        participant.last_sequence = session.last
        live = set(live_orders(self._risk, participant))
        opening = (session.last, session.public_key, session.epoch, previous_epoch, previous_last, len(live))
        outbox.send(participant.reports, SessionOpened(*opening))
        for each in live:
            outbox.send(participant.reports, order_status(each, session.last))

    return replaced(signers.ParticipantSigners, "opened", opened)


def _forgets_fees_in_a_snapshot() -> PutIn:
    load = vars(book_machine)["load"]

    def forgetting(partition: model.BookPartition, state: Any) -> None:
        load(partition, state)
        for instrument in partition.instruments.values():
            for order in instrument.book.orders():
                model.ticket(order).fee_basis = 0

    return replaced(vars(book_machine), "load", forgetting)


def _forgets_time_priority_in_a_snapshot() -> PutIn:
    load_side = book_state._load_side

    def reversed_rows(book: Any, orders: Any, side: Any, rows: list[list[int]]) -> None:
        load_side(book, orders, side, rows[::-1])

    return replaced(book_state, "_load_side", reversed_rows)


DETERMINISM = (
    Mutant("clock", "a machine reads a clock", _reads_a_clock),
    Mutant("set", "an output's order is that of a set", _walks_a_set),
    Mutant("fees-unsaved", "a snapshot lacks the fees charged so far", _forgets_fees_in_a_snapshot),
    Mutant("priority-unsaved", "a snapshot turns time priority round", _forgets_time_priority_in_a_snapshot),
)
