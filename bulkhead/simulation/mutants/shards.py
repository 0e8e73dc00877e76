"""Bugs in shards that operators add, and end, and in accounts that go to another one."""

from dataclasses import replace
from typing import Any

from bulkhead.domain.book_partition import machine as book_machine
from bulkhead.domain.book_partition.moving import settle_elsewhere
from bulkhead.domain.book_partition.shards import define_shards
from bulkhead.domain.control import machine as control_machine
from bulkhead.domain.control import moving, operators
from bulkhead.domain.control import shards as control_shards
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import DefineShards, SetOrderRules
from bulkhead.domain.messages.moving import SlotsExpected, SlotsGiven, SlotsMoved
from bulkhead.domain.messages.settlement_shards import GiveAccounts, GiveRest, SettleElsewhere
from bulkhead.domain.messages.shards import GiveDefinitions, RetireRiskShard, ShardRetired
from bulkhead.domain.risk import founding
from bulkhead.domain.risk import machine as risk_machine
from bulkhead.domain.settlement import giving
from bulkhead.domain.settlement import machine as settlement_machine
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


def _unswitched(partition: Any, event: SettleElsewhere, out: Outbox) -> None:
    """The right word, and the wrong deed: its legs go on to where they went."""
    table = list(partition.settlement)
    settle_elsewhere(partition, event, out)
    if partition.partition == 1:
        partition.settlement = table


def _a_book_settles_where_it_did() -> PutIn:
    return replaced(book_machine.HANDLERS, SettleElsewhere, _unswitched)


def _gives_accounts_before_the_last_leg() -> PutIn:
    give = giving.give_accounts

    def at_once(settlement: Any, event: GiveAccounts, out: Outbox) -> None:
        give(settlement, replace(event, book_shards=1), out)

    return replaced(settlement_machine.HANDLERS, GiveAccounts, at_once)


def _keeps_fees_when_it_ends(settlement: Any, event: GiveRest, out: Outbox) -> None:
    slots_given = SlotsGiven(event.move_id)
    out.send(f"settlement/{event.new}", slots_given)


def _leaves_fees_on_a_shard_that_ends() -> PutIn:
    return replaced(settlement_machine.HANDLERS, GiveRest, _keeps_fees_when_it_ends)


def _first_part_only(control: Any, event: SlotsMoved, out: Outbox) -> None:
    if control.move is not None:
        control.move = control.move._replace(end_slot=control.move.last_slot)
    moving.slots_moved(control, event, out)


def _ends_a_move_after_its_first_part() -> PutIn:
    return replaced(control_machine.HANDLERS, SlotsMoved, _first_part_only)


def _next_part_at_once(control: Any, event: SlotsExpected, out: Outbox) -> None:
    moving.slots_expected(control, event, out)
    if control.move.last_slot < control.move.end_slot:
        moving.slots_moved(control, SlotsMoved(event.move_id), out)


def _begins_a_part_before_the_last_has_come() -> PutIn:
    return replaced(control_machine.HANDLERS, SlotsExpected, _next_part_at_once)


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
    Mutant(
        "unswitched",
        "a book settles where it did before slots moved",
        _a_book_settles_where_it_did,
        shown_by=3,
    ),
    Mutant(
        "legs-left",
        "gives accounts away before the last of their legs",
        _gives_accounts_before_the_last_leg,
        shown_by=3,
    ),
    Mutant(
        "fees-left",
        "leaves fees on a settlement shard that ends",
        _leaves_fees_on_a_shard_that_ends,
        shown_by=3,
    ),
    Mutant(
        "first-part",
        "ends a move of slots after its first part",
        _ends_a_move_after_its_first_part,
    ),
    Mutant(
        "parts-at-once",
        "begins the next part of a move before the last one has come",
        _begins_a_part_before_the_last_has_come,
    ),
    Mutant("end-early", "ends a risk shard that has slots", _ends_a_shard_that_has_slots, shown_by=37),
)
