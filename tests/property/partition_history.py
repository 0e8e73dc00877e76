"""What a book partition is told: orders, amendments, quotes, decisions, busts, time; whatever it handles."""

import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, Final

from bulkhead.domain.book_partition.machine import HANDLERS
from bulkhead.domain.book_partition.timetable import DAY_MS
from bulkhead.domain.messages.control import DefineInstrument, Tick
from bulkhead.domain.messages.linked import EnterBracket, EnterPair, PlaceBracket
from bulkhead.domain.messages.moving import SlotsLeaving
from bulkhead.domain.messages.orders import AmendOrder, ClearBook, EnterOrder, RemoveOrder
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.quotes import QuoteToSet, SetQuotes
from bulkhead.domain.messages.reversal import ReverseTrade
from bulkhead.domain.messages.settlement_shards import SettleElsewhere
from bulkhead.domain.messages.trading import SchedulePhase, SetPriceCollar
from bulkhead.domain.order_ids import order_id
from bulkhead.domain.risk.order_terms import for_book
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.simulation.linked_orders import link
from bulkhead.simulation.operating import decide, open_for_good
from bulkhead.simulation.special_orders import vary
from bulkhead.topology.genesis import genesis
from bulkhead.topology.load import loads
from bulkhead.wire.codec import encode
from tests.property import rules_changing
from tests.property.drawn_messages import Names, draw_message, integer
from tests.property.exchange_topology import TEXT
from tests.property.machine_history import History, Spoken

BOOK: Final = "book/0"
TOPOLOGY: Final = loads(
    TEXT.replace("  Z-X:\n    {", "  Z-X:\n    {matching: pro-rata, pro_rata: {top_order: true}, ")
)
INSTRUMENTS: Final = ("X-USD", "X-USD", "Z-USD", "Z-X")
RATES: Final = ((-2503, 10007), (-2503, 10007), (0, 0), (10**7, -(10**7)), (3, -4))
"""maker's and taker's"""
PARTICIPANTS: Final = ("alice", "bob", "carol")
CHECKED: Final = frozenset((EnterOrder, EnterPair, EnterBracket))
"""Risk has looked at what they say: of nonsense each engine makes something else."""
_OTHERS: Final = [kind for kind in HANDLERS if kind not in CHECKED]
ORDERS_KEPT: Final = 40
"""ids, of which those are chosen that something is said about"""


@cache
def founding() -> list[Any]:
    """The genesis, with every instrument on one partition."""
    told = [message for message in genesis(TOPOLOGY, _Keys()) if type(message) in HANDLERS]
    return [replace(each, book=0) if isinstance(each, DefineInstrument) else each for each in told]


class _Keys(dict[str, bytes]):
    """A book is told of none."""

    def __missing__(self, name: str) -> bytes:
        return bytes(32)


