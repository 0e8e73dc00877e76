"""Bugs in decisions about events that a machine raises on, and what is halted by them."""

from contextlib import suppress
from typing import Any

from bulkhead.domain.messages.quarantine import EventSkipped
from bulkhead.domain.risk.isolation import RiskIsolation
from bulkhead.machines.aside import Aside
from bulkhead.machines.interface import MachineRaised
from bulkhead.runtime.decisions import CONFIRM_S, Decided, Decisions
from bulkhead.runtime.quarantine import Quarantine
from bulkhead.runtime.shard import Shard
from bulkhead.simulation.mutants.mutant import Mutant, PutIn, replaced
from bulkhead.wire.codec import decode
from bulkhead.wire.frame import Unreadable


def _reads_no_decisions_at_restore() -> PutIn:
    restore = Shard.restore

    def unread(self: Shard) -> None:
        with replaced(Decisions, "read", lambda decisions: decisions.decided):
            restore(self)

    return replaced(Shard, "restore", unread)


def _reads_no_decisions_at_a_claim() -> PutIn:
    def unread(self: Decisions) -> None:
        self._push(CONFIRM_S)

    return replaced(Decisions, "claim", unread)


def _lets_a_standby_decide() -> PutIn:
    settle = Quarantine.settle

    def deciding(self: Quarantine, shard: Shard, raised: MachineRaised, why: str) -> bool:
        decisions = shard.decisions
        if shard.primary or decisions is None or shard.passed_by_another():
            return settle(self, shard, raised, why)
        if not self._is_decided(decisions, raised):
            decisions.begin_claim()
            decisions.claim()
            decisions.decide(raised, shard.machine.events_applied, why)
        self._tried = None
        return True

    return replaced(Quarantine, "settle", deciding)


def _decides_without_trying_again() -> PutIn:
    tries_again = Quarantine.tries_again

    def at_once(self: Quarantine, shard: Shard, raised: MachineRaised) -> bool:
        self._tried, self._tried_at = raised, shard.machine.events_applied
        return tries_again(self, shard, raised)

    return replaced(Quarantine, "tries_again", at_once)


def _takes_what_raised_once_for_a_sick_computer() -> PutIn:
    return replaced(Quarantine, "_is_behind", lambda self, before, raised, events_applied: False)


def _forgets_what_is_put_aside() -> PutIn:
    load = Aside.load

    def forgetting(self: Aside, state: Any, arrivals: Any) -> None:
        load(self, state, arrivals)
        self._events = {subject: [] for subject in self._events}

    return replaced(Aside, "load", forgetting)


def _forgets_what_is_halted() -> PutIn:
    load = Aside.load

    def forgetting(self: Aside, state: Any, arrivals: Any) -> None:
        load(self, state, arrivals)
        self._events = {}

    return replaced(Aside, "load", forgetting)


def _counts_no_answer_that_is_put_aside() -> PutIn:
    return replaced(RiskIsolation, "put_aside", lambda self, message: None)


def _obeys_what_does_not_count() -> PutIn:
    note = Decisions._note

    def obeying(self: Decisions, data: bytes) -> None:
        note(self, data)
        with suppress(Unreadable):
            for event in self._verifier.check(data).events:
                message = decode(event)
                if isinstance(message, EventSkipped):
                    self.decided.skip(message)

    return replaced(Decisions, "_note", obeying)


def _misses_skips() -> PutIn:
    return replaced(Decided, "missed_by", lambda self, machine: None)


QUARANTINE = (
    Mutant("decisions-unread", "reads no decisions at restore", _reads_no_decisions_at_restore, poison=True),
    Mutant("claim-unread", "reads no decisions at a claim", _reads_no_decisions_at_a_claim, poison=True),
    Mutant("standby-decides", "a standby decides", _lets_a_standby_decide, poison=True, shown_by=21),
    Mutant("one-try", "decides without trying again", _decides_without_trying_again, poison=True, shown_by=3),
    Mutant(
        "one-strike",
        "takes what raised once for a sick computer",
        _takes_what_raised_once_for_a_sick_computer,
        poison=True,
        shown_by=6,
    ),
    Mutant("aside-unsaved", "a snapshot lacks what is put aside", _forgets_what_is_put_aside, poison=True),
    Mutant("halted-unsaved", "a snapshot lacks what is halted", _forgets_what_is_halted, poison=True),
    Mutant(
        "aside-uncounted",
        "an answer put aside answers nothing",
        _counts_no_answer_that_is_put_aside,
        poison=True,
    ),
    Mutant("not-counting", "obeys a decision that does not count", _obeys_what_does_not_count, poison=True),
    Mutant("skip-missed", "keeps a state that missed a skip", _misses_skips, poison=True, shown_by=9),
)
