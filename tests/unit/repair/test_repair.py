"""Shards that stand before what they can't pass, and what leads them on."""

from typing import Any

import pytest

from bulkhead.domain.messages.control import SetPhase, Tick
from bulkhead.domain.messages.orders import EnterOrder, OrderEntered
from bulkhead.domain.messages.participant import OpenSession, PlaceOrder
from bulkhead.domain.messages.quarantine import EventReplaced, FrameDropped, FrameResent, LossAccepted
from bulkhead.domain.messages.reports import OrderAccepted
from bulkhead.domain.terms import Phase, Side
from bulkhead.errors import FatalError
from bulkhead.log.memory import MemoryLog
from bulkhead.log.port import Record
from bulkhead.machines.factory import make_reference
from bulkhead.machines.interface import EventImpossible, StreamBroken
from bulkhead.repair import ways
from bulkhead.repair.examine import Standing, bring_up, examine
from bulkhead.repair.resend import Lost, Piece, said_again, silently_lost
from bulkhead.runtime.decisions import decided
from bulkhead.runtime.host import ShardHost
from bulkhead.runtime.shard import SnapshotPolicy
from bulkhead.runtime.source import Source
from bulkhead.simulation.replay import replayed
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.wire.authentication import MacSealer, SignatureSealer
from bulkhead.wire.codec import decode, encode
from bulkhead.wire.frame import signer_source
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange
from tests.support.running import until

BOOK, BOOKS = "book/0", "books/0"
EACH = SnapshotPolicy(every_events=1, every_ticks=1 << 60)


def order(number: int) -> PlaceOrder:
    return PlaceOrder("alice.main", f"o{number}", "X-USD", Side.BUY, 1, 1, False, 98, None, 4)


class Damaged:
    """An exchange whose book/0 has been told of four orders, and forgets its newest snapshots."""

    def __init__(self) -> None:
        self.exchange = MemoryExchange(TEXT, EACH)
        self.alice = self.exchange.trader("alice")
        self._book_before = self.exchange.snapshots.newest(BOOK)
        for number in range(4):
            self.alice.send(order(number))
            self.exchange.settle()
        self.alice.reports()
        assert self._book_before is not None
        self.exchange.snapshots._newest[BOOK] = self._book_before  # type: ignore[attr-defined]  # it was not synced

    @property
    def records(self) -> list[Record]:
        log = self.exchange.log
        assert isinstance(log, MemoryLog)
        return log._store.topics["books"][0].records

    def order(self, number: int) -> None:
        """As the risk shard says it, which knows nothing of a loss."""
        self.alice.send(order(number))
        self.exchange.shards["risk/1"].step(0.0)
        self.exchange.shards["risk/1"].step(0.0)

    def examine(self, shard: str = BOOK) -> Standing | None:
        return examine(self.exchange.log, self.exchange.identity, self.exchange.snapshots, shard)

    def standing(self, shard: str = BOOK) -> Standing:
        standing = self.examine(shard)
        assert standing is not None
        return standing

    def decide(self, *decisions: Any) -> None:
        """As an operator, through control."""
        key = key_of("operator")
        source = signer_source(public_bytes(key), self.exchange.now_us + 1)
        stream = Source(
            self.exchange.log, self.exchange.identity, source, "control/0", SignatureSealer(key), source
        )
        self.exchange.now_us += 1
        stream.send([encode(OpenSession()), *map(encode, decisions)], 0)
        stream.poll()
        control = self.exchange.shards["control/0"]
        while control.lag() or control.publisher.pending():
            control.step(0.0)

    @property
    def newest(self) -> bytes:
        return decided(self.exchange.log, self.exchange.identity, BOOK).newest

    def lost(self) -> list[Lost]:
        exchange, machine = self.exchange, make_reference(BOOK)
        bring_up(exchange.log, exchange.identity, exchange.snapshots, BOOK, machine)
        taken = machine.streams().inputs
        return silently_lost(
            exchange.log, exchange.identity, exchange.snapshots, exchange.names, BOOKS, taken
        )

    def said_again(self, lost: Lost) -> list[Piece]:
        exchange = self.exchange
        return list(said_again(exchange.log, exchange.identity, exchange.snapshots, lost, BOOKS))

    def loses_everything(self) -> None:
        """All that its partition held, and its snapshots."""
        self.records.clear()
        self.exchange.snapshots._newest.pop(BOOK, None)  # type: ignore[attr-defined]  # they were not synced

    def starts_again(self) -> None:
        self.exchange.start(BOOK)
        self.exchange.settle()

    def agrees_with_a_replay(self) -> None:
        machine = replayed(self.exchange.evidence({}), BOOK, make_reference(BOOK))
        assert machine.digest() == self.exchange.shards[BOOK].machine.digest()


