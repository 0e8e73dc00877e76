"""Deliberate bugs, put into the product from outside while a run lasts: a simulation that finds none of them
proves nothing. The product has no switch for them.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from bulkhead.domain.book import place as book_place
from bulkhead.domain.book import state as book_state
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.terms import MARKET, worst_price_ticks
from bulkhead.domain.book_partition import machine as book_machine
from bulkhead.domain.book_partition import model, trades
from bulkhead.domain.messages import control
from bulkhead.domain.messages.reports import SessionOpened
from bulkhead.domain.risk import answers, reservation, signers
from bulkhead.domain.risk.isolation import RiskIsolation
from bulkhead.domain.risk.status import order_status
from bulkhead.domain.settlement.model import Settlement
from bulkhead.errors import TemporaryError
from bulkhead.log.memory import MemoryReader
from bulkhead.log.names import decode_offset
from bulkhead.machines.aside import Aside
from bulkhead.machines.interface import MachineRaised
from bulkhead.machines.signed import SignedStreams
from bulkhead.machines.streams import Gap, InputStream, OutputStreams
from bulkhead.runtime import marks
from bulkhead.runtime.decisions import Decided, Decisions
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.kept import Kept, Said
from bulkhead.runtime.publisher import Publisher
from bulkhead.runtime.quarantine import Quarantine
from bulkhead.runtime.shard import Shard
from bulkhead.runtime.succession import Succession
from bulkhead.wire.authentication import Verifier


@dataclass(frozen=True)
class Mutant:
    """`power_loss`: it shows only where a log has lost its end; `flips`: only where a replica differs;
    `poison`: only where machines raise, all of a shard's or one.
    """

    name: str
    does: str
    put_in: Callable[[], AbstractContextManager[object]]
    power_loss: bool = False
    flips: bool = False
    poison: bool = False


@contextmanager
def _replaced(owner: Any, name: str, new: Any) -> Iterator[None]:
    old = owner[name] if isinstance(owner, dict) else getattr(owner, name)
    put = owner.__setitem__ if isinstance(owner, dict) else lambda key, value: setattr(owner, key, value)
    put(name, new)
    try:
        yield
    finally:
        put(name, old)


# --- the loop


def _acknowledges_before_the_snapshot() -> AbstractContextManager[object]:
    publish = Shard.publish

    def acknowledging(self: Shard) -> None:
        publish(self)
        if self.position is not None:
            self._reader.acknowledge(self.position)

    return _replaced(Shard, "publish", acknowledging)


def _snapshots_before_the_log_has_confirmed() -> AbstractContextManager[object]:
    def pending(self: Publisher) -> int:
        return 0

    return _replaced(Publisher, "pending", pending)


def _snapshots_before_it_publishes() -> AbstractContextManager[object]:
    publish = Shard.publish

    def snapshotting(self: Shard) -> None:
        sends = not isinstance(self, Follower) or self.primary
        if sends and self.snapshot_due() and self.publisher.pending() == 0:
            self.snapshot()
            self.snapshot_saved()
        publish(self)

    return _replaced(Shard, "publish", snapshotting)


def _forgets_what_the_log_refused() -> AbstractContextManager[object]:
    def confirm(self: Publisher, timeout_s: float = 0.0) -> dict[str, TemporaryError]:
        for destination, writer in list(self._waiting.items()):
            try:
                writer.poll(timeout_s)
            except TemporaryError:
                del self._waiting[destination]
                self._writers[destination] = self._log.writer(destination, self._producer)
        return {}

    return _replaced(Publisher, "confirm", confirm)


def _restores_one_frame_too_late() -> AbstractContextManager[object]:
    seek = MemoryReader.seek

    def too_late(self: MemoryReader, position: bytes | None) -> None:
        seek(self, position)
        if position is not None:
            self.receive(1, 0.0)

    return _replaced(MemoryReader, "seek", too_late)


def _restores_beyond_the_end() -> AbstractContextManager[object]:
    def seek(self: MemoryReader, position: bytes | None) -> None:
        self._at = min(decode_offset(position, self._name), len(self._partition.frames))

    return _replaced(MemoryReader, "seek", seek)


# --- replicas


def _forgets_the_tail() -> AbstractContextManager[object]:
    return _replaced(Kept, "unconfirmed", lambda self: iter(()))


def _trims_everything_at_each_look() -> AbstractContextManager[object]:
    look = Follower.look_at_primary

    def trimming(self: Follower) -> None:
        look(self)
        self._kept = Kept()

    return _replaced(Follower, "look_at_primary", trimming)


def _takes_what_is_sent_for_confirmed() -> AbstractContextManager[object]:
    return _replaced(Publisher, "has_confirmed", lambda self, sent: True)


def _snapshots_ahead_of_the_primary() -> AbstractContextManager[object]:
    step = Follower.step

    def ahead(self: Follower, timeout_s: float) -> dict[str, TemporaryError]:
        problems = step(self, timeout_s)
        if not self.primary and self.snapshot_due() and not self.publisher.pending():
            self.snapshot()
            self.snapshot_saved()
        return problems

    return _replaced(Follower, "step", ahead)


def _sends_nothing_as_the_primary() -> AbstractContextManager[object]:
    def gather(self: Follower, position: bytes, outputs: list[Any]) -> None:
        self._kept.add(Said(position, self.machine.events_applied, outputs))

    return _replaced(Follower, "gather", gather)


def _compares_no_marks() -> AbstractContextManager[object]:
    return _replaced(marks, "output_digest", lambda machine: b"")


def _never_takes_over() -> AbstractContextManager[object]:
    def look(self: Succession) -> dict[str, TemporaryError]:
        self._watch.follow(self._shard.holder)
        return {}

    return _replaced(Succession, "look", look)


def _does_not_see_that_it_holds_the_lease() -> AbstractContextManager[object]:
    return _replaced(Follower, "holds_lease", property(lambda self: False))


# --- streams


def _takes_repetitions() -> AbstractContextManager[object]:
    return _replaced(InputStream, "admit", lambda self, frame: frame.events)


def _drops_frames_that_overlap() -> AbstractContextManager[object]:
    admit = InputStream.admit

    def whole_frames_only(self: InputStream, frame: Any) -> list[bytes]:
        return [] if frame.first <= self.last else admit(self, frame)

    return _replaced(InputStream, "admit", whole_frames_only)


def _does_not_compare_crcs() -> AbstractContextManager[object]:
    def admit(self: InputStream, frame: Any) -> list[bytes]:
        if frame.first > self.last + 1:
            raise Gap(self.last + 1, frame.first)
        return list(frame.events[self.last + 1 - frame.first :])

    return _replaced(InputStream, "admit", admit)


def _forgets_its_output_numbers() -> AbstractContextManager[object]:
    return _replaced(OutputStreams, "load", lambda self, state: None)


def _believes_any_mac() -> AbstractContextManager[object]:
    return _replaced(Verifier, "_maced", lambda self, data: True)


def _does_not_fence_old_sessions() -> AbstractContextManager[object]:
    apply = SignedStreams.apply

    def lenient(self: SignedStreams, frame: Any, signer: tuple[bytes, int], outbox: Any, *more: Any) -> Any:
        session = self._signers.session(signer[0])
        epoch = signer[1] if session is None else max(signer[1], session.epoch)
        return apply(self, frame, (signer[0], epoch), outbox, *more)

    return _replaced(SignedStreams, "apply", lenient)


# --- determinism


def _reads_a_clock() -> AbstractContextManager[object]:
    def tick(partition: model.BookPartition, event: control.Tick, out: Any) -> None:
        partition.tick, partition.time_ms = event.number, time.time_ns() // 1_000_000

    return _replaced(book_machine.HANDLERS, control.Tick, tick)  # type: ignore[arg-type]  # a dict's key


def _walks_a_set() -> AbstractContextManager[object]:
    def opened(self: Any, session: Any, previous_epoch: int, previous_last: int, outbox: Any) -> None:
        participant = self._risk.participants[session.owner]
        participant.last_sequence = session.last
        live = {order for order in self._risk.orders.values() if self._is_open(order, participant)}
        opening = (session.last, session.public_key, session.epoch, previous_epoch, previous_last, len(live))
        outbox.send(participant.reports, SessionOpened(*opening))
        for each in live:
            outbox.send(participant.reports, order_status(each, session.last))

    return _replaced(signers.ParticipantSigners, "opened", opened)


def _forgets_fees_in_a_snapshot() -> AbstractContextManager[object]:
    load = vars(book_machine)["load"]

    def forgetting(partition: model.BookPartition, state: Any) -> None:
        load(partition, state)
        for instrument in partition.instruments.values():
            for order in instrument.book.orders():
                model.ticket(order).fee_basis = 0

    return _replaced(vars(book_machine), "load", forgetting)


def _forgets_time_priority_in_a_snapshot() -> AbstractContextManager[object]:
    load_side = book_state._load_side

    def reversed_rows(book: Any, orders: Any, side: Any, rows: list[list[int]]) -> None:
        load_side(book, orders, side, rows[::-1])

    return _replaced(book_state, "_load_side", reversed_rows)


# --- money and matching


def _computes_fees_in_floats() -> AbstractContextManager[object]:
    return _replaced(trades, "charged", lambda basis: int(float(basis) / 1e7 // 1))


def _reserves_for_the_newest_version_only() -> AbstractContextManager[object]:
    worst = reservation.worst_cost
    return _replaced(reservation, "worst_cost", lambda order, versions: worst(order, versions[-1:]))


def _keeps_reservations_of_ended_orders() -> AbstractContextManager[object]:
    end = answers.end

    def keeping(risk: Any, order: Any) -> None:
        with _replaced(vars(answers), "reserve", lambda order: None):
            end(risk, order)

    return _replaced(answers, "end", keeping)


def _trades_past_the_protection_price() -> AbstractContextManager[object]:
    match = vars(book_place)["match"]

    def unprotected(book: Any, aggressor: BookOrder, opposite: Any, found: list[Any]) -> None:
        limit = aggressor.price_ticks
        if aggressor.order_type == MARKET:
            aggressor.price_ticks = worst_price_ticks(aggressor.side)
        match(book, aggressor, opposite, found)
        aggressor.price_ticks = limit

    return _replaced(vars(book_place), "match", unprotected)


def _settles_one_leg_only() -> AbstractContextManager[object]:
    book = Settlement.book
    return _replaced(Settlement, "book", lambda self, movements: book(self, movements[:1]))


# --- quarantine


def _reads_no_decisions_at_restore() -> AbstractContextManager[object]:
    restore = Shard.restore

    def unread(self: Shard) -> None:
        with _replaced(Decisions, "read", lambda decisions: decisions.decided):
            restore(self)

    return _replaced(Shard, "restore", unread)


def _decides_without_trying_again() -> AbstractContextManager[object]:
    tries_again = Quarantine.tries_again

    def at_once(self: Quarantine, shard: Shard, raised: MachineRaised) -> bool:
        self._tried, self._tried_at = raised, shard.machine.events_applied
        return tries_again(self, shard, raised)

    return _replaced(Quarantine, "tries_again", at_once)


def _takes_what_raised_once_for_a_sick_computer() -> AbstractContextManager[object]:
    return _replaced(Quarantine, "_is_behind", lambda self, before, raised, events_applied: False)


def _forgets_what_is_put_aside() -> AbstractContextManager[object]:
    load = Aside.load

    def forgetting(self: Aside, state: Any) -> None:
        load(self, state)
        self._events = {subject: [] for subject in self._events}

    return _replaced(Aside, "load", forgetting)


def _forgets_what_is_halted() -> AbstractContextManager[object]:
    load = Aside.load

    def forgetting(self: Aside, state: Any) -> None:
        load(self, state)
        self._events = {}

    return _replaced(Aside, "load", forgetting)


def _counts_no_answer_that_is_put_aside() -> AbstractContextManager[object]:
    return _replaced(RiskIsolation, "put_aside", lambda self, message: None)


def _misses_skips() -> AbstractContextManager[object]:
    return _replaced(Decided, "missed_by", lambda self, machine: None)


MUTANTS: Mapping[str, Mutant] = {
    mutant.name: mutant
    for mutant in (
        Mutant("acknowledge-first", "acknowledges before the snapshot", _acknowledges_before_the_snapshot),
        Mutant(
            "snapshot-first",
            "snapshots before the log has confirmed",
            _snapshots_before_the_log_has_confirmed,
        ),
        Mutant("snapshot-unsent", "snapshots before it publishes", _snapshots_before_it_publishes),
        Mutant("forget-refused", "forgets what the log refused", _forgets_what_the_log_refused),
        Mutant("seek-late", "restores one frame too late", _restores_one_frame_too_late),
        Mutant("seek-anywhere", "restores beyond the log's end", _restores_beyond_the_end, power_loss=True),
        Mutant("no-tail", "a promotion forgets the tail", _forgets_the_tail),
        Mutant("trim-all", "a standby keeps nothing after a look", _trims_everything_at_each_look),
        Mutant("confirm-early", "a primary tells what is only sent", _takes_what_is_sent_for_confirmed),
        Mutant("snapshot-ahead", "a standby snapshots ahead", _snapshots_ahead_of_the_primary),
        Mutant("mute", "a promoted replica sends nothing", _sends_nothing_as_the_primary),
        Mutant("no-marks", "marks are not compared", _compares_no_marks, flips=True),
        Mutant("no-heir", "nobody takes over", _never_takes_over),
        Mutant("lease-unsure", "does not retry an unsure lease", _does_not_see_that_it_holds_the_lease),
        Mutant("no-sequence", "takes repetitions", _takes_repetitions),
        Mutant("whole-frames", "drops frames that overlap", _drops_frames_that_overlap),
        Mutant("no-crc", "does not compare CRCs", _does_not_compare_crcs, power_loss=True),
        Mutant("no-numbers", "forgets its output numbers in a snapshot", _forgets_its_output_numbers),
        Mutant("any-mac", "believes any MAC", _believes_any_mac),
        Mutant("no-fence", "takes old sessions' frames", _does_not_fence_old_sessions),
        Mutant("clock", "a machine reads a clock", _reads_a_clock),
        Mutant("set", "an output's order is that of a set", _walks_a_set),
        Mutant("fees-unsaved", "a snapshot lacks the fees charged so far", _forgets_fees_in_a_snapshot),
        Mutant(
            "priority-unsaved", "a snapshot turns time priority round", _forgets_time_priority_in_a_snapshot
        ),
        Mutant("float", "a fee is computed in floats", _computes_fees_in_floats),
        Mutant("newest-only", "reserves for the newest replace only", _reserves_for_the_newest_version_only),
        Mutant("keep-reserved", "keeps what ended orders had reserved", _keeps_reservations_of_ended_orders),
        Mutant("unprotected", "trades past a protection price", _trades_past_the_protection_price),
        Mutant(
            "decisions-unread", "reads no decisions at restore", _reads_no_decisions_at_restore, poison=True
        ),
        Mutant("one-try", "decides without trying again", _decides_without_trying_again, poison=True),
        Mutant(
            "one-strike",
            "takes what raised once for a sick computer",
            _takes_what_raised_once_for_a_sick_computer,
            poison=True,
        ),
        Mutant(
            "aside-unsaved", "a snapshot lacks what is put aside", _forgets_what_is_put_aside, poison=True
        ),
        Mutant("halted-unsaved", "a snapshot lacks what is halted", _forgets_what_is_halted, poison=True),
        Mutant(
            "aside-uncounted",
            "an answer put aside answers nothing",
            _counts_no_answer_that_is_put_aside,
            poison=True,
        ),
        Mutant("skip-missed", "keeps a state that missed a skip", _misses_skips, poison=True),
        Mutant("one-leg", "settles the first movement of a leg only", _settles_one_leg_only),
    )
}