class PartitionHistory(History):
    def __init__(self) -> None:
        super().__init__(BOOK, CHECKED)
        self._time_ms, self._tick = 1_000_000, 0
        self._issued = 0
        self._orders: list[tuple[str, int]] = []
        """instrument and id, newest last"""
        self._said: list[tuple[int, str, Callable[[random.Random, int], Any]]] = [
            (50, "risk", self._enter),
            (9, "risk", self._amend),
            (8, "risk", self._remove),
            (7, "risk", self._quotes),
            (1, "risk", self._clear),
            (1, "risk", self._leaving),
            (1, "control", self._settle_elsewhere),
            (9, "control", self._decide),
            (5, "control", self._reverse),
            (2, "control", self._open),
            (5, "clock", self._time_passes),
            (3, "control", self._any),
            (2, "control", rules_changing.changed),
        ]
        self.found(self._founding)

    def _founding(self) -> None:
        self.say("control/0", founding())

    def drawn(self, chance: random.Random) -> Spoken:
        said = chance.choices(self._said, [weight for weight, _, _ in self._said])[0]
        number = chance.choice((0, 0, 1)) if said[1] == "risk" else 0
        source = f"{said[1]}/{number}"
        messages = [said[2](chance, number)]
        others = [each for each in self._said if each[1] == said[1]]
        for _ in range(chance.choice((0, 0, 1, 3, 7))):
            speak = chance.choices(others, [weight for weight, _, _ in others])[0][2]
            messages.append(speak(chance, number))
        return Spoken(source, [encode(message) for message in messages])

    def names(self) -> Names:
        return _NAMES | {
            "order_id": lambda chance: self._about(chance)[1],
            "trade_id": self._trade_id,
            "number": lambda chance: self._tick + chance.randrange(2),
            "time_ms": lambda chance: self._time_ms,
        }

    def _about(self, chance: random.Random) -> tuple[str, int]:
        """An order that may be there, and its instrument."""
        if not self._orders or chance.random() < 0.03:
            return chance.choice(INSTRUMENTS), chance.choice((1, 0, 2**63 - 1))
        return chance.choice(self._orders[-8:] if chance.random() < 0.5 else self._orders)

    def _trade_id(self, chance: random.Random) -> int:
        """One of the newest of the first instrument, or none."""
        instruments = self.machine.domain.partition.instruments
        return max(0, instruments["X-USD"].trades - chance.randrange(-1, 6)) if instruments else 1

    def _fresh(self, instrument_id: str, risk: int, chance: random.Random) -> int:
        if self._orders and chance.random() < 0.003:
            return chance.choice(self._orders)[1]  # which risk never does
        self._issued += 1
        issued = order_id(risk, self._issued)
        self._orders = [*self._orders[1 - ORDERS_KEPT :], (instrument_id, issued)]
        return issued

    # Risk.

    def _enter(self, chance: random.Random, risk: int) -> EnterOrder | EnterPair | EnterBracket:
        order = vary(chance, _plain(chance), self._time_ms)
        if order.terms is not None and order.terms.expire_time_ms is not None and chance.random() < 0.2:
            order = replace(order, terms=replace(order.terms, expire_time_ms=self._time_ms))  # just over
        participant_id = chance.choice(PARTICIPANTS)
        if chance.random() > 0.2:
            return self._entering(chance, order, risk, participant_id)
        linked = link(chance, order)
        legs = [self._entering(chance, leg, risk, participant_id) for leg in linked.legs]
        return EnterBracket(*legs) if isinstance(linked, PlaceBracket) else EnterPair(*legs)

    def _entering(
        self, chance: random.Random, order: PlaceOrder, risk: int, participant_id: str
    ) -> EnterOrder:
        """What a risk shard makes of an order that it has taken."""
        ticks = order.protection_price_ticks if order.price_ticks is None else order.price_ticks
        return EnterOrder(
            self._fresh(order.instrument_id, risk, chance),
            order.instrument_id,
            f"{participant_id}.main",
            _slot(participant_id),
            Side(order.side),
            OrderType(order.order_type),
            TimeInForce(order.time_in_force),
            order.post_only,
            ticks or 0,
            order.quantity_lots,
            *chance.choice(RATES),
            for_book(order.terms, participant_id),
        )

    def _leaving(self, chance: random.Random, risk: int) -> SlotsLeaving:
        """Somebody moves to the other shard, or all do."""
        slot = _slot(chance.choice(PARTICIPANTS))
        first, last = chance.choice(((slot, slot), (slot, slot), (0, 1023)))
        return SlotsLeaving(chance.randrange(9), first, last, risk, 1 - risk)

    def _settle_elsewhere(self, chance: random.Random, number: int) -> SettleElsewhere:
        slot = _slot(chance.choice(PARTICIPANTS))
        first, last = chance.choice(((slot, slot), (0, 1023)))
        return SettleElsewhere(chance.randrange(9), first, last, chance.randrange(3), chance.randrange(3))

    def _amend(self, chance: random.Random, risk: int) -> AmendOrder:
        instrument_id, order = self._about(chance)
        return AmendOrder(
            instrument_id,
            order,
            _price(chance),
            None if chance.random() < 0.2 else _lots(chance),
            *chance.choice(RATES),
            _price(chance) if chance.random() < 0.2 else None,
        )

    def _remove(self, chance: random.Random, risk: int) -> RemoveOrder:
        return RemoveOrder(*self._about(chance))

    def _quotes(self, chance: random.Random, risk: int) -> SetQuotes:
        instrument_id, participant_id = chance.choice(INSTRUMENTS), chance.choice(PARTICIPANTS)
        quotes = []
        for _ in range(chance.randint(1, 4)):
            is_new = not self._orders or chance.random() < 0.5
            order = self._fresh(instrument_id, risk, chance) if is_new else self._about(chance)[1]
            lots = 0 if not is_new and chance.random() < 0.3 else _lots(chance)
            quotes.append(QuoteToSet(order, chance.choice(list(Side)), _price(chance), lots, is_new))
        return SetQuotes(
            instrument_id,
            f"{participant_id}.main",
            _slot(participant_id),
            "quotes",
            *chance.choice(RATES),
            tuple(quotes),
        )

    def _clear(self, chance: random.Random, risk: int) -> ClearBook:
        return ClearBook(chance.choice(INSTRUMENTS), risk)

    # Control and the clock.

    def _decide(self, chance: random.Random, number: int) -> Any:
        instrument_id = chance.choice(INSTRUMENTS)
        if chance.random() < 0.1:
            collar = SetPriceCollar(instrument_id, chance.choice((0, 20, 50)), chance.random() < 0.3)
            return replace(collar, reference=chance.randrange(3))
        decided = decide(chance, instrument_id, self._time_ms)
        if isinstance(decided, SchedulePhase) and chance.random() < 0.5:  # it comes just at a tick
            at_ms = (self._time_ms + 100 * chance.randint(0, 3)) % DAY_MS
            decided = replace(decided, time_of_day_ms=at_ms)
        return replace(decided, reference=chance.randrange(3))

    def _open(self, chance: random.Random, number: int) -> Any:
        """Trading goes on: a history in which it stands still says little."""
        return chance.choice(open_for_good(chance.choice(INSTRUMENTS)))

    def _reverse(self, chance: random.Random, number: int) -> ReverseTrade:
        price_ticks = _price(chance) if chance.random() < 0.5 else None
        trade_id = self._trade_id(chance)
        return ReverseTrade(bytes(32), 1, 1, chance.choice(INSTRUMENTS), trade_id, price_ticks)

    def _time_passes(self, chance: random.Random, number: int) -> Tick:
        self._tick += 1
        self._time_ms += chance.choice((0, 100, 100, 1000, 300_000))
        return Tick(self._tick, self._time_ms)

    def _any(self, chance: random.Random, number: int) -> Any:
        return draw_message(chance, chance.choice(_OTHERS), self.names())


