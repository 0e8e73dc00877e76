"""A participant's slot moves to another risk shard while its program trades: the program follows."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
import structlog

from bulkhead.client import Client, NoExchange
from bulkhead.domain.messages.moving import MovedAway, MovedHere, MoveSlots
from bulkhead.domain.messages.reports import (
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderStatus,
    SessionOpened,
)
from bulkhead.errors import TemporaryError
from bulkhead.topology import derived
from tests.support.exchange import MemoryExchange, messages_in
from tests.support.operator import Operator
from tests.unit.client.conftest import Connect
from tests.unit.client.test_client import ALICE, everything, kinds

SLOT = derived.slot_of("alice")


class Moves:
    """alice's slot, which is on risk/1 in the beginning."""

    def __init__(self, exchange: MemoryExchange) -> None:
        self.exchange = exchange
        self._operator = Operator(exchange)
        self._reader = exchange.log.reader("reports.alice/0", "moves")
        self.shard = 1
        self.stands = False
        """nobody is stepped but by a test"""

    def idle(self) -> None:
        if not self.stands:
            self.exchange.settle()

    def begin(self) -> None:
        """An operator's word; what follows happens as shards are stepped."""
        self.stands = True
        self._operator.decide(MoveSlots(SLOT, SLOT, self.shard, 1 - self.shard, "a test"))
        self.shard = 1 - self.shard

    def until_it_has_left(self) -> None:
        """Step one shard after the other until the old one has said MovedAway; the new one has not heard."""
        for _ in range(20):
            for shard in self.exchange.shards.values():
                shard.step(0.0)
                if any(isinstance(each, MovedAway) for _, each in messages_in(self._reader)):
                    return
        raise AssertionError("it does not leave")

    def whole(self) -> None:
        self.begin()
        self.stands = False
        self.exchange.settle()


@pytest.fixture
def moves(exchange: MemoryExchange) -> Moves:
    return Moves(exchange)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "alice.state"


def place(client: Client, price: int = 100) -> str:
    return client.place(ALICE, "BTC-USD", "buy", 1, price)


def of(messages: list[Any], kind: type) -> list[Any]:
    return [each for each in messages if isinstance(each, kind)]


def names(messages: list[Any], kind: type = OrderAccepted) -> list[str]:
    return [each.client_order_id for each in of(messages, kind)]


def test_it_goes_on_at_the_other_shard_in_the_same_session(connected: Connect, moves: Moves) -> None:
    alice = connected("alice")
    before = place(alice)
    everything(alice)
    moves.whole()
    told = everything(alice)
    assert kinds(told) == [MovedAway, MovedHere]
    after = place(alice)
    alice.cancel(ALICE, before)
    told = everything(alice)
    assert (names(told), names(told, OrderCanceled)) == ([after], [before])
    assert alice.unanswered == 0
    assert [order.client_order_id for order in alice.orders()] == [after]


def test_there_and_back_and_there_again(connected: Connect, moves: Moves) -> None:
    alice = connected("alice")
    for _ in range(3):
        moves.whole()
        order = place(alice)
        assert names(everything(alice)) == [order]
    assert alice.unanswered == 0


def test_what_is_sent_while_it_is_on_its_way_is_taken_once_where_it_arrives(
    connected: Connect, moves: Moves, exchange: MemoryExchange
) -> None:
    """Some of it is in the old shard's partition before the program hears of the move, some waits."""
    alice = connected("alice", idle=moves.idle)
    moves.begin()
    moves.until_it_has_left()
    unread = [place(alice, 90 + number) for number in range(5)]
    assert kinds(alice.raw_reports())[-1] is MovedAway
    waiting = [place(alice, 80 + number) for number in range(5)]
    assert alice.unsent == 1
    with pytest.raises(TemporaryError, match=r"moving to risk/0, which has not said within 0 s"):
        alice.flush(0.0)
    exchange.settle()
    told = alice.raw_reports()
    exchange.settle()
    told += alice.raw_reports()
    assert names(told) == [*unread, *waiting]
    assert (alice.unanswered, alice.unsent) == (0, 0)
    assert of(told, OrderRejected) == []


