"""Bugs in risk shards that operators add, and end."""

from typing import Any

from bulkhead.domain.book_partition import machine as book_machine
from bulkhead.domain.book_partition.shards import define_shards
from bulkhead.domain.control import operators
from bulkhead.domain.control import shards as control_shards
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import DefineShards, SetOrderRules
from bulkhead.domain.messages.shards import GiveDefinitions, RetireRiskShard, ShardRetired
from bulkhead.domain.risk import founding
from bulkhead.domain.risk import machine as risk_machine
from bulkhead.simulation.mutants.mutant import Mutant, PutIn, replaced


def _once(partition: Any, event: DefineShards, out: Outbox) -> None:
    if not partition.risk_shards:
        define_shards(partition, event, out)


def _books_do_not_speak_to_a_new_shard() -> PutIn:
    return replaced(book_machine.HANDLERS, DefineShards, _once)


class _NoRules:
    def __init__(self, out: Outbox) -> None:
        self._out = out
        self.source = out.source

    def send(self, destination: str, message: Any) -> None:
        if not isinstance(message, SetOrderRules):
            self._out.send(destination, message)


def _without_rules(risk: Any, event: GiveDefinitions, out: Outbox) -> None:
    founding.give_definitions(risk, event, _NoRules(out))


def _tells_a_new_shard_of_no_order_rules() -> PutIn:
    return replaced(risk_machine.HANDLERS, GiveDefinitions, _without_rules)


def _ended_with_slots(control: Any, event: RetireRiskShard, out: Outbox) -> None:
    if control.move is None and event.risk_shard < control.risk_shards:
        control_shards.shard_retired(control, ShardRetired(event.risk_shard), out)


def _ends_a_shard_that_has_slots() -> PutIn:
    return replaced(operators.COMMANDS, RetireRiskShard, _ended_with_slots)


SHARDS = (
    Mutant(
        "unspoken", "books do not speak to a new risk shard", _books_do_not_speak_to_a_new_shard, shown_by=37
    ),
    Mutant(
        "ruleless",
        "tells a new risk shard of no order rules",
        _tells_a_new_shard_of_no_order_rules,
        shown_by=37,
    ),
    Mutant("end-early", "ends a risk shard that has slots", _ends_a_shard_that_has_slots, shown_by=37),
)
