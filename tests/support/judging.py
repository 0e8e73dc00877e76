"""What came of recorded order flow: every report in the log, every command's answer, and what a book alone
makes of the same commands.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from bulkhead.domain.messages.reports import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderReplaced,
    ReplaceRejected,
)
from bulkhead.domain.reasons import Reason
from bulkhead.flow.recording import FlowCommand
from bulkhead.log.open import open_log
from bulkhead.wire.codec import decode
from bulkhead.wire.frame import read_frame
from tests.unit.flow.replaying import Replay


def reports_of(log_address: str, partition: str) -> tuple[dict[tuple[str, int], Any], int]:
    """Every report by its source and its number there, and how many were written again; a repetition is the
    same to the byte.
    """
    events: dict[tuple[str, int], bytes] = {}
    repeated = 0
    log = open_log(log_address)
    try:
        reader = log.reader(partition, "chaos")
        while records := reader.receive(1 << 20, 0.0):
            for _, data in records:
                frame = read_frame(data)
                for sequence, event in enumerate(frame.events, frame.first):
                    key = frame.source, sequence
                    if key in events:
                        repeated += 1
                        assert events[key] == event, f"{partition}: two reports have number {key}"
                    events[key] = event
    finally:
        log.close()
    for source, count in Counter(source for source, _ in events).items():
        numbers = sorted(sequence for name, sequence in events if name == source)
        assert numbers == list(range(1, count + 1)), f"{partition}: a report of {source} is missing"
    return {key: decode(event) for key, event in events.items()}, repeated


ANSWERS: dict[str, tuple[Any, ...]] = {
    "place": (OrderAccepted, OrderRejected),
    "cancel": (OrderCanceled, CancelRejected),
    "replace": (OrderReplaced, ReplaceRejected),
}


def answers_missing_and_doubled(
    commands: Sequence[FlowCommand], reports: Iterable[Any]
) -> tuple[list[FlowCommand], list[FlowCommand]]:
    """Commands that no report answers, and those that more than one does. A recorded order is placed,
    canceled and replaced once at most.
    """
    told: Counter[tuple[str, str]] = Counter()
    for report in reports:
        for kind, types in ANSWERS.items():
            if isinstance(report, types) and not ended_by_itself(report):
                told[kind, report.client_order_id] += 1
    counts = [(command, told[command.kind, command.client_order_id]) for command in commands]
    return [c for c, count in counts if count == 0], [c for c, count in counts if count > 1]


def refused_while_moving(commands: Sequence[FlowCommand], reports: Iterable[Any]) -> int:
    """How many changed nothing, as their participant was on the way to another risk shard."""
    refused = {
        (kind, report.client_order_id)
        for report in reports
        for kind, (_, refusal) in ANSWERS.items()
        if isinstance(report, refusal) and report.reason is Reason.SLOT_MOVING
    }
    return sum((command.kind, command.client_order_id) in refused for command in commands)


def ended_by_itself(report: Any) -> bool:
    return isinstance(report, OrderCanceled) and report.reason is not Reason.REQUESTED


def digest(rows: list[Any]) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def expected_digests(replay: Replay) -> tuple[str, str]:
    """Of the trades and of the resting orders, as a book alone, in one thread, makes them."""
    trades = [[buy, sell, price, lots] for buy, sell, price, lots, _ in replay.tape]
    resting = [
        [str(order.order_id), order.side.name.lower(), order.price_ticks, order.remaining_lots]
        for order in replay.book.orders()
    ]
    return digest(trades), digest(resting)