def test_commands_that_the_old_shard_refuses_meanwhile_are_told_so(
    connected: Connect, moves: Moves, exchange: MemoryExchange
) -> None:
    alice = connected("alice", idle=moves.idle)
    moves.begin()
    for name in ("control/0", "risk/0", "control/0", "risk/1"):
        exchange.shards[name].step(0.0)
    refused = place(alice)
    exchange.settle()
    (rejected,) = of(alice.raw_reports(), OrderRejected)
    assert (rejected.client_order_id, rejected.reason.name) == (refused, "SLOT_MOVING")
    later = place(alice)
    exchange.settle()
    assert names(alice.raw_reports()) == [later]


def test_a_session_that_is_opened_while_it_moves_is_open_at_the_new_shard(
    connected: Connect, moves: Moves, exchange: MemoryExchange
) -> None:
    moves.begin()
    for name in ("control/0", "risk/0", "control/0", "risk/1"):
        exchange.shards[name].step(0.0)
    alice = connected("alice", timeout_s=5.0)
    order = place(alice)
    assert names(everything(alice)) == [order]


def test_a_program_that_knows_nothing_finds_the_shard_in_its_reports(
    connected: Connect, moves: Moves
) -> None:
    """Its connection.json names the old one."""
    connected("alice").close()
    moves.whole()
    again = connected("alice", now_us=lambda: 9)
    order = place(again)
    assert kinds(everything(again)) == [SessionOpened, OrderAccepted]
    assert [each.client_order_id for each in again.orders()] == [order]


@pytest.mark.parametrize("heard", [0, 1, 2, 3])
def test_it_goes_on_where_it_was_after_a_restart(
    connected: Connect, moves: Moves, state: Path, heard: int
) -> None:
    """Stopped before the move is told, between the old shard's word and the new one's, and behind both."""
    alice = connected("alice", state=state)
    everything(alice)
    alice.save()
    order = place(alice)
    moves.exchange.settle()
    moves.whole()
    reports = alice.reports(0.0)
    seen = [next(reports).message for _ in range(heard)]
    alice.close()
    rest = everything(connected("alice", state=state, now_us=lambda: 9, timeout_s=5.0))
    assert kinds([*seen, *rest]) == [OrderAccepted, MovedAway, MovedHere, SessionOpened, OrderStatus]
    assert names([*seen, *rest]) == [order]


def test_one_that_is_not_there_yet_is_waited_for_and_named(
    connected: Connect, moves: Moves, state: Path
) -> None:
    alice = connected("alice", state=state, idle=moves.idle)
    alice.raw_reports()
    moves.begin()
    moves.until_it_has_left()
    assert kinds(alice.raw_reports())[-1] is MovedAway
    alice.save()
    with contextlib.suppress(RuntimeError), alice:
        raise RuntimeError
    with pytest.raises(NoExchange, match="moving to risk/0"):
        connected("alice", state=state, now_us=lambda: 9, idle=lambda: None)
    again = connected("alice", state=state, now_us=lambda: 9)
    order = place(again)
    assert kinds(everything(again)) == [MovedHere, SessionOpened, OrderAccepted]
    assert [each.client_order_id for each in again.orders()] == [order]


def test_what_a_former_shard_says_again_is_dropped_without_a_word(
    connected: Connect, moves: Moves, exchange: MemoryExchange
) -> None:
    exchange.forget_snapshots()
    alice = connected("alice")
    place(alice)
    moves.whole()
    everything(alice)
    with structlog.testing.capture_logs() as said:
        for name in ("risk/1", "risk/0"):
            exchange.start(name)
        exchange.settle()
        order = place(alice)
        assert names(everything(alice)) == [order]
    assert [line for line in said if line["event"] == "reports_frame_ignored"] == []
    assert alice.reports_repeated > 0
