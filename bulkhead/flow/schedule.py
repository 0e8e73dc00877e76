"""Lets every participant run ahead as far as the ordering allows.

A driver that stops the world at each barrier drains its pipeline 525 times in the recording. Here a command
that must wait holds up its own participant only: the others' later commands go on, unless they conflict with
one that is in flight or held.
"""

from collections import deque

from bulkhead.flow.ordering import Ordering
from bulkhead.flow.recording import FlowCommand


class Schedule:
    """Takes commands in the recorded order, gives them back when they may be sent.

    What a call gives back is to be sent at once, in that order. The commands in flight and the held ones are
    what a driver bounds (`len`): a command is held only for earlier ones, which are in flight or held for
    earlier ones in turn, so with every answer something goes on and nothing waits for ever.
    """

    def __init__(self, participants: int) -> None:
        self.barriers = 0
        """commands that had to wait for an answer to another participant's"""
        self._ordering = Ordering(participants)
        self._held: list[deque[FlowCommand]] = [deque() for _ in range(participants)]
        self._awaited: dict[int, int] = {}
        """held sequence -> how many answers it waits for"""
        self._awaited_by: list[set[int]] = [set() for _ in range(participants)]
        """participant -> what its held commands wait for; its later ones are behind them anyway"""
        self._waiting: dict[int, list[FlowCommand]] = {}
        """sequence in flight or held -> commands that wait for its answer"""

    def __len__(self) -> int:
        """How many commands were admitted and not answered."""
        return len(self._ordering)

    @property
    def held(self) -> int:
        """How many of them are not to be sent yet."""
        return sum(len(lane) for lane in self._held)

    def admit(self, command: FlowCommand) -> list[FlowCommand]:
        """The next command of the recording: itself when it may be sent, else nothing."""
        awaited = self._awaited_by[command.participant]
        conflicts = self._ordering.conflicts(command) - awaited
        self._ordering.sent(command)
        lane = self._held[command.participant]
        if conflicts:
            self.barriers += 1
            awaited |= conflicts
            self._awaited[command.sequence] = len(conflicts)
            for sequence in sorted(conflicts):
                self._waiting.setdefault(sequence, []).append(command)
        elif not lane:
            return [command]
        lane.append(command)
        return []

    def answered(self, command: FlowCommand) -> list[FlowCommand]:
        """The book has dealt with `command`: what may be sent now that waited for it.

        ValueError when it was not in flight: never admitted, or answered before.
        """
        self._ordering.answered(command)
        for awaited in self._awaited_by:
            awaited.discard(command.sequence)
        released: list[FlowCommand] = []
        for waiter in self._waiting.pop(command.sequence, ()):
            self._awaited[waiter.sequence] -= 1
            if self._awaited[waiter.sequence]:
                continue
            del self._awaited[waiter.sequence]
            lane = self._held[waiter.participant]
            while lane and lane[0].sequence not in self._awaited:
                released.append(lane.popleft())
        return released