def _slot(participant_id: str) -> int:
    return PARTICIPANTS.index(participant_id) * 400


def _plain(chance: random.Random) -> PlaceOrder:
    """A limit order, or one at the market."""
    at_once = chance.random() < 0.2
    is_limit = chance.random() < 0.85
    price = _price(chance)
    return PlaceOrder(
        "",
        "",
        chance.choice(INSTRUMENTS),
        chance.choice(list(Side)),
        OrderType.LIMIT if is_limit else OrderType.MARKET,
        chance.choice((TimeInForce.IOC, TimeInForce.FOK)) if at_once else TimeInForce.GTC,
        is_limit and not at_once and chance.random() < 0.15,
        price if is_limit else None,
        None if is_limit else price,
        _lots(chance),
    )


def _price(chance: random.Random) -> int:
    return integer(chance, -(2**62), 2**62) if chance.random() < 0.02 else chance.randint(95, 105)


def _lots(chance: random.Random) -> int:
    """Not the most that a field may hold: an iceberg's slices of it would trade until the end of days."""
    return chance.choice((1, 500)) if chance.random() < 0.02 else chance.randint(1, 9)


_NAMES: Final[Names] = {
    **rules_changing.NAMES,
    "instrument_id": lambda chance: chance.choice((*INSTRUMENTS, "NEW", "NONE")),
    "account_id": lambda chance: f"{chance.choice(PARTICIPANTS)}.main",
    "book": lambda chance: chance.choice((0, 0, 0, 1)),
    "slot": lambda chance: chance.choice((0, 400, 800)),
    "first_slot": lambda chance: chance.randrange(1024),
    "last_slot": lambda chance: chance.randrange(1024),
    "risk_shards": lambda chance: chance.choice((0, 2, 3, 3, 5)),
    "risk_shard": lambda chance: chance.randrange(5),
    "settlement_shard": lambda chance: chance.randrange(3),
    "price_ticks": _price,
    "stop_price_ticks": _price,
    "quantity_lots": _lots,
}
