"""Which message goes where in a book partition."""

from functools import partial

from bulkhead.domain.book_partition import commands, decisions, definitions
from bulkhead.domain.book_partition.linked import enter_bracket, enter_pair
from bulkhead.domain.book_partition.model import BookPartition
from bulkhead.domain.book_partition.moving import settle_elsewhere, slots_leaving
from bulkhead.domain.book_partition.quotes import set_quotes
from bulkhead.domain.book_partition.reversal import reverse_trade
from bulkhead.domain.book_partition.shards import define_shards, settlement_retired, shard_retired
from bulkhead.domain.book_partition.state import load, save
from bulkhead.domain.isolation import nothing_to_release
from bulkhead.domain.machine import Handler, Handling, State
from bulkhead.domain.messages import (
    behaviour,
    control,
    linked,
    moving,
    orders,
    quotes,
    reversal,
    settlement_shards,
    shards,
)

HANDLERS: Handling[BookPartition] = {
    orders.EnterOrder: commands.enter_order,
    linked.EnterPair: enter_pair,
    linked.EnterBracket: enter_bracket,
    orders.RemoveOrder: commands.remove_order,
    orders.AmendOrder: commands.amend_order,
    orders.ClearBook: commands.clear_book,
    quotes.SetQuotes: set_quotes,
    reversal.ReverseTrade: reverse_trade,
    moving.SlotsLeaving: slots_leaving,
    settlement_shards.SettleElsewhere: settle_elsewhere,
    control.Tick: definitions.tick,
    control.SetBehaviour: definitions.set_behaviour,
    behaviour.TakeBehaviour: definitions.take_behaviour,
    behaviour.BehaviourLeft: definitions.leave_behaviour,
    control.DefineShards: define_shards,
    shards.ShardRetired: shard_retired,
    settlement_shards.SettlementRetired: settlement_retired,
    control.SetSlots: definitions.set_slots,
    control.DefineInstrument: definitions.define_instrument,
    control.SetOrderRules: definitions.set_order_rules,
    **decisions.HANDLERS,
    control.ReleaseQuarantine: nothing_to_release,
}


class BookMachine:
    """The machine of one book partition."""

    def __init__(self, partition: int) -> None:
        self.partition = BookPartition(partition)
        self.handlers: dict[type, Handler] = {
            kind: partial(handler, self.partition) for kind, handler in HANDLERS.items()
        }

    @property
    def tick(self) -> int:
        return self.partition.tick

    def state(self) -> State:
        return save(self.partition)

    def load(self, state: State) -> None:
        load(self.partition, state)
