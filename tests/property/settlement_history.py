"""What a settlement shard is told: legs of books, deposits, definitions, slots that leave, time; whatever it
handles.
"""

import random
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from bulkhead.domain.messages.control import DefineInstrument, Deposit, OpenAccount, SetSlots, Tick
from bulkhead.domain.messages.moving import SlotsLeaving, SlotsSwitched
from bulkhead.domain.messages.settlement import SettleLeg
from bulkhead.domain.messages.settlement_shards import BalanceComes, GiveAccounts, GiveRest
from bulkhead.domain.settlement.machine import HANDLERS
from bulkhead.domain.settlement.model import OWN_ACCOUNTS
from bulkhead.domain.terms import Phase, Side
from bulkhead.topology.derived import slot_of
from bulkhead.topology.genesis import genesis
from bulkhead.topology.load import loads
from bulkhead.wire.codec import encode
from tests.property import rules_changing
from tests.property.drawn_messages import RANGES, Names, draw_message, integer
from tests.property.exchange_topology import TEXT
from tests.property.machine_history import History, Spoken

SHARD: Final = "settlement/1"
TOPOLOGY: Final = loads(TEXT)
PARTICIPANTS: Final = (*TOPOLOGY.participants, "zoë")
ACCOUNTS: Final = tuple(f"{name}.{end}" for name in PARTICIPANTS for end in ("main", "second"))
INSTRUMENTS: Final = ("X-USD", "X-USD", "Z-USD", "Z-X")
LISTED_LATER: Final = tuple(f"NEW-{number}" for number in range(6))
"""Their legs come before their definition, or behind it."""
ASSETS: Final = ("USD", "X", "Z", "é", "EUR")
"""`EUR` is heard of late, and stands first."""


@cache
def founding() -> list[Any]:
    """The genesis; control would say a shard's part of it only."""
    return [message for message in genesis(TOPOLOGY, _Keys()) if type(message) in HANDLERS]


class _Keys(dict[str, bytes]):
    """A settlement shard is told of none."""

    def __missing__(self, name: str) -> bytes:
        return bytes(32)


class SettlementHistory(History):
    def __init__(self) -> None:
        super().__init__(SHARD, ())
        self._time_ms, self._tick = 1_000_000, 0
        self._trades = 0
        self._said: list[tuple[int, str, Callable[[random.Random, int], Any]]] = [
            (60, "book", _leg),
            (1, "book", _left),
            (10, "control", _deposit),
            (3, "control", _open),
            (3, "control", _list),
            (1, "control", _slots),
            (5, "control", self._any),
            (2, "control", lambda chance, number: rules_changing.take(chance)),
            (2, "risk", _leaving),
            (2, "control", self._gives),
            (3, "book", self._switched),
            (3, "settlement", _comes),
            (4, "clock", self._time_passes),
        ]
        self.found(self._founding)

    def _founding(self) -> None:
        self.say("control/0", founding())

    def drawn(self, chance: random.Random) -> Spoken:
        said = chance.choices(self._said, [weight for weight, _, _ in self._said])[0]
        number = chance.choice((0, 0, 1)) if said[1] in ("book", "risk", "settlement") else 0
        messages = [said[2](chance, number)]
        others = [each for each in self._said if each[1] == said[1]]
        for _ in range(chance.choice((0, 0, 1, 3, 7))):
            speak = chance.choices(others, [weight for weight, _, _ in others])[0][2]
            messages.append(speak(chance, number))
        return Spoken(f"{said[1]}/{number}", [encode(message) for message in messages])

    def names(self) -> Names:
        return _NAMES | {
            "number": lambda chance: self._tick + chance.randrange(2),
            "time_ms": lambda chance: self._time_ms,
        }

    def _gives(self, chance: random.Random, number: int) -> GiveAccounts | GiveRest:
        """Whom its book may have named before; seldom of another move than the one under way."""
        if chance.random() < 0.2:
            return GiveRest(chance.randrange(9), chance.randrange(3))
        first, last = _run(chance)
        return GiveAccounts(self._move(chance), first, last, chance.randrange(3), chance.choice((0, 1, 1, 2)))

    def _switched(self, chance: random.Random, number: int) -> SlotsSwitched:
        return SlotsSwitched(self._move(chance), f"book/{number}")

    def _move(self, chance: random.Random) -> int:
        leaving = self.machine.domain.settlement.leaving
        return chance.randrange(9) if leaving is None or chance.random() < 0.05 else leaving.move_id

    def _time_passes(self, chance: random.Random, number: int) -> Tick:
        self._tick += 1
        self._time_ms += chance.choice((0, 100, 1000))
        return Tick(self._tick, self._time_ms)

    def _any(self, chance: random.Random, number: int) -> Any:
        return draw_message(chance, chance.choice(list(HANDLERS)), self.names())


