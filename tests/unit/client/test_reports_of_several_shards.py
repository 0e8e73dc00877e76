"""Reports of a participant that has moved often, in a partition where its shards' frames stand in any order
and are said again: each report comes once, in its order, from any place on where a program may stop.
"""

import itertools
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.client.inbox import Inbox, Mark
from bulkhead.domain.messages.moving import MovedAway, MovedHere
from bulkhead.domain.messages.reports import OrderRejected
from bulkhead.domain.reasons import Reason
from bulkhead.log.open import open_log
from bulkhead.log.port import Reader
from bulkhead.wire.codec import decode, encode
from bulkhead.wire.frame import advance_crc, authenticated_bytes, join_events

EXCHANGE, GENESIS, PARTITION = "dev", b"genesis-of-tests", "reports.alice/0"
_names = itertools.count()
KEYS = (bytes(32), b"k" * 32)


class Told:
    """What its shards say to a participant."""

    def __init__(self, stays: list[tuple[int, int]]) -> None:
        """`stays`: on which shard it is, one after another, and how many reports it hears there."""
        self.first_shard = stays[0][0]
        self.said: dict[int, list[bytes]] = {}
        self.reports: list[Any] = []
        for move_id, (shard, count) in enumerate(stays):
            if move_id:
                for key in KEYS:
                    self._say(shard, MovedHere(1, shard, key, 1, 1, move_id))
            for number in range(count):
                name = f"{move_id}-{number}"
                self._say(shard, OrderRejected(1, "alice.main", name, Reason.SLOT_MOVING, 0, 0))
            if move_id + 1 < len(stays):
                self._say(shard, MovedAway(1, stays[move_id + 1][0], move_id + 1))

    def _say(self, shard: int, message: Any) -> None:
        self.reports.append(message)
        self.said.setdefault(shard, []).append(encode(message))

    def short(self, event: bytes) -> str:
        match decode(event):
            case MovedHere(move_id=move_id):
                return f"here {move_id}"
            case MovedAway(move_id=move_id, risk_shard=shard):
                return f"away {move_id} to {shard}"
            case report:
                return str(report.client_order_id)

    def frame(self, shard: int, begin: int, end: int) -> bytes:
        """Events `begin` to `end` - 1 of that shard's."""
        said = self.said[shard]
        crc, events = advance_crc(0, said[:begin]), said[begin:end]
        source = f"risk/{shard}"
        return bytes(64) + authenticated_bytes(
            EXCHANGE, GENESIS, source, PARTITION, begin + 1, crc, 0, len(events), join_events(events)
        )


@st.composite
def tellings(draw: st.DrawFn) -> tuple[Told, list[bytes]]:
    shards = [draw(st.integers(0, 2))]
    for step in draw(st.lists(st.integers(1, 2), max_size=6)):
        shards.append((shards[-1] + step) % 3)
    told = Told([(shard, draw(st.integers(0, 3))) for shard in shards])
    frames, done = [], dict.fromkeys(told.said, 0)
    while unfinished := [shard for shard in told.said if done[shard] < len(told.said[shard])]:
        shard = draw(st.sampled_from(unfinished))
        begin = draw(st.integers(0, done[shard])) if draw(st.integers(0, 3)) == 0 else done[shard]
        end = draw(st.integers(begin + 1, len(told.said[shard])))
        frames.append(told.frame(shard, begin, end))
        note(f"risk/{shard}: {[told.short(event) for event in told.said[shard][begin:end]]}")
        done[shard] = max(done[shard], end)
    return told, frames


def partition_with(frames: list[bytes]) -> Reader:
    log = open_log(f"memory:several-shards-{next(_names)}")
    log.create_topic("reports.alice", 1)
    writer = log.writer(PARTITION, "all")
    for number, frame in enumerate(frames, 1):
        writer.send(frame, number)
    writer.poll()
    return log.reader(PARTITION, "alice")


@settings(max_examples=300)
@given(tellings(), st.data())
def test_each_comes_once_and_in_its_order_whatever_stands_first_and_from_any_place_on(
    telling: tuple[Told, list[bytes]], data: st.DataObject
) -> None:
    told, frames = telling
    reader = partition_with(frames)
    mark, heard = Mark(None, 0, 0, told.first_shard), []
    while True:
        inbox = Inbox(reader, EXCHANGE, GENESIS, PARTITION, mark)
        while inbox.read(0.0):
            pass
        if not inbox.waiting:
            break
        some = data.draw(st.integers(1, len(told.reports)))
        while some and inbox.waiting:
            heard.append(inbox.take_one()[1])
            some -= 1
        mark = inbox.mark()
        note(f"stopped at {mark}")
    assert heard == told.reports
