"""A new settlement shard is told by another one what control does not keep; the rest control tells it.

An instrument that is listed meanwhile control tells it itself.
"""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.moving import SlotsMoved
from bulkhead.domain.messages.settlement_shards import DefineSettlement
from bulkhead.domain.messages.shards import DefinitionsGiven, GiveDefinitions
from bulkhead.domain.settlement.definitions import settle_in
from bulkhead.domain.settlement.model import Settlement


def give_definitions(settlement: Settlement, event: GiveDefinitions, out: Outbox) -> None:
    destination = f"settlement/{event.new}"
    for instrument_id, (base_asset_id, quote_asset_id) in sorted(settlement.instruments.items()):
        out.send(destination, DefineSettlement(instrument_id, base_asset_id, quote_asset_id))
    out.send(destination, DefinitionsGiven(event.move_id))


def define_settlement(settlement: Settlement, event: DefineSettlement, out: Outbox) -> None:
    settle_in(settlement, event.instrument_id, (event.base_asset_id, event.quote_asset_id), out)


def definitions_given(settlement: Settlement, event: DefinitionsGiven, out: Outbox) -> None:
    out.send("control/0", SlotsMoved(event.move_id))