def _leg(chance: random.Random, number: int) -> SettleLeg:
    """As a book says it, or now and then one that no ledger takes."""
    lots = _amount(chance)
    return SettleLeg(
        _instrument(chance),
        chance.randrange(2**63) if chance.random() < 0.1 else chance.randrange(1000),
        _account(chance),
        chance.choice(list(Side)),
        lots,
        integer(chance, *RANGES["signed amount"]) if chance.random() < 0.02 else lots % 2**100 * 7,
        _fee(chance),
    )


def _fee(chance: random.Random) -> int:
    drawn = chance.random()
    if drawn < 0.3:
        return 0
    return integer(chance, *RANGES["signed amount"]) if drawn < 0.33 else chance.randint(-9, 20)


def _amount(chance: random.Random) -> int:
    """Seldom none, or one with which an account is full: whoever trades that asset halts from then on."""
    drawn = chance.random()
    if drawn < 0.005:
        return chance.choice((0, 2**127, 2**128 - 1))
    return 2**64 * chance.randint(1, 9) if drawn < 0.1 else chance.randint(1, 999)


def _instrument(chance: random.Random) -> str:
    return chance.choice(INSTRUMENTS if chance.random() < 0.8 else LISTED_LATER)


def _account(chance: random.Random) -> str:
    """Seldom one of the exchange's own, or of nobody."""
    if chance.random() < 0.03:
        return chance.choice((*sorted(OWN_ACCOUNTS), "nobody.main"))
    return chance.choice(ACCOUNTS)


def _left(chance: random.Random, number: int) -> Any:
    return rules_changing.changed(chance, number)


def _deposit(chance: random.Random, number: int) -> Deposit:
    return Deposit(_account(chance), chance.choice(ASSETS), _amount(chance))


def _open(chance: random.Random, number: int) -> OpenAccount:
    account_id = chance.choice(ACCOUNTS)
    return OpenAccount(account_id, account_id.split(".")[0])


def _list(chance: random.Random, number: int) -> DefineInstrument:
    """A new one, or another definition of one that is there."""
    instrument_id = chance.choice((*LISTED_LATER, *LISTED_LATER, INSTRUMENTS[0]))
    base, quote = chance.sample(ASSETS, 2)
    return DefineInstrument(instrument_id, 0, base, quote, 1, 1, 1, 1, 9, 1, 1, 9, 9, Phase.CONTINUOUS)


def _slots(chance: random.Random, number: int) -> SetSlots:
    first, last = _run(chance)
    return SetSlots(first, last, chance.randrange(3), 1)


def _leaving(chance: random.Random, number: int) -> SlotsLeaving:
    first, last = _run(chance)
    return SlotsLeaving(chance.randrange(9), first, last, number, chance.randrange(4))


def _comes(chance: random.Random, number: int) -> BalanceComes:
    debit_amount, credit_amount = (chance.choice((0, _amount(chance))) for _ in range(2))
    return BalanceComes(_account(chance), chance.choice(ASSETS), debit_amount, credit_amount)


def _run(chance: random.Random) -> tuple[int, int]:
    """A participant's slot, or all; seldom more than there are."""
    slot = slot_of(chance.choice(PARTICIPANTS))
    return chance.choice(((slot, slot), (slot, slot), (0, 1023), (0, 1024 if chance.random() < 0.2 else 7)))


_NAMES: Final[Names] = {
    **rules_changing.NAMES,
    "instrument_id": _instrument,
    "account_id": _account,
    "participant_id": lambda chance: chance.choice(PARTICIPANTS),
    "asset_id": lambda chance: chance.choice(ASSETS),
    "base_asset_id": lambda chance: chance.choice(ASSETS),
    "quote_asset_id": lambda chance: chance.choice(ASSETS),
    "slot": lambda chance: 1024 if chance.random() < 0.02 else chance.randrange(1024),
    "first_slot": lambda chance: chance.randrange(1024),
    "last_slot": lambda chance: chance.randrange(1025),
    "risk_shard": lambda chance: chance.randrange(3),
    "old": lambda chance: chance.randrange(3),
    "new": lambda chance: chance.randrange(3),
    "shard": lambda chance: f"risk/{chance.randrange(3)}",
    "amount": _amount,
    "debit_amount": _amount,
    "credit_amount": _amount,
    "move_id": lambda chance: chance.randrange(9),
    "base_amount": _amount,
    "fee_amount": _fee,
}
