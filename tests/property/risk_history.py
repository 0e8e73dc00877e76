"""What a risk shard is told: participants' commands, what books say of them, control, settlement, time;
whatever it handles.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

import msgspec

from bulkhead.domain.keys import EVERYTHING, Permission
from bulkhead.domain.messages.control import DefineParticipant, RegisterKey, RevokeKey, Tick
from bulkhead.domain.messages.disconnect import Heartbeat
from bulkhead.domain.messages.kill_switch import KillOwn, KillScope, ReleaseOwn, ThrowKillSwitch
from bulkhead.domain.messages.moving import (
    ExpectSlots,
    LeaveSlots,
    SlotsGiven,
    SlotsMoved,
    SlotsState,
    SlotsSwitched,
)
from bulkhead.domain.messages.orders import OrderMoved
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.domain.messages.settlement import DepositSettled
from bulkhead.domain.risk.machine import HANDLERS
from bulkhead.domain.risk.model import Coming, Risk
from bulkhead.simulation.commands import draw, draw_guard
from bulkhead.simulation.operating import draw_kill_switch
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.topology.derived import account_terms, key_names, slot_of
from bulkhead.topology.genesis import genesis
from bulkhead.topology.load import loads
from bulkhead.wire.codec import decode, encode
from bulkhead.wire.frame import signer_source
from tests.property import rules_changing
from tests.property.book_answers import BOOK_SAYS, BookAnswers
from tests.property.drawn_messages import Names, draw_message
from tests.property.machine_history import History, Spoken, Stream
from tests.property.test_limit_flows import OPEN

SHARD: Final = "risk/1"
MOVES: Final = frozenset((ExpectSlots, LeaveSlots, SlotsSwitched, SlotsState, SlotsGiven))
"""What other shards say of slots makes sense: of nonsense in a state each engine makes something else."""
MOVE_IDS: Final = range(1, 9)
FOUNDING_IDS: Final = range(100, 200)
unpack: Final = msgspec.msgpack.Decoder().decode
TOPOLOGY: Final = loads(re.sub("(in_flight|open_orders)_max: [0-9]+", r"\1_max: 30", OPEN))
INSTRUMENTS: Final = ("X-USD", "X-USD", "Z-USD", "Z-X")
ASSETS: Final = ("USD", "X", "Z")
PARTICIPANTS: Final = tuple(TOPOLOGY.participants)
ACCOUNTS: Final = {name: each.account_ids for name, each in TOPOLOGY.participants.items()}
ALL_ACCOUNTS: Final = tuple(account for accounts in ACCOUNTS.values() for account in accounts)
NAMES_KEPT: Final = 8


@cache
def keys() -> dict[str, bytes]:
    return {name: public_bytes(key_of(name)) for name in (*key_names(TOPOLOGY), "second")}


@cache
def founding() -> list[Any]:
    """The genesis, deposits as settlement tells them, and a key of alice's that may only cancel."""
    told = [message for message in genesis(TOPOLOGY, keys()) if type(message) in HANDLERS]
    told.append(RegisterKey("alice", keys()["second"], Permission.CANCEL))
    told += [
        DepositSettled(account.account_id, asset_id, amount)
        for account in account_terms(TOPOLOGY)
        for asset_id, amount in account.balances
    ]
    return told


