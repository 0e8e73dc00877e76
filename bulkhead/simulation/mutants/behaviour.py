"""Bugs in how the version of the rules changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bulkhead.domain.behaviour import CANCELS_WHILE_CLOSED, Behaviour
from bulkhead.domain.book.book import Book
from bulkhead.domain.book.outcomes import CancelReason, Outcome
from bulkhead.domain.control import behaviour as control_behaviour
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.behaviour import TakeBehaviour
from bulkhead.simulation.mutants.mutant import Mutant, PutIn, replaced


@contextmanager
def _switches_when_it_is_heard() -> Iterator[None]:
    """Whoever hears of a version first, all that run go by it at once."""
    heard = {"version": 1}
    take = Behaviour.take

    def hear(self: Behaviour, event: TakeBehaviour, out: Outbox) -> None:
        heard["version"] = event.version
        take(self, event, out)

    hearsay = property(lambda self: heard["version"] >= CANCELS_WHILE_CLOSED)
    with replaced(Behaviour, "take", hear), replaced(Behaviour, "cancels_while_closed", hearsay):
        yield


def _forgets_the_version_in_a_snapshot() -> PutIn:
    load = Behaviour.load

    def forgetting(self: Behaviour, state: Any) -> None:
        load(self, state)
        self.version = min(self.version, 1)

    return replaced(Behaviour, "load", forgetting)


def _tells_all_at_once() -> PutIn:
    tell_next = control_behaviour._tell_next

    def tell_all(control: Any, change: Any, out: Outbox) -> None:
        if change.told == 0:
            tell_next(control, change, out)
            waiting = set(change.waiting)
            for change.told in (1, 2):
                tell_next(control, change, out)
                waiting |= change.waiting
            change.waiting = waiting
        else:
            tell_next(control, change, out)

    return replaced(control_behaviour, "_tell_next", tell_all)


def _goes_back_at_controls_word() -> PutIn:
    take = Behaviour.take

    def at_once(self: Behaviour, event: TakeBehaviour, out: Outbox) -> None:
        take(self, TakeBehaviour(event.change, event.version, 0, event.asked), out)

    return replaced(Behaviour, "take", at_once)


def _does_not_say_that_it_left() -> PutIn:
    take = Behaviour.take

    def silent(self: Behaviour, event: TakeBehaviour, out: Outbox) -> None:
        take(self, TakeBehaviour(event.change, event.version, event.askers, 0), out)

    return replaced(Behaviour, "take", silent)


def _books_go_by_the_first_version() -> PutIn:
    cancel = Book.cancel

    def while_open(
        self: Book,
        order_id: int,
        reason: CancelReason = CancelReason.REQUESTED,
        while_closed: bool = False,
    ) -> list[Outcome]:
        return cancel(self, order_id, reason)

    return replaced(Book, "cancel", while_open)


BEHAVIOUR = (
    Mutant(
        "hearsay",
        "rules change where they are heard of",
        _switches_when_it_is_heard,
        shown_by=30,
    ),
    Mutant("version-unsaved", "a snapshot lacks the version", _forgets_the_version_in_a_snapshot, shown_by=4),
    Mutant("all-at-once", "who asks may be ahead of whom it asks", _tells_all_at_once, shown_by=4),
    Mutant("back-at-once", "a book goes back at control's word", _goes_back_at_controls_word, shown_by=21),
    Mutant(
        "deaf-book",
        "a book confirms a version and goes by another",
        _books_go_by_the_first_version,
        shown_by=4,
    ),
    Mutant("left-unsaid", "risk does not say that it has gone back", _does_not_say_that_it_left, shown_by=4),
)
