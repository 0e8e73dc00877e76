"""Which commands the exchange has not answered: the window, and who hears of an answer.

Every command gets exactly one answer: a place is accepted or rejected (or, where its book was lost before it
could say, canceled with BOOK_LOST), a cancel canceled or rejected, a replace replaced or rejected, a mass
cancel or another request done or rejected (or, where the command could not be read, CommandRefused).
Of a pair and a bracket each order is answered, as by a place: they count as so many.
An answer names its order, not its command. So where several commands of one kind for one order are
unanswered, the one whose number is the report's `last_sequence` is meant (risk answered it at once),
otherwise the oldest. Two replaces of one order that are both with the book can be taken for each other when
the first is refused; how many are unanswered is right all the same.

A mass quote counts as its quotes: each is answered as an order, a replace or a cancel of that name, or all of
them by QuotesRejected. Which of these a quote will be is not known here: such an answer is a quote's where no
command of its own kind waits for it.
"""

from typing import Any

from bulkhead.domain.messages.disconnect import DisconnectSet, SetDisconnect
from bulkhead.domain.messages.kill_switch import KillOwn, OwnKillSwitchSet, ReleaseOwn
from bulkhead.domain.messages.linked import PlaceBracket, PlacePair
from bulkhead.domain.messages.mass import (
    MassCancel,
    MassCanceled,
    OrdersListed,
    RequestOrders,
    RequestRejected,
)
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.protection import ProtectionSet, ResetProtection, SetProtection
from bulkhead.domain.messages.quotes import MassQuote, QuotesRejected
from bulkhead.domain.messages.reports import (
    CancelRejected,
    CommandRefused,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderReplaced,
    ReplaceRejected,
)
from bulkhead.domain.reasons import Reason

Request = MassCancel | RequestOrders | SetDisconnect | SetProtection | ResetProtection | KillOwn | ReleaseOwn
Command = PlaceOrder | PlacePair | PlaceBracket | CancelOrder | ReplaceOrder | MassQuote | Request
_REQUESTS = (
    MassCancel,
    RequestOrders,
    SetDisconnect,
    SetProtection,
    ResetProtection,
    KillOwn,
    ReleaseOwn,
)
_REQUEST_ANSWERS = (
    MassCanceled,
    OrdersListed,
    DisconnectSet,
    ProtectionSet,
    OwnKillSwitchSet,
    RequestRejected,
)
_OF_REQUESTS = frozenset((*_REQUESTS, *_REQUEST_ANSWERS))
_Numbers = dict[tuple[str, str], int | list[int]]


def _key(message: Any) -> tuple[str, str]:
    """What a command and its answer have in common."""
    if type(message) in _OF_REQUESTS:
        return getattr(message, "account_id", None) or "", message.request_id
    return message.account_id, message.client_order_id


def orders_in(command: Command) -> tuple[PlaceOrder, ...]:
    """What a command places."""
    if isinstance(command, PlaceOrder):
        return (command,)
    return command.legs if isinstance(command, PlacePair | PlaceBracket) else ()


class Unanswered:
    """Commands by kind and order, each with its sequence in the session's stream."""

    def __init__(self) -> None:
        places: _Numbers = {}
        cancels: _Numbers = {}
        replaces: _Numbers = {}
        requests: _Numbers = {}
        self._quotes: _Numbers = {}
        self._requests = requests
        self._by_command: dict[type, _Numbers] = {
            PlaceOrder: places,
            CancelOrder: cancels,
            ReplaceOrder: replaces,
            **dict.fromkeys(_REQUESTS, requests),
        }
        self._by_answer: dict[type, _Numbers] = {
            OrderAccepted: places,
            OrderRejected: places,
            OrderCanceled: cancels,
            CancelRejected: cancels,
            OrderReplaced: replaces,
            ReplaceRejected: replaces,
            **dict.fromkeys(_REQUEST_ANSWERS, requests),
        }
        self.count = 0

    def sent(self, command: Command, sequence: int) -> None:
        if isinstance(command, PlacePair | PlaceBracket):
            for leg in command.legs:
                self.sent(leg, sequence)
        elif isinstance(command, MassQuote):
            for quote in command.quotes:
                self._add(self._quotes, (command.account_id, quote.client_order_id), sequence)
        else:
            self._add(self._by_command[type(command)], _key(command), sequence)

    def _add(self, numbers: _Numbers, key: tuple[str, str], sequence: int) -> None:
        self.count += 1
        there = numbers.get(key)
        if there is None:
            numbers[key] = sequence
        elif isinstance(there, list):
            there.append(sequence)
        else:
            numbers[key] = [there, sequence]

    def answered(self, report: Any) -> int | None:
        """The sequence of the command that the report answers; None where it answers none of this session."""
        if type(report) is QuotesRejected:
            return self._drop_quotes(report.last_sequence)
        numbers = self._by_answer.get(type(report))
        if numbers is None:
            return self._refused(report) if type(report) is CommandRefused else None
        if type(report) is OrderCanceled and report.reason is not Reason.REQUESTED:
            if report.reason is not Reason.BOOK_LOST:
                return None
            numbers = self._by_command[PlaceOrder]  # answers it where OrderAccepted had not come
        key = _key(report)
        if key not in numbers and numbers is not self._requests:
            numbers = self._quotes
        found = numbers.pop(key, None)
        if found is None:
            return None
        self.count -= 1
        if isinstance(found, list):
            meant = report.last_sequence if report.last_sequence in found else found[0]
            found.remove(meant)
            if found:
                numbers[key] = found
            return meant
        return found

    def _drop_quotes(self, sequence: int) -> int | None:
        """All quotes of one mass quote; None if there are none."""
        dropped = 0
        for key, found in list(self._quotes.items()):
            there = found if isinstance(found, list) else [found]
            left = [number for number in there if number != sequence]
            dropped += len(there) - len(left)
            if left:
                self._quotes[key] = left
            else:
                del self._quotes[key]
        self.count -= dropped
        return sequence if dropped else None

    def _refused(self, report: CommandRefused) -> int | None:
        """Rare, since a client sends what can be read: so a search will do: for all orders of a command."""
        if self._drop_quotes(report.last_sequence) is not None:
            return report.last_sequence
        before = self.count
        for numbers in self._by_command.values():
            for key, found in list(numbers.items()):
                if found == report.last_sequence:
                    del numbers[key]
                elif isinstance(found, list) and report.last_sequence in found:
                    found.remove(report.last_sequence)
                else:
                    continue
                self.count -= 1
        return None if self.count == before else report.last_sequence
