"""Keeps the recording's sequence where it matters, though nothing keeps it between participants.

Commands of one participant reach the book in the order sent. Between participants nothing is promised: they
may be on different risk shards. Most pairs may swap and the book ends up the same; those that may not are
held apart by a barrier: the later one is sent only when the earlier one has been answered.

What a command needs and does is known from the recording (its `effect`). Two commands of different
participants may swap unless, a recorded before b,

    1  a is a cancel, b comes to rest on the other side          b would meet what a takes off
       at a price that crosses a's
    2  both take                                                 the tape keeps its order
    3  one takes, the other is on the other side and rests,      it is, or would be, in the taker's reach
       cancels or amends within the taker's limit
    4  a is refused, b takes on the same side                    b may end what is in a's way
    5  a takes, b rests on the same side                         b may rest because of what a took

Nothing else is left, because of how owners.py deals the orders out. All that rests at one price of one side
has one owner, so time priority keeps itself. An order and its cancel have one owner. A refused order has the
owner of the order that was in its way: so long as that one rests the refused one is refused, whatever else
comes or goes, and only its own cancel (same owner) or a taker (4) ends it. Two that rest, neighbors in the
recording, never cross; a cancel and a place at one price of one side leave the same queue either way;
refused orders leave nothing.

Every sequence that obeys the rules is reached from the recorded one by swapping neighbors that may swap, and
each swap leaves both commands' effects, and the book after them, as they were: hence all trades, in the order
of the tape, and all resting orders, in their priority, come out the same.
"""

from bisect import bisect_left, insort

from bulkhead.domain.terms import Side
from bulkhead.flow.recording import FlowCommand


class _InFlight:
    """What one participant has sent and not had answered, found by what others' commands ask for."""

    def __init__(self) -> None:
        self.all: dict[int, FlowCommand] = {}
        """by sequence"""
        self.takers: dict[int, FlowCommand] = {}
        """those of `all` that take: few, 170 of the recording's 206,403"""
        self.cancels: dict[Side, list[tuple[int, int]]] = {Side.BUY: [], Side.SELL: []}
        """(price, negated for bids, sequence), sorted: the best price first"""


class Ordering:
    """Which commands must be answered before another may be sent.

    For each command, in the recorded order: ask for its `conflicts`, and say `sent`, when it is sent or has
    its place among those to be sent; say `answered` once the book has dealt with it. Answers may come in any
    order. Each takes O(log n) for n in flight, and `conflicts` besides a step for each one that it finds;
    for a command that takes, of which there are few, n.
    """

    def __init__(self, participants: int) -> None:
        self._lanes = [_InFlight() for _ in range(participants)]
        self._count = 0

    def __len__(self) -> int:
        """How many commands are sent and not answered."""
        return self._count

    def conflicts(self, command: FlowCommand) -> set[int]:
        """Sequences of other participants' commands in flight that `command` must not overtake."""
        found: set[int] = set()
        for participant, lane in enumerate(self._lanes):
            if participant == command.participant or not lane.all:
                continue
            if command.effect == "takes":
                found.update(s for s, earlier in lane.all.items() if _before_taker(earlier, command))
                continue
            if lane.takers:
                found.update(s for s, taker in lane.takers.items() if _after_taker(taker, command))
            if command.effect == "rests":
                found.update(_crossed_cancels(lane, command))
        return found

    def sent(self, command: FlowCommand) -> None:
        """`command` is in flight from now. ValueError when it was already."""
        lane = self._lanes[command.participant]
        if command.sequence in lane.all:
            raise ValueError(f"command {command.sequence} is in flight already")
        lane.all[command.sequence] = command
        self._count += 1
        if command.effect == "takes":
            lane.takers[command.sequence] = command
        elif command.effect == "cancels":
            key = _key(command.side, command.limit_ticks)
            insort(lane.cancels[command.side], (key, command.sequence))

    def answered(self, command: FlowCommand) -> None:
        """The book has dealt with `command`. ValueError when it was not in flight."""
        lane = self._lanes[command.participant]
        if lane.all.pop(command.sequence, None) is None:
            raise ValueError(f"command {command.sequence} is not in flight: never sent, or answered before")
        self._count -= 1
        if command.effect == "takes":
            del lane.takers[command.sequence]
        elif command.effect == "cancels":
            cancels = lane.cancels[command.side]
            del cancels[bisect_left(cancels, (_key(command.side, command.limit_ticks), command.sequence))]


def _before_taker(earlier: FlowCommand, taker: FlowCommand) -> bool:
    """Rules 2, 3 and 4: `taker` must not overtake `earlier`."""
    if earlier.effect == "takes":
        return True
    if earlier.effect == "refused":
        return earlier.side is taker.side
    return earlier.side is not taker.side and _crosses(taker, earlier.limit_ticks)


def _after_taker(taker: FlowCommand, later: FlowCommand) -> bool:
    """Rules 3 and 5: `later`, which does not take, must not overtake `taker`."""
    if later.effect == "refused":
        return False
    if later.side is taker.side:
        return later.effect == "rests"
    return _crosses(taker, later.limit_ticks)


def _crossed_cancels(lane: _InFlight, command: FlowCommand) -> list[int]:
    """Rule 1: cancels in flight of orders that `command`, coming to rest, would meet."""
    other = Side.SELL if command.side is Side.BUY else Side.BUY
    cancels = lane.cancels[other]
    reach = _key(other, command.limit_ticks)
    if not cancels or cancels[0][0] > reach:
        return []
    return [sequence for _, sequence in cancels[: bisect_left(cancels, (reach + 1, 0))]]


def _crosses(command: FlowCommand, price_ticks: int) -> bool:
    """Whether `command` may trade with an order of the other side at this price."""
    if command.side is Side.BUY:
        return price_ticks <= command.limit_ticks
    return price_ticks >= command.limit_ticks


def _key(side: Side, price_ticks: int) -> int:
    """Prices as keys that put a side's best first."""
    return -price_ticks if side is Side.BUY else price_ticks
