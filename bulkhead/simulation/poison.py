"""Machines that raise: on poison, which every process of a shard raises on, or once, where nothing is wrong.

They raise on what they are about to say, so in the middle of a handler: half of their state has changed.
Whether it is poison the seed and the message's bytes decide, so all replicas agree, and a handler that says
the same again, from the state before or at a release, raises again.
"""

import random
from collections.abc import Callable
from typing import Any
from zlib import crc32

from bulkhead.domain.machine import Handler, Outbox
from bulkhead.domain.messages import (
    control,
    kill_switch,
    linked,
    market_data,
    mass,
    moving,
    orders,
    quotes,
    reports,
    settlement,
    settlement_shards,
)
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.wire.codec import encode

OF_ONE_SUBJECT = frozenset(
    (
        *(orders.EnterOrder, orders.RemoveOrder, orders.AmendOrder, quotes.SetQuotes),
        *(orders.OrderEntered, orders.EntryRefused, orders.OrderExecuted, orders.OrderRemoved),
        *(orders.OrderActivated, orders.OrderMoved, orders.OrderReduced),
        *(linked.EnterPair, linked.EnterBracket, linked.ExitActivated, linked.ExitStarted),
        *(orders.RemovalRefused, orders.OrderAmended, orders.AmendmentRefused, orders.PhaseChanged),
        *(market_data.DepthAdded, market_data.DepthReduced, market_data.DepthRemoved),
        *(market_data.TradePublished, settlement.SettleLeg),
        *(reports.OrderAccepted, reports.OrderRejected, reports.OrderFilled, reports.OrderCanceled),
        *(reports.OrderTriggered, reports.OrderRepriced, reports.OrderDecremented),
        *(reports.CancelRejected, reports.OrderReplaced, reports.ReplaceRejected),
    )
)
"""the messages that may be poison: those that concern one instrument or account"""
OF_DEPOSITS = frozenset((reports.BalanceCredited, settlement.DepositSettled))
"""these too, but for the genesis, whose amounts are even"""
OF_THE_SHARD = frozenset(
    (
        *(control.Tick, mass.CancelForOperator, kill_switch.ThrowKillSwitch, orders.PhaseChanged),
        *(control.DefineShards, moving.SlotsSwitched, moving.SlotsGiven),
        *(settlement_shards.GiveAccounts, settlement_shards.GiveRest, settlement_shards.BalanceComes),
    )
)
"""these concern the whole shard, or many accounts of it, whatever is said to them"""
ONE_IN = (30, 100, 300)
"""Of so many messages one is poison, as the seed says."""
ONE_LEG_IN = 20
"""few orders trade"""


class Poisoned(Exception):
    """Raised on the same message by every process of the shard, and at every try."""


class Shaken(Exception):
    """Raised once by one process: a computer's fault, no machine's."""


class Sick(Exception):
    """Raised at every try by one process, where no other raises."""


def may_be_poison(name: str, message: Any) -> bool:
    """Whether what a shard is at when it says or handles this concerns one instrument or account, so that
    this alone can halt.
    """
    kind = type(message)
    if kind is orders.PhaseChanged:
        return name.startswith("book/")  # whom it is told to, it concerns altogether
    return kind in OF_ONE_SUBJECT or (kind in OF_DEPOSITS and bool(message.amount % 2))


class Tasting:
    """An outbox that tastes each message before it is said."""

    def __init__(self, out: Outbox, taste: Callable[[Any], None]) -> None:
        self._out = out
        self._taste = taste
        self.said = False
        self.source = out.source

    def send(self, destination: str, message: Any) -> None:
        self.said = True
        self._taste(message)
        self._out.send(destination, message)


def fitted(machine: ReferenceMachine, taste: Callable[[Any], None]) -> ReferenceMachine:
    """`machine`, which lets `taste` raise on what it is about to say; and on what it has handled, where it
    says nothing to that. What it says to what concerns the whole shard is let be.
    """
    handlers: Any = machine.domain.handlers
    for kind, handler in handlers.items():
        handlers[kind] = (_letting_be if kind in OF_THE_SHARD else _handling)(handler, taste)
    if machine._signed is not None:
        commands: Any = machine._signed._commands
        for kind, command in commands.items():
            commands[kind] = _answering(command, taste)
    return machine


def _handling(handler: Handler, taste: Callable[[Any], None]) -> Handler:
    def handle(message: Any, out: Outbox) -> None:
        tasting = Tasting(out, taste)
        handler(message, tasting)
        if not tasting.said:
            taste(message)

    return handle


def _letting_be(handler: Handler, taste: Callable[[Any], None]) -> Handler:
    def handle(message: Any, out: Outbox) -> None:
        handler(message, out)
        taste(message)

    return handle


def _answering(command: Any, taste: Callable[[Any], None]) -> Any:
    return lambda session, message, out: command(session, message, Tasting(out, taste))


def _nothing() -> None:
    """For whom nobody waits."""


class Poison:
    """Of one seed. `make`: a machine in its first state, by name."""

    def __init__(self, seed: int, make: Callable[[str], ReferenceMachine]) -> None:
        chance = random.Random(f"{seed}/poison")
        self._salt = chance.randbytes(4)
        self._one_in = chance.choice(ONE_IN)
        self._make = make
        self._shaken: set[str] = set()
        self._sickens: dict[str, Callable[[], object]] = {}
        """by process: who is told when it has tried again"""
        self._tries: dict[str, Callable[[], object]] = {}
        """the same of those that have raised once"""
        self._sick: dict[str, tuple[str, bytes]] = {}
        """by process: its shard, and the message on which it raises"""
        self._cured = False

    def make(self, name: str, party: str) -> ReferenceMachine:
        """For one process."""
        machine = self._make(name)
        if name.startswith("view-"):
            return machine  # it halts where it raises, and no other depends on it
        return fitted(machine, lambda message: self._taste(name, party, message))

    def shake(self, party: str) -> None:
        """Let a process raise at the next that it says or handles."""
        self._shaken.add(party)

    def sicken(self, party: str, then: Callable[[], object] = _nothing) -> None:
        """Let a process raise, from now on, at the next that may be poison. `then` is called when it does
        for the second time: now it decides, or waits.
        """
        self._sickens[party] = then

    def is_sick(self, party: str) -> bool:
        return party in self._sick

    def cure(self) -> None:
        """From now on nothing raises, as in a corrected version."""
        self._cured = True
        self._shaken.clear()
        self._sickens.clear()

    def _taste(self, name: str, party: str, message: Any) -> None:
        if self._cured:
            return
        if party in self._shaken:
            self._shaken.discard(party)
            raise Shaken(message)
        if self._is_poison(name, message):
            raise Poisoned(message)
        if party in self._sickens and party not in self._sick and may_be_poison(name, message):
            self._tries[party] = self._sickens.pop(party)
            self._sick[party] = (name, encode(message))
            raise Sick(message)
        if party in self._sick and self._sick[party] == (name, encode(message)):
            self._tries.pop(party, _nothing)()
            raise Sick(message)

    def _is_poison(self, name: str, message: Any) -> bool:
        if not may_be_poison(name, message):
            return False
        one_in = min(self._one_in, ONE_LEG_IN) if name.startswith("settlement/") else self._one_in
        return crc32(self._salt + name.encode() + encode(message)) % one_in == 0