@pytest.fixture(name="damaged")
def _damaged() -> Damaged:
    return Damaged()


def test_where_nothing_is_wrong_nothing_stands(damaged: Damaged) -> None:
    assert all(damaged.examine(name) is None for name in damaged.exchange.names)


def test_what_is_lost_of_a_stream_is_derived_again_and_read_in_its_place(
    damaged: Damaged,
) -> None:
    before = damaged.exchange.shards[BOOK].machine.digest()
    del damaged.records[-2:]
    damaged.order(4)
    standing = damaged.standing()
    broken = standing.problem
    assert isinstance(broken, StreamBroken)
    assert (broken.source, broken.last, broken.first) == ("risk/1", 2, 5)
    assert standing.ways == ["resend", "skip", "drop"]
    exchange = damaged.exchange
    (piece,) = said_again(exchange.log, exchange.identity, exchange.snapshots, Lost("risk/1", 3, 4), BOOKS)
    assert [type(decode(event)) for event in piece.events] == [EnterOrder, EnterOrder]
    assert piece.crc_after == broken.crc
    damaged.decide(
        FrameResent(BOOK, standing.position, "risk/1", piece.first, piece.crc, 2, piece.body, "disk", b"")
    )
    assert damaged.examine() is None
    damaged.starts_again()
    assert exchange.shards[BOOK].machine.digest() != before
    accepted = [each.client_order_id for each in damaged.alice.reports() if isinstance(each, OrderAccepted)]
    assert accepted == ["o4"]  # of the others alice had been told before
    damaged.agrees_with_a_replay()


def test_what_is_lost_is_derived_again_though_its_source_stands_before_a_hole_behind_it(
    damaged: Damaged,
) -> None:
    """Found by the simulation: the source was derived further than it had to be, into a hole of its own."""
    exchange = damaged.exchange
    del damaged.records[-2:]
    sealer = MacSealer(exchange.identity.mac_key)
    clock = Source(exchange.log, exchange.identity, "clock/0", "orders/1", sealer, "test", 1_000, 1)
    clock.send([encode(Tick(1_001, 0))], 0)
    clock.poll()
    assert damaged.standing("risk/1").ways == ["resend", "skip", "drop"]
    (piece,) = damaged.said_again(Lost("risk/1", 3, 4))
    assert (piece.first, piece.last) == (3, 4)


def test_a_loss_that_nothing_tells_of_yet_is_known_from_the_sources_snapshots(damaged: Damaged) -> None:
    exchange, lost = damaged.exchange, damaged.lost
    assert lost() == []
    del damaged.records[-2:]
    assert damaged.examine() is None
    assert lost() == [Lost("risk/1", 3, 4)]
    (piece,) = damaged.said_again(lost()[0])
    stream = Source(
        exchange.log, exchange.identity, "risk/1", BOOKS, MacSealer(b"m" * 32), "repair", 2, piece.crc
    )
    stream.send(piece.events, 0)
    stream.poll()
    assert lost() == []
    before = exchange.shards[BOOK].machine.digest()
    damaged.starts_again()
    assert exchange.shards[BOOK].machine.digest() == before
    damaged.order(4)
    assert damaged.examine() is None


def test_what_was_given_again_is_lost_no_more_but_where_the_place_that_it_was_given_at_is_lost_too(
    damaged: Damaged,
) -> None:
    """The whole partition is lost twice, control's stream with it, which says nothing more."""
    for number in (4, 5):
        damaged.loses_everything()
        damaged.order(number)
        standing = damaged.standing()
        assert "control/0" in {each.source for each in damaged.lost()}
        broken = standing.problem
        assert isinstance(broken, StreamBroken)
        for lost in (*damaged.lost(), Lost(broken.source, broken.last + 1, broken.first - 1)):
            for piece in damaged.said_again(lost):
                terms = lost.source, piece.first, piece.crc, len(piece.events), piece.body, "lost"
                damaged.decide(FrameResent(BOOK, standing.position, *terms, damaged.newest))
        assert damaged.examine() is None
        assert damaged.lost() == []


