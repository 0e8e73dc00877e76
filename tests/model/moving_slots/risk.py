"""A risk shard."""

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.model.moving_slots.machine import Arrivals
from tests.model.moving_slots.said import (
    Command,
    Credit,
    Enter,
    Entered,
    Filled,
    Marker,
    Move,
    MovedAway,
    MovedHere,
    RemovalRefused,
    Remove,
    Removed,
    Report,
    SetLimit,
    slot_of,
)

if TYPE_CHECKING:
    from tests.model.moving_slots.world import World


@dataclass
class Order:
    participant: int
    number: int
    """of the command that placed it"""
    book: int
    ended: bool = False
    removals: deque[int] = field(default_factory=deque)
    """numbers of the cancels that its book has not answered"""


@dataclass
class Account:
    """All that is known of one participant."""

    last: int = 0
    filled: int = 0
    credits: int = 0
    limit: int = 0
    orders: dict[tuple[int, int], Order] = field(default_factory=dict)
    by_number: dict[int, tuple[int, int]] = field(default_factory=dict)


class Risk(Arrivals):
    def __init__(self, world: "World", name: str) -> None:
        super().__init__(world, name)
        self.issued = 0
        self.orders: dict[tuple[int, int], int] = {}
        """whose each order is"""

    def knows(self, message: Any) -> bool:
        if isinstance(message, Command | Credit | SetLimit):
            return message.participant in self.owned
        return any(message.order in account.orders for account in self.owned.values())

    def is_stray(self, message: Any) -> bool:
        """A participant that does not know yet may still write here; a gateway never does."""
        return isinstance(message, Command)

    def begin(self, move: Move) -> None:
        for listener in sorted(self.listeners()):
            self.say(listener, Marker(move))

    def listeners(self) -> set[str]:
        world = self.world
        return {*world.names("book"), *world.names("settlement")}

    def finish(self, move: Move) -> None:
        for participant in sorted(self.owned):
            if slot_of(participant) == move.slot:
                self.say(f"reports.{participant}", MovedAway(move.shard(move.new)))
                if self.mutant == "sessions stay behind":
                    self.owned[participant].last = 0

    def welcome(self, participant: int) -> None:
        self.say(f"reports.{participant}", MovedHere(self.owned[participant].last))

    def take(self, source: str, message: Any) -> None:
        match message:
            case Command():
                self._command(message)
            case Credit(participant):
                account = self.owned[participant]
                account.credits += 1
                self.say(f"reports.{participant}", Report("Credited", account.credits))
            case SetLimit(participant, limit):
                self.owned[participant].limit = limit
            case Entered(order) | Filled(order) | Removed(order) | RemovalRefused(order):
                self._answer(order, message)

    def _command(self, command: Command) -> None:
        account: Account | None = self.owned.get(command.participant)
        if account is None or command.number <= account.last:
            return  # moved away, or sent again
        if command.number > account.last + 1:
            return  # what was sent before it went to the shard of before: it will be sent again
        account.last = command.number
        moving = any(move.slot == slot_of(command.participant) for move in self.leaving)
        if moving and self.mutant != "commands taken while it moves":
            self.say(f"reports.{command.participant}", Report("Refused: moving", command.number))
        elif not command.cancels:
            self.issued += 1
            order = self.number, self.issued
            account.orders[order] = Order(command.participant, command.number, command.book)
            account.by_number[command.number] = order
            self.say(f"book/{command.book}", Enter(order, command.participant))
        elif (placed := account.by_number.get(command.cancels)) is None:
            self.say(f"reports.{command.participant}", Report("Refused: unknown", command.number))
        else:
            account.orders[placed].removals.append(command.number)
            self.say(f"book/{account.orders[placed].book}", Remove(placed, command.participant))

    def _answer(self, order_id: tuple[int, int], message: Any) -> None:
        account = next(each for each in self.owned.values() if order_id in each.orders)
        order = account.orders[order_id]
        reports = f"reports.{order.participant}"
        match message:
            case Entered():
                self.say(reports, Report("Entered", order.number))
            case Filled():
                order.ended = True
                account.filled += 1
                self.say(reports, Report("Filled", order.number))
            case Removed():
                order.ended = True
                self.say(reports, Report("Removed", order.removals.popleft()))
            case RemovalRefused():
                self.say(reports, Report("Refused: too late", order.removals.popleft()))
        if order.ended and not order.removals:
            del account.orders[order_id]
            del account.by_number[order.number]
