"""Slots that leave: their part of a settlement shard's snapshot, which has none while none leave."""

from bulkhead.domain.machine import State
from bulkhead.domain.messages.settlement_shards import GiveAccounts
from bulkhead.domain.settlement.model import Leaving, Settlement


def save_leaving(settlement: Settlement) -> dict[str, State]:
    leaving = settlement.leaving
    if leaving is None:
        return {}
    asked = leaving.asked
    words = asked and [asked.first_slot, asked.last_slot, asked.new, asked.book_shards]
    return {"leaving": [leaving.move_id, words, sorted(leaving.switched)]}


def load_leaving(settlement: Settlement, state: State) -> None:
    settlement.leaving = None
    if "leaving" in state:
        move_id, words, switched = state["leaving"]
        leaving = settlement.leaving = Leaving(move_id)
        leaving.asked = words and GiveAccounts(move_id, *words)
        leaving.switched = set(switched)
