"""Commands and reports: every command in the log and answered once, every report received once, in order."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from chaos.checker.evidence import Record
from chaos.checker.findings import Findings
from chaos.checker.messages import REQUESTED, Undecodable, decode
from chaos.checker.story import name_of
from chaos.checker.story import told_same as same
from chaos.checker.streams import Stream

Key = tuple[str, str]
"""account_id and client_order_id"""

ANSWERED_BY = {
    "PlaceOrder": ("OrderAccepted", "OrderRejected"),
    "CancelOrder": ("OrderCanceled", "CancelRejected"),
    "ReplaceOrder": ("OrderReplaced", "ReplaceRejected"),
}
ORDER_BITS = 53
"""of an order's number, behind that of the risk shard that gave it"""
_ANSWERS = {answer: command for command, answers in ANSWERED_BY.items() for answer in answers}


class Sent:
    """What one participant sent, over all its sessions, in order."""

    def __init__(self, participant: str) -> None:
        self.participant = participant
        self.commands: list[Any] = []
        self.sequences: list[tuple[int, int]] = []
        """of each command: its session's place among the participant's, and its number in it"""
        self.sources: list[str] = []

    def by_key(self, kind: str) -> dict[Key, list[int]]:
        """The places in `commands` of one kind, by order."""
        found: dict[Key, list[int]] = defaultdict(list)
        for place, command in enumerate(self.commands):
            if name_of(command) == kind:
                found[command.account_id, command.client_order_id].append(place)
        return found


def judge_commands(record: Record, streams: Iterable[Stream], sent: Sent, findings: Findings) -> None:
    """A session's commands are its stream, neither more nor less, in the order in which they were sent. Where
    its participant has moved its stream is in several partitions, some of it twice.
    """
    subject = findings.orders
    session = len(sent.sources)
    sent.sources.append(record.source)
    logged: dict[int, Any] = {}
    for sequence, event in (each for stream in streams for each in stream.events()):
        try:
            command = decode(event)
        except Undecodable as problem:
            subject.is_contradicted(f"command {sequence} of {record.participant}: {problem}")
            continue
        if not same(logged.setdefault(sequence, command), command):
            subject.is_contradicted(f"command {sequence} of {record.participant} is there with two contents")
    logged = dict(sorted(logged.items()))
    places: dict[Any, list[int]] = defaultdict(list)
    commands: list[str] = []
    for sequence, command in record.messages():
        subject.checked += 1
        places[name_of(command), command].append(len(commands))
        commands.append(f"command {sequence} of {record.participant}, {command}")
        if name_of(command) != "OpenSession":
            sent.commands.append(command)
            sent.sequences.append((session, sequence))
    at = -1
    for sequence, command in logged.items():
        there = places.get((name_of(command), command))
        if not there:
            subject.is_doubled(f"event {sequence} of {record.participant} was not sent, or once: {command}")
            continue
        place = there.pop(0)
        if place < at:
            subject.is_misordered(f"{commands[place]} is in the log behind later ones")
        at = max(at, place)
    for place in sorted(place for left in places.values() for place in left):
        subject.is_lost(f"{commands[place]} is not in the log")


def judge_answers(sent: Sent, reports: Iterable[Any], findings: Findings) -> None:
    """Every command has exactly one answer, made when the command had been taken."""
    subject = findings.orders
    sessions: dict[str, int] = {source: place for place, source in enumerate(sent.sources)}
    current = -1
    places = {kind: sent.by_key(kind) for kind in ANSWERED_BY}
    answers: dict[tuple[str, Key], list[tuple[int, int, Any]]] = defaultdict(list)
    refused: Counter[tuple[int, int]] = Counter()
    for report in reports:
        name = name_of(report)
        if name == "SessionOpened":
            current = sessions.get(f"{report.public_key}/{report.epoch}", current)
        elif name == "CommandRefused":
            refused[current, report.last_sequence] += 1
        kind = _ANSWERS.get(name)
        if kind is not None and (name != "OrderCanceled" or report.reason == REQUESTED):
            key = (report.account_id, report.client_order_id)
            answers[kind, key].append((current, report.last_sequence, report))
    for kind, by_key in places.items():
        for key, commands in by_key.items():
            given = answers.pop((kind, key), [])
            expected = len(commands) - sum(refused[sent.sequences[place]] for place in commands)
            what = f"the answer to {kind} {key[1]} of {key[0]}"
            subject.happened(what, expected, len(given))
            for place, (session, taken, _) in zip(commands, given, strict=False):
                if (session, taken) < sent.sequences[place]:
                    subject.is_misordered(f"{what} was given before the command was taken")
    for (kind, key), given in answers.items():
        if not sent.sources:
            continue  # somebody whose commands nobody wrote down
        subject.is_doubled(
            f"{len(given)} answers to a {kind} {key[1]} of {key[0]} that was not sent", len(given)
        )


