"""A replica that follows: what it keeps, what it compares, and what it does when it is promoted."""

from typing import Any

import msgspec
import pytest

from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.terms import Phase, Side
from bulkhead.errors import FatalError, Superseded
from bulkhead.log.lease import lease_partition
from bulkhead.machines.factory import make_reference
from bulkhead.runtime import follower as follower_module
from bulkhead.runtime import kept as kept_module
from bulkhead.runtime.confirmed import decode_told, encode_told
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.kept import Kept, Said
from bulkhead.runtime.marks import EVERY_TICKS
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange

BOOK = "book/0"


class Pair:
    """An exchange whose book/0 has a primary and a replica."""

    def __init__(self, sends: bool = False) -> None:
        self.exchange = MemoryExchange(TEXT)
        self.primary = self.exchange.follow(BOOK, sends=sends)
        self.primary.promote()
        self.exchange.shards[BOOK] = self.primary
        self.replica = self.exchange.follow(BOOK, sends=sends)
        self.alice = self.exchange.trader("alice")
        self._orders = 0

    def order(self) -> None:
        self._orders += 1
        self.alice.send(
            PlaceOrder("alice.main", f"o{self._orders}", "X-USD", Side.BUY, 1, 1, False, 98, None, 4)
        )
        self.exchange.settle()

    def ticks(self, count: int) -> None:
        for _ in range(count):
            self.exchange.now_us += 1_000_000
            self.exchange.tick(self.exchange.now_us // 1000)
            self.exchange.settle()

    def follow(self, replica: Follower | None = None) -> None:
        """The replica comes up to the end of its partition, and looks."""
        replica = replica or self.replica
        while replica.lag():
            replica.step(0.0)
        replica.look_at_primary()

    def said_by_book(self) -> int:
        return self.primary.publisher.frames_sent


def test_a_standby_sends_nothing_and_ends_in_the_same_state() -> None:
    pair = Pair()
    pair.order()
    pair.follow()
    assert pair.replica.publisher.frames_sent == 0
    assert pair.replica.role == "standby"
    assert pair.replica.machine.digest() == pair.primary.machine.digest()


def test_an_active_replica_sends_the_same_and_nothing_is_heard_twice() -> None:
    pair = Pair(sends=True)
    pair.order()
    pair.follow()
    assert pair.replica.role == "active"
    assert pair.replica.publisher.frames_sent > 0
    before = pair.exchange.digests()
    dropped = pair.exchange.shards["risk/1"].machine.duplicates_dropped
    pair.exchange.settle()
    assert pair.exchange.digests().keys() == before.keys()
    assert pair.exchange.shards["risk/1"].machine.duplicates_dropped > dropped
    pair.exchange.said()  # dense, and under one number the same


def test_a_promoted_standby_sends_what_the_primary_had_not_confirmed_and_nothing_before() -> None:
    pair = Pair()
    pair.ticks(3)
    pair.order()
    pair.ticks(1)
    pair.follow()
    pair.alice.send(PlaceOrder("alice.main", "late", "X-USD", Side.BUY, 1, 1, False, 97, None, 4))
    pair.exchange.shards["risk/1"].step(0.0)
    pair.alice.reports()
    pair.primary.apply(pair.primary.receive(0.0))  # and dies before it has sent anything
    pair.follow()
    pair.replica.promote()
    pair.exchange.shards[BOOK] = pair.replica
    pair.exchange.settle()
    assert [report.client_order_id for report in pair.alice.reports()] == ["late"]
    assert pair.replica.role == "primary"
    # The order's answer and its market data; of all before at most what is not known to be confirmed.
    assert pair.replica.publisher.frames_sent <= 4


def test_a_standby_that_is_told_to_send_begins_with_what_it_has_kept() -> None:
    pair = Pair()
    pair.ticks(3)
    pair.order()
    while pair.replica.lag():
        pair.replica.step(0.0)
    pair.replica.send_along(True)
    assert pair.replica.role == "active"
    pair.ticks(1)
    pair.follow()
    said = pair.replica.machine.streams().outputs
    assert said == pair.primary.machine.streams().outputs
    sent = {name for name, frames in pair.replica.publisher.sent().items() if frames}
    assert {"orders/1", "market_data/0"} <= sent  # what the primary had not told to be confirmed
    pair.replica.send_along(False)
    frames = pair.replica.publisher.frames_sent
    pair.ticks(1)
    pair.follow()
    assert (pair.replica.role, pair.replica.publisher.frames_sent) == ("standby", frames)


def test_a_record_without_an_offer_as_earlier_versions_wrote_it_is_read() -> None:
    told = decode_told(msgspec.msgpack.encode((b"here", 7, (3, b"digest"))))
    assert (told.position, told.events, told.mark, told.offered) == (b"here", 7, (3, b"digest"), False)
    assert decode_told(encode_told(told._replace(offered=True))).offered


def test_a_standby_has_opened_whatever_it_would_send_to() -> None:
    pair = Pair()
    pair.order()
    pair.ticks(1)
    pair.follow()
    pair.replica.step(0.0)  # at its next look
    opened = pair.replica.publisher.sent()
    assert pair.primary.publisher.sent().keys() <= opened.keys()
    assert set(opened.values()) == {0}


def test_the_primary_before_is_told_that_it_was_superseded() -> None:
    pair = Pair()
    pair.replica.promote()
    with pytest.raises(Superseded, match=r"process .* has taken"):
        pair.primary.step(0.0)


def test_replicas_compare_what_they_say_every_so_many_ticks() -> None:
    pair = Pair()
    assert pair.replica.agreed_tick == 0
    for _ in range(3):
        pair.order()
        pair.ticks(EVERY_TICKS)
        pair.follow()
    told = decode_told(pair.exchange.log.lease(lease_partition(BOOK), "x").holding().record)  # type: ignore[union-attr]
    assert pair.replica.agreed_tick == told.mark.tick > 2 * EVERY_TICKS


def test_a_replica_that_starts_later_compares_from_its_next_mark_on() -> None:
    pair = Pair()
    pair.ticks(EVERY_TICKS + 3)
    pair.primary.snapshot()
    late = pair.exchange.follow(BOOK)
    pair.follow(late)
    assert late.agreed_tick == 0
    pair.ticks(EVERY_TICKS)
    pair.follow(late)
    assert late.agreed_tick > EVERY_TICKS


def _diverged(pair: Pair) -> Follower:
    """A replica whose book takes no orders for a while, unlike the primary's."""
    machine: Any = make_reference(BOOK)
    replica = pair.exchange.follow(BOOK, machine)
    pair.follow(replica)
    instrument = next(iter(machine.domain.partition.instruments.values()))
    instrument.book.phase = Phase.HALTED
    return replica


def test_a_planted_divergence_is_caught_and_its_first_event_named() -> None:
    pair = Pair()
    pair.ticks(EVERY_TICKS)
    replica = _diverged(pair)
    pair.order()
    pair.ticks(EVERY_TICKS + 1)
    with pytest.raises(FatalError, match="had said different things by tick") as caught:
        pair.follow(replica)
    text = str(caught.value)
    assert "to orders/1" in text
    assert "the log has OrderEntered(" in text
    assert "here it is EntryRefused(" in text


def test_a_divergence_whose_event_is_not_in_the_log_is_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair()
    pair.ticks(EVERY_TICKS)
    replica = _diverged(pair)
    pair.exchange.control(SetPhase("X-USD", Phase.CONTINUOUS))
    pair.order()
    pair.ticks(EVERY_TICKS + 1)
    monkeypatch.setattr(follower_module, "first_difference", lambda *_: "which can't be told")
    with pytest.raises(FatalError, match=r"had said different things by tick .*which can't be told"):
        pair.follow(replica)


def _said(number: int, events: int | None = None) -> Said:
    return Said(number.to_bytes(8, "big"), number if events is None else events, ())


def _confirm(kept: Kept, said: Said) -> None:
    kept.confirm(said.position, said.events)


def _numbers(kept: Kept) -> list[int]:
    return [int.from_bytes(said.position) for said in kept.unconfirmed()]


def test_what_is_confirmed_and_agreed_is_kept_no_longer() -> None:
    kept = Kept()
    for number in range(1, 6):
        kept.add(_said(number))
    _confirm(kept, _said(3))
    assert _numbers(kept) == [4, 5]
    assert len(list(kept.not_agreed())) == 5
    kept.agree(2)
    assert len(list(kept.not_agreed())) == 3
    kept.agree(5)
    assert len(list(kept.unconfirmed())) == 2


def test_all_up_to_a_confirmed_position_that_is_not_reached_yet_counts_as_confirmed() -> None:
    kept = Kept()
    kept.add(_said(1))
    _confirm(kept, _said(3))
    kept.add(_said(2))
    assert _numbers(kept) == []
    kept.add(_said(3))
    kept.add(_said(4))
    assert _numbers(kept) == [4]


def test_a_confirmed_position_before_all_that_is_kept_changes_nothing() -> None:
    kept = Kept()
    kept.add(_said(5))
    _confirm(kept, _said(3))
    kept.add(_said(6))
    assert _numbers(kept) == [5, 6]


def test_of_frames_that_bring_no_event_only_those_up_to_the_position_count_as_confirmed() -> None:
    kept = Kept()
    kept.add(_said(1, events=1))
    _confirm(kept, _said(4, events=2))
    for number in (2, 3, 4, 5):
        kept.add(_said(number, events=2))
        assert _numbers(kept) == {2: [2], 3: [2, 3], 4: [], 5: [5]}[number]
    kept.add(_said(6, events=3))
    assert _numbers(kept) == [5, 6]


def test_a_standby_whose_primary_confirms_nothing_takes_no_more_input(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept_module, "BYTES_MAX", 20)
    pair = Pair()
    for _ in range(3):
        pair.order()
    problems: dict[str, Any] = {}
    while not problems:
        problems = pair.replica.step(0.0)
    assert "no more input is taken" in str(problems["books/0"])
    pair.order()
    lag = pair.replica.lag()
    pair.replica.step(0.0)
    assert pair.replica.lag() == lag > 0
    pair.ticks(1)  # the primary tells how far it is
    pair.follow()
    assert pair.replica.lag() == 0
