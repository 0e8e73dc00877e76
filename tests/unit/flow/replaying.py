"""A book that takes the flow's commands, and adversaries that deliver them as badly as they may."""

from collections import deque
from collections.abc import Iterable, Sequence
from random import Random

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Outcome, Rejected, RejectReason, Traded
from bulkhead.domain.terms import Side
from bulkhead.flow.ordering import Ordering
from bulkhead.flow.recording import FlowCommand, RecordedTrade, Recording
from bulkhead.flow.schedule import Schedule

Tape = list[tuple[int, int, int, int, Side]]


class Replay:
    """A book, the trades that it made, and the orders that it refused."""

    def __init__(self) -> None:
        self.book = Book()
        self.tape: Tape = []
        self.refused: set[int] = set()
        self.strict = True

    def apply(self, command: FlowCommand) -> None:
        """The book takes the command; a refusal other than of a post-only order is an error of the flow."""
        for outcome in self._outcomes(command):
            if isinstance(outcome, Traded):
                ids = outcome.aggressor.order_id, outcome.resting.order_id
                buy, sell = ids if outcome.aggressor.side is Side.BUY else ids[::-1]
                self.tape.append(
                    (buy, sell, outcome.price_ticks, outcome.quantity_lots, outcome.aggressor.side)
                )
            elif isinstance(outcome, Rejected):
                assert not self.strict or outcome.reason is RejectReason.POST_ONLY, (command, outcome)
                self.refused.add(command.recorded_order_id)

    def result(self) -> tuple[Tape, set[int], object]:
        """What two replays must have in common: trades in order, refusals, resting orders in priority."""
        return self.tape, self.refused, self.book.state()

    def _outcomes(self, command: FlowCommand) -> list[Outcome]:
        order_id = command.recorded_order_id
        if command.kind == "cancel":
            return self.book.cancel(order_id)
        if command.kind == "replace":
            order = self.book.order(order_id)
            assert order is not None, command
            remaining_lots = command.quantity_lots - order.executed_lots
            return self.book.replace(order_id, command.price_ticks, remaining_lots)
        return self.book.place(
            BookOrder(
                order_id,
                command.side,
                command.limit_ticks,
                command.quantity_lots,
                command.order_type,
                command.time_in_force,
                command.post_only,
            )
        )


def tape_of(trades: Iterable[RecordedTrade]) -> Tape:
    """Recorded trades as a replay's tape has them."""
    return [
        (t.buy_order_id, t.sell_order_id, t.price_ticks, t.quantity_lots, t.aggressor_side) for t in trades
    ]


def in_sequence(commands: Iterable[FlowCommand]) -> Replay:
    """The recorded order."""
    replay = Replay()
    for command in commands:
        replay.apply(command)
    return replay


class Lanes:
    """What was sent and has not reached the book, by participant; each lane keeps its order."""

    def __init__(self, participants: int, random: Random) -> None:
        self.replay = Replay()
        self.waiting: list[deque[FlowCommand]] = [deque() for _ in range(participants)]
        self.random = random
        self.favorite = self.waiting[0]

    def send(self, commands: Iterable[FlowCommand]) -> None:
        for command in commands:
            self.waiting[command.participant].append(command)

    def deliver(self) -> FlowCommand:
        """One command reaches the book: the favorite lane's, and the favorite changes at times."""
        if not self.favorite or self.random.random() < 0.01:
            self.favorite = self.random.choice([lane for lane in self.waiting if lane])
        command = self.favorite.popleft()
        self.replay.apply(command)
        return command


def stop_the_world(recording: Recording, commands: Sequence[FlowCommand], seed: int, window: int) -> Replay:
    """One sender, which at a barrier sends nothing until the conflicting commands are answered."""
    lanes = Lanes(len(recording.participants), Random(seed))
    ordering = Ordering(len(recording.participants))
    for command in commands:
        while len(ordering) >= window:
            ordering.answered(lanes.deliver())
        barrier = ordering.conflicts(command)
        while barrier:
            delivered = lanes.deliver()
            ordering.answered(delivered)
            barrier.discard(delivered.sequence)
        ordering.sent(command)
        lanes.send([command])
    while len(ordering):
        ordering.answered(lanes.deliver())
    return lanes.replay


def run_ahead(recording: Recording, commands: Sequence[FlowCommand], seed: int, window: int) -> Replay:
    """The schedule, with deliveries put off until the window is full."""
    lanes = Lanes(len(recording.participants), Random(seed))
    schedule = Schedule(len(recording.participants))
    for command in commands:
        while len(schedule) >= window:
            lanes.send(schedule.answered(lanes.deliver()))
        lanes.send(schedule.admit(command))
    while len(schedule):
        lanes.send(schedule.answered(lanes.deliver()))
    return lanes.replay


def unordered(recording: Recording, commands: Sequence[FlowCommand], seed: int, window: int) -> Replay:
    """No barriers at all. A refused cancel is one of an order that has traded by mistake."""
    lanes = Lanes(len(recording.participants), Random(seed))
    lanes.replay.strict = False
    for command in commands:
        while sum(map(len, lanes.waiting)) >= window:
            lanes.deliver()
        lanes.send([command])
    while any(lanes.waiting):
        lanes.deliver()
    return lanes.replay
