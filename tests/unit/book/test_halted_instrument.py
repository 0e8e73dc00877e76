"""An instrument that halts because of an event: its commands are refused, others trade, until a release."""

from typing import Any

import pytest

from bulkhead.domain.messages.control import DefineInstrument, ReleaseQuarantine, SetPhase, Tick
from bulkhead.domain.messages.decisions import ChangeMade, ChangePutAside
from bulkhead.domain.messages.market_data import DepthAdded, DepthRemoved, PhasePublished
from bulkhead.domain.messages.orders import (
    AmendmentRefused,
    AmendOrder,
    EnterOrder,
    EntryRefused,
    OrderEntered,
    OrderRemoved,
    PhaseChanged,
    RemovalRefused,
    RemoveOrder,
)
from bulkhead.domain.messages.quotes import QuoteToSet, SetQuotes
from bulkhead.domain.messages.reversal import ReversalRefused, ReverseTrade
from bulkhead.domain.messages.trading import SchedulePhase
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.machines.interface import MachineRaised
from bulkhead.wire.codec import encode
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange
from tests.unit.machines.frames import Stream, give, internal, skip

OTHER = DefineInstrument("Y-USD", 0, "Y", "USD", 100, 1000, 1, 90, 110, 1, 1, 15, 9, Phase.CONTINUOUS)
QUOTES = ((1, Side.BUY, 101, 5, False), (1, Side.BUY, 101, 0, False), (3, Side.SELL, 102, 5, True))
RELEASE = ReleaseQuarantine("book/0", "instrument X-USD", False, "looked at")


def enter(order_id: int, instrument_id: str = "X-USD") -> EnterOrder:
    terms = (OrderType.LIMIT, TimeInForce.GTC, False, 100, 4, 0, 0)
    return EnterOrder(order_id, instrument_id, "alice.main", 0, Side.BUY, *terms)


class Halted:
    """A book with two instruments, of which X-USD, with one resting order, halts at order 2."""

    def __init__(self) -> None:
        self.exchange = MemoryExchange(TEXT)
        self.machine = self.exchange.shards["book/0"].machine
        self.risk = internal(self.exchange, "risk/0", "books/0")
        self.control = internal(self.exchange, "control/0", "books/0")
        self.control.events = list(self.exchange.said()["control/0", "books/0"])
        self.tell(self.control, OTHER)
        self.tell(self.risk, enter(1))
        frame = self.risk.next(encode(enter(2)), encode(RemoveOrder("X-USD", 1)))
        self.told = skip(self.exchange, "book/0", frame, 2)

    def tell(self, stream: Stream, *messages: Any) -> list[Any]:
        return give(self.exchange, "book/0", stream.next(*(encode(message) for message in messages)))


@pytest.fixture(name="halted")
def _halted() -> Halted:
    return Halted()


def test_everybody_is_told_and_the_event_and_those_behind_it_are_refused(halted: Halted) -> None:
    told = [
        PhasePublished("X-USD", Phase.HALTED),
        PhaseChanged("X-USD", Phase.HALTED),
        EntryRefused(2, Reason.QUARANTINED, 0, 0),
        RemovalRefused(1, Reason.QUARANTINED),
        PhaseChanged("X-USD", Phase.HALTED),
    ]
    assert halted.told == told
    assert halted.tell(halted.risk, AmendOrder("X-USD", 1, 101, 5, 0, 0)) == [
        AmendmentRefused(1, 101, 5, Reason.QUARANTINED, 0, 0)
    ]
    moved, gone, new = (QuoteToSet(*each) for each in QUOTES)
    assert halted.tell(halted.risk, SetQuotes("X-USD", "alice.main", 0, "g", 0, 0, (moved, gone, new))) == [
        AmendmentRefused(1, 101, 5, Reason.QUARANTINED, 0, 0),
        RemovalRefused(1, Reason.QUARANTINED),
        EntryRefused(3, Reason.QUARANTINED, 0, 0),
    ]
    assert halted.machine.quarantined() == {"instrument X-USD": []}


def test_a_bust_is_refused_and_its_operator_told(halted: Halted) -> None:
    bust = ReverseTrade(b"k" * 32, 4, 2, "X-USD", 1, None)
    assert halted.tell(halted.control, bust) == [ReversalRefused(b"k" * 32, 4, 2, Reason.QUARANTINED, 0, 0)]


def test_the_other_instrument_of_the_book_trades_on(halted: Halted) -> None:
    assert halted.tell(halted.risk, enter(3, "Y-USD")) == [
        OrderEntered(3),
        DepthAdded("Y-USD", 3, Side.BUY, 100, 4),
    ]