class RiskHistory(History):
    def __init__(self) -> None:
        super().__init__(SHARD, BOOK_SAYS | MOVES)
        self._time_ms, self._tick = 1_000_000, 0
        self._named: dict[str, list[tuple[str, str]]] = {name: [] for name in PARTICIPANTS}
        """by participant: account and client order id, newest last"""
        self._drawn = 0
        self._books = BookAnswers()
        self._said: list[tuple[int, Callable[[random.Random], Spoken]]] = [
            (40, self._commands),
            (50, self._answers),
            (6, self._control),
            (3, self._time_passes),
            (2, self._settlement),
            (10, self._moves),
        ]
        self._gone: list[Any] = []
        """what was said of slots that have left, and not come back"""
        self.found(self._founding)

    def _founding(self) -> None:
        self.say("control/0", founding())
        for name in keys():
            self._open(name)

    @property
    def risk(self) -> Risk:
        risk: Risk = self.machine.domain.risk
        return risk

    def drawn(self, chance: random.Random) -> Spoken:
        return chance.choices(self._said, [weight for weight, _ in self._said])[0][1](chance)

    def heard(self, destination: str, events: Sequence[bytes]) -> None:
        for message in map(decode, events) if destination in ("orders/0", "control/0") else ():
            if isinstance(message, SlotsState):
                self._gone.append(message)
            elif isinstance(message, SlotsMoved) and message.move_id in MOVE_IDS:
                self._gone.clear()
        if destination.startswith("books/"):
            self._books.hear(map(decode, events))

    def _failed(self, problem: Exception) -> None:
        super()._failed(problem)
        self._books.take_back()
        coming = self.risk.coming
        if coming is not None and len(coming.pieces) >= len(self._gone):
            self._begin_again()  # something kept can't be true of them: they would never come

    def _begin_again(self) -> None:
        self._gone.clear()
        self._books = BookAnswers()
        self.found(self._founding)

    def stream(self, source: str) -> Stream:
        """Of a signer as the machine has it: it may have refused what was sent."""
        if not self.is_signed(source):
            return super().stream(source)
        key, _, epoch = source.partition("/")
        session = self.risk.sessions.get(bytes.fromhex(key))
        if session is None or session.epoch != int(epoch):
            return Stream()
        return Stream(session.last, session.crc)

    def names(self) -> Names:
        return _NAMES | {
            "order_id": self._order_id,
            "number": lambda chance: self._tick + chance.randrange(2),
            "time_ms": lambda chance: self._time_ms,
            "client_order_id": lambda chance: chance.choice(self._named["alice"] or [("", "none")])[1],
        }

    # Participants.

    def _commands(self, chance: random.Random) -> Spoken:
        name = chance.choice((*PARTICIPANTS, *PARTICIPANTS, *PARTICIPANTS, "second"))
        if chance.random() < 0.02:
            self._open(name)
        session = self.risk.sessions.get(keys()[name])
        epoch = 1 if session is None else session.epoch
        if chance.random() < 0.02:
            epoch = max(1, epoch + chance.choice((-1, 1)))
        whose = "alice" if name == "second" else name
        events = [self._command(chance, whose) for _ in range(_how_many(chance))]
        return Spoken(signer_source(keys()[name], epoch), events)

    def _open(self, name: str) -> None:
        """A new session of this key, if it is registered."""
        session = self.risk.sessions.get(keys()[name])
        if session is not None:
            self.say(signer_source(keys()[name], session.epoch + 1), [OpenSession()])

    def _command(self, chance: random.Random, whose: str) -> bytes:
        if chance.random() < 0.06:
            request_id = f"k{chance.randrange(100)}"
            others = (KillOwn(request_id), ReleaseOwn(request_id), ReleaseOwn(request_id), Heartbeat())
            return encode(chance.choice((*others, draw_guard(chance), draw_guard(chance))))
        self._drawn += 1
        accounts = ACCOUNTS[whose]
        alive = [(name, each) for name in accounts for each in self._live(name)]
        named = self._named[whose]
        drawn = draw(chance, accounts, f"o{self._drawn}", alive, named[-NAMES_KEPT:], self._time_ms)
        if drawn.kind in ("place", "quotes") and drawn.name is not None:
            named.append(drawn.name)
        return drawn.event

    def _live(self, account_id: str) -> list[str]:
        account = self.risk.accounts.get(account_id)
        return [] if account is None else sorted(account.live)

    # Books.

    def _answers(self, chance: random.Random) -> Spoken:
        self._books.begin_frame()
        halted = self.machine.quarantined()
        count = chance.choice((1, 1, 1, 2, 3))
        answers = [self._books.say(chance, self.risk, halted) for _ in range(count)]
        return Spoken("book/0", [encode(answer) for answer in answers])

    def _order_id(self, chance: random.Random) -> int:
        orders = list(self.risk.orders)
        return chance.choice(orders) if orders and chance.random() < 0.95 else 0

    # Control, settlement, the clock.

    def _control(self, chance: random.Random) -> Spoken:
        decisions = [self._decision(chance) for _ in range(chance.choice((1, 1, 3)))]
        decisions = [each for each in decisions if not self._brings_back(each)] or [founding()[0]]
        return Spoken("control/0", [encode(decision) for decision in decisions])

    def _decision(self, chance: random.Random) -> Any:
        match chance.randrange(10):
            case 0:
                whose = chance.choice(PARTICIPANTS)
                stops = draw_kill_switch(chance, whose, ACCOUNTS[whose], INSTRUMENTS)
                return ThrowKillSwitch(bytes(32), 1, 1, *stops, chance.random() < 0.3)
            case 1 | 2:  # what is stopped goes on: else a history says little
                kills = sorted(self.risk.kills) or [(KillScope.EVERYTHING, "")]
                return ThrowKillSwitch(bytes(32), 1, 1, *chance.choice(kills), False)
            case 3 if chance.random() < 0.3:
                return rules_changing.take(chance)
            case 3 | 4:
                rare = RevokeKey if chance.random() < 0.1 else None
                return draw_message(chance, rare or chance.choice(_OTHERS), self.names())
            case _:
                return chance.choice(founding())

    def _brings_back(self, decision: Any) -> bool:
        """Whether somebody would be defined here who has left, which control never does."""
        if not isinstance(decision, DefineParticipant) or self.risk.coming is not None:
            return False
        return decision.participant_id not in self.risk.participants

    def _settlement(self, chance: random.Random) -> Spoken:
        account_id, asset_id = chance.choice(ALL_ACCOUNTS), chance.choice(ASSETS)
        deposit = DepositSettled(account_id, asset_id, chance.randint(1, 2_000_000))
        return Spoken("settlement/0", [encode(deposit)])

    # Slots that move to risk/0, and come back.

    def _moves(self, chance: random.Random) -> Spoken:
        risk = self.risk
        leaving, coming = risk.leaving, risk.coming
        if coming is not None:
            return self._comes(chance, coming)
        if leaving is not None:
            if not leaving.awaited or self.machine.quarantined():  # it has been said, and is aside
                return self._answers(chance)
            shard = chance.choice(sorted(leaving.awaited))
            return Spoken(shard, [encode(SlotsSwitched(leaving.move_id, shard))])
        if self._gone:
            return Spoken("control/0", [encode(ExpectSlots(chance.choice(MOVE_IDS), 0, 1023, 0))])
        slot = slot_of(chance.choice(PARTICIPANTS))
        first, last = chance.choice(((slot, slot), (0, slot), (slot, 1023)))
        leave = LeaveSlots(chance.choice(MOVE_IDS), first, last, 0, chance.randint(1, 2), 1)
        return Spoken("control/0", [encode(leave)])

    def _comes(self, chance: random.Random, coming: Coming) -> Spoken:
        """The next of what has gone, or something about who is on the way."""
        place = len(coming.pieces)
        if chance.random() < 0.4:
            rows = [row for each in self._gone if each.section == "orders" for row in unpack(each.rows)]
            if rows:
                # What can be said of any order at any time: all of it is taken when they are here.
                return Spoken("book/0", [encode(OrderMoved(chance.choice(rows)[0], chance.randint(95, 105)))])
            return self._settlement(chance)
        if place >= len(self._gone):
            return Spoken("risk/0", [encode(SlotsGiven(coming.move_id))])
        state = replace(self._gone[place], move_id=coming.move_id)
        return Spoken("risk/0", [encode(state)])

    def _time_passes(self, chance: random.Random) -> Spoken:
        self._tick += 1
        self._time_ms += chance.choice((0, 100, 1000, 1000, 60_000))
        return Spoken("clock/0", [encode(Tick(self._tick, self._time_ms))])