def test_what_is_lost_further_on_is_not_given_before_what_stands_between(damaged: Damaged) -> None:
    """Found by the simulation: it was given where the shard stood, which then stood there for ever."""
    exchange = damaged.exchange
    sources = ways.Sources(exchange.log, exchange.identity, exchange.snapshots)
    del damaged.records[-2]
    for number in (4, 5):
        damaged.order(number)
    del damaged.records[-1]
    found = ways.look(sources, BOOK, exchange.names)
    assert found.lost == [Lost("risk/1", 6, 6)]
    assert found.here == [Lost("risk/1", 3, 3)]
    damaged.decide(*ways.resend(sources, found, "disk"))
    found = ways.look(sources, BOOK, exchange.names)
    assert (found.standing, found.lost) == (None, [Lost("risk/1", 6, 6)])


def test_another_history_than_the_one_that_was_lost_is_not_taken_for_it(damaged: Damaged) -> None:
    del damaged.records[-2:]
    damaged.order(4)
    standing = damaged.standing()
    wrong = FrameResent(BOOK, standing.position, "risk/1", 3, 99, 1, b"\xc4\x01\x01", "", b"")
    damaged.decide(wrong)
    with pytest.raises(FatalError, match="CRC-32"):
        damaged.starts_again()


def test_what_its_source_has_lost_too_can_not_be_resent(damaged: Damaged) -> None:
    exchange = damaged.exchange
    with pytest.raises(FatalError, match="of the 7 events that books/0 has lost risk/1 says 2 again"):
        said_again(exchange.log, exchange.identity, exchange.snapshots, Lost("risk/1", 3, 9), BOOKS)


def test_a_loss_can_be_accepted_and_the_stream_goes_on_behind_it(damaged: Damaged) -> None:
    del damaged.records[-2:]
    damaged.order(4)
    standing = damaged.standing()
    broken = standing.problem
    assert isinstance(broken, StreamBroken)
    damaged.decide(
        LossAccepted(
            BOOK, standing.position, "risk/1", broken.first - 1, broken.crc, "two orders", "disk", b""
        )
    )
    assert damaged.examine() is None
    exchange = damaged.exchange
    book = exchange.start(BOOK)
    while book.lag():
        book.apply(book.receive(0.0))
    live = [order.order_id for order in exchange.domain(BOOK).partition.instruments["X-USD"].book.orders()]
    assert len(live) == 3  # o0, o1, o4


def test_another_history_can_be_gone_on_with_where_its_frame_overlaps_what_was_taken(
    damaged: Damaged,
) -> None:
    taken = damaged.exchange.shards[BOOK].machine.streams().inputs["risk/1"]
    identity = damaged.exchange.identity
    other = Source(
        damaged.exchange.log, identity, "risk/1", BOOKS, MacSealer(identity.mac_key), "other", taken - 1, 7
    )
    other.send([encode(SetPhase("X-USD", phase)) for phase in (Phase.CLOSED, Phase.HALTED)], 0)
    other.poll()
    standing = damaged.standing()
    broken = standing.problem
    assert isinstance(broken, StreamBroken)
    assert (broken.last, broken.first) == (taken, taken + 1)
    assert standing.ways == ["skip", "drop"]
    damaged.decide(LossAccepted(BOOK, standing.position, "risk/1", broken.first - 1, broken.crc, "", "", b""))
    assert damaged.examine() is None
    damaged.starts_again()
    assert damaged.exchange.shards[BOOK].machine.streams().inputs["risk/1"] == taken + 1


def _forge(damaged: Damaged, *messages: Any) -> None:
    identity = damaged.exchange.identity
    sealer = MacSealer(identity.mac_key)
    source = Source(damaged.exchange.log, identity, "risk/9", BOOKS, sealer, "forger")
    source.send([encode(message) for message in messages], 0)
    source.poll()