def judge_received(
    record: Record,
    received: Iterable[tuple[int, Any]],
    logged: dict[int, Any],
    to_end: bool,
    findings: Findings,
) -> None:
    """From the first report that the participant read on it read all, each once, in the order of the log.

    `to_end`: up to the last that there is; otherwise up to the last that it read, since it ended earlier.
    """
    subject = findings.reports
    read: dict[int, Any] = {}
    last = 0
    for sequence, report in received:
        subject.checked += 1
        what = f"report {sequence} to {record.participant}"
        if sequence in read:
            subject.is_doubled(f"{what} was received again")
        elif sequence < last:
            subject.is_misordered(f"{what} was received after report {last}")
        read[sequence] = report
        last = max(last, sequence)
    first = min(read, default=1)
    end = max(logged, default=0) if to_end else max(read, default=0)
    expected = {sequence: report for sequence, report in logged.items() if first <= sequence <= end}
    if not any(name_of(report) == "SessionOpened" for report in read.values()):
        subject.is_lost(f"{record.participant} was never told that its session is open")
    if all(sequence in expected and same(report, expected[sequence]) for sequence, report in read.items()):
        for sequence in expected.keys() - read.keys():
            subject.is_lost(
                f"report {sequence} to {record.participant} was not received: {expected[sequence]}"
            )
    else:
        _compare(record.participant, read, expected, findings)


def _compare(participant: str, read: dict[int, Any], expected: dict[int, Any], findings: Findings) -> None:
    """What was read is not what the log says under these numbers: find by content what is where."""
    subject = findings.reports
    places: dict[Any, list[int]] = defaultdict(list)
    for sequence in sorted(expected):
        places[name_of(expected[sequence]), expected[sequence]].append(sequence)
    met, at = set(), 0
    for sequence in sorted(read):
        key = (name_of(read[sequence]), read[sequence])
        there = places.get(key)
        what = f"report {sequence} to {participant}"
        if not there:
            subject.is_contradicted(f"{what} was received and is not in the log: {key[1]}")
            continue
        place = there.pop(0)
        if place < at:
            subject.is_misordered(f"{what} is in the log before earlier ones, as {place}: {key[1]}")
        at = max(at, place)
        met.add(key)
    for key, left in places.items():
        for place in left:
            what = f"report {place} to {participant}: {key[1]}"
            if key in met:
                subject.is_doubled(f"{what}, which was received once")
            else:
                subject.is_lost(f"{what}, which was not received")


class _Order:
    """One order as its owner's reports tell of it."""

    __slots__ = ("ended", "leaves_lots")

    def __init__(self, leaves_lots: int | None) -> None:
        self.leaves_lots = leaves_lots
        """None: not known, since nobody wrote down how it was placed"""
        self.ended = False


def judge_reports(participant: str, sent: Sent, reports: dict[int, Any], findings: Findings) -> None:
    """The reports of one participant tell a story that can have happened: nothing before it could be known,
    nothing of an order after its end, quantities that go on from one another.
    """
    subject = findings.reports
    placed = {
        (c.account_id, c.client_order_id): c.quantity_lots
        for c in sent.commands
        if name_of(c) == "PlaceOrder"
    }
    orders: dict[int, _Order] = {}
    newest_order: dict[tuple[str, int], int] = {}
    newest_trade: dict[str, int] = {}
    taken = 0
    one_key = len({source.partition("/")[0] for source in sent.sources}) == 1
    for sequence, report in reports.items():
        subject.checked += 1
        name, what = name_of(report), f"report {sequence} to {participant}"
        if name == "SessionOpened":
            taken = report.last_sequence
        elif one_key and report.last_sequence < taken:
            subject.is_misordered(
                f"{what} says {report.last_sequence} commands were taken, {taken} were before"
            )
        taken = report.last_sequence
        if name == "OrderAccepted":
            if report.order_id in orders:
                subject.is_doubled(f"{what}: order {report.order_id} was accepted before")
            orders[report.order_id] = _Order(placed.get((report.account_id, report.client_order_id)))
            issuer = report.instrument_id, report.order_id >> ORDER_BITS
            if report.order_id < newest_order.get(issuer, 0):
                subject.is_misordered(f"{what} accepts order {report.order_id} after a later one")
            newest_order[issuer] = report.order_id
        elif name in ("OrderFilled", "OrderDecremented", "OrderCanceled", "OrderReplaced"):
            order = orders.get(report.order_id)
            if order is None:
                subject.is_misordered(f"{what}, {name}, comes before order {report.order_id} was accepted")
                continue
            if order.ended:
                subject.is_misordered(f"{what}, {name}, comes after the end of order {report.order_id}")
            if name == "OrderFilled":
                if report.trade_id < newest_trade.get(report.instrument_id, 0):
                    findings.fills.is_misordered(f"{what} tells of trade {report.trade_id} after a later one")
                newest_trade[report.instrument_id] = report.trade_id
            _judge_quantity(order, name, report, what, findings)


def _judge_quantity(order: _Order, name: str, report: Any, what: str, findings: Findings) -> None:
    before = order.leaves_lots
    if name == "OrderCanceled":
        order.ended = True
        if before is not None and report.quantity_lots != before:
            findings.fills.is_contradicted(
                f"{what}: {report.quantity_lots} lots canceled of an order that had {before} left"
            )
        return
    taken_off = name in ("OrderFilled", "OrderDecremented")
    if taken_off and before is not None and report.leaves_lots != before - report.quantity_lots:
        findings.fills.is_contradicted(
            f"{what}: {name} of {report.quantity_lots} of {before} lots, and {report.leaves_lots} are left"
        )
    order.leaves_lots = report.leaves_lots
    order.ended = report.leaves_lots == 0