def _how_many(chance: random.Random) -> int:
    return chance.choice((1, 1, 2, 4, 8))


_OTHERS: Final = [kind for kind in HANDLERS if kind not in BOOK_SAYS | MOVES]
_NAMES: Final[Names] = {
    **rules_changing.NAMES,
    "instrument_id": lambda chance: chance.choice((*INSTRUMENTS, "NEW", "NONE")),
    "account_id": lambda chance: chance.choice((*ALL_ACCOUNTS, "new")),
    "participant_id": lambda chance: chance.choice(PARTICIPANTS),
    "asset_id": lambda chance: chance.choice((*ASSETS, "NEW")),
    "base_asset_id": lambda chance: chance.choice(ASSETS),
    "quote_asset_id": lambda chance: chance.choice(ASSETS),
    "public_key": lambda chance: chance.choice(list(keys().values())),
    "permissions": lambda chance: chance.choice((EVERYTHING, EVERYTHING, Permission.CANCEL, 0)),
    "shard": lambda chance: SHARD,
    "slot": lambda chance: chance.randrange(1024),
    "move_id": lambda chance: chance.choice(FOUNDING_IDS),
    "scope": lambda chance: chance.choice((KillScope.INSTRUMENT, KillScope.EVERYTHING)),
    "name": lambda chance: chance.choice((*INSTRUMENTS, "NEW", "")),
    "book": lambda chance: chance.randrange(3),
    "kind": lambda chance: chance.choice((*range(1, 12), 0, 12)),
    "price_ticks": lambda chance: chance.randint(95, 105),
    "quantity_lots": lambda chance: chance.randint(0, 9),
    # As far as the topology lets them: all lots of an order cost 2^101 at most.
    "lot_units": lambda chance: chance.choice((1, 100, 2**60)),
    "tick_lot_units": lambda chance: chance.choice((1, 1000, 2**80)),
}