@pytest.mark.parametrize("discard", [False, True])
def test_a_release_opens_it_with_the_orders_that_rested(halted: Halted, discard: bool) -> None:
    release = ReleaseQuarantine("book/0", "instrument X-USD", discard, "looked at")
    phase = PhaseChanged("X-USD", Phase.CONTINUOUS)
    assert halted.tell(halted.control, release) == [
        PhasePublished("X-USD", Phase.CONTINUOUS),
        phase,
        phase,
    ]
    assert halted.machine.quarantined() == {}
    assert halted.tell(halted.risk, RemoveOrder("X-USD", 1)) == [
        DepthRemoved("X-USD", 1),
        OrderRemoved(1, 4, Reason.REQUESTED),
    ]
    assert halted.machine.skipped == [(b"p", 2)]


@pytest.mark.parametrize("discard", [False, True])
def test_what_operators_decided_meanwhile_is_carried_out_at_the_release(
    halted: Halted, discard: bool
) -> None:
    phases = SetPhase("X-USD", Phase.HALTED), SetPhase("X-USD", Phase.CLOSED, "the day is over", 9)
    assert halted.tell(halted.control, *phases) == [ChangePutAside("X-USD", 9)]
    told = halted.tell(halted.control, ReleaseQuarantine("book/0", "instrument X-USD", discard, "looked at"))
    public = [message.phase for message in told if isinstance(message, PhasePublished)]
    assert public == [Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED]
    assert told[-1] == ChangeMade("X-USD", 9, Phase.CLOSED)
    assert halted.tell(halted.risk, enter(3)) == [EntryRefused(3, Reason.INSTRUMENT_HALTED, 1, 3)]


def test_a_release_of_what_is_not_halted_changes_nothing(halted: Halted) -> None:
    other = ReleaseQuarantine("book/0", "instrument Y-USD", False, "a slip")
    assert halted.tell(halted.control, other) == []
    assert halted.tell(halted.control, RELEASE) != []
    before = halted.exchange.domain("book/0").state()
    assert halted.tell(halted.control, RELEASE) == []
    assert halted.exchange.domain("book/0").state() == before


def test_a_release_that_raises_names_the_subject_and_leaves_it_halted_where_it_is_skipped(
    halted: Halted, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = halted.machine.snapshot()
    monkeypatch.setattr("bulkhead.domain.book_partition.isolation.tell_phase", lambda *_: 1 // 0)
    frame = halted.control.next(encode(RELEASE))
    with pytest.raises(MachineRaised) as told:
        halted.machine.apply_frame(b"q", frame)
    assert told.value.subject == "instrument X-USD"
    halted.machine.restore(before)
    assert skip(halted.exchange, "book/0", frame, told.value.sequence) == []
    assert halted.machine.quarantined() == {"instrument X-USD": []}
    monkeypatch.undo()
    assert halted.tell(halted.control, RELEASE) != []


def test_what_raises_names_its_instrument(halted: Halted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bulkhead.domain.book_partition.commands.tell", lambda *_: 1 // 0)
    with pytest.raises(MachineRaised) as told:
        halted.tell(halted.risk, enter(3, "Y-USD"))
    assert told.value.subject == "instrument Y-USD"
    assert told.value.event == encode(enter(3, "Y-USD"))


def test_a_halted_instrument_is_in_a_snapshot(halted: Halted) -> None:
    machine = halted.machine
    machine.restore(machine.snapshot())
    assert halted.tell(halted.risk, enter(3)) == [EntryRefused(3, Reason.QUARANTINED, 0, 0)]
    assert halted.tell(halted.control, RELEASE)[0] == PhasePublished("X-USD", Phase.CONTINUOUS)


def test_ticks_do_not_touch_a_halted_instrument_and_its_timetable_is_made_up_for_at_the_release(
    halted: Halted,
) -> None:
    clock = internal(halted.exchange, "clock/0", "books/0")
    halted.tell(clock, Tick(1, 1_000))
    halted.tell(halted.control, RELEASE, SchedulePhase("X-USD", 5_000, Phase.AUCTION))
    frame = halted.risk.next(encode(enter(9)))
    skip(halted.exchange, "book/0", frame, len(halted.risk.events))
    assert halted.tell(clock, Tick(2, 9_000)) == []
    assert PhasePublished("X-USD", Phase.CONTINUOUS) in halted.tell(halted.control, RELEASE)
    assert PhasePublished("X-USD", Phase.AUCTION) in halted.tell(clock, Tick(3, 9_100))
