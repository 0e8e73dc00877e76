"""What participants send: commands of their flow, encoded and signed before anything is timed."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Protocol

from bench.answers import ExchangeAnswers
from bench.flow import OrderFlow
from bench.frames import Prepared, Signer
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.wire.codec import encode

POOL = 4096
"""Commands that machines get which only count them, over and over: to make new ones would take longer than to
measure them.
"""


class Desk(Protocol):
    """One participant's."""

    def frame(self, events: int) -> Prepared:
        """Its next so many commands in one frame."""
        ...


class TradingDesk:
    """For the real exchange: begins with OpenSession, and every command is a new one."""

    def __init__(self, signer: Signer, flow: OrderFlow) -> None:
        self._signer = signer
        self._flow = flow
        self._answers: ExchangeAnswers | None = None

    def opening(self) -> Prepared:
        return self._signer.frame([encode(OpenSession())])

    def expect(self, answers: ExchangeAnswers) -> None:
        """Tell `answers` of every command from now on."""
        self._answers = answers

    def frame(self, events: int) -> Prepared:
        commands = self._flow.commands(events)
        frame = self._signer.frame([encode(command) for command in commands])
        if self._answers is not None:
            self._answers.expect(commands, frame.last - events + 1)
        return frame


class PassingDesk:
    """For runtime and relay, which look into no command."""

    def __init__(self, signer: Signer, flow: OrderFlow) -> None:
        self._signer = signer
        self._events = itertools.cycle([encode(command) for command in flow.commands(POOL)])

    def frame(self, events: int) -> Prepared:
        return self._signer.frame(list(itertools.islice(self._events, events)))


class Turns:
    """The desks of each lane, which send in turn."""

    def __init__(self, lanes: Sequence[Sequence[Desk]]) -> None:
        self._lanes: list[Iterator[Desk]] = [itertools.cycle(desks) for desks in lanes]

    def queues(self, commands: int, frame_events: int) -> list[list[Prepared]]:
        """By lane its share of so many commands, in whole frames, at least one: so a relay's cuts fall
        between two of them.
        """
        frames = max(1, commands // len(self._lanes) // frame_events)
        return [[next(desks).frame(frame_events) for _ in range(frames)] for desks in self._lanes]
