"""Sends a recorded order flow through the SDK as signed frames, in an order that gives the recording's
trades.
"""

import time
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bulkhead.client import Client
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderFilled, OrderRejected
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Role, Side
from bulkhead.flow.recording import FlowCommand, RecordedTrade
from bulkhead.flow.schedule import Schedule

WINDOW = 2000
"""Commands admitted and not answered: enough to keep two cores busy, few enough that an answer comes in
0.1 s.
"""
FRAME_COMMANDS_MAX = 500
"""One signed frame: its signature costs 0.1 ms to check, 0.2 us a command when it is this full."""
IDLE_WAIT_S = 0.002


@dataclass
class Progress:
    """How far a replay is; grows while it runs."""

    commands: int = 0
    """sent"""
    answered: int = 0
    orders: int = 0
    """of the commands: those that place one"""
    accepted: int = 0
    rejected: Counter[Reason] = field(default_factory=Counter)
    canceled: Counter[Reason] = field(default_factory=Counter)
    refused_cancels: int = 0
    fills: int = 0
    latencies_us: "array[int]" = field(default_factory=lambda: array("q"))
    """of each command: from the client's send to its answer read by the client"""
    elapsed_s: float = 0.0


class Driver:
    """Drives one recording through one client per participant, all in the caller's thread."""

    def __init__(
        self,
        instrument_id: str,
        commands: Sequence[FlowCommand],
        clients: Sequence[Client],
        window: int = WINDOW,
    ) -> None:
        self._instrument_id = instrument_id
        self._commands = commands
        self._clients = clients
        self._window = window
        self._schedule = Schedule(len(clients))
        self._outgoing: list[list[FlowCommand]] = [[] for _ in clients]
        self._sent: list[dict[int, tuple[FlowCommand, int]]] = [{} for _ in clients]
        """by participant and sequence of its stream: the command, and when it was sent (ns)"""
        self._fills: dict[int, dict[Side, tuple[str, int, int, Role]]] = {}
        """by trade: each side's client_order_id, price, quantity, role"""
        self.client_order_ids: dict[int, str] = {}
        """by order_id"""
        self.progress = Progress()
        for index, client in enumerate(clients):
            client.on_answer = self._answering(index)

    @property
    def barriers(self) -> int:
        """Commands that waited for an answer to another participant's."""
        return self._schedule.barriers

    def run(self, speed: float | None, look: Callable[[Progress], bool]) -> Progress:
        """Send everything; returns when all is answered, or early when `look`, called often, says so.

        `speed`: 1.0 as recorded, 10.0 ten times as fast, None as fast as it goes.
        """
        progress, schedule, outgoing = self.progress, self._schedule, self._outgoing
        commands = self._commands
        next_up = 0
        started_ns = time.perf_counter_ns()
        recorded_us = commands[0].time_us if commands else 0
        while progress.answered < len(commands):
            until_us = _due_us(started_ns, recorded_us, speed)
            admitted = 0
            while (
                next_up < len(commands)
                and len(schedule) < self._window
                and admitted < FRAME_COMMANDS_MAX
                and (until_us is None or commands[next_up].time_us <= until_us)
            ):
                command = commands[next_up]
                for ready in schedule.admit(command):
                    outgoing[ready.participant].append(ready)
                next_up += 1
                admitted += 1
            sent = self._send()
            heard = self._read()
            progress.elapsed_s = (time.perf_counter_ns() - started_ns) / 1e9
            if look(progress):
                break
            if not sent and not heard:
                self._wait()
        return progress

    def drain(self) -> None:
        """Read what there is now. A command is answered before all of its trades are told, and the other side
        of each hears of it by itself: so once nothing is on its way in the exchange, read what came since.
        """
        while sum(self._note_all(client.raw_reports(0.0)) for client in self._clients):
            continue

    def trades(self) -> list[RecordedTrade]:
        """The trades that both sides' reports tell of, by trade id."""
        found = []
        for trade_id in sorted(self._fills):
            sides = self._fills[trade_id]
            if len(sides) == 2:
                buy, sell = sides[Side.BUY], sides[Side.SELL]
                aggressor = Side.BUY if buy[3] is Role.TAKER else Side.SELL
                found.append(RecordedTrade(int(buy[0]), int(sell[0]), buy[1], buy[2], aggressor, 0))
        return found

    def _send(self) -> int:
        count = 0
        for index, waiting in enumerate(self._outgoing):
            if not waiting:
                continue
            batch, self._outgoing[index] = waiting[:FRAME_COMMANDS_MAX], waiting[FRAME_COMMANDS_MAX:]
            now_ns = time.perf_counter_ns()
            sequence = self._clients[index].submit([self._message(command) for command in batch])
            sent = self._sent[index]
            for offset, command in enumerate(batch):
                sent[sequence + offset] = (command, now_ns)
            count += len(batch)
        self.progress.commands += count
        return count

    def _message(self, command: FlowCommand) -> PlaceOrder | CancelOrder | ReplaceOrder:
        client_order_id = command.client_order_id
        if command.kind == "cancel":
            return CancelOrder(command.account_id, client_order_id)
        if command.kind == "replace":
            return ReplaceOrder(
                command.account_id, client_order_id, command.limit_ticks, command.quantity_lots
            )
        self.progress.orders += 1
        return PlaceOrder(
            command.account_id,
            client_order_id,
            self._instrument_id,
            command.side,
            command.order_type,
            command.time_in_force,
            command.post_only,
            command.price_ticks,
            command.protection_price_ticks,
            command.quantity_lots,
        )

    def _read(self) -> int:
        return sum(self._note_all(client.raw_reports(0.0)) for client in self._clients if client.unanswered)

    def _note_all(self, messages: Sequence[Any]) -> int:
        for message in messages:
            self._note(message)
        return len(messages)

    def _wait(self) -> None:
        """For a report to the client that has most to hear, or for the next command's time."""
        client = max(self._clients, key=lambda client: client.unanswered)
        for message in client.raw_reports(IDLE_WAIT_S):
            self._note(message)

    def _answering(self, index: int) -> Callable[[int, Any], None]:
        sent = self._sent[index]
        latencies = self.progress.latencies_us
        outgoing, schedule, progress = self._outgoing, self._schedule, self.progress

        def answered(sequence: int, report: Any) -> None:
            command, sent_ns = sent.pop(sequence)
            latencies.append((time.perf_counter_ns() - sent_ns) // 1000)
            progress.answered += 1
            for ready in schedule.answered(command):
                outgoing[ready.participant].append(ready)

        return answered

    def _note(self, message: Any) -> None:
        kind, progress = type(message), self.progress
        if kind is OrderAccepted:
            progress.accepted += 1
            self.client_order_ids[message.order_id] = message.client_order_id
        elif kind is OrderRejected:
            progress.rejected[message.reason] += 1
        elif kind is OrderCanceled:
            progress.canceled[message.reason] += 1
        elif kind is OrderFilled:
            progress.fills += 1
            self._fills.setdefault(message.trade_id, {})[message.side] = (
                message.client_order_id,
                message.price_ticks,
                message.quantity_lots,
                message.role,
            )


def _due_us(started_ns: int, recorded_us: int, speed: float | None) -> int | None:
    if speed is None:
        return None
    return recorded_us + int((time.perf_counter_ns() - started_ns) / 1000 * speed)


def percentile(sorted_values: Sequence[int], part: float) -> int:
    """The value that `part` of the sorted values do not exceed (nearest rank); 0 for none."""
    if not sorted_values:
        return 0
    return sorted_values[min(int(part * len(sorted_values)), len(sorted_values) - 1)]
