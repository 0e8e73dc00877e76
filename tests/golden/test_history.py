"""Recorded histories, replayed on every change: the same messages, the same states. And some that must fail.

`python -m tests.golden.history` records anew what was meant to change.
"""

from dataclasses import replace
from typing import Any

import pytest

from bulkhead.domain.messages.linked import ExitStarted, OrdersLinked
from bulkhead.domain.messages.mass import OrdersAsked
from bulkhead.domain.messages.orders import OrderExecuted
from bulkhead.domain.messages.quotes import QuotesRejected, SetQuotes
from bulkhead.domain.messages.reports import (
    OrderCanceled,
    OrderDecremented,
    OrderRepriced,
    OrderStatus,
    OrderTriggered,
)
from bulkhead.domain.messages.reversal import (
    FillReversed,
    ReversalRefused,
    TradeBusted,
    TradeBustPublished,
    TradeCorrected,
    TradeCorrectionPublished,
    TradeReversed,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Role
from bulkhead.errors import FatalError
from bulkhead.machines.factory import input_partition
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import decode, encode
from bulkhead.wire.frame import Frame, authenticated_bytes, join_events, read_frame
from tests.golden import history
from tests.property.exchange_replay import Replayed, replay
from tests.support.both_engines import make_both

HISTORIES = {name: history.load(name) for name in history.FLOWS}
HISTORY = HISTORIES["history"]
SHARDS = [(name, shard) for name, recorded in HISTORIES.items() for shard in sorted(recorded.endings)]


def _replay(
    name: str, frames: list[bytes] | None = None, renew_every: int = 0, recorded: history.History = HISTORY
) -> Replayed:
    held = recorded.partitions[input_partition(name)] if frames is None else frames
    return replay(name, recorded.identity, held, renew_every, make=make_both)


@pytest.mark.parametrize(("of", "name"), SHARDS)
def test_a_shard_says_what_it_said_when_it_was_recorded(of: str, name: str) -> None:
    recorded = HISTORIES[of]
    replayed = _replay(name, recorded=recorded)
    assert replayed.streams.inputs == recorded.endings[name].inputs
    assert replayed.streams.outputs == recorded.endings[name].outputs


@pytest.mark.parametrize(("of", "name"), SHARDS)
def test_every_event_that_was_recorded_as_its_word_is_said_again(of: str, name: str) -> None:
    """Message by message, so that a difference shows what it is."""
    replayed = _replay(name, recorded=HISTORIES[of])
    for destination, events in replayed.said.items():
        recorded: dict[int, bytes] = {}
        for data in HISTORIES[of].partitions[destination]:
            frame = _readable(data)
            if frame is not None and frame.source == name:
                recorded |= dict(enumerate(frame.events, frame.first))
        assert [decode(event) for event in events] == [decode(recorded[n]) for n in sorted(recorded)]


@pytest.mark.parametrize("renew_every", [0, 1])
@pytest.mark.parametrize(("of", "name"), SHARDS)
def test_a_shard_ends_in_the_state_that_was_recorded_renewed_from_snapshots_or_not(
    of: str, name: str, renew_every: int
) -> None:
    recorded = HISTORIES[of]
    replayed = _replay(name, renew_every=renew_every, recorded=recorded)
    assert replayed.digest == recorded.endings[name].state


def test_the_second_history_has_every_report_that_an_order_may_cause() -> None:
    reports, reasons = set(), set()
    for partition, frames in HISTORIES["every_type"].partitions.items():
        for event in (event for data in frames if (read := _readable(data)) for event in read.events):
            message = _message(event) if partition.startswith("reports.") else None
            reports.add(type(message))
            if isinstance(message, OrderCanceled):
                reasons.add(message.reason)
    assert reports >= {OrderTriggered, OrderRepriced, OrderDecremented, OrderCanceled, OrderStatus}
    assert reports >= {OrdersLinked, ExitStarted}
    assert reasons >= {Reason.EXPIRED, Reason.SELF_TRADE, Reason.MIN_QUANTITY, Reason.LINKED}


def test_the_second_history_has_quotes_that_are_new_changed_withdrawn_and_refused() -> None:
    kinds: set[Any] = set()
    for frames in HISTORIES["every_type"].partitions.values():
        for event in (event for data in frames if (read := _readable(data)) for event in read.events):
            message = _message(event)
            if isinstance(message, SetQuotes):
                kinds |= {(each.is_new, each.quantity_lots > 0) for each in message.quotes}
            kinds.add(type(message))
    assert kinds >= {(True, True), (False, True), (False, False), QuotesRejected}


def test_the_third_history_has_trades_that_are_undone_and_what_that_is_refused_for() -> None:
    reasons: set[Reason] = set()
    kinds: set[Any] = set()
    for partition, frames in HISTORIES["undone"].partitions.items():
        for event in (event for data in frames if (read := _readable(data)) for event in read.events):
            message = _message(event)
            kinds.add((partition.partition("/")[0].partition(".")[0], type(message)))
            if isinstance(message, ReversalRefused):
                reasons.add(message.reason)
            if isinstance(message, OrderExecuted) and message.role is Role.AUCTION:
                kinds.add(message.role)
    assert kinds >= {("reports", TradeBusted), ("reports", TradeCorrected), ("orders", FillReversed)}
    assert kinds >= {("market_data", TradeBustPublished), ("market_data", TradeCorrectionPublished)}
    assert kinds >= {("decisions", TradeReversed), ("decisions", OrdersAsked), Role.AUCTION}
    assert reasons >= {Reason.TRADE_UNKNOWN, Reason.TRADE_BUSTED}


# Histories that must fail: each is the recorded one of risk/1, tampered with.

VICTIM = "risk/1"


def _readable(data: bytes) -> Frame | None:
    try:
        return read_frame(data)
    except ValueError:
        return None


def _fills() -> list[int]:
    """Places in the victim's partition of frames with a fill, after which more of the same source come."""
    held = HISTORY.partitions[input_partition(VICTIM)]
    read = [_readable(data) for data in held]
    return [
        place
        for place, frame in enumerate(read)
        if frame is not None
        and any(isinstance(_message(event), OrderExecuted) for event in frame.events)
        and any(later is not None and later.source == frame.source for later in read[place + 1 :])
    ]


def _message(event: bytes) -> Any:
    try:
        return decode(event)
    except ValueError:
        return None


def _forged(data: bytes) -> bytes:
    """The frame with the first fill's price changed, by somebody who has the exchange's key."""
    frame, events, changed = read_frame(data), [], False
    for event in frame.events:
        message = decode(event)
        if isinstance(message, OrderExecuted) and not changed:
            event, changed = encode(replace(message, price_ticks=message.price_ticks + 1)), True
        events.append(event)
    return MacSealer(HISTORY.identity.mac_key).seal(
        authenticated_bytes(
            frame.exchange_id,
            frame.genesis_id,
            frame.source,
            frame.destination,
            frame.first,
            frame.crc,
            frame.sent_at_us,
            len(events),
            join_events(events),
        )
    )


def _tampered(how: str) -> list[bytes]:
    held, place = list(HISTORY.partitions[input_partition(VICTIM)]), _fills()[0]
    if how == "a frame is missing":
        del held[place]
    elif how == "a bit is turned":
        held[place] = held[place][:-3] + bytes([held[place][-3] ^ 1]) + held[place][-2:]
    elif how == "a fill is forged with the key":
        held[place] = _forged(held[place])
    elif how == "its last frames are missing":
        del held[-3:]
    return held


@pytest.mark.parametrize("how", ["a frame is missing", "a bit is turned", "a fill is forged with the key"])
def test_a_history_that_was_tampered_with_stops_the_replay(how: str) -> None:
    with pytest.raises(FatalError, match=r"the stream from book/\d is broken"):
        _replay(VICTIM, _tampered(how))


def test_a_history_without_its_end_has_another_ending() -> None:
    replayed = _replay(VICTIM, _tampered("its last frames are missing"))
    ending = HISTORY.endings[VICTIM]
    assert replayed.digest != ending.state
    assert (replayed.streams.inputs, replayed.streams.outputs) != (ending.inputs, ending.outputs)


def test_the_history_without_tampering_is_the_recorded_one() -> None:
    """So that what fails above fails for its tampering."""
    assert _replay(VICTIM, _tampered("nothing")).digest == HISTORY.endings[VICTIM].state