def test_an_event_that_can_not_be_is_left_out(damaged: Damaged) -> None:
    _forge(damaged, OrderEntered(1))
    standing = damaged.standing()
    assert isinstance(standing.problem, EventImpossible)
    assert standing.ways == ["skip", "substitute", "drop"]
    before = damaged.exchange.shards[BOOK].machine.snapshot()
    damaged.decide(EventReplaced(BOOK, standing.position, "risk/9", 1, b"", "", "", b""))
    damaged.starts_again()
    state = damaged.exchange.shards[BOOK].machine.streams()
    assert state.inputs["risk/9"] == 1
    assert damaged.exchange.shards[BOOK].machine.snapshot() != before  # it is counted
    damaged.agrees_with_a_replay()


def test_another_event_is_applied_instead(damaged: Damaged) -> None:
    _forge(damaged, OrderEntered(1))
    standing = damaged.standing()
    instead = encode(SetPhase("X-USD", Phase.HALTED))
    damaged.decide(EventReplaced(BOOK, standing.position, "risk/9", 1, instead, "", "", b""))
    damaged.starts_again()
    assert damaged.exchange.domain(BOOK).partition.instruments["X-USD"].book.phase is Phase.HALTED
    damaged.agrees_with_a_replay()


def test_a_frame_is_made_a_dead_letter(damaged: Damaged) -> None:
    _forge(damaged, OrderEntered(1))
    standing = damaged.standing()
    damaged.decide(FrameDropped(BOOK, standing.position, "", "", b""))
    damaged.starts_again()
    book = damaged.exchange.shards[BOOK]
    assert book.frames_refused == 1
    assert "risk/9" not in book.machine.streams().inputs
    damaged.agrees_with_a_replay()


def test_of_two_operators_who_saw_the_same_the_first_is_obeyed(damaged: Damaged) -> None:
    """Who has obeyed the first is past the place that the second is about."""
    _forge(damaged, OrderEntered(1))
    standing = damaged.standing()
    left_out, dropped = ways.skip(standing, "mine"), ways.drop(standing, "mine")
    damaged.decide(left_out)
    damaged.starts_again()
    digest = damaged.exchange.shards[BOOK].machine.digest()
    damaged.decide(dropped)
    assert decided(damaged.exchange.log, damaged.exchange.identity, BOOK).repairs == [left_out]
    damaged.agrees_with_a_replay()
    assert damaged.exchange.shards[BOOK].machine.digest() == digest


def test_who_has_seen_the_first_decides_about_the_same_frame_again(damaged: Damaged) -> None:
    """It has two events that can't be: one is left out, and it stands before the other."""
    _forge(damaged, OrderEntered(1), OrderEntered(2))
    damaged.decide(ways.skip(damaged.standing(), "the first"))
    standing = damaged.standing()
    assert isinstance(standing.problem, EventImpossible)
    assert standing.problem.sequence == 2
    damaged.decide(ways.drop(standing, "all of it"))
    damaged.starts_again()
    assert damaged.exchange.shards[BOOK].frames_refused == 1
    damaged.agrees_with_a_replay()


def test_a_halted_host_goes_on_by_itself_once_it_is_repaired(damaged: Damaged) -> None:
    _forge(damaged, OrderEntered(1))
    host = ShardHost(BOOK, BOOKS, lambda: damaged.exchange.make(BOOK))
    host.start()
    until("it has halted", lambda: host.status()["state"] == "halted")
    damaged.decide(EventReplaced(BOOK, damaged.standing().position, "risk/9", 1, b"", "", "", b""))
    until("it goes on", lambda: host.status()["state"] == "running" and not host.status()["lag"])
    host.stop()


def test_only_what_control_says_repairs(damaged: Damaged) -> None:
    _forge(damaged, OrderEntered(1))
    standing = damaged.standing()
    identity = damaged.exchange.identity
    for source, key in (("risk/0", identity.mac_key), ("control/0", b"x" * 32)):
        stream = Source(
            damaged.exchange.log, identity, source, "quarantine.book/0", MacSealer(key), f"forger {source}"
        )
        stream.send([encode(FrameDropped(BOOK, standing.position, "", "", b""))], 0)
        stream.poll()
    assert damaged.examine() is not None
