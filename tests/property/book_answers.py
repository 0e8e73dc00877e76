"""What books say to a risk shard: an answer to each command, in order, and what happens to orders besides."""

import random
from collections import deque
from collections.abc import Collection, Iterable
from typing import Any, Final

from bulkhead.domain.messages.behaviour import BehaviourLeft
from bulkhead.domain.messages.limits import CollarMoved
from bulkhead.domain.messages.linked import EnterBracket, EnterPair, ExitActivated
from bulkhead.domain.messages.moving import SlotsLeaving
from bulkhead.domain.messages.orders import (
    AmendmentRefused,
    AmendOrder,
    BookCleared,
    ClearBook,
    EnterOrder,
    EntryRefused,
    OrderActivated,
    OrderAmended,
    OrderEntered,
    OrderExecuted,
    OrderMoved,
    OrderReduced,
    OrderRemoved,
    PhaseChanged,
    RemovalRefused,
    RemoveOrder,
)
from bulkhead.domain.messages.quotes import QuoteToSet, SetQuotes
from bulkhead.domain.messages.reversal import FillReversed
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.isolation import account_subject
from bulkhead.domain.risk.model import Order, Risk
from bulkhead.domain.terms import Phase, Role

BOOK_SAYS: Final = frozenset(
    (
        OrderEntered,
        EntryRefused,
        OrderExecuted,
        OrderActivated,
        OrderMoved,
        OrderReduced,
        ExitActivated,
        OrderRemoved,
        RemovalRefused,
        OrderAmended,
        AmendmentRefused,
        PhaseChanged,
        BookCleared,
        FillReversed,
        CollarMoved,
    )
)
_REFUSALS: Final = (Reason.ORDER_UNKNOWN, Reason.INSTRUMENT_HALTED, Reason.POST_ONLY)
_ENDS: Final = (Reason.EXPIRED, Reason.IMMEDIATE_OR_CANCEL, Reason.SELF_TRADE, Reason.LINKED)


class BookAnswers:
    """Of all books. What is said of an order mostly can be; a shard halts at what cannot."""

    def __init__(self) -> None:
        self._asked: deque[Any] = deque()
        """commands that have no answer, oldest first; of several that came together each by itself"""
        self._answered: list[Any] = []
        """of the newest frame"""
        self._trades = 0

    def hear(self, commands: Iterable[Any]) -> None:
        for command in commands:
            match command:
                case EnterPair() | EnterBracket():
                    self._asked += command.legs
                case SetQuotes():
                    self._asked += command.quotes
                case SlotsLeaving():
                    pass  # risk_history.py answers it
                case BehaviourLeft():
                    pass  # nobody answers that
                case _:
                    self._asked.append(command)

    def begin_frame(self) -> None:
        self._answered.clear()

    def take_back(self) -> None:
        """The frame was not taken."""
        self._asked.extendleft(reversed(self._answered))
        self._answered.clear()

    def say(self, chance: random.Random, risk: Risk, halted: Collection[str]) -> Any:
        """`halted`: subjects; what is said of their orders is put aside, so that more of it could not be."""
        while self._asked and not _can_be_answered(self._asked[0], risk):
            self._asked.popleft()
        if self._asked and chance.random() < 0.65:
            command = self._asked.popleft()
            self._answered.append(command)
            return self._answer(chance, risk, command)
        every = chance.random() < 0.02  # a book says nothing more of one that has ended
        orders = [
            order
            for order in risk.orders.values()
            if every or not (order.ended or account_subject(order.account) in halted)
        ]
        if chance.random() < 0.1 or not orders:
            return self._of_an_instrument(chance)
        return self._of_an_order(chance, chance.choice(orders[-12:]))

    def _answer(self, chance: random.Random, risk: Risk, command: Any) -> Any:
        if isinstance(command, ClearBook):
            return BookCleared(command.instrument_id, chance.choice((Phase.HALTED, Phase.CLOSED)))
        order = risk.orders[command.order_id]
        refused = chance.random() < 0.15
        if isinstance(command, EnterOrder) or (isinstance(command, QuoteToSet) and command.is_new):
            why = chance.choice(_REFUSALS)
            return EntryRefused(order.order_id, why, 1, -1) if refused else OrderEntered(order.order_id)
        if isinstance(command, RemoveOrder) or command.quantity_lots == 0:
            return _removed(chance, order, refused)
        return _amended(chance, order, command, refused)

    def _of_an_order(self, chance: random.Random, order: Order) -> Any:
        order_id, leaves_lots = order.order_id, max(1, _leaves(order))
        if order.parked and order.link is not None and chance.random() < 0.4:
            return ExitActivated(order_id, order.link.filled_lots)
        match chance.randrange(10):
            case 5:
                return OrderRemoved(order_id, leaves_lots, chance.choice(_ENDS))
            case 6:
                return OrderActivated(order_id)
            case 7:
                return OrderMoved(order_id, order.price_ticks + chance.randint(-1, 1))
            case 8:
                return OrderReduced(order_id, chance.randint(1, leaves_lots))
            case _:
                return self._executed(chance, order, leaves_lots)

    def _executed(
        self, chance: random.Random, order: Order, leaves_lots: int
    ) -> OrderExecuted | FillReversed:
        self._trades += 1
        lots, price_ticks = chance.randint(1, leaves_lots), order.price_ticks - chance.randint(0, 2)
        fee_amount = chance.randint(-9, 900)
        if chance.random() < 0.1:
            corrected = chance.choice((None, price_ticks + 1))
            return FillReversed(
                order.instrument.instrument_id,
                self._trades,
                order.account.account_id,
                order.order_id,
                order.side,
                lots,
                price_ticks,
                fee_amount,
                corrected,
                0 if corrected is None else fee_amount + 1,
            )
        role = chance.choice(list(Role))
        return OrderExecuted(order.order_id, self._trades, price_ticks, lots, role, fee_amount)

    def _of_an_instrument(self, chance: random.Random) -> PhaseChanged | CollarMoved:
        instrument_id = chance.choice(("X-USD", "X-USD", "Z-USD", "Z-X", "NEW"))
        if chance.random() < 0.3:
            return CollarMoved(instrument_id, chance.choice((0, 20, 40)), chance.choice((None, 98, 100)))
        phases = (Phase.CONTINUOUS,) * 20
        return PhaseChanged(instrument_id, chance.choice((*phases, *Phase)))


def _removed(chance: random.Random, order: Order, refused: bool) -> OrderRemoved | RemovalRefused:
    if refused or order.ended:
        return RemovalRefused(order.order_id, chance.choice(_REFUSALS))
    return OrderRemoved(order.order_id, _leaves(order), Reason.REQUESTED)


def _amended(
    chance: random.Random, order: Order, command: AmendOrder | QuoteToSet, refused: bool
) -> OrderAmended | AmendmentRefused:
    lots, price_ticks = command.quantity_lots, command.price_ticks
    if refused or order.ended:
        why = chance.choice(_REFUSALS)
        return AmendmentRefused(order.order_id, price_ticks, lots or 0, why, 2**70, -3)
    total_lots = order.quantity_lots if lots is None else lots
    return OrderAmended(order.order_id, price_ticks, total_lots, max(0, total_lots - order.executed_lots))


def _can_be_answered(command: Any, risk: Risk) -> bool:
    return isinstance(command, ClearBook) or command.order_id in risk.orders


def _leaves(order: Order) -> int:
    return max(0, order.quantity_lots - order.executed_lots)
