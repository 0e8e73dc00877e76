"""Which decisions count, whoever wrote them: the rules of tests/model/quarantine.py on a real log."""

import itertools

import pytest

from bulkhead.domain.messages.quarantine import EventSkipped
from bulkhead.errors import TemporaryError
from bulkhead.log.port import Log
from bulkhead.machines.interface import MachineRaised
from bulkhead.runtime.decisions import Decisions, decided
from bulkhead.runtime.identity import Identity
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange

BOOK = "book/0"
PLACE = (1).to_bytes(8, "big")
_claims = itertools.count(1)


class Venue:
    """An exchange's log and identity, and processes of one of its shards."""

    def __init__(self) -> None:
        exchange = MemoryExchange(TEXT)
        self.log: Log = exchange.log
        self.identity: Identity = exchange.identity

    def process(self, identity: Identity | None = None) -> Decisions:
        return Decisions(
            self.log, identity or self.identity, BOOK, lambda: 7, lambda: f"claim {next(_claims)}".encode()
        )

    def skipped(self) -> list[EventSkipped]:
        return decided(self.log, self.identity, BOOK).skips


def raised(sequence: int = 5) -> MachineRaised:
    return MachineRaised(BOOK, PLACE, "risk/0", sequence, "instrument BTC-USD", b"event")


def claim(process: Decisions) -> None:
    process.begin_claim()
    process.claim()


@pytest.fixture(name="venue")
def _venue() -> Venue:
    return Venue()


def test_a_claim_lets_decide_and_everybody_reads_what_was_decided(venue: Venue) -> None:
    process = venue.process()
    claim(process)
    assert process.decide(raised(), 41, "why")
    (decision,) = venue.skipped()
    assert (decision.position, decision.source, decision.sequence) == (PLACE, "risk/0", 5)
    assert (decision.events_applied, decision.subject, decision.event) == (41, "instrument BTC-USD", b"event")
    assert (decision.why, decision.decided_at_us) == ("why", 7)
    known = decided(venue.log, venue.identity, BOOK)
    assert known.skips_event(PLACE, 5)
    assert not known.skips_event(PLACE, 6)
    assert known.at(b"elsewhere") is None


def test_what_is_decided_after_another_has_claimed_does_not_count(venue: Venue) -> None:
    before, newer = venue.process(), venue.process()
    claim(before)
    claim(newer)
    assert not before.decide(raised(), 0, "")
    assert venue.skipped() == []
    assert newer.decide(raised(), 0, "")


def test_who_claims_knows_what_was_decided_before(venue: Venue) -> None:
    before, newer = venue.process(), venue.process()
    claim(before)
    before.decide(raised(), 0, "")
    claim(newer)
    assert newer.decided.skips_event(PLACE, 5)


def test_of_two_decisions_about_one_event_the_first_counts(venue: Venue) -> None:
    first, second = venue.process(), venue.process()
    claim(first)
    first.decide(raised(), 0, "first")
    claim(second)
    assert second.decide(raised(), 0, "second")
    second.decide(raised(6), 0, "another event")
    assert [decision.why for decision in venue.skipped()] == ["first", "another event"]


def test_of_two_that_claim_at_once_one_has_to_begin_again(venue: Venue) -> None:
    one, other = venue.process(), venue.process()
    one.begin_claim()
    other.begin_claim()
    with pytest.raises(TemporaryError, match="has claimed"):
        one.claim()
    other.claim()
    claim(one)
    assert not other.decide(raised(), 0, "")
    assert one.decide(raised(), 0, "")


def test_what_no_process_of_this_exchange_has_written_is_nothing(venue: Venue) -> None:
    process = venue.process()
    claim(process)
    stranger = venue.process(Identity(venue.identity.exchange_id, venue.identity.genesis_id, b"x" * 32))
    claim(stranger)
    stranger.decide(raised(6), 0, "")
    assert process.decide(raised(), 0, "")
    assert [decision.sequence for decision in venue.skipped()] == [5]
